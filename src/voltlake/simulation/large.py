"""Files of any size for benchmarks and memory tests, written piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.errors import InvalidRequest
from voltlake.simulation.cell import Ageing, Cell, make_cell
from voltlake.simulation.protocol import Loop, Protocol, cc_discharge, cccv_charge, rest
from voltlake.simulation.run import Cycler, run, stream
from voltlake.simulation.writers.arbin_csv import Dialect, write_arbin_csv
from voltlake.simulation.writers.beep_json import Shape, interpolated_curves, write_structure

__all__ = ["large_samples", "write_large_arbin_csv", "write_large_structured_json"]

_NOISY = {"voltage_noise_volt": 2e-5, "temperature_noise_celsius": 5e-3}
_ROWS_PER_BATCH = 200_000


def _cell(cycles: int) -> Cell:
    """An LFP cell that loses a fifth of its capacity over the test, whatever its length."""
    return make_cell("LARGE", "LFP", 1.1, ageing=Ageing(0.0, 0.2 / cycles, 0.4 / cycles))


def _protocol(cycles: int) -> Protocol:
    return (
        Loop((cccv_charge(1.0, 3.6, 0.05), rest(300), cc_discharge(1.0, 2.0), rest(300)), cycles),
    )


def large_samples(rows: int, cycles: int, *, seed: int = 0) -> Iterator[pl.DataFrame]:
    """Yield exactly ``rows`` samples over about ``cycles`` cycles, in batches.

    The logging interval is chosen so that the rows suffice; what is left over of the last
    cycle is cut off. Raises ``InvalidRequest`` for fewer than 20 rows a cycle.
    """
    if cycles < 1 or rows < 20 * cycles:
        raise InvalidRequest(
            f"{rows} rows are too few for {cycles} cycles", remedy="Ask for 20 rows a cycle or more"
        )
    cell, protocol = _cell(cycles), _protocol(cycles)
    duration = run(cell, _protocol(1), start_soc=0.02).samples["test_time_second"][-1]
    # Fading cells cycle faster: on average nine tenths of the first cycle's time.
    interval = 0.88 * duration / (rows / cycles - 5)
    batch = max(min(cycles, _ROWS_PER_BATCH * cycles // rows), 1)
    left = rows
    for frame in stream(
        cell,
        protocol,
        cycler=Cycler(interval_second=interval, **_NOISY),
        start_soc=0.02,
        seed=seed,
        cycles_per_batch=batch,
    ):
        yield frame.head(left)
        left -= min(left, frame.height)
        if not left:
            return
    raise InvalidRequest(
        f"{cycles} cycles gave {left} rows too few", remedy="Ask for more cycles or fewer rows"
    )


def write_large_arbin_csv(
    path: Path, rows: int, cycles: int, *, dialect: Dialect = "mits", seed: int = 0
) -> Path:
    """Write an Arbin CSV of exactly ``rows`` rows (1e6 rows are about 150 MB)."""
    return write_arbin_csv(large_samples(rows, cycles, seed=seed), path, dialect=dialect)


def write_large_structured_json(
    path: Path, megabytes: float, shape: Shape = "flattened", *, points: int = 1000
) -> Path:
    """Write a structured JSON of at least ``megabytes`` · 10^6 bytes in either shape.

    Its curves fade linearly from one simulated cycle to another, so any number of cycles
    costs two simulated ones.
    """
    faded = make_cell("LARGE", "LFP", 1.1, ageing=Ageing(0.0, 0.2, 0.4))
    test = run(faded, _protocol(2), cycler=Cycler(20.0), start_soc=0.02)
    ends = [
        interpolated_curves(cycle, (2.8, 3.5), points)
        for cycle in test.samples.partition_by("cycle_count", maintain_order=True)
    ]
    cycles = max(int(megabytes * 1e6 / _bytes_per_cycle(path, ends, points, shape)) + 1, 2)

    def curves_of(cycle: int) -> dict[str, NDArray[np.float64]]:
        share = cycle / (cycles - 1)
        return {
            name: np.round(first + share * (ends[1][name] - first), 9)
            for name, first in ends[0].items()
        }

    summary = _fading_summary(cycles)
    head: dict[str, object] = {"barcode": "EL150800000001", "protocol": "1C", "channel_id": 1}
    return write_structure(path, cycles, curves_of, summary, shape=shape, head=head)


def _bytes_per_cycle(
    path: Path, ends: list[dict[str, NDArray[np.float64]]], points: int, shape: Shape
) -> float:
    """Size of one more cycle: the difference of two short trial files."""
    sizes = []
    trial = path.with_name(path.name + ".trial")
    rounded = [{name: np.round(v, 9) for name, v in each.items()} for each in ends]
    for cycles in (1, 2):
        write_structure(trial, cycles, rounded.__getitem__, {}, shape=shape, head={})
        sizes.append(trial.stat().st_size)
    trial.unlink()
    # A little less than measured, so that the file is rather too large than too small.
    return 0.97 * (sizes[1] - sizes[0])


def _fading_summary(cycles: int) -> dict[str, list[object]]:
    index = np.arange(cycles)
    capacity = 1.1 * (1 - 0.2 * index / cycles)
    steady = {
        "cycle_index": index,
        "discharge_capacity": capacity,
        "charge_capacity": capacity * 1.0005,
        "discharge_energy": capacity * 3.2,
        "charge_energy": capacity * 3.4,
        "dc_internal_resistance": 0.017 * (1 + 0.4 * index / cycles),
        "temperature_maximum": np.full(cycles, 33.0),
        "temperature_average": np.full(cycles, 31.0),
        "temperature_minimum": np.full(cycles, 30.0),
        "energy_efficiency": np.full(cycles, 3.2 / 3.4),
        "charge_throughput": np.cumsum(capacity),
        "energy_throughput": np.cumsum(capacity * 3.4),
    }
    return {name: values.tolist() for name, values in steady.items()}

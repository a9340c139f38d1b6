"""Outside programs read what our writers wrote, and the values are compared with the truth.

``python -m benchmarks.interoperability`` prints one line per program and file: rows read
and expected, number of values compared, largest difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.environments import REPOSITORY, python_of
from voltlake.simulation.cell import Ageing, make_cell
from voltlake.simulation.protocol import Loop, cc_discharge, cccv_charge, rest
from voltlake.simulation.run import Cycler, SimulatedTest, run
from voltlake.simulation.writers.arbin_csv import write_arbin_csv
from voltlake.simulation.writers.beep_json import interpolated_curves, write_beep_json
from voltlake.simulation.writers.maccor_text import write_maccor_text
from voltlake.simulation.writers.neware_csv import write_neware_csv

__all__ = ["CASES", "Agreement", "Case", "compare", "truth"]

_CANDIDATES = REPOSITORY / "benchmarks" / "candidates"
_RESOLUTION = {
    # Largest difference that the layout's printed digits and the peer's float32 explain.
    "test_time_second": 0.01,
    "voltage_volt": 5e-5,
    "current_ampere": 1e-6,
    "temperature_t1_celsius": 0.01,
    # A running sum over all cycles of counters printed with seven digits.
    "net_capacity_ah": 2e-5,
}
_COUNTER_RESOLUTION = 2e-6


@dataclass(frozen=True, slots=True)
class Case:
    """One program reading one layout."""

    program: str
    layout: str
    file_name: str
    write: Callable[[SimulatedTest, Path], Path]
    whole_seconds: bool = False


CASES = (
    Case("pyprobe", "arbin_mits", "a.csv", lambda t, p: write_arbin_csv(t.samples, p)),
    Case("beep", "arbin_tri", "FastCharge_000001_CH1.csv",
         lambda t, p: write_arbin_csv(t.samples, p, dialect="tri")),
    Case("beep", "maccor", "TEST_000001_CH70.070",
         lambda t, p: write_maccor_text(t.samples, p, signed_current=True)),
    Case("beep", "structured", "x_structure.json", lambda t, p: write_beep_json(t, p)),
    Case("cellpy", "arbin_sql", "a.csv",
         lambda t, p: write_arbin_csv(t.samples, p, dialect="sql")),
    Case("cellpy", "neware", "n.csv", lambda t, p: write_neware_csv(t.samples, p),
         whole_seconds=True),
    Case("pyprobe", "neware", "n.csv", lambda t, p: write_neware_csv(t.samples, p),
         whole_seconds=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an outside program made of one file."""

    program: str
    layout: str
    rows_read: int
    rows_expected: int
    values_compared: int
    largest_difference: dict[str, float]
    disagreeing: tuple[str, ...]


def truth() -> SimulatedTest:
    """Ten fading cycles of an LFP cell, about 3,000 rows."""
    cell = make_cell("LFP_I1", "LFP", 1.1, ageing=Ageing(0.01, 1e-3, 2e-3))
    steps = (cccv_charge(1.0, 3.6, 0.05), rest(600), cc_discharge(1.0, 2.0), rest(600))
    cycler = Cycler(30, first_row_second=0.0, voltage_noise_volt=2e-5)
    return run(cell, (rest(300), Loop(steps, 10)), cycler=cycler, start_soc=0.2)


def compare(case: Case, test: SimulatedTest, folder: Path) -> Agreement:
    """Write the file, let the program read it, compare every value it returns.

    Raises ``RuntimeError`` with the program's last words where it cannot read the file.
    """
    path = case.write(test, folder / case.file_name)
    script = _CANDIDATES / f"with_{case.program}.py"
    command = [python_of(case.program), script, f"values_{case.layout}", path, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{case.program} cannot read {case.layout}: {done.stderr[-500:]}")
    facts = json.loads(done.stdout.splitlines()[-1].removeprefix("RESULT "))["facts"]
    read = dict(np.load(f"{path}.npz"))
    return _agreement(case, test, facts["rows"], read)


def _agreement(
    case: Case, test: SimulatedTest, rows: int, read: dict[str, NDArray[np.float64]]
) -> Agreement:
    structured = case.layout == "structured"
    expected_rows = 2000 * test.cycles.height if structured else test.samples.height
    known = _structured_truth(test) if structured else _sampled_truth(test.samples)
    differences, disagreeing, compared = {}, [], 0
    for name, values in read.items():
        expected = known[name]
        if values.size != expected.size:
            disagreeing.append(name)
            continue
        unknown = np.isnan(expected)
        if not np.array_equal(unknown, np.isnan(values)):
            disagreeing.append(name)
            continue
        difference = float(np.max(np.abs(values - expected)[~unknown]))
        differences[name] = difference
        compared += values.size
        allowed = _RESOLUTION.get(name, _COUNTER_RESOLUTION)
        if case.whole_seconds:
            allowed = {"test_time_second": 1.0, "voltage_volt": 6e-5}.get(name, allowed)
        if not difference <= allowed:
            disagreeing.append(name)
    return Agreement(
        case.program, case.layout, rows, expected_rows, compared, differences, tuple(disagreeing)
    )


def _sampled_truth(samples: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    net = pl.col("charging_capacity_ah") - pl.col("discharging_capacity_ah")
    numbers = samples.with_columns(net_capacity_ah=net - net.first()).select(pl.col(pl.Float64))
    return {name: numbers[name].to_numpy() for name in numbers.columns}


def _structured_truth(test: SimulatedTest) -> dict[str, NDArray[np.float64]]:
    """The cycles' true sums, and all curves one after the other as ``curve_<quantity>``."""
    curves = [
        interpolated_curves(cycle, (2.8, 3.5), 1000)
        for cycle in test.samples.partition_by("cycle_count", maintain_order=True)
    ]
    halves = ("discharge", "charge")
    return {name: test.cycles[name].to_numpy() for name in test.cycles.columns} | {
        f"curve_{name}": np.concatenate(
            [each[f"{half}_{name}"] for each in curves for half in halves]
        )
        for name in ("voltage", "current", "temperature", "charge_capacity", "discharge_capacity")
    }


def main() -> None:
    """Compare every case and print what came out; exit 1 if a value disagrees."""
    test, failed = truth(), False
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = compare(case, test, Path(folder))
            except RuntimeError as error:
                print(error)
                failed = True
                continue
        failed = failed or bool(found.disagreeing) or found.rows_read != found.rows_expected
        worst = ", ".join(f"{name} {value:.1e}" for name, value in found.largest_difference.items())
        print(
            f"{found.program:8} {found.layout:11} rows {found.rows_read:,} of "
            f"{found.rows_expected:,}, {found.values_compared:,} values compared; {worst}"
            + (f"; DISAGREE: {', '.join(found.disagreeing)}" if found.disagreeing else "")
        )
    sys.exit(int(failed))


if __name__ == "__main__":
    main()

"""The structured JSON of BEEP, as matr.io serves it (``…_structure.json``).

``summary`` holds one list per quantity over cycles; ``cycles_interpolated`` 1,000 points of
each cycle's discharge on a voltage grid and of its charge on a charge grid, with bare
``NaN`` where the grid leaves the measured range. ``flattened`` is the matr.io shape (lists
over all points, no time); ``nested`` has one object per cycle, and time in it.
Capacities and energies are the greatest of the cycle; ``charge_duration`` lasts until
80 % of the nominal capacity; ``time_temperature_integrated`` is in °C·min.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.simulation.run import SimulatedTest

__all__ = ["Curves", "Shape", "interpolated_curves", "write_beep_json", "write_structure"]

Array = NDArray[np.float64]
Shape = Literal["flattened", "nested"]
Curves = list[dict[str, Array]]
_POINTS = 1000
_COLUMNS = {
    "voltage": "voltage_volt",
    "temperature": "temperature_t1_celsius",
    "charge_capacity": "cycle_charging_capacity_ah",
    "discharge_capacity": "cycle_discharging_capacity_ah",
    "internal_resistance": "internal_resistance_ohm",
    "current": "current_ampere",
    "test_time": "test_time_second",
}


def write_beep_json(
    test: SimulatedTest,
    path: Path,
    *,
    shape: Shape = "flattened",
    barcode: str = "EL150800000001",
    protocol: str = r"2018-04-12_batch8\20180412-1C_newstructure.sdu",
    channel: int = 1,
    voltage_window: tuple[float, float] = (2.8, 3.5),
    points: int = _POINTS,
) -> Path:
    """Write a simulated test as BEEP structures it; ``.gz`` in the name compresses.

    ``voltage_window`` bounds the discharge grid (2.8 to 3.5 V for the LFP cells of
    matr.io).
    """
    first = int(test.samples["cycle_count"][0])
    cycles = test.samples.partition_by("cycle_count", maintain_order=True)
    curves = [interpolated_curves(cycle, voltage_window, points) for cycle in cycles]
    return write_structure(
        path,
        len(curves),
        lambda index: curves[index],
        _summary(test, first),
        shape=shape,
        head={"barcode": barcode, "protocol": protocol, "channel_id": channel},
    )


def interpolated_curves(
    cycle: pl.DataFrame, voltage_window: tuple[float, float], points: int
) -> dict[str, Array]:
    """Interpolate one cycle: ``discharge_…`` and ``charge_…`` arrays of ``points`` values."""
    kind = pl.col("step_type")
    curves: dict[str, Array] = {}
    for direction, rows, grid_name in (
        ("discharge", cycle.filter(kind.str.ends_with("DCH")), "voltage"),
        ("charge", cycle.filter(kind.str.ends_with("CHG")), "charge_capacity"),
    ):
        known = {name: rows[column].to_numpy() for name, column in _COLUMNS.items()}
        measured = known[grid_name]
        top = float(measured.max()) if measured.size else 1.0
        low, high = voltage_window if direction == "discharge" else (0.0, top)
        grid = np.linspace(low, high, points)
        # np.interp wants rising abscissae: a discharge runs backwards.
        order = slice(None, None, -1) if direction == "discharge" else slice(None)
        for name, values in known.items():
            curves[f"{direction}_{name}"] = (
                np.interp(grid, measured[order], values[order], left=np.nan, right=np.nan)
                if measured.size
                else np.full(points, np.nan)
            )
        curves[f"{direction}_{grid_name}"] = grid
    return curves


def _summary(test: SimulatedTest, first: int) -> dict[str, list[object]]:
    nominal = test.cell.nominal_capacity_ah
    charged = pl.col("cycle_charging_capacity_ah") >= 0.8 * nominal
    time = pl.col("test_time_second")
    temperature = pl.col("temperature_t1_celsius")
    heat = ((temperature + temperature.shift(1)) / 2 * time.diff()).sum() / 60
    summary = test.samples.group_by("cycle_count", maintain_order=True).agg(
        discharge_capacity=pl.col("cycle_discharging_capacity_ah").max(),
        charge_capacity=pl.col("cycle_charging_capacity_ah").max(),
        discharge_energy=pl.col("cycle_discharging_energy_wh").max(),
        charge_energy=pl.col("cycle_charging_energy_wh").max(),
        dc_internal_resistance=pl.col("internal_resistance_ohm").last(),
        temperature_maximum=temperature.max(),
        temperature_average=temperature.mean(),
        temperature_minimum=temperature.min(),
        date_time_iso=pl.col("unix_time_second").first(),
        charge_duration=time.filter(charged).first() - time.first(),
        time_temperature_integrated=heat,
        longest_gap=time.diff().max(),
    )
    dates = [
        datetime.fromtimestamp(int(second), tz=UTC).isoformat()
        for second in summary["date_time_iso"]
    ]
    discharge, charge = summary["discharge_energy"], summary["charge_energy"]
    efficiency = (discharge.to_numpy() / np.where(charge > 0, charge.to_numpy(), np.nan)).tolist()
    gaps = [gap if gap > 3600 else 0 for gap in summary["longest_gap"].fill_null(0)]
    given = {
        name: [np.nan if value is None else value for value in summary[name]]
        for name in summary.columns
        if name not in ("cycle_count", "longest_gap")
    }
    return {
        "cycle_index": [cycle - first for cycle in summary["cycle_count"]],
        **given,
        "date_time_iso": dates,
        "energy_efficiency": efficiency,
        "charge_throughput": summary["charge_capacity"].cum_sum().to_list(),
        "energy_throughput": summary["charge_energy"].cum_sum().to_list(),
        "paused": gaps,
    }


def write_structure(
    path: Path,
    cycles: int,
    curves_of: Callable[[int], dict[str, Array]],
    summary: dict[str, list[object]],
    *,
    shape: Shape,
    head: dict[str, object],
) -> Path:
    """Write a structured file piece by piece.

    ``curves_of`` gives the curves of a cycle by its number from 0; it is asked once per
    column for the flattened shape, which keeps whole columns together.
    """
    opener = cast(Callable[..., IO[str]], gzip.open if path.suffix == ".gz" else open)
    start = {"@module": "beep.structure", "@class": "ProcessedCyclerRun", **head}
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        file.write(json.dumps(start)[:-1])
        file.write(f', "summary": {json.dumps(summary)}, "cycles_interpolated": {{')
        pieces = _flattened if shape == "flattened" else _nested
        for piece in pieces(cycles, curves_of):
            file.write(piece)
        file.write('}, "diagnostic_summary": null, "diagnostic_interpolated": null, ')
        file.write('"@version": "2020.9.29.19"}')
    return path


def _flattened(cycles: int, curves_of: Callable[[int], dict[str, Array]]) -> Iterator[str]:
    """Lists over all points; within a cycle the discharge comes first. No time."""
    names = [name for name in _COLUMNS if name != "test_time"]
    for number, name in enumerate([*names, "cycle_index", "step_type"]):
        yield f'{", " if number else ""}"{name}": ['
        for cycle in range(cycles):
            curves = curves_of(cycle)
            yield (", " if cycle else "") + _column_text(curves, name, cycle)
        yield "]"


def _column_text(curves: dict[str, Array], name: str, cycle: int) -> str:
    points = curves["discharge_voltage"].size
    if name == "cycle_index":
        return ", ".join([str(cycle)] * (2 * points))
    if name == "step_type":
        return ", ".join(['"discharge"'] * points + ['"charge"'] * points)
    both = np.concatenate([curves[f"discharge_{name}"], curves[f"charge_{name}"]])
    return json.dumps(both.tolist())[1:-1]


def _nested(cycles: int, curves_of: Callable[[int], dict[str, Array]]) -> Iterator[str]:
    """One object per cycle, points by time, with ``time`` in seconds."""
    for cycle in range(cycles):
        curves = curves_of(cycle)
        time = np.concatenate([curves["charge_test_time"], curves["discharge_test_time"]])
        known = np.flatnonzero(~np.isnan(time))
        order = known[np.argsort(time[known], kind="stable")]
        columns: dict[str, object] = {"time": time[order].tolist()}
        for name in _COLUMNS:
            if name != "test_time":
                both = np.concatenate([curves[f"charge_{name}"], curves[f"discharge_{name}"]])
                columns[name] = both[order].tolist()
        columns["cycle_index"] = [cycle] * order.size
        half = curves["charge_test_time"].size
        columns["step_type"] = ["charge" if index < half else "discharge" for index in order]
        yield f'{", " if cycle else ""}"{cycle}": {json.dumps(columns)}'

"""Makes structured JSON in the layouts that BEEP writes, with values known by formula.

The text is written key by key, so that a file of any size costs no memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

GRID_POINTS = 1000
COLUMNS = (
    "voltage", "temperature", "charge_capacity", "discharge_capacity",
    "internal_resistance", "current", "cycle_index", "step_type",
)  # fmt: skip


def curve_value(column: str, cycle: int, direction: str, point: int) -> object:
    """The value of one grid point; the first hundred points lie outside the measured range."""
    share = point / (GRID_POINTS - 1)
    if column == "cycle_index":
        return cycle
    if column == "step_type":
        return direction
    if column == "voltage":
        return 2.8 + 0.7 * share if direction == "discharge" else 2.0 + 1.6 * share
    if point < 100:
        return float("nan")
    sign = 1 if direction == "charge" else -1
    return {
        "temperature": 30 + 5 * share,
        "charge_capacity": 1.1 * share * 0.999**cycle if sign > 0 else 1.1 * 0.999**cycle,
        "discharge_capacity": 1.1 * share * 0.999**cycle if sign < 0 else 0.0,
        "internal_resistance": 0.016 + 1e-5 * cycle,
        "current": sign * 4.4 / 3,
    }[column]


def summary(cycles: int) -> dict[str, list[object]]:
    """One value for each cycle; cycle 0 counts."""
    numbers = range(cycles)
    return {
        "cycle_index": list(numbers),
        "discharge_capacity": [1.07 * 0.999**n for n in numbers],
        "charge_capacity": [1.08 * 0.999**n for n in numbers],
        "discharge_energy": [3.2 * 0.999**n for n in numbers],
        "charge_energy": [3.5 * 0.999**n for n in numbers],
        "dc_internal_resistance": [0.016 + 1e-5 * n for n in numbers],
        "temperature_maximum": [35.0 if n else float("nan") for n in numbers],
        "temperature_average": [32.0 for _ in numbers],
        "temperature_minimum": [30.0 for _ in numbers],
        "date_time_iso": [f"2018-04-12T{n % 24:02d}:00:00+00:00" for n in numbers],
        "energy_efficiency": [3.2 / 3.5 for _ in numbers],
        "charge_throughput": [1.08 * (n + 1) for n in numbers],
        "energy_throughput": [3.5 * (n + 1) for n in numbers],
        "charge_duration": [600.0 if n else None for n in numbers],
        "time_temperature_integrated": [1500.0 for _ in numbers],
        "paused": [0 for _ in numbers],
    }


def write(path: Path, *, cycles: int, nested: bool) -> Path:
    """Write a legacy structured file without time, in the flattened or the nested shape."""
    with path.open("w") as out:
        out.write('{"@module": "beep.structure", "@class": "ProcessedCyclerRun", ')
        out.write('"barcode": "el150800737381", "protocol": ')
        out.write(json.dumps("2018-04-12_batch8\\20180412-5C_67per_4C_newstructure.sdu"))
        out.write(f', "channel_id": 7, "summary": {json.dumps(summary(cycles))}, ')
        out.write('"cycles_interpolated": {')
        (_write_nested if nested else _write_flattened)(out, cycles)
        out.write('}, "diagnostic_summary": null, "diagnostic_interpolated": null}')
    return path


def _write_flattened(out: TextIO, cycles: int) -> None:
    for number, column in enumerate(COLUMNS):
        out.write(f'{", " if number else ""}"{column}": [')
        for cycle in range(cycles):
            out.write(", " if cycle else "")
            out.write(", ".join(_tokens(column, cycle)))
        out.write("]")


def _write_nested(out: TextIO, cycles: int) -> None:
    for cycle in range(cycles):
        out.write(f'{", " if cycle else ""}"{cycle}": {{')
        for number, column in enumerate(COLUMNS[:6] + COLUMNS[7:]):
            out.write(f'{", " if number else ""}"{column}": [{", ".join(_tokens(column, cycle))}]')
        out.write("}")


def _tokens(column: str, cycle: int) -> Iterator[str]:
    """All discharges of a cycle before its charges, as BEEP writes them."""
    for direction in ("discharge", "charge"):
        for point in range(GRID_POINTS):
            yield json.dumps(curve_value(column, cycle, direction, point))

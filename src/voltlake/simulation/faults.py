"""Faults that really happen, planted where we know: into samples, or into a finished file.

Each planter returns the changed samples and a :class:`PlantedFault` that says what was
done and to which rows (counted from 0 in the changed samples), so that a test can ask
whether the fault is found exactly there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from voltlake.errors import InvalidRequest

__all__ = [
    "PlantedFault",
    "disconnect_thermocouple",
    "drop_rows",
    "duplicate_rows",
    "forget_reset",
    "jump_clock",
    "pause",
    "reverse_sign",
    "truncate_file",
]

Planted = tuple[pl.DataFrame, "PlantedFault"]
_CYCLE_COUNTERS = (
    "cycle_charging_capacity_ah",
    "cycle_discharging_capacity_ah",
    "cycle_charging_energy_wh",
    "cycle_discharging_energy_wh",
)


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """What was done: the kind, the rows touched (first and last, from 0), in words."""

    kind: str
    row_first: int
    row_last: int
    note: str


def _fault(kind: str, first: int, last: int, note: str) -> PlantedFault:
    return PlantedFault(kind, first, last, note)


def _rows_of_cycle(samples: pl.DataFrame, cycle_count: int) -> tuple[int, int]:
    rows = (samples["cycle_count"] == cycle_count).arg_true()
    if not rows.len():
        raise InvalidRequest(
            f"the test has no cycle {cycle_count}", remedy="Plant the fault in another cycle"
        )
    return int(rows[0]), int(rows[-1])


def reverse_sign(samples: pl.DataFrame) -> Planted:
    """Turn the current round, as a cycler that counts discharging as positive."""
    changed = samples.with_columns(-pl.col("current_ampere") + 0.0)
    note = "The current is positive while the cell discharges."
    return changed, _fault("reversed sign", 0, samples.height - 1, note)


def forget_reset(samples: pl.DataFrame, cycle_count: int) -> Planted:
    """Let the counters run on through the beginning of a cycle, as a forgotten reset does."""
    first, last = _rows_of_cycle(samples, cycle_count)
    here = pl.col("cycle_count") == cycle_count
    if first == 0:
        raise InvalidRequest("the first cycle has no reset", remedy="Choose a later cycle")
    before = samples.row(first - 1, named=True)
    changed = samples.with_columns(
        pl.when(here).then(pl.col(name) + before[name]).otherwise(pl.col(name)).alias(name)
        for name in _CYCLE_COUNTERS
    )
    note = f"The counters were not reset at the beginning of cycle {cycle_count}."
    return changed, _fault("forgotten reset", first, last, note)


def pause(samples: pl.DataFrame, cycle_count: int, duration_second: float) -> Planted:
    """Switch the cycler off in the middle of a cycle: no rows, but time goes on."""
    first, last = _rows_of_cycle(samples, cycle_count)
    row = (first + last) // 2
    later = pl.int_range(pl.len()) >= row
    same_step = later & (pl.col("step_count") == samples["step_count"][row])
    changed = samples.with_columns(
        pl.when(later).then(pl.col("test_time_second", "unix_time_second") + duration_second)
        .otherwise(pl.col("test_time_second", "unix_time_second")),
        pl.when(same_step).then(pl.col("step_time_second") + duration_second)
        .otherwise(pl.col("step_time_second")),
    )  # fmt: skip
    note = f"Nothing was recorded for {duration_second:g} s before row {row}."
    return changed, _fault("pause", row - 1, row, note)


def duplicate_rows(samples: pl.DataFrame, row: int, count: int) -> Planted:
    """Write ``count`` rows twice, as an export that overlaps itself."""
    block = samples.slice(row, count)
    changed = pl.concat([samples.head(row + count), block, samples.slice(row + count)])
    note = f"Rows {row} to {row + count - 1} follow once more."
    return changed, _fault("duplicated rows", row + count, row + 2 * count - 1, note)


def drop_rows(samples: pl.DataFrame, row: int, count: int) -> Planted:
    """Leave ``count`` rows out, as a lossy connection; the record numbers show the hole."""
    changed = pl.concat([samples.head(row), samples.slice(row + count)])
    note = f"{count} rows are missing before row {row}."
    return changed, _fault("dropped rows", row - 1, row, note)


def disconnect_thermocouple(
    samples: pl.DataFrame, row: int, *, reading_celsius: float = -200.0
) -> Planted:
    """Let the thermocouple read an impossible temperature from ``row`` on."""
    broken = pl.int_range(pl.len()) >= row
    temperature = pl.col("temperature_t1_celsius")
    changed = samples.with_columns(
        pl.when(broken).then(reading_celsius).otherwise(temperature).alias("temperature_t1_celsius")
    )
    note = f"The thermocouple reads {reading_celsius:g} °C from row {row} on."
    return changed, _fault("disconnected thermocouple", row, samples.height - 1, note)


def jump_clock(samples: pl.DataFrame, row: int, seconds: float) -> Planted:
    """Set the computer's clock by ``seconds`` at ``row``; the test time runs on."""
    later = pl.int_range(pl.len()) >= row
    clock = pl.col("unix_time_second")
    changed = samples.with_columns(pl.when(later).then(clock + seconds).otherwise(clock))
    note = f"The clock was set by {seconds:+g} s at row {row}."
    return changed, _fault("clock jump", row, row, note)


def truncate_file(path: Path, share: float = 0.8) -> PlantedFault:
    """Cut a finished file off in the middle of a line, as a full disk does."""
    content = path.read_bytes()
    end = int(len(content) * share)
    # Neither at nor beside a line's end: the last line must be visibly broken.
    while content[end - 1 : end + 1].strip(b"\r\n") != content[end - 1 : end + 1]:
        end -= 1
    path.write_bytes(content[:end])
    row = content[:end].count(b"\n") - 1
    return _fault("truncated file", row, row, f"The file ends within row {row}.")

"""The raw sums of every step, from one walk over the samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.columns import BY_NOTATION, COUNTERS
from voltlake.canonical.streams import TableStream
from voltlake.processing import kernels
from voltlake.processing.boundaries import BoundaryRule, with_begins
from voltlake.processing.survey import floats

__all__ = [
    "TEMPERATURE_CHOICE",
    "StepRecords",
    "counters_in",
    "is_net",
    "sum_steps",
    "temperature_column",
]

TEMPERATURE_CHOICE = (
    "surface_temperature_celsius",
    *(f"temperature_t{n}_celsius" for n in range(1, 6)),
    "ambient_temperature_celsius",
)
"""The temperature of the cell is the first of these that the file holds: nearest to it first."""

_LABELS = ("step_count", "step_id", "step_type", "cycle_count", "unix_time_second")
_DEPRECATED_COUNTERS = ("step_capacity_ah", "step_energy_wh")


@dataclass(frozen=True, slots=True)
class StepRecords:
    """Sums per step execution, in order of time.

    Attributes
    ----------
    sums
        One row a step, the columns of ``kernels.STEP_FIELDS``.
    counters
        For each counter column one row a step, the columns of ``kernels.COUNTER_FIELDS``.
    labels
        One row a step: what its first row says of ``step_count``, ``step_id``, ``step_type``,
        ``cycle_count`` and ``unix_time_second``; null where the file lacks them.
    last_unix_time_second
        Clock of the very last row; NaN where unknown.
    cycle_changes_within
        Rows at which ``cycle_count`` changed in the middle of a step.
    """

    sums: dict[str, NDArray[np.float64]]
    counters: dict[str, dict[str, NDArray[np.float64]]]
    labels: pl.DataFrame
    last_unix_time_second: float
    cycle_changes_within: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return self.labels.height


def counters_in(samples: TableStream) -> list[str]:
    """Return the counter columns that the table has, in BDF's order."""
    known = [*(column.notation for column in COUNTERS), *_DEPRECATED_COUNTERS]
    return [name for name in known if name in samples.schema]


def is_net(counter: str) -> bool:
    """Say whether a counter may fall: charge put in minus charge taken out."""
    return "net_" in counter


def temperature_column(samples: TableStream) -> str | None:
    """Return the first of ``TEMPERATURE_CHOICE`` in the table that is not empty."""
    present = [name for name in TEMPERATURE_CHOICE if name in samples.schema]
    for batch in samples.batches(present) if present else ():
        for name in present:
            if batch.get_column(name).null_count() < batch.height:
                return name
    return None


@dataclass(slots=True)
class _Growing:
    """Finished records of one table, and the unfinished one."""

    fields: tuple[str, ...]
    finished: list[NDArray[np.float64]] = field(default_factory=list)
    open: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        self.open = np.zeros(len(self.fields))

    def room(self, begins: int) -> NDArray[np.float64]:
        return np.empty((begins + 1, len(self.fields)))

    def keep(self, records: NDArray[np.float64], place: int) -> None:
        self.finished.append(records[:place].copy())
        self.open = records[place].copy()

    def columns(self) -> dict[str, NDArray[np.float64]]:
        # The very first record is the empty one that was carried into the first batch.
        whole = np.vstack([*self.finished, self.open[np.newaxis]])[1:]
        return {name: np.ascontiguousarray(whole[:, n]) for n, name in enumerate(self.fields)}


def sum_steps(samples: TableStream, rule: BoundaryRule, temperature: str | None) -> StepRecords:
    """Walk once over the samples and sum up every step.

    Memory grows with the number of steps, not with the number of rows.
    """
    names = counters_in(samples)
    sums = _Growing(kernels.STEP_FIELDS)
    counters = {name: _Growing(kernels.COUNTER_FIELDS) for name in names}
    labels: list[pl.DataFrame] = []
    last_unix, last_cycle = float("nan"), None
    changes: list[int] = []
    columns = ["test_time_second", "step_time_second", "voltage_volt", "current_ampere", *_LABELS]
    columns += [*names, *([temperature] if temperature else [])]
    for first_row, batch, begins in with_begins(samples, rule, columns):
        _add_batch(sums, counters, first_row, batch, begins, temperature)
        labels.append(_labels(batch).filter(pl.Series(begins)))
        if "cycle_count" in batch.columns:
            changes += _changes_within(
                batch.get_column("cycle_count"), last_cycle, begins, first_row
            )
            last_cycle = batch.item(-1, "cycle_count")
        if "unix_time_second" in batch.columns:
            last_unix = float(floats(batch.tail(1), "unix_time_second")[0])
    return StepRecords(
        sums.columns(),
        {name: growing.columns() for name, growing in counters.items()},
        pl.concat(labels) if labels else _labels(pl.DataFrame()),
        last_unix,
        changes,
    )


def _add_batch(
    sums: _Growing,
    counters: dict[str, _Growing],
    first_row: int,
    batch: pl.DataFrame,
    begins: NDArray[np.bool_],
    temperature: str | None,
) -> None:
    count = int(begins.sum())
    records = sums.room(count)
    place = kernels.add_rows(
        begins,
        floats(batch, "test_time_second"),
        floats(batch, "step_time_second"),
        floats(batch, "voltage_volt"),
        floats(batch, "current_ampere"),
        floats(batch, temperature or ""),
        first_row,
        sums.open,
        records,
    )
    sums.keep(records, place)
    for name, growing in counters.items():
        room = growing.room(count)
        place = kernels.add_counter_rows(
            begins, floats(batch, name), is_net(name), growing.open, room
        )
        growing.keep(room, place)


def _labels(batch: pl.DataFrame) -> pl.DataFrame:
    return (
        batch.select(
            (pl.col(name) if name in batch.columns else pl.lit(None))
            .cast(BY_NOTATION[name].dtype)
            .alias(name)
            for name in _LABELS
        )
        if batch.width
        else pl.DataFrame(schema={name: BY_NOTATION[name].dtype for name in _LABELS})
    )


def _changes_within(
    cycles: pl.Series, before: int | None, begins: NDArray[np.bool_], first_row: int
) -> list[int]:
    shifted = cycles.shift(1, fill_value=before if before is not None else cycles[0])
    changed = cycles.ne_missing(shifted).to_numpy() & ~begins
    return [int(n) + first_row for n in np.flatnonzero(changed)]

"""Doubts about rows: twice there, missing, out of order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from voltlake.canonical.findings import Severity
from voltlake.quality.declare import Doubt, Places, SampleWatch, rule
from voltlake.quality.settings import QualitySettings

__all__ = ["CycleCountIsNoCount", "DuplicateRows", "MissingRecords", "RecordsOutOfOrder"]


@rule(
    "DUPLICATE_ROWS",
    Severity.WARNING,
    because="A row repeats the one before it in every main column.",
    remedy="Nothing: the copies carry no charge; check how the file was joined",
)
class DuplicateRows(SampleWatch):
    """Counts rows that equal the row before them."""

    columns = (
        "test_time_second", "voltage_volt", "current_ampere", "record_index", "step_count",
        "step_id", "cycle_count", "step_time_second", "surface_temperature_celsius",
        "temperature_t1_celsius",
    )  # fmt: skip

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.places = Places()

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Compare each row with the one before."""
        if "test_time_second" not in rows.columns:
            return
        names = [name for name in self.columns if name in rows.columns]
        # Times differ nearly always: the other columns are compared only where they do not.
        time = rows.get_column("test_time_second")
        same_time = np.flatnonzero((time == time.shift(1)).fill_null(False).to_numpy())
        if same_time.size:
            one, other = rows[same_time].select(names), rows[same_time - 1].select(names)
            equal = np.ones(same_time.size, dtype=bool)
            for name in names:
                equal &= one[name].eq_missing(other[name]).to_numpy()
            self.places.add(first_row + same_time[equal])

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for all rows."""
        yield from self.places.doubt("{count} rows repeat the row before them", None)


@rule(
    "MISSING_RECORDS",
    Severity.WARNING,
    because="The cycler's own row numbers leave some out.",
    remedy="Export the test again; missing rows stay missing",
)
class MissingRecords(SampleWatch):
    """Counts the numbers that ``record_index`` skips."""

    columns = ("record_index",)

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.places = Places()
        self.missing = 0

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Look for steps of more than one."""
        change = np.diff(self.floats(rows, "record_index"))
        jumps = np.flatnonzero(change > 1)
        self.missing += int((change[jumps] - 1).sum())
        self.places.add(first_row + 1 + jumps)

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for all jumps."""
        message = f"{{count}} jumps of record_index leave out {self.missing} records"
        yield from self.places.doubt(message, "record_index")


@rule(
    "OUT_OF_ORDER",
    Severity.WARNING,
    because="The cycler's own row numbers run backwards or repeat.",
    remedy="Check whether the file joins several tests",
)
class RecordsOutOfOrder(SampleWatch):
    """Counts rows whose ``record_index`` is not larger than the one before."""

    columns = ("record_index",)

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.places = Places()

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Look for steps of less than one."""
        change = np.diff(self.floats(rows, "record_index"))
        self.places.add(first_row + 1 + np.flatnonzero(change <= 0))

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for all rows."""
        yield from self.places.doubt("record_index does not rise at {count} rows", "record_index")


@rule(
    "CYCLE_COUNT_NOT_INTEGER",
    Severity.WARNING,
    because="Cycle numbers count; a fraction shows a wrong column or a damaged file.",
    remedy="Check which column was taken for the cycle number",
)
class CycleCountIsNoCount(SampleWatch):
    """Counts cycle numbers that are fractions or negative."""

    columns = ("cycle_count",)

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.places = Places()

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Look at the new rows only."""
        values = self.floats(rows, "cycle_count")
        wrong = np.flatnonzero((values != np.floor(values)) & ~np.isnan(values) | (values < 0))
        self.places.add(first_row + wrong[wrong >= is_carried])

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for all rows."""
        yield from self.places.doubt("{count} cycle numbers are no counts", "cycle_count")

"""Doubts about time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from voltlake.canonical.findings import Severity
from voltlake.quality.declare import Doubt, SampleWatch, rule
from voltlake.quality.settings import QualitySettings

__all__ = ["LargeGaps", "TimeRunsBack"]


@rule(
    "TIME_NOT_MONOTONIC",
    Severity.WARNING,
    because="Test time runs backwards: rows are out of order, or a clock was set.",
    remedy="Export the test again in record order, or sort by record_index",
)
class TimeRunsBack(SampleWatch):
    """Counts rows whose test time is smaller than that of the row before."""

    columns = ("test_time_second",)

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.first: int | None = None
        self.last, self.count, self.furthest = 0, 0, 0.0
        self.latest, self.told_again = -np.inf, 0

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Look at the change from row to row."""
        time = self.floats(rows, "test_time_second")
        change = np.diff(time)
        back = np.flatnonzero(change < 0)
        latest = np.fmax.accumulate(np.concatenate([[self.latest], time[int(is_carried) :]]))
        self.told_again += int((time[int(is_carried) :] < latest[:-1]).sum())
        self.latest = float(latest[-1])
        if not back.size:
            return
        if self.first is None:
            self.first = first_row + 1 + int(back[0])
        self.last = first_row + 1 + int(back[-1])
        self.count += back.size
        self.furthest = max(self.furthest, float(-change[back].min()))

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for all rows."""
        if self.first is not None:
            message = (
                f"Test time runs backwards at {self.count} rows, by up to {self.furthest:.6g} s; "
                f"{self.told_again} rows tell of times that others have told already"
            )
            yield Doubt(message, "test_time_second", self.first, self.last, self.count)


@rule(
    "TIME_GAP_TOO_LARGE",
    Severity.WARNING,
    because="Nothing was recorded for much longer than usual while current flowed.",
    remedy="Prefer the counter to the integral here; look for a lost part of the file",
)
class LargeGaps(SampleWatch):
    """Finds gaps within steps that are far longer than the test's usual intervals.

    Usual is what all but three intervals (or one in a thousand, if that is more) do not
    exceed. Gaps without current at either end move no charge and raise no doubt.
    """

    columns = ("test_time_second", "current_ampere")
    _CANDIDATES = 64

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.counts = np.zeros(4096, dtype=np.int64)
        self.longest = np.empty((0, 3))
        self.rest_current = 1e-3 * self.largest_magnitude("current_mean_ampere")

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Count intervals by their logarithm and keep the longest of them."""
        if "test_time_second" not in rows.columns or "current_ampere" not in rows.columns:
            return
        seconds = np.diff(self.floats(rows, "test_time_second"))
        current = np.abs(self.floats(rows, "current_ampere"))
        flowing = np.fmax(current[1:], current[:-1])
        inside = ~self.begins(first_row + 1, seconds.size)
        usable = inside & (seconds > 0) & (flowing > self.rest_current)
        kept = seconds[usable]
        places = np.clip(np.floor(np.log2(kept) * 64).astype(np.int64) + 2048, 0, 4095)
        np.add.at(self.counts, places, 1)
        mean = 0.5 * (current[1:] + current[:-1])[usable]
        row = first_row + 1 + np.flatnonzero(usable)
        joined = np.vstack([self.longest, np.column_stack([kept, row, mean])])
        order = np.argsort(-joined[:, 0], kind="stable")[: self._CANDIDATES]
        self.longest = joined[order]

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for all gaps, with the charge that the integral assigns to them."""
        total = int(self.counts.sum())
        if total < 10:
            return
        left_out = max(3, total // 1000)
        place = int(np.searchsorted(np.cumsum(self.counts), total - left_out))
        usual = 2.0 ** ((place + 1 - 2048) / 64)
        gaps = self.longest[self.longest[:, 0] > self.settings.gap_samples * usual]
        if not gaps.size:
            return
        charge = float((gaps[:, 0] * gaps[:, 2]).sum()) / 3600.0
        message = (
            f"{len(gaps)} gaps of up to {gaps[0, 0]:.6g} s while current flows, usual are at most "
            f"{usual:.3g} s; the integral assigns {charge:.4g} Ah to them"
        )
        rows = gaps[:, 1].astype(np.int64)
        yield Doubt(message, "test_time_second", int(rows.min()), int(rows.max()), len(gaps))

"""Doubts about signals that do not move as a cell's would."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from voltlake.canonical.findings import Severity
from voltlake.quality.declare import Doubt, SampleWatch, rule
from voltlake.quality.settings import QualitySettings

__all__ = ["FrozenSignal"]


@rule(
    "FROZEN_SIGNAL",
    Severity.WARNING,
    because="Voltage and current repeat to the last digit while a large charge passes.",
    remedy="Do not use these rows: the channel stopped measuring",
)
class FrozenSignal(SampleWatch):
    """Finds long runs of equal voltage and current that move a large charge."""

    columns = ("test_time_second", "voltage_volt", "current_ampere")

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        largest = max(
            self.largest_magnitude("charge_capacity_ah"),
            self.largest_magnitude("discharge_capacity_ah"),
        )
        self.least_charge = settings.frozen_capacity_fraction * largest * 3600.0
        self.run_rows, self.run_charge, self.run_first = 0, 0.0, 0
        self.found: list[tuple[int, int, float]] = []

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Follow runs of equal rows across batch borders."""
        time, voltage, current = (self.floats(rows, name) for name in self.columns)
        same = (np.diff(voltage) == 0) & (np.diff(current) == 0)
        charge = np.where(same, np.abs(current[1:]) * np.maximum(np.diff(time), 0.0), 0.0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
        begins, ends = edges[::2], edges[1::2]
        if not (begins.size and begins[0] == 0):
            self._close()
        total = np.concatenate([[0.0], np.cumsum(charge)])
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            if not (begin == 0 and self.run_rows):
                self._close()
                self.run_first = first_row + begin
            self.run_rows += end - begin
            self.run_charge += float(total[end] - total[begin])
            if end < same.size:
                self._close()

    def _close(self) -> None:
        enough = self.run_rows >= self.settings.frozen_rows
        if enough and self.run_charge > self.least_charge > 0:
            self.found.append((self.run_first, self.run_first + self.run_rows, self.run_charge))
        self.run_rows, self.run_charge = 0, 0.0

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for each run."""
        self._close()
        for first, last, charge in self.found:
            message = (
                f"Voltage and current stand still for {last - first + 1} rows "
                f"while {charge / 3600.0:.4g} Ah pass"
            )
            yield Doubt(message, "voltage_volt", first, last, last - first + 1)

"""Doubts about cycles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from voltlake.canonical.findings import Severity
from voltlake.quality.declare import Doubt, rule
from voltlake.quality.settings import QualitySettings

__all__ = ["partial_cycles"]

_HALVES = ("charge_capacity_ah", "discharge_capacity_ah")


@rule(
    "PARTIAL_CYCLE",
    Severity.INFO,
    because="The first or last cycle holds less than half of the usual charge in one direction.",
    remedy="Leave it out of comparisons; join the test with its continuation",
    needs="cycles",
)
def partial_cycles(cycles: pl.DataFrame, settings: QualitySettings) -> Iterator[Doubt]:
    """Compare the first and the last cycle with the median of the test."""
    if cycles.height < 2:
        return
    for place in (0, cycles.height - 1):
        for name in _HALVES:
            known = cycles[name].drop_nulls().to_numpy()
            value = cycles[name][place]
            if not known.size or value is None or value >= 0.5 * (usual := np.median(known)):
                continue
            yield Doubt(
                f"{name} of cycle {cycles['cycle_index'][place]} is {value:.4g} Ah, usual is "
                f"{usual:.4g} Ah",
                column=name,
                row_first=cycles["row_first"][place],
                row_last=cycles["row_last"][place],
            )

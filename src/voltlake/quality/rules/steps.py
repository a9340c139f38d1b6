"""Doubts about steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from voltlake.canonical.findings import Severity
from voltlake.quality.declare import Doubt, rule
from voltlake.quality.settings import QualitySettings

__all__ = ["same_direction_twice", "step_count_falls", "too_few_points"]


@rule(
    "STEP_TOO_FEW_POINTS",
    Severity.INFO,
    because="The shape of a step cannot be judged from so few rows.",
    remedy="Log more often",
    needs="steps",
)
def too_few_points(steps: pl.DataFrame, settings: QualitySettings) -> Iterator[Doubt]:
    """Charges and discharges that last, but hold hardly any row."""
    rows = pl.col("row_last") - pl.col("row_first") + 1
    moved = pl.max_horizontal("charge_capacity_ah", "discharge_capacity_ah")
    poor = steps.filter(
        pl.col("step_type").is_in(["charge", "discharge"])
        & (rows < settings.step_points)
        & (moved >= 0.05 * moved.max())
        & (moved > 0)
    )
    if poor.height:
        message = (
            f"{poor.height} charges and discharges hold fewer than {settings.step_points} rows"
        )
        yield Doubt(message, None, poor["row_first"][0], poor["row_last"][-1], poor.height)


@rule(
    "STEP_COUNT_DECREASED",
    Severity.WARNING,
    because="Executions of steps are numbered upwards; a fall shows joined or shuffled rows.",
    remedy="Check whether the file joins several tests",
    needs="steps",
)
def step_count_falls(steps: pl.DataFrame, settings: QualitySettings) -> Iterator[Doubt]:
    """Step numbers that do not rise from one step to the next."""
    change = np.diff(steps["step_count"].cast(pl.Float64).to_numpy())
    falls = np.flatnonzero(change <= 0) + 1
    if falls.size:
        rows = steps["row_first"].to_numpy()[falls]
        message = f"step_count does not rise at {falls.size} steps"
        yield Doubt(message, "step_count", int(rows[0]), int(rows[-1]), int(falls.size))


@rule(
    "CONSECUTIVE_SAME_DIRECTION_FULL_STEPS",
    Severity.WARNING,
    because="A full cell cannot be charged again, nor an empty one discharged: steps are missing.",
    remedy="Look for rows lost between these steps",
    needs="steps",
)
def same_direction_twice(steps: pl.DataFrame, settings: QualitySettings) -> Iterator[Doubt]:
    """Two full charges, or two full discharges, without the other between them.

    Full is a step with at least 80 % of the largest capacity in its direction, so that
    two of them cannot both have begun in the same state.
    """
    active = steps.filter(pl.col("step_type").is_in(["charge", "discharge"]))
    for kind in ("charge", "discharge"):
        capacity = active[f"{kind}_capacity_ah"].fill_null(0.0).to_numpy()
        is_kind = active["step_type"].to_numpy() == kind
        largest = capacity.max(initial=0.0)
        full = is_kind & (capacity >= 0.8 * largest) & (capacity > 0)
        twice = np.flatnonzero(full[1:] & full[:-1]) + 1
        if twice.size:
            rows = active["row_first"].to_numpy()[twice]
            message = f"{twice.size} full {kind}s follow a full {kind}"
            yield Doubt(message, None, int(rows[0]), int(rows[-1]), int(twice.size))

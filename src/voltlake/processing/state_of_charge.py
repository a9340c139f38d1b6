"""State of charge by counting charge from a discharge that is taken as complete."""

from __future__ import annotations

import numpy as np
import polars as pl

from voltlake.canonical.certificate import Verdict
from voltlake.canonical.conventions import Detection
from voltlake.errors import InvalidRequest

__all__ = ["default_reference", "state_of_charge", "with_proven_state_of_charge"]

_NEAR_THE_BOTTOM = 0.02
_NEARLY_ALL = 0.8


def default_reference(steps: pl.DataFrame) -> int | None:
    """Return the row of the second discharge, else of the only one, else ``None``."""
    discharges = np.flatnonzero(steps["step_type"].to_numpy() == "discharge")
    return int(discharges[min(1, discharges.size - 1)]) if discharges.size else None


def state_of_charge(
    steps: pl.DataFrame,
    reference_step: int | None = None,
    *,
    total_capacity_ah: pl.Series | None = None,
) -> pl.DataFrame:
    """Fill ``soc_start`` and ``soc_end`` (ratios) from a reference discharge.

    The cell is taken as empty at the end of the reference and its capacity as that of the
    reference; then every step moves the state by its charge. Steps before the reference
    stay null.

    Parameters
    ----------
    steps
        Step table, in order of time.
    reference_step
        ``step_count`` of a full discharge; by default the second discharge of the test,
        else the only one. Without any discharge all states stay null.
    total_capacity_ah
        Net charge since the start at the end of each step; by default the sum over the
        steps. A cycler's own total may be given, but it may have restarted on the way.

    Raises
    ------
    InvalidRequest
        Where the chosen step does not exist or is no discharge.
    """
    place = default_reference(steps) if reference_step is None else _row_of(steps, reference_step)
    if place is None:
        return steps
    capacity = steps["discharge_capacity_ah"][place]
    if not capacity:
        return steps
    moved = pl.col("charge_capacity_ah").fill_null(0) - pl.col("discharge_capacity_ah").fill_null(0)
    own = steps.select(moved.cum_sum()).to_series()
    total = (own if total_capacity_ah is None else total_capacity_ah).to_numpy()
    end = (total - total[place]) / capacity
    start = np.concatenate([[0.0 - total[place]], total[:-1] - total[place]]) / capacity
    counted = np.arange(steps.height) >= place
    return steps.with_columns(
        pl.Series("soc_start", np.where(counted, start, np.nan)).fill_nan(None),
        pl.Series("soc_end", np.where(counted, end, np.nan)).fill_nan(None),
    )


def _row_of(steps: pl.DataFrame, step_count: int) -> int:
    places = np.flatnonzero((steps["step_count"] == step_count).fill_null(False).to_numpy())
    if not places.size:
        raise InvalidRequest(f"the test has no step {step_count}")
    place = int(places[0])
    if steps["step_type"][place] != "discharge":
        raise InvalidRequest(
            f"step {step_count} is a {steps['step_type'][place]}, not a discharge",
            remedy="Choose a full discharge as the reference",
        )
    return place


def with_proven_state_of_charge(steps: pl.DataFrame) -> tuple[pl.DataFrame, Detection]:
    """Fill the states of charge if the default reference is a full discharge by the data.

    Full means: it ends within 2 % of the voltage span of the lowest end of all discharges,
    and it moves at least 80 % of the largest discharge.
    """
    place = default_reference(steps)
    discharges = steps.filter(pl.col("step_type") == "discharge")
    if place is None or steps["voltage_end_volt"][place] is None:
        return steps, Detection("soc_reference", "none", "no discharge", Verdict.UNKNOWN)
    row = steps.row(place, named=True)
    lowest = float(discharges["voltage_end_volt"].to_numpy().min())
    span = float(steps["voltage_max_volt"].to_numpy().max()) - lowest
    largest = float(discharges["discharge_capacity_ah"].to_numpy().max())
    evidence = (
        f"step {row['step_count']} moves {row['discharge_capacity_ah']:.6g} of at most "
        f"{largest:.6g} Ah and ends at {row['voltage_end_volt']:.4g} V, "
        f"the lowest end is {lowest:.4g} V"
    )
    is_full = (
        row["voltage_end_volt"] <= lowest + _NEAR_THE_BOTTOM * span
        and row["discharge_capacity_ah"] >= _NEARLY_ALL * largest
    )
    if not is_full:
        return steps, Detection("soc_reference", "none", evidence, Verdict.UNKNOWN)
    value = f"step {row['step_count']}"
    return state_of_charge(steps), Detection("soc_reference", value, evidence, Verdict.ASSUMED)

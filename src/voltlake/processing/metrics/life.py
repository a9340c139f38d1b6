"""What kind of cycle it is, and its number among the regular ones."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = ["cycle_kind", "regular_cycle_number"]

_WHOLE = 0.5


@cycle_metric(
    unit="",
    definition=(
        "'regular' with a charge and a discharge, unless it is the first or last cycle and one "
        "of them is less than half of the usual; 'aborted' for such a last cycle, and for one "
        "that lacks a half; null where the data prove neither."
    ),
)
def cycle_kind() -> pl.Expr:
    """Kind as far as the data prove it; the usual capacities are medians of the test."""
    complete = pl.col("has_charge") & pl.col("has_discharge")
    place = pl.int_range(pl.len())
    is_last = place == pl.len() - 1
    at_an_end = (place == 0) | is_last
    partial = pl.any_horizontal(
        (pl.col(name) < _WHOLE * pl.col(name).filter(complete).median()).fill_null(True)
        for name in ("charge_capacity_ah", "discharge_capacity_ah")
    )
    regular = complete & ~(at_an_end & partial)
    active = pl.col("has_charge") | pl.col("has_discharge")
    return (
        pl.when(regular)
        .then(pl.lit("regular"))
        .when(is_last & active & (regular.sum() > 0))
        .then(pl.lit("aborted"))
    )


@cycle_metric(unit="1", definition="Number of the cycle among the regular ones, from 1.")
def regular_cycle_number() -> pl.Expr:
    """Null for cycles of another kind."""
    regular = (pl.col("cycle_kind") == "regular").fill_null(False)
    return pl.when(regular).then(regular.cast(pl.Int64).cum_sum())

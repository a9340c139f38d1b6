"""What kind of cycle it is, and its number among the regular ones."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = ["cycle_kind", "regular_cycle_number"]

_WHOLE = 0.5


@cycle_metric(
    unit="",
    definition=(
        "'regular' with both halves and at least half of the usual discharge capacity; 'aborted' "
        "for a last cycle without; null where the data prove neither."
    ),
)
def cycle_kind() -> pl.Expr:
    """Kind as far as the data prove it; the usual capacity is the median of the test."""
    complete = pl.col("has_charge") & pl.col("has_discharge")
    discharge = pl.col("discharge_capacity_ah")
    usual = discharge.filter(complete).median()
    is_last = pl.int_range(pl.len()) == pl.len() - 1
    whole = complete & (discharge >= _WHOLE * usual)
    active = pl.col("has_charge") | pl.col("has_discharge")
    return (
        pl.when(whole)
        .then(pl.lit("regular"))
        .when(is_last & active & (whole.sum() > 0))
        .then(pl.lit("aborted"))
    )


@cycle_metric(unit="1", definition="Number of the cycle among the regular ones, from 1.")
def regular_cycle_number() -> pl.Expr:
    """Null for cycles of another kind."""
    regular = (pl.col("cycle_kind") == "regular").fill_null(False)
    return pl.when(regular).then(regular.cast(pl.Int64).cum_sum())

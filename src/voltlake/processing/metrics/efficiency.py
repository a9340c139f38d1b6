"""How much of what goes in comes out again."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = ["coulombic_efficiency", "energy_efficiency"]


@cycle_metric(unit="1", definition="Charge out over charge in, within one cycle.")
def coulombic_efficiency() -> pl.Expr:
    """Null where a half is missing: an aborted cycle is not 0 or infinity."""
    return _out_over_in("capacity_ah")


@cycle_metric(unit="1", definition="Energy out over energy in, within one cycle.")
def energy_efficiency() -> pl.Expr:
    """Null where a half is missing."""
    return _out_over_in("energy_wh")


def _out_over_in(quantity: str) -> pl.Expr:
    into = pl.col(f"charge_{quantity}")
    both = pl.col("has_charge") & pl.col("has_discharge")
    return pl.when(both & (into > 0)).then(pl.col(f"discharge_{quantity}") / into)

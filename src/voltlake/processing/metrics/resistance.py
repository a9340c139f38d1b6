"""Resistance to direct current."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = ["dc_internal_resistance_ohm"]


@cycle_metric(
    unit="ohm",
    definition=(
        "Change of voltage over change of current between the last row of a rest and the first "
        "row of the load after it: the first discharge of the cycle, else the first charge."
    ),
    source="IEC 62660-1:2018, 7.4 (the change at the begin of a load)",
)
def dc_internal_resistance_ohm() -> pl.Expr:
    """Null where no load follows a rest, or where its sign is that of noise.

    The later the first row of a load is written, the more of the slow processes it holds.
    """
    return pl.coalesce("discharge_load_resistance_ohm", "charge_load_resistance_ohm")

"""The vendor's own cycle table as ours, where a file holds no samples to compute one from."""

from __future__ import annotations

import polars as pl

from voltlake.canonical.tables import CYCLES_SCHEMA
from voltlake.processing.metrics.declare import cycle_metrics

__all__ = ["complete_reported_cycles"]

_DERIVED = (
    "coulombic_efficiency", "energy_efficiency", "cycle_kind", "regular_cycle_number",
    "discharge_capacity_retention",
)  # fmt: skip


def complete_reported_cycles(reported: pl.DataFrame) -> pl.DataFrame:
    """Return ``CYCLES_SCHEMA``, filled from what the vendor reports.

    Columns that the vendor does not report are null, except efficiencies, kind and
    retention, which follow from its capacities by our own definitions. What the vendor
    reports under one of our names stays; ``capacity_source`` says ``reported``.
    """
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in CYCLES_SCHEMA.items()
        if name not in reported.columns
    ]
    table = reported.with_columns(missing).with_columns(
        (pl.col(f"{half}_capacity_ah") > 0).fill_null(False).alias(f"has_{half}")
        for half in ("charge", "discharge")
    )
    for metric in cycle_metrics():
        if metric.name in _DERIVED:
            said = pl.col(metric.name)
            computed = metric.expression()
            table = table.with_columns(pl.coalesce(said, computed).alias(metric.name))
    return table.select(
        pl.col(name).cast(dtype) for name, dtype in CYCLES_SCHEMA.items()
    ).with_columns(pl.lit("reported").alias("capacity_source"), pl.selectors.float().fill_nan(None))

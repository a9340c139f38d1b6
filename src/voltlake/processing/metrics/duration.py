"""How long a cycle takes."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = ["duration_second"]


@cycle_metric(unit="s", definition="From the cycle's begin to the end of its last step.")
def duration_second() -> pl.Expr:
    """Pauses count; null where the test time runs backwards."""
    whole = pl.col("test_time_end_second") - pl.col("test_time_start_second")
    return pl.when(whole >= 0).then(whole)

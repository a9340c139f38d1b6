"""What a cell has gone through and what is left of it, within one test."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = [
    "charge_throughput_ah",
    "discharge_capacity_retention",
    "energy_throughput_wh",
    "equivalent_full_cycles",
]


@cycle_metric(unit="Ah", definition="Charge in plus charge out since the start of the test.")
def charge_throughput_ah() -> pl.Expr:
    """Counts every cycle up to and with this one."""
    return _throughput("capacity_ah")


@cycle_metric(unit="Wh", definition="Energy in plus energy out since the start of the test.")
def energy_throughput_wh() -> pl.Expr:
    """Counts every cycle up to and with this one."""
    return _throughput("energy_wh")


@cycle_metric(
    unit="1", definition="Charge throughput over twice the nominal capacity, since the start."
)
def equivalent_full_cycles() -> pl.Expr:
    """Null where the nominal capacity is unknown."""
    return pl.col("charge_throughput_ah") / (2 * pl.col("nominal_capacity_ah"))


@cycle_metric(
    unit="1", definition="Discharge capacity over that of the first regular cycle of the test."
)
def discharge_capacity_retention() -> pl.Expr:
    """Null for cycles without a discharge, and where no cycle is regular."""
    first = pl.col("discharge_capacity_ah").filter(pl.col("cycle_kind") == "regular").first()
    return pl.when(pl.col("has_discharge") & (first > 0)).then(
        pl.col("discharge_capacity_ah") / first
    )


def _throughput(quantity: str) -> pl.Expr:
    both = pl.col(f"charge_{quantity}").fill_null(0) + pl.col(f"discharge_{quantity}").fill_null(0)
    return both.cum_sum()

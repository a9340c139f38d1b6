"""Mean voltages of a cycle's halves."""

from __future__ import annotations

import polars as pl

from voltlake.processing.metrics.declare import cycle_metric

__all__ = ["mean_charge_voltage_volt", "mean_discharge_voltage_volt"]


@cycle_metric(unit="V", definition="Charge energy over charge capacity.")
def mean_charge_voltage_volt() -> pl.Expr:
    """Charge-weighted mean; null where nothing was charged."""
    return _mean_voltage("charge")


@cycle_metric(unit="V", definition="Discharge energy over discharge capacity.")
def mean_discharge_voltage_volt() -> pl.Expr:
    """Charge-weighted mean; null where nothing was discharged."""
    return _mean_voltage("discharge")


def _mean_voltage(half: str) -> pl.Expr:
    capacity = pl.col(f"{half}_capacity_ah")
    return pl.when(pl.col(f"has_{half}") & (capacity > 0)).then(
        pl.col(f"{half}_energy_wh") / capacity
    )

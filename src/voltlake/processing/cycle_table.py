"""The cycle table: sums over the steps of each cycle, then every declared metric."""

from __future__ import annotations

import polars as pl

from voltlake.canonical.tables import CYCLES_SCHEMA
from voltlake.processing.metrics.declare import cycle_metrics

__all__ = ["cycle_sums", "cycle_table"]

_LOAD_FRACTION = 0.05


def cycle_table(
    steps: pl.DataFrame, current_scale_ampere: float, nominal_capacity_ah: float | None
) -> pl.DataFrame:
    """Build the cycle table from the step table, sorted by cycle.

    Steps without ``cycle_index`` are in no cycle. All declared metrics are computed, in the
    order of their declaration: one may use those before it.
    """
    table = cycle_sums(steps, current_scale_ampere).with_columns(
        pl.lit(nominal_capacity_ah, dtype=pl.Float64).alias("nominal_capacity_ah")
    )
    for metric in cycle_metrics():
        table = table.with_columns(metric.expression().alias(metric.name))
    return table.select(
        pl.col(name).cast(dtype) for name, dtype in CYCLES_SCHEMA.items()
    ).with_columns(pl.selectors.float().fill_nan(None))


def cycle_sums(steps: pl.DataFrame, current_scale_ampere: float) -> pl.DataFrame:
    """Sum up the steps of each cycle: the ground on which the metrics stand.

    Beside the columns of ``CYCLES_SCHEMA`` that are plain sums, least or largest values it
    holds ``has_charge``, ``has_discharge`` and the resistances of the first loads.
    """
    in_cycles = _with_resistance(steps, current_scale_ampere).filter(
        pl.col("cycle_index").is_not_null()
    )
    return (
        in_cycles.group_by("cycle_index", maintain_order=True)
        .agg(_aggregates())
        .sort("cycle_index")
    )


def _aggregates() -> list[pl.Expr]:
    kind, duration = pl.col("step_type"), pl.col("duration_second")
    totals = [
        name
        for name in CYCLES_SCHEMA
        if name.startswith(("charge_", "discharge_"))
        and name.endswith(("_ah", "_wh"))
        and "throughput" not in name
    ]
    charging, discharging = kind == "charge", kind == "discharge"
    return [
        pl.col("cycle_count").first(),
        pl.col("start_unix_time_second").first(),
        pl.col("test_time_start_second").first(),
        pl.col("row_first").first(),
        pl.col("row_last").last(),
        (pl.col("test_time_start_second") + duration).last().alias("test_time_end_second"),
        *(_sum(pl.col(name)).alias(name) for name in totals),
        pl.when(pl.col("capacity_source").n_unique() == 1)
        .then(pl.col("capacity_source").first())
        .otherwise(pl.lit("mixed")),
        charging.any().alias("has_charge"),
        discharging.any().alias("has_discharge"),
        *(
            _sum(duration.filter(kind == word)).alias(f"{word}_duration_second")
            for word in ("charge", "discharge", "rest")
        ),
        _sum(pl.col("cv_duration_second").filter(charging)).alias("cv_duration_second"),
        _sum(pl.col("cv_capacity_ah").filter(charging)).alias("cv_capacity_ah"),
        *(pl.col(f"{name}_min_{unit}").min() for name, unit in _STATISTICS),
        *(pl.col(f"{name}_max_{unit}").max() for name, unit in _STATISTICS),
        _mean(pl.col("temperature_mean_celsius"), duration).alias("temperature_mean_celsius"),
        *(_main_rate(word).alias(f"c_rate_{word}") for word in ("charge", "discharge")),
        *(
            pl.col("load_resistance_ohm")
            .filter(kind == word)
            .drop_nulls()
            .first()
            .alias(f"{word}_load_resistance_ohm")
            for word in ("charge", "discharge")
        ),
    ]


_STATISTICS = (("voltage", "volt"), ("current", "ampere"), ("temperature", "celsius"))


def _sum(values: pl.Expr) -> pl.Expr:
    """Sum that is null, not 0, where nothing is known."""
    return pl.when(values.count() > 0).then(values.sum())


def _mean(values: pl.Expr, weights: pl.Expr) -> pl.Expr:
    known = weights.filter(values.is_not_null())
    weighted = (values * weights).drop_nulls()
    return pl.when(known.sum() > 0).then(weighted.sum() / known.sum()).otherwise(values.mean())


def _main_rate(word: str) -> pl.Expr:
    """Rate of the step that moved the most charge in this direction."""
    capacity = pl.col(f"{word}_capacity_ah")
    chosen = pl.col("step_type") == word
    return (
        pl.col("c_rate")
        .filter(chosen)
        .sort_by(capacity.filter(chosen), descending=True, maintain_order=True)
        .first()
    )


def _with_resistance(steps: pl.DataFrame, current_scale_ampere: float) -> pl.DataFrame:
    """Change of voltage over change of current where a load follows a rest."""
    change = pl.col("current_start_ampere") - pl.col("current_end_ampere").shift(1)
    rise = pl.col("voltage_start_volt") - pl.col("voltage_end_volt").shift(1)
    follows_rest = pl.col("step_type").shift(1) == "rest"
    measurable = follows_rest & (change.abs() > _LOAD_FRACTION * current_scale_ampere)
    resistance = pl.when(measurable & (rise / change > 0)).then(rise / change)
    return steps.with_columns(resistance.alias("load_resistance_ohm"))

"""Voltage against capacity for chosen cycles of a test, charge and discharge."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import polars as pl
from pydantic import BaseModel

from voltlake.canonical.columns import column
from voltlake.charts.declare import Figure, chart
from voltlake.charts.panels import TABLE, is_measured, not_measured
from voltlake.charts.theme import Theme
from voltlake.charts.titles import axis_title

__all__ = ["capacity_vs_voltage", "prepare"]

Direction = Literal["both", "charge", "discharge"]
_HEIGHT = 360
_BUCKETS_PER_CURVE = 300
_REST_FRACTION = 0.001
"""Below this part of the largest current a row is at rest: noise must not draw as a curve."""

_COUNTERS = {"charge": "charging_capacity_ah", "discharge": "discharging_capacity_ah"}
_GRIDS = {"charge": "charge_capacity_ah", "discharge": "discharge_capacity_ah"}


def _columns(_: BaseModel) -> tuple[str, ...]:
    return ("cycle_index", "voltage_volt", "current_ampere", *_COUNTERS.values())


def prepare(samples: pl.DataFrame, *, direction: Direction) -> pl.DataFrame:
    """Make the table behind the chart.

    Parameters
    ----------
    samples
        Samples in time order with ``cycle_index``, ``voltage_volt``, ``current_ampere`` and
        the test's counters ``charging_capacity_ah`` and ``discharging_capacity_ah``; or
        curves that the vendor reports (they have a column ``direction``).

    Returns
    -------
    ``cycle``, ``direction`` (charge or discharge; only if both are wanted), ``capacity_ah``
    since the first row of this direction in the cycle, ``voltage_volt``; sorted by cycle
    and direction, else in time order, so that the capacity never falls. A curve is thinned
    to at most 600 rows, the extremes of its voltage among them.
    """
    wanted = ("charge", "discharge") if direction == "both" else (direction,)
    half = _of_curves if "direction" in samples.columns else _of_samples
    halves = pl.concat([half(samples, way) for way in wanted])
    curves = _thinned(halves.sort("cycle", "direction", maintain_order=True))
    return curves if direction == "both" else curves.drop("direction")


def _of_samples(samples: pl.DataFrame, direction: str) -> pl.DataFrame:
    current = pl.col("current_ampere") * (1 if direction == "charge" else -1)
    flows = current > _REST_FRACTION * pl.col("current_ampere").abs().max()
    return samples.filter(flows & pl.col("cycle_index").is_not_null()).select(
        pl.col("cycle_index").alias("cycle"),
        pl.lit(direction).alias("direction"),
        _from_zero(_COUNTERS[direction]),
        "voltage_volt",
    )


def _of_curves(curves: pl.DataFrame, direction: str) -> pl.DataFrame:
    return curves.filter(pl.col("direction") == direction).select(
        pl.col("cycle_index").alias("cycle"),
        "direction",
        pl.col(_GRIDS[direction]).alias("capacity_ah"),
        "voltage_volt",
    )


def _from_zero(counter: str) -> pl.Expr:
    value = pl.col(counter).fill_nan(None)
    return (value - value.first().over("cycle_index")).alias("capacity_ah")


def _thinned(curves: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of lowest and highest voltage in each of equally long runs of rows."""
    curve = ("cycle", "direction")
    rows, length = pl.int_range(pl.len()).over(curve), pl.len().over(curve)
    short = length <= 2 * _BUCKETS_PER_CURVE
    bucket = pl.when(short).then(rows).otherwise(rows * _BUCKETS_PER_CURVE // length)
    numbered = curves.with_columns(bucket.alias("bucket")).with_row_index("row")
    voltage = pl.col("voltage_volt")
    extremes = numbered.group_by(*curve, "bucket").agg(
        pl.col("row").get(voltage.arg_min(), null_on_oob=True).alias("low"),
        pl.col("row").get(voltage.arg_max(), null_on_oob=True).alias("high"),
    )
    keep = pl.concat([extremes["low"], extremes["high"]]).drop_nulls().unique().sort()
    return curves[keep]


@chart(
    "capacity-vs-voltage",
    "Voltage against capacity",
    source="curves",
    columns=_columns,
    prepare=prepare,
)
def capacity_vs_voltage(
    frame: pl.DataFrame, *, theme: Theme, direction: Direction = "both"
) -> Figure:
    """Draw the voltage of chosen cycles against the capacity since the half cycle began.

    ``frame`` as from :func:`prepare`. One cycle is coloured by direction, several by cycle.
    """
    for quantity, words in (("capacity_ah", "Capacity"), ("voltage_volt", "Voltage")):
        if not is_measured(frame, quantity):
            return not_measured(words, theme, height=_HEIGHT)
    voltage, capacity = column("voltage_volt").title, axis_title("capacity_ah")
    free = alt.Scale(zero=False, nice=False)
    lines: alt.Chart = (
        alt.Chart(TABLE, usermeta={"fast": "lines"})
        .transform_window(order="row_number()")
        .mark_line(strokeWidth=1.6)
        .encode(
            x=alt.X("capacity_ah:Q", title=capacity, scale=free),
            y=alt.Y("voltage_volt:Q", title=voltage, scale=alt.Scale(zero=False)),
            order="order:Q",
            tooltip=[
                alt.Tooltip("cycle:Q", title="Cycle"),
                alt.Tooltip("capacity_ah:Q", title=capacity, format=".5~g"),
                alt.Tooltip("voltage_volt:Q", title=voltage, format=".5~g"),
            ],
            **_colors(frame, theme, direction),
        )
        .properties(width="container", height=_HEIGHT)
    )
    return lines


def _colors(frame: pl.DataFrame, theme: Theme, direction: Direction) -> dict[str, Any]:
    several = frame["cycle"].n_unique() > 1
    if not several and direction != "both":
        return {"color": alt.value(theme.charge if direction == "charge" else theme.discharge)}
    if not several:
        ways = alt.Scale(domain=["charge", "discharge"], range=[theme.charge, theme.discharge])
        return {"color": alt.Color("direction:N", title="Direction", scale=ways)}
    ramp = alt.Scale(range=list(theme.cycles))
    by_cycle = {"color": alt.Color("cycle:O", title="Cycle", scale=ramp)}
    if direction != "both":
        return by_cycle
    dash = alt.Scale(domain=["charge", "discharge"], range=[[5, 3], [1, 0]])
    return by_cycle | {"strokeDash": alt.StrokeDash("direction:N", title="Direction", scale=dash)}

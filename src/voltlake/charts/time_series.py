"""Voltage, current and temperature against time, in panes one above the other.

Each quantity has a pane of its own: two lines over one ground hide one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel

from voltlake.canonical.columns import column
from voltlake.charts.declare import Figure, chart
from voltlake.charts.panels import TABLE, is_measured, not_measured
from voltlake.charts.theme import Theme
from voltlake.errors import InvalidRequest

__all__ = ["TEMPERATURES", "long_table", "prepare", "time_series"]

TEMPERATURES = (
    "surface_temperature_celsius",
    "temperature_t1_celsius",
    "ambient_temperature_celsius",
)
"""Which temperature is drawn: the first of these that the test has."""

_QUANTITIES = ("voltage_volt", "current_ampere", *TEMPERATURES)

STEP_BEGINS = "step_begins"
"""The ``quantity`` of the rows of a frame that mark where a step begins."""

_PANE_HEIGHT = 150
_MOST_STEPS = 400
"""With more step boundaries than this the marks would cover the chart: none are drawn."""

_UNITS = ((172_800, 86_400, "d"), (10_800, 3_600, "h"), (300, 60, "min"), (0, 1, "s"))
"""Longer than the first number of seconds: the size and the name of the unit of time."""

Points = tuple[npt.NDArray[np.float64], npt.NDArray[np.floating[Any]]]


def _columns(_: BaseModel) -> tuple[str, ...]:
    return ("test_time_second", *_QUANTITIES, "step_count")


def long_table(series: Mapping[str, Points]) -> pl.DataFrame:
    """Return thinned series, each with its own times, as the table that :func:`prepare` takes.

    ``series`` maps a sample column to its times [s] and its values. The result has the
    columns ``quantity``, ``test_time_second`` and ``value``, in the order of ``series``.
    """
    schema = {"quantity": pl.String, "test_time_second": pl.Float64, "value": pl.Float64}
    frames = [
        pl.DataFrame(
            {"quantity": [name] * len(times), "test_time_second": times, "value": values},
            schema=schema,
        )
        for name, (times, values) in series.items()
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def prepare(samples: pl.DataFrame, *, steps: bool) -> pl.DataFrame:
    """Make the table behind the chart: ``quantity``, ``test_time_second``, ``value``.

    Parameters
    ----------
    samples
        Samples in time order (then ``step_count``, if there, tells where steps begin), or a
        table from :func:`long_table`. They are drawn as they are: thin them before.
    steps
        Whether rows ``step_begins`` are wanted.

    Raises
    ------
    InvalidRequest
        ``test_time_second`` is missing.
    """
    if "test_time_second" not in samples.columns:
        raise InvalidRequest("without test_time_second there is no chart against time")
    if "quantity" in samples.columns:
        return samples if steps else samples.filter(pl.col("quantity") != STEP_BEGINS)
    known = [name for name in _QUANTITIES if name in samples.columns]
    tall = samples.select("test_time_second", pl.col(known).cast(pl.Float64)).unpivot(
        known, index="test_time_second", variable_name="quantity"
    )
    tall = tall.select("quantity", "test_time_second", "value")
    if steps and "step_count" in samples.columns:
        tall = pl.concat([tall, _step_begins(samples)])
    return tall


def _step_begins(samples: pl.DataFrame) -> pl.DataFrame:
    begins = pl.col("step_count") != pl.col("step_count").shift(1)
    return samples.filter(begins).select(
        pl.lit(STEP_BEGINS).alias("quantity"),
        "test_time_second",
        pl.col("step_count").cast(pl.Float64).alias("value"),
    )


@chart(
    "voltage-current-temperature-vs-time",
    "Voltage, current and temperature against time",
    source="series",
    columns=_columns,
    prepare=prepare,
)
def time_series(frame: pl.DataFrame, *, theme: Theme, steps: bool = False) -> Figure:
    """Draw voltage, current and temperature against the time of the test, in stacked panes.

    ``frame`` as from :func:`prepare`. A pane whose quantity the test lacks says so.
    """
    size, unit = _unit_of_time(frame)
    begins = frame.filter(pl.col("quantity") == STEP_BEGINS).height if steps else 0
    quantities = ("voltage_volt", "current_ampere", _temperature(frame))
    colors = (theme.cells[0], theme.cells[1], theme.temperature)
    drawn = [name for name in quantities if frame.is_empty() or _has(frame, name)]
    panes: list[Figure] = []
    for quantity, color in zip(quantities, colors, strict=True):
        if quantity not in drawn:
            title = column(quantity).title
            panes.append(not_measured(title, theme, height=_PANE_HEIGHT // 2))
            continue
        time_title = f"Time ({unit})" if quantity == drawn[-1] else None
        line = _line(quantity, color, size, time_title)
        panes.append(_with_steps(line, begins, theme, size))
    stacked: alt.VConcatChart = alt.vconcat(*panes, spacing=18, bounds="flush")
    return stacked


def _has(frame: pl.DataFrame, quantity: str) -> bool:
    values = frame.filter(pl.col("quantity") == quantity)
    return not values.is_empty() and is_measured(values, "value")


def _unit_of_time(frame: pl.DataFrame) -> tuple[int, str]:
    times = frame["test_time_second"]
    span = float(times.max() or 0) - float(times.min() or 0)  # type: ignore[arg-type]
    return next((size, unit) for least, size, unit in _UNITS if span >= least)


def _temperature(frame: pl.DataFrame) -> str:
    return next((name for name in TEMPERATURES if _has(frame, name)), TEMPERATURES[0])


def _time(axis: alt.Axis) -> alt.X:
    return alt.X("time:Q", axis=axis, scale=alt.Scale(nice=False, zero=False))


def _rows(quantity: str, size: int) -> alt.Chart:
    """Return a chart of the rows of one quantity, with their ``time`` in the chart's unit."""
    rows: alt.Chart = (
        alt.Chart(TABLE)
        .transform_filter(alt.FieldEqualPredicate(field="quantity", equal=quantity))
        .transform_calculate(time=f"datum.test_time_second / {size}")
    )
    return rows


def _line(quantity: str, color: str, size: int, time_title: str | None) -> alt.Chart:
    last = time_title is not None
    axis = alt.Axis(title=time_title, labels=last, ticks=last)
    value = alt.Y("value:Q", title=column(quantity).title, scale=alt.Scale(zero=False))
    line: alt.Chart = (
        _rows(quantity, size)
        .mark_line(strokeWidth=1.1, color=color)
        .encode(x=_time(axis), y=value)
        .properties(width="container", height=_PANE_HEIGHT)
    )
    return line


def _with_steps(line: alt.Chart, begins: int, theme: Theme, size: int) -> Figure:
    if not 0 < begins <= _MOST_STEPS:
        return line
    rules = _rows(STEP_BEGINS, size).mark_rule(
        color=theme.muted, strokeWidth=0.6, strokeDash=[2, 3], opacity=0.7
    )
    return alt.layer(rules.encode(x="time:Q"), line)

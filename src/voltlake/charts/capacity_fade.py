"""Capacity, or any other cycle metric, against the cycle number, for many cells."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

import altair as alt
import polars as pl
from pydantic import AfterValidator, BaseModel, WithJsonSchema

from voltlake.charts.declare import Figure, chart
from voltlake.charts.panels import TABLE, cell_encodings, is_measured, not_measured
from voltlake.charts.theme import Theme
from voltlake.charts.titles import CYCLE_QUANTITIES, RATIOS, axis_title, quantity_words

__all__ = ["capacity_vs_cycle", "prepare", "value_column"]

_HEIGHT = 360


def _known_quantity(name: str) -> str:
    if name in CYCLE_QUANTITIES:
        return name
    near = get_close_matches(name, CYCLE_QUANTITIES, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(CYCLE_QUANTITIES)}"
    raise ValueError(f"no cycle metric is called '{name[:80]}'; {hint}")


CycleQuantity = Annotated[
    str,
    AfterValidator(_known_quantity),
    WithJsonSchema({"type": "string", "enum": list(CYCLE_QUANTITIES)}),
]
Normalisation = Literal["none", "first"]


def _columns(parameters: BaseModel) -> tuple[str, ...]:
    return ("cell_name", "test_id", "cycle_index", dict(parameters)["y"])


def value_column(y: str, normalise: Normalisation) -> str:
    """Return the name of the drawn column: ``…_percent`` for ratios and relative values."""
    if normalise == "first":
        return f"{y}_percent_of_first"
    return f"{y}_percent" if y in RATIOS else y


def prepare(cycles: pl.DataFrame, *, y: str, normalise: Normalisation) -> pl.DataFrame:
    """Make the table behind the chart.

    Parameters
    ----------
    cycles
        ``cell_name``, ``cycle_index``, the metric ``y`` and, if a cell may have several
        tests, ``test_id``; the tests of a cell in the order of its life.

    Returns
    -------
    ``cell_name``, ``cycle`` and :func:`value_column`. ``cycle`` goes on counting from one
    test of a cell to the next. With ``normalise="first"`` values are per cent of the cell's
    first known value that is not zero; null where there is none.
    """
    name = value_column(y, normalise)
    value = pl.col(y).fill_nan(None)
    if normalise == "first":
        first = value.filter(value != 0).first().over("cell_name")
        value = 100.0 * (value / first)
    elif y in RATIOS:
        value = 100.0 * value
    numbered = cycles.filter(pl.col("cycle_index").is_not_null())
    cycle = _cycle_of_life(cycles.columns).alias("cycle")
    return numbered.select("cell_name", cycle, value.alias(name))


def _cycle_of_life(columns: list[str]) -> pl.Expr:
    """Return the cycle number plus the last numbers of all earlier tests of the cell."""
    if "test_id" not in columns:
        return pl.col("cycle_index")
    another = pl.col("test_id") != pl.col("test_id").shift(1)
    last_before = pl.when(another).then(pl.col("cycle_index").shift(1)).fill_null(0)
    return (pl.col("cycle_index") + last_before.cum_sum()).over("cell_name")


@chart(
    "capacity-vs-cycle",
    "Capacity against cycle",
    source="cycles",
    columns=_columns,
    prepare=prepare,
)
def capacity_vs_cycle(
    frame: pl.DataFrame,
    *,
    theme: Theme,
    y: CycleQuantity = "discharge_capacity_ah",
    normalise: Normalisation = "none",
) -> Figure:
    """Draw a cycle metric against the cycle number, one line a cell.

    ``frame`` as from :func:`prepare`. Cells without one value are named below the title.
    """
    name = value_column(y, normalise)
    if not is_measured(frame, name):
        return not_measured(quantity_words(y), theme, height=_HEIGHT)
    title = f"{quantity_words(y)} (% of first cycle)" if normalise == "first" else axis_title(y)
    lines: alt.Chart = (
        alt.Chart(TABLE, usermeta={"fast": "lines"})
        .mark_line(strokeWidth=1.5, interpolate="linear", invalid="break-paths-show-path-domains")
        .encode(
            x=alt.X("cycle:Q", title="Cycle", scale=alt.Scale(zero=False, nice=False)),
            y=alt.Y(f"{name}:Q", title=title, scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("cell_name:N", title="Cell"),
                alt.Tooltip("cycle:Q", title="Cycle"),
                alt.Tooltip(f"{name}:Q", title=title, format=".5~g"),
            ],
            **cell_encodings(theme, _count(frame)),
        )
        .properties(width="container", height=_HEIGHT, **_note(frame, name))
    )
    return lines


def _count(frame: pl.DataFrame) -> int:
    return max(1, frame["cell_name"].n_unique()) if "cell_name" in frame.columns else 1


def _note(frame: pl.DataFrame, name: str) -> dict[str, alt.TitleParams]:
    known = frame.group_by("cell_name", maintain_order=True).agg(pl.col(name).count())
    missing = known.filter(pl.col(name) == 0)["cell_name"].to_list()
    if not missing:
        return {}
    return {"title": alt.TitleParams(text="", subtitle=f"Not measured: {', '.join(missing)}")}

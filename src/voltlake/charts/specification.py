"""From a figure to its Vega-Lite specification: with its data for files, without for pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import polars as pl
from pydantic import BaseModel

from voltlake.charts.declare import Chart
from voltlake.charts.theme import Theme

__all__ = ["Specification", "for_file", "for_page"]

Specification: TypeAlias = dict[str, Any]
_FILE_WIDTH = 860


def for_file(
    chart: Chart, frame: pl.DataFrame, theme: Theme, parameters: BaseModel
) -> Specification:
    """Return the specification with its data inside and of a fixed width."""
    drawn: Specification = chart.draw(frame, theme, parameters).to_dict()
    drawn["config"] = theme.config()
    # Added last: Altair would check and hash every row, seconds for fifty cells.
    drawn["datasets"] = drawn.get("datasets", {}) | {"table": _rows(frame)}
    for view in _views(drawn):
        if view.get("width") == "container":
            view["width"] = _FILE_WIDTH
    return drawn


def for_page(
    chart: Chart, frame: pl.DataFrame, theme: Theme, parameters: BaseModel
) -> Specification:
    """Return the specification without data, as wide as its place and on the page's ground.

    The page sets the data ``table`` to the rows of the same ``frame``.
    """
    drawn: Specification = chart.draw(frame, theme, parameters).to_dict()
    drawn["config"] = theme.config() | {"background": "transparent"}
    return drawn


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows for JSON, which has no NaN and no infinity."""
    floats = pl.selectors.float()
    return frame.with_columns(pl.when(floats.is_finite()).then(floats)).to_dicts()


def _views(view: Specification) -> Iterator[Specification]:
    """Go through a view and all views inside it, outer ones first."""
    yield view
    for inner in (*view.get("vconcat", ()), *view.get("layer", ())):
        yield from _views(inner)

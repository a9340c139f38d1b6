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
    for view in _views(drawn):
        if view.get("width") == "container":
            view["width"] = _FILE_WIDTH
    return drawn


def for_page(
    chart: Chart, frame: pl.DataFrame, theme: Theme, parameters: BaseModel
) -> Specification:
    """Return the specification without data, as wide as its place and on the page's ground.

    The data are called ``table`` (``table_2`` … in further panes); a page sets them.
    """
    drawn: Specification = chart.draw(frame, theme, parameters).to_dict()
    drawn["config"] = theme.config() | {"background": "transparent"}
    number = 0
    for view in _views(drawn):
        held = view.get("data", {}).get("name")
        if held in drawn["datasets"] and view["mark"]["type"] != "text":
            number += 1
            view["data"] = {"name": "table" if number == 1 else f"table_{number}"}
    named = {view.get("data", {}).get("name") for view in _views(drawn)}
    drawn["datasets"] = {name: rows for name, rows in drawn["datasets"].items() if name in named}
    return drawn


def _views(view: Specification) -> Iterator[Specification]:
    """Go through a view and all views inside it, outer ones first."""
    yield view
    for inner in (*view.get("vconcat", ()), *view.get("layer", ())):
        yield from _views(inner)

"""The registry of charts: a chart is one decorated function, and all else follows from it.

A declaration says under which name the command line, the API and the dashboard know the
chart, from which table of the lake it is made, and which columns it reads there. Its
parameters are the keyword arguments of the function: their annotations are validated,
their defaults are the defaults everywhere.

>>> declaration = find("capacity-vs-cycle")
>>> parameters = declaration.parse({"y": "coulombic_efficiency"})
>>> frame = declaration.prepare(cycles, parameters)     # what the chart shows, as a table
>>> figure = declaration.draw(frame, DARK, parameters)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Literal, TypeAlias, get_type_hints

import altair as alt
import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from voltlake.charts.theme import Theme
from voltlake.errors import InvalidRequest, NotFound

__all__ = ["Chart", "Figure", "Source", "chart", "find", "names"]

Figure: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart
Source = Literal["cycles", "curves", "series"]
"""The table that a chart is made from: cycles of cells, samples of chosen cycles of a test,
or samples of a test over time, thinned to what a screen can show."""

_declared: dict[str, Chart] = {}


@dataclass(frozen=True, slots=True)
class Chart:
    """One declared chart.

    Attributes
    ----------
    name, title, description
        As in addresses; as people read it; one sentence.
    source
        Which table of the lake it is made from.
    columns
        The columns it reads of its source, given its parameters.
    """

    name: str
    title: str
    description: str
    source: Source
    columns: Callable[[BaseModel], tuple[str, ...]]
    parameters: type[BaseModel]
    _prepare: Callable[..., pl.DataFrame]
    _draw: Callable[..., Figure]

    def parse(self, query: Mapping[str, object]) -> BaseModel:
        """Validate parameters; raise ``InvalidRequest`` that names the first wrong one."""
        try:
            return self.parameters.model_validate(dict(query))
        except ValidationError as error:
            raise _wrong_parameter(self, error) from error

    def prepare(self, table: pl.DataFrame, parameters: BaseModel) -> pl.DataFrame:
        """Return what the chart shows, one row a point, in the order in which it is drawn.

        The columns are those that tell lines apart, then the horizontal one, then the value.
        """
        return self._prepare(table, **dict(parameters))

    def draw(self, frame: pl.DataFrame, theme: Theme, parameters: BaseModel) -> Figure:
        """Return the figure of a prepared frame."""
        return self._draw(frame, theme=theme, **dict(parameters))


def _wrong_parameter(declaration: Chart, error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    known = ", ".join(declaration.parameters.model_fields)
    if first["type"] == "extra_forbidden":
        near = get_close_matches(name, declaration.parameters.model_fields, n=1)
        return InvalidRequest(
            f"chart '{declaration.name}' has no parameter '{name}'",
            remedy=f"Did you mean '{near[0]}'?" if near else f"Its parameters are {known}",
        )
    reason = first["msg"].removeprefix("Value error, ")
    return InvalidRequest(f"parameter '{name}' of chart '{declaration.name}': {reason}")


def chart(
    name: str,
    title: str,
    *,
    source: Source,
    columns: Callable[[Any], tuple[str, ...]],
    prepare: Callable[..., pl.DataFrame],
) -> Callable[[Callable[..., Figure]], Callable[..., Figure]]:
    """Declare the decorated function ``(frame, *, theme, **parameters)`` as a chart.

    ``prepare`` takes the source table and the same parameters.
    """

    def declare(draw: Callable[..., Figure]) -> Callable[..., Figure]:
        description = (inspect.getdoc(draw) or title).partition("\n")[0]
        _declared[name] = Chart(
            name, title, description, source, columns,
            _parameters_of(draw, name), prepare, draw,
        )  # fmt: skip
        return draw

    return declare


def _parameters_of(draw: Callable[..., Figure], name: str) -> type[BaseModel]:
    hints = get_type_hints(draw, include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (hints[parameter.name], parameter.default)
        for parameter in inspect.signature(draw).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name != "theme"
    }
    model: type[BaseModel] = create_model(
        f"{name.title().replace('-', '')}Parameters",
        __config__=ConfigDict(extra="forbid", frozen=True),
        **fields,
    )
    return model


@cache
def _all() -> dict[str, Chart]:
    """Import every file of this folder once: a new chart is one new file."""
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__package__}.{module.name}")
    return _declared


def names() -> tuple[str, ...]:
    """Return the names of all charts, in alphabetical order."""
    return tuple(sorted(_all()))


def find(name: str) -> Chart:
    """Return a chart by its name; raise ``NotFound`` that names the nearest one."""
    charts = _all()
    if name in charts:
        return charts[name]
    near = get_close_matches(name, charts, n=1)
    raise NotFound(
        f"no chart is called '{name[:80]}'",
        remedy=f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(names())}",
    )

"""Charts of what the lake holds: which rows a chart needs, and the chart in any format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import BaseModel

from voltlake.charts import declare
from voltlake.charts.declare import Chart
from voltlake.charts.render import FILE_FORMATS, Renderer
from voltlake.charts.specification import for_file
from voltlake.charts.theme import ThemeName, theme_named
from voltlake.charts.time_series import long_table
from voltlake.errors import InvalidRequest
from voltlake.services import explore, series
from voltlake.services.workspace import Workspace

__all__ = ["ChartRequest", "chart_frame", "chart_names", "parse_request", "save_chart"]

_CELLS_AT_MOST = 50
_CYCLES_SHOWN = 6
_POINTS = 2000
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """A chart with everything that it needs to be drawn.

    ``cells`` and ``test_id`` say of what; ``cycles`` which curves; ``start_second`` and
    ``end_second`` which span; ``parameters`` are the chart's own.
    """

    chart: Chart
    cells: tuple[str, ...]
    test_id: int | None
    cycles: tuple[int, ...]
    start_second: float | None
    end_second: float | None
    theme: ThemeName
    parameters: BaseModel


def chart_names() -> tuple[str, ...]:
    """Return the names of all charts."""
    return declare.names()


def parse_request(name: str, query: Mapping[str, str]) -> ChartRequest:
    """Understand a chart's query: ``cells=A,B``, ``test``, ``cycles=1,100``, ``start_second``,
    ``end_second``, ``theme``, and the chart's own parameters.

    Raises ``NotFound`` for an unknown chart, ``InvalidRequest`` for what makes no sense.
    """
    chart = declare.find(name)
    rest = dict(query)
    cells = tuple(_listed(rest.pop("cells", "")))
    if len(cells) > _CELLS_AT_MOST:
        raise InvalidRequest(
            f"{len(cells)} cells are too many", remedy=f"Name {_CELLS_AT_MOST} at most"
        )
    test = rest.pop("test", "")
    return ChartRequest(
        chart=chart,
        cells=cells,
        test_id=_number(test, "test") if test else None,
        cycles=tuple(_number(each, "cycles") for each in _listed(rest.pop("cycles", ""))),
        start_second=_second(rest.pop("start_second", "")),
        end_second=_second(rest.pop("end_second", "")),
        theme=theme_named(rest.pop("theme", "light")).name,
        parameters=chart.parse(rest),
    )


def _listed(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _number(text: str, name: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise InvalidRequest(f"'{text[:40]}' is not a whole number for '{name}'") from None
    if abs(number) > _LARGEST:
        raise InvalidRequest(f"'{text[:40]}' is too large for '{name}'")
    return number


def _second(text: str) -> float | None:
    if not text:
        return None
    try:
        second = float(text)
    except ValueError:
        second = math.nan
    if not math.isfinite(second):
        raise InvalidRequest(f"'{text[:40]}' is not a number of seconds")
    return second


def chart_frame(workspace: Workspace, request: ChartRequest) -> pl.DataFrame:
    """Return what the chart shows, one row a point: the very table that is drawn."""
    tables = {"cycles": _cycles, "curves": _curves, "series": _series}
    table = tables[request.chart.source](workspace, request)
    return request.chart.prepare(table, request.parameters)


def _cycles(workspace: Workspace, request: ChartRequest) -> pl.DataFrame:
    wanted = [
        name
        for name in request.chart.columns(request.parameters)
        if name not in ("cell_name", "test_id")
    ]
    names = list(request.cells) or explore.cells(workspace)["cell_name"].to_list()[:_CELLS_AT_MOST]
    table = explore.cycles(workspace, names, columns=wanted)
    # The colours follow the order of the question, so that a page and its picture agree.
    place = {name: position for position, name in enumerate(names)}
    return table.sort(
        pl.col("cell_name").replace_strict(place, return_dtype=pl.Int64), maintain_order=True
    )


def _curves(workspace: Workspace, request: ChartRequest) -> pl.DataFrame:
    test_id = _test_of(workspace, request)
    columns = request.chart.columns(request.parameters)
    cycles = request.cycles or _spread_cycles(workspace, test_id)
    return series.chart_samples(workspace, test_id, columns, cycles)


def _spread_cycles(workspace: Workspace, test_id: int) -> tuple[int, ...]:
    """Return a few cycles from the first to the last one, evenly spread."""
    known = series.cycle_numbers(workspace, test_id)
    if len(known) <= _CYCLES_SHOWN:
        return tuple(known)
    picks = {round(n * (len(known) - 1) / (_CYCLES_SHOWN - 1)) for n in range(_CYCLES_SHOWN)}
    return tuple(known[pick] for pick in sorted(picks))


def _series(workspace: Workspace, request: ChartRequest) -> pl.DataFrame:
    test_id = _test_of(workspace, request)
    columns = [
        name
        for name in request.chart.columns(request.parameters)
        if name not in ("test_time_second", "step_count")
    ]
    shown = series.window(
        workspace, test_id, columns=columns, start_second=request.start_second,
        end_second=request.end_second, points=_POINTS,
    )  # fmt: skip
    return long_table(shown.series)


def _test_of(workspace: Workspace, request: ChartRequest) -> int:
    """Return the test to draw: the named one, or the newest of the named cell."""
    if request.test_id is not None:
        return request.test_id
    if not request.cells:
        raise InvalidRequest("the chart needs a cell or a test", remedy="Name one: --cell A1")
    held = explore.tests(workspace, cell_names=request.cells[:1])["test_id"]
    if held.is_empty():
        raise InvalidRequest(f"cell '{request.cells[0]}' has no test yet")
    return int(held[-1])


def save_chart(workspace: Workspace, name: str, query: Mapping[str, str], target: Path) -> Path:
    """Draw a chart into a file; its extension is the format. Returns the file's path."""
    file_format = target.suffix.lstrip(".").lower()
    if file_format not in FILE_FORMATS:
        raise InvalidRequest(
            f"'{target.name}' does not say in which format to draw",
            remedy=f"End the name in one of .{', .'.join(FILE_FORMATS)}",
        )
    request = parse_request(name, query)
    frame = chart_frame(workspace, request)
    theme = theme_named(request.theme)
    drawn = for_file(request.chart, frame, theme, request.parameters)
    with Renderer() as renderer:
        content = renderer.render(drawn, file_format, request.chart.title)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target

"""Charts in every format, from one definition each."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request, Response

from voltlake.api.dependencies import CurrentRenderer, CurrentWorkspace
from voltlake.api.payloads import ChartPayload
from voltlake.api.problems import ProblemRoute
from voltlake.api.tables import columns_of, download, json_answer, safe_name
from voltlake.charts.declare import Chart, find, names
from voltlake.charts.render import FILE_FORMATS, Renderer
from voltlake.charts.specification import for_file, for_page
from voltlake.charts.theme import ThemeName, theme_named
from voltlake.errors import NotFound
from voltlake.services import charting
from voltlake.services.charting import ChartRequest

router = APIRouter(prefix="/charts", tags=["charts"], route_class=ProblemRoute)

_PICTURES = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}
_TABLES = ("csv", "parquet", "arrow")
_FORMATS = (*FILE_FORMATS, "vg", "data", *_TABLES)

Text = Annotated[str, Query(max_length=10_000)]


@router.get("")
def charts() -> list[ChartPayload]:
    """List the charts with their parameters."""
    return [
        ChartPayload(
            name=chart.name,
            title=chart.title,
            description=chart.description,
            parameters=chart.parameters.model_json_schema(),
            formats=list(_FORMATS),
        )
        for chart in map(find, names())
    ]


@router.get("/{name}.{file_format}", response_class=Response)
def chart(
    name: str,
    file_format: str,
    request: Request,
    workspace: CurrentWorkspace,
    renderer: CurrentRenderer,
    cells: Text = "",
    test: Annotated[int | None, Query()] = None,
    cycles: Text = "",
    theme: ThemeName = "light",
) -> Response:
    """Return a chart of some cells (``cells=A,B``), or of a test and cycles (``cycles=1,10``).

    Formats: png, svg, pdf, html (one file that needs no network), json (Vega-Lite with its
    data), vg (compiled Vega that takes its data from a table called ``table``), data (the
    lines as columns), csv, parquet, arrow. Further parameters are those of the chart.
    """
    if file_format not in _FORMATS:
        formats = ", ".join(_FORMATS)
        raise NotFound(f"no chart is made as '{file_format[:20]}'", remedy=f"Use {formats}")
    wanted = charting.parse_request(name, dict(request.query_params))
    frame = charting.chart_frame(workspace, wanted)
    if file_format in _TABLES:
        return download(iter([frame]), file_format, name)  # type: ignore[arg-type]
    if file_format == "data":
        return json_answer(lines(wanted.chart, frame))
    return _picture(renderer, wanted, frame, file_format)


def lines(declaration: Chart, frame: pl.DataFrame) -> dict[str, Any]:
    """Return a prepared frame as lines: ``series`` maps a label to its ``x`` and ``y``.

    The last two columns of the frame are x and y, those before tell lines apart.
    """
    *keys, x, y = frame.columns
    series = {
        " ".join(str(part) for part in key): {
            "key": dict(zip(keys, key, strict=True)),
            **{axis: columns_of(line.select(name))[name] for axis, name in (("x", x), ("y", y))},
        }
        for key, line in frame.group_by(keys, maintain_order=True)
    }
    return {"name": declaration.name, "keys": keys, "x": x, "y": y, "series": series}


def _picture(
    renderer: Renderer, wanted: ChartRequest, frame: pl.DataFrame, file_format: str
) -> Response:
    theme = theme_named(wanted.theme)
    if file_format == "vg":
        drawn = for_page(wanted.chart, frame, theme, wanted.parameters)
        return Response(renderer.compiled(drawn), media_type=_PICTURES["json"])
    drawn = for_file(wanted.chart, frame, theme, wanted.parameters)
    headers = {}
    if file_format == "html":
        # Its scripts are inline: it is a file to keep, not a page of this server.
        filename = f"{safe_name(wanted.chart.name)}.html"
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    content = renderer.render(drawn, file_format, wanted.chart.title)
    return Response(content, media_type=_PICTURES[file_format], headers=headers)

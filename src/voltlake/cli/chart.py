"""`voltlake chart`: one figure into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voltlake.cli.options import Json, LakeFolder
from voltlake.cli.output import console, print_json
from voltlake.cli.workspaces import opened
from voltlake.errors import InvalidRequest

__all__ = ["chart"]


def chart(
    name: Annotated[
        str,
        typer.Argument(help="The chart's name, such as capacity-vs-cycle; a wrong one lists all."),
    ],
    cell: Annotated[
        list[str] | None, typer.Option("--cell", help="A cell; give it again for more.")
    ] = None,
    test: Annotated[int | None, typer.Option("--test", help="A test's number.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="The file: .png .svg .pdf .html, or .json (Vega-Lite)."
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="KEY=VALUE", help="What else the chart takes: y=…"),
    ] = None,
    theme: Annotated[str, typer.Option("--theme", help="light or dark.")] = "light",
    lake: LakeFolder = None,
    json: Json = False,
) -> None:
    """Draw a chart into a file; the file's extension is the format.

    [bold]voltlake chart capacity-vs-cycle --cell A1 --cell A2 -o fade.svg[/bold]
    """
    params: dict[str, str] = {"theme": theme}
    for each in param or []:
        key, equals, value = each.partition("=")
        if not equals:
            raise InvalidRequest(
                f"'{each}' is not KEY=VALUE", remedy="Write --param y=charge_capacity_ah"
            )
        params[key] = value
    if cell:
        params["cells"] = ",".join(cell)
    if test is not None:
        params["test"] = str(test)
    from voltlake.services.charting import save_chart

    target = save_chart(opened(lake), name, params, output or Path(f"{name}.png"))
    if json:
        print_json({"file": str(target)})
    else:
        console.print(str(target), highlight=False, markup=False)

"""`voltlake export`: a cell's or a project's tables and figures as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from voltlake.cli.options import Json, LakeFolder
from voltlake.cli.output import console, print_json
from voltlake.cli.workspaces import opened

__all__ = ["export"]


class ExportFormat(StrEnum):
    """What `export` can write."""

    CSV = "csv"
    PARQUET = "parquet"
    BDF = "bdf"
    PNG = "png"
    SVG = "svg"


def export(
    selection: Annotated[str, typer.Argument(metavar="CELL|PROJECT", help="A cell or a project.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write below.")],
    form: Annotated[
        list[ExportFormat] | None,
        typer.Option("--format", help="What to write; give it again for more. [default: csv]"),
    ] = None,
    lake: LakeFolder = None,
    json: Json = False,
) -> None:
    """Write a cell's, or a whole project's, tables and figures below DIR/PROJECT/CELL/.

    csv and parquet: cycles, steps, findings and the samples of each test. bdf: the samples
    as Battery Data Format text. png and svg: the charts.

    [bold]voltlake export LFP_A1 --to out --format csv --format png[/bold]
    """
    from voltlake.services.export import export_selection

    formats = [each.value for each in form or [ExportFormat.CSV]]
    written = export_selection(opened(lake), selection, to, formats=formats)
    if json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        console.print(str(path), highlight=False, markup=False)

"""`voltlake ingest`: files and folders into the lake."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from voltlake.cli.options import DecimalMark, Json, LakeFolder, ReaderName, SignChoice, TimeZone
from voltlake.cli.output import FAILED, console, print_json, progress_bar
from voltlake.cli.workspaces import opened
from voltlake.errors import NotAFile

if TYPE_CHECKING:
    from voltlake.services.reports import FileReport

__all__ = ["ingest_files", "print_report"]

_MARKS = {
    "stored": "[green]✓ stored[/green]     ",
    "grown": "[green]↑ grown[/green]      ",
    "unchanged": "[dim]= unchanged[/dim]  ",
    "failed": "[yellow]! failed[/yellow]     ",
    "quarantined": "[bold red]✗ quarantined[/bold red]",
}


def ingest_files(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders; folders recursively.")],
    lake: LakeFolder = None,
    project: Annotated[
        str | None, typer.Option("--project", help="Put the cells into this project.")
    ] = None,
    cell: Annotated[
        str | None, typer.Option("--cell", help="All files are tests of this one cell.")
    ] = None,
    reader: ReaderName = None,
    timezone: TimeZone = None,
    decimal: Annotated[
        DecimalMark | None, typer.Option("--decimal", help="The decimal mark of text files.")
    ] = None,
    sign: Annotated[
        SignChoice | None, typer.Option("--sign", help="Overrule what the data say of the sign.")
    ] = None,
    nominal_capacity_ah: Annotated[
        float | None, typer.Option("--nominal-capacity-ah", min=0, help="For C-rates and SOC.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Files read at once.")
    ] = None,
    json: Json = False,
) -> None:
    """Read files, judge them, keep them: nothing twice, nothing half, nothing silently.

    A second run stores only what is new. A file that cannot be read is kept in the ledger
    with its reason and remedy (see `voltlake files`), and harms no other file.

    [bold]voltlake ingest cycler_folder --lake lake[/bold]
    """
    from voltlake.services.ingest import ingest
    from voltlake.services.requests import IngestOptions

    for path in paths:
        if not path.exists():
            raise NotAFile("there is no such file or folder", file=path)
    options = IngestOptions(
        project=project, cell=cell, reader=reader, timezone=timezone,
        decimal=decimal and decimal.value, sign=sign and sign.value,
        nominal_capacity_ah=nominal_capacity_ah,
    )  # fmt: skip
    workspace = opened(lake, create=True)
    counts: Counter[str] = Counter()
    with progress_bar(quiet=json) as on_progress:
        for report in ingest(workspace, paths, options, workers=workers, on_progress=on_progress):
            counts[report.status] += 1
            if json:
                print_json(report.as_dict())
            else:
                print_report(report)
    if not json:
        summary = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        console.print(
            f"\n{summary or 'No files found'} in {escape(str(workspace.root))}", highlight=False
        )
    if counts["failed"] or counts["quarantined"]:
        raise typer.Exit(FAILED)


def print_report(report: FileReport) -> None:
    """Print one file's outcome on a line, its reason and remedy below."""
    name = escape(Path(report.file).name)
    mark = _MARKS[report.status]
    if report.error is not None:
        console.print(f"{mark} {name}", highlight=False)
        console.print(
            f"              {escape(str(report.error['message']))} "
            f"[dim]\\[{report.error['code']}][/dim]", highlight=False,
        )  # fmt: skip
        if report.error["remedy"]:
            console.print(f"              → {escape(str(report.error['remedy']))}", highlight=False)
        return
    size = f"{report.rows or 0:,} rows, {report.cycles or 0} cycles"
    doubts = f", [yellow]{report.findings} findings[/yellow]" if report.findings else ""
    console.print(
        f"{mark} {name} → {escape(report.project_name or '')}/{escape(report.cell_name or '')} "
        f"({report.reader}: {size}{doubts})", highlight=False,
    )  # fmt: skip
    for note in report.notes:
        console.print(f"              [dim]{escape(note)}[/dim]", highlight=False)

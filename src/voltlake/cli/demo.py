"""`voltlake demo`: example files → checked lake → dashboard, with nothing but this command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer
from rich.markup import escape

from voltlake.cli.ingest import print_report
from voltlake.cli.options import Json
from voltlake.cli.output import FAILED, console, print_frame, print_json, progress_bar
from voltlake.settings import Settings

if TYPE_CHECKING:
    from voltlake.services.reports import FileReport
    from voltlake.services.workspace import Workspace
    from voltlake.simulation.examples import ExampleFile

__all__ = ["demo"]

_PROJECT = "demo"


def demo(
    lake: Annotated[
        Path, typer.Option("--lake", metavar="DIR", help="Where to make the lake.")
    ] = Path("demo/lake"),
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Open the dashboard afterwards.")
    ] = True,
    show: Annotated[bool, typer.Option("--show", help="Open it in the browser.")] = False,
    json: Json = False,
) -> None:
    """Make example files of several cyclers, ingest them, and look at the result.

    Some files carry planted faults (a reversed sign, a forgotten reset, a gap …); the
    report shows how each was found. Run it twice: nothing is stored twice.
    """
    from voltlake.bootstrap import open_workspace
    from voltlake.cli.serve import serve_workspace
    from voltlake.services.charting import save_chart
    from voltlake.simulation.examples import write_example_files

    folder = lake.parent / "files"
    if not json:
        console.print(f"[bold]1[/bold] Simulating cyclers into {folder} …", highlight=False)
    examples = write_example_files(folder)
    workspace = open_workspace(Settings(lake=lake), create=True)
    if not json:
        console.print(
            f"[bold]2[/bold] Ingesting {len(examples)} files into {lake} …\n", highlight=False
        )
    reports = _ingest(workspace, folder, json=json)
    figure = save_chart(workspace, "capacity-vs-cycle", {}, lake.parent / "capacity-vs-cycle.svg")
    if json:
        print_json({"files": [report.as_dict() for report in reports], "figure": str(figure)})
    else:
        _print_result(workspace, examples, figure)
    if any(not report.succeeded for report in reports):
        raise typer.Exit(FAILED)
    if serve:
        serve_workspace(workspace, Settings(lake=lake), show=show)


def _ingest(workspace: Workspace, folder: Path, *, json: bool) -> list[FileReport]:
    from voltlake.services.ingest import ingest
    from voltlake.services.requests import IngestOptions

    reports = []
    with progress_bar(quiet=json) as on_progress:
        options = IngestOptions(project=_PROJECT)
        for report in ingest(workspace, [folder], options, on_progress=on_progress):
            reports.append(report)
            if not json:
                print_report(report)
    return reports


def _print_result(workspace: Workspace, examples: list[ExampleFile], figure: Path) -> None:
    from voltlake.services import explore

    console.print("\n[bold]3[/bold] What the lake knows now\n")
    shown = ("cell_name", "tests", "cycles", "last_discharge_capacity_ah",
             "discharge_capacity_retention", "findings_critical", "findings_warning")  # fmt: skip
    print_frame(explore.cells(workspace), title="Cells", columns=shown)
    console.print("\n[bold]4[/bold] What it doubts, and what was planted\n")
    doubts = explore.findings(workspace, severities=["critical", "warning"])
    for example in examples:
        if example.planted_faults:
            _print_faults(example, doubts)
    console.print(f"\nThe fade of all cells: {figure}", highlight=False)
    console.print(f"Next: voltlake serve --lake {workspace.root} --show", highlight=False)


def _print_faults(example: ExampleFile, doubts: pl.DataFrame) -> None:
    """Print what was planted in a file, and what the lake says of it."""
    console.print(f"[bold]{escape(example.path.name)}[/bold]", highlight=False)
    for fault in example.planted_faults:
        console.print(f"  planted  {fault.kind}: {escape(fault.note)}", highlight=False)
    found = doubts.filter(pl.col("cell_name").is_in([example.cell_name, example.path.stem]))
    for code, message in found.select("code", "message").iter_rows():
        console.print(f"  [green]found[/green]    {code}: {escape(message)}", highlight=False)

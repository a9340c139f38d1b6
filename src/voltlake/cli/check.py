"""`voltlake check`: a quality report on files, without storing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from voltlake.cli.options import Json, TimeZone
from voltlake.cli.output import FAILED, console, print_json, progress_bar
from voltlake.cli.read import print_findings, summary
from voltlake.errors import NotAFile, VoltlakeError

__all__ = ["check"]


def check(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders; folders recursively.")],
    timezone: TimeZone = None,
    json: Json = False,
) -> None:
    """Report every doubt about files, without storing anything.

    Exit code 1 where a file cannot be read or has a critical finding.

    [bold]voltlake check cycler_folder[/bold]
    """
    from voltlake.readers.registry import installed_readers

    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotAFile("there is no such file or folder", file=path)
        files += installed_readers().within(path) if path.is_dir() else [path]
    troubled = 0
    with progress_bar(quiet=json) as on_progress:
        for done, file in enumerate(files, start=1):
            troubled += not _check_file(file, timezone, json=json)
            on_progress("check", done, len(files))
    if not json:
        console.print(f"\n{len(files)} files checked, {troubled} in trouble", highlight=False)
    if troubled:
        raise typer.Exit(FAILED)


def _check_file(file: Path, timezone: str | None, *, json: bool) -> bool:
    """Print the report on one file; return whether it is sound."""
    from voltlake.bootstrap import read as read_test

    try:
        test = read_test(file, timezone=timezone)
        report = summary(test)
    except VoltlakeError as error:
        if json:
            print_json({"file": str(file), "error": error.as_dict()})
        else:
            console.rule(escape(file.name), align="left")
            console.print(f"[bold red]✗[/bold red] {escape(str(error))}", highlight=False)
        return False
    if json:
        print_json(report)
    else:
        console.rule(escape(file.name), align="left")
        print_findings([finding.as_dict() for finding in test.findings])
    return all(finding.severity != "critical" for finding in test.findings)

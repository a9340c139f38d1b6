"""`voltlake doctor`: what is installed, what can be read, what is wrong."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import version

import typer
from rich.markup import escape
from rich.table import Table

from voltlake._version import __version__
from voltlake.cli.options import Json, LakeFolder
from voltlake.cli.output import FAILED, console, print_json
from voltlake.cli.workspaces import settings_for
from voltlake.errors import VoltlakeError

__all__ = ["doctor"]

_LIBRARIES = ("polars", "pyarrow", "numba", "numpy", "sqlalchemy", "altair", "vl-convert-python")


def doctor(lake: LakeFolder = None, json: Json = False) -> None:
    """Say what is installed, which formats can be read, and whether the lake is sound.

    Exit code 1 where something is wrong.
    """
    report = _examine(lake)
    if json:
        print_json(report)
    else:
        _print(report)
    if report["problems"]:
        raise typer.Exit(FAILED)


def _examine(lake: LakeFolder) -> dict[str, object]:
    from voltlake.bootstrap import open_workspace
    from voltlake.readers.registry import installed_readers

    readers = installed_readers()
    problems = [f"reader {each.name} cannot be loaded: {each.reason}" for each in readers.broken]
    settings = settings_for(lake)
    root = settings.lake.expanduser().absolute()
    revision: str | None = None
    try:
        revision = open_workspace(settings).catalogue.revision
    except VoltlakeError as error:
        if error.slug != "wrong-lake" or root.exists():
            problems.append(str(error))
    free = shutil.disk_usage(next(each for each in (root, *root.parents) if each.exists())).free
    return {
        "voltlake": __version__,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "lake": str(root),
        "catalogue_revision": revision,
        "free_disk_gb": round(free / 1e9, 1),
        "readers": [
            {"name": r.name, "version": r.version, "title": r.title, "evidence": r.evidence}
            for r in readers.readers
        ],
        "problems": problems,
    }


def _print(report: dict[str, object]) -> None:
    for name in ("voltlake", "python", "lake", "catalogue_revision", "free_disk_gb"):
        value = report[name]
        console.print(
            f"{name.replace('_', ' '):<20} {'–' if value is None else value}",
            highlight=False, markup=False,
        )  # fmt: skip
    table = Table(
        title="\nFormats", title_justify="left", header_style="bold", box=None, pad_edge=False
    )
    for heading in ("reader", "version", "format", "proven on"):
        table.add_column(heading)
    readers = report["readers"]
    assert isinstance(readers, list)  # noqa: S101 - narrows the type of our own dictionary
    for reader in readers:
        table.add_row(reader["name"], reader["version"], reader["title"], reader["evidence"])
    console.print(table)
    problems = report["problems"]
    for problem in problems if isinstance(problems, list) else []:
        console.print(f"[bold red]✗[/bold red] {escape(str(problem))}", highlight=False)
    if not problems:
        console.print("\n[green]✓ nothing wrong[/green]")

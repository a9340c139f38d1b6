"""Prints for people and for machines; the only place that knows about terminals."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from pathlib import Path

import polars as pl
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from voltlake.canonical.columns import unit_of
from voltlake.cli.options import TableFormat
from voltlake.errors import InvalidRequest

__all__ = [
    "FAILED",
    "console",
    "messages",
    "print_frame",
    "print_json",
    "progress_bar",
    "verdict_mark",
]

FAILED = 1
"""Exit code: some items failed, each named with its reason."""

_WIDTH_WITHOUT_TERMINAL = 160
"""Files and pipes have no width; a log should not fold its tables into eighty columns."""


def _console(*, stderr: bool) -> Console:
    shown = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if shown.isatty() else _WIDTH_WITHOUT_TERMINAL)


console = _console(stderr=False)
messages = _console(stderr=True)

_UNIT_PRINTED = {"degC": "°C", "ohm": "Ω"}
_SEVERITY_STYLES = {"critical": "bold red", "warning": "yellow", "info": "dim"}
_STATUS_STYLES = {
    "stored": "green", "grown": "green", "unchanged": "dim", "failed": "yellow",
    "quarantined": "bold red",
}  # fmt: skip


def print_json(value: object) -> None:
    """Print one value as JSON on one line; NaN and infinity become null."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def print_frame(
    frame: pl.DataFrame,
    form: TableFormat = TableFormat.TABLE,
    *,
    title: str | None = None,
    limit: int | None = None,
    columns: Sequence[str] | None = None,
) -> None:
    """Print a table; ``columns`` limits what people see, machines get everything."""
    shown = frame if limit is None else frame.head(limit)
    if form is TableFormat.JSON:
        for row in shown.iter_rows(named=True):
            print_json(row)
    elif form is TableFormat.CSV:
        sys.stdout.write(shown.write_csv())
    elif form is TableFormat.PARQUET:
        if sys.stdout.isatty():
            raise InvalidRequest("Parquet is binary", remedy="Redirect it: … > table.parquet")
        shown.write_parquet(sys.stdout.buffer)
    else:
        _print_table(shown, frame.height, title, columns)


def _print_table(
    shown: pl.DataFrame, total: int, title: str | None, columns: Sequence[str] | None
) -> None:
    chosen = [name for name in columns or shown.columns if name in shown.columns]
    # A column of nothing but dashes tells nothing and takes the room of one that does.
    chosen = [name for name in chosen if shown[name].null_count() < max(shown.height, 1)]
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in chosen:
        side: JustifyMethod = "right" if shown[name].dtype.is_numeric() else "left"
        table.add_column(_heading(name), justify=side, overflow="fold")
    for row in shown.select(chosen).iter_rows(named=True):
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    console.print(table)
    if shown.height < total:
        console.print(f"[dim]{shown.height} of {total} rows; more with --limit[/dim]")


def _heading(name: str) -> str:
    unit = unit_of(name)
    words = name.rsplit("_", 1)[0] if unit else name
    printed = _UNIT_PRINTED.get(unit, unit)
    return words.replace("_", " ") + (f"\n[dim]{printed}[/dim]" if unit not in ("", "1") else "")


def _cell(name: str, value: object) -> str:
    if value is None:
        return "[dim]–[/dim]"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    styles = {"severity": _SEVERITY_STYLES, "status": _STATUS_STYLES, "state": _STATUS_STYLES}
    style = styles.get(name, {}).get(str(value))
    text = str(value).replace("[", "\\[")
    return f"[{style}]{text}[/{style}]" if style else text


def verdict_mark(verdict: str) -> str:
    """Return a verdict with its sign, so that colour is never the only clue."""
    marks = {
        "verified": "[green]✓ verified[/green]",
        "assumed": "[yellow]~ assumed[/yellow]",
        "contradicted": "[bold red]✗ contradicted[/bold red]",
        "unknown": "[dim]? unknown[/dim]",
    }
    return marks.get(verdict, verdict)


class ProgressBar:
    """A bar for each stage of a longer task; silent where nobody watches."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._tasks: dict[str, int] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` items of a stage are finished."""
        if self._bars is None:
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)  # type: ignore[arg-type]


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[ProgressBar]:
    """Yield a progress callback that draws on a terminal, and nowhere else."""
    if quiet or not messages.is_terminal:
        yield ProgressBar(None)
        return
    columns = (
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as bars:
        yield ProgressBar(bars)

"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Cells", "DecimalMark", "Json", "LakeFolder", "Limit", "ReaderName", "Severities", "SignChoice",
    "TableFormat", "TableFormatOption", "TimeZone",
]  # fmt: skip

LakeFolder = Annotated[
    Path | None,
    typer.Option("--lake", metavar="DIR", help="The lake's folder. [env: VOLTLAKE_LAKE; ./lake]"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


class TableFormat(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


TableFormatOption = Annotated[
    TableFormat, typer.Option("--format", help="How to print the table; parquet is binary.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Print at most so many rows.")]
Cells = Annotated[
    list[str] | None, typer.Option("--cell", help="Only this cell; give it again for more.")
]


class DecimalMark(StrEnum):
    """The mark between whole and fraction."""

    POINT = "."
    COMMA = ","


class SignChoice(StrEnum):
    """What the user says about the sign of the current."""

    AS_IS = "as-is"
    REVERSED = "reversed"


class Severities(StrEnum):
    """Severities of findings, the worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


TimeZone = Annotated[
    str | None,
    typer.Option(
        "--timezone", metavar="ZONE", help="Zone of clock times that name none: Europe/Berlin."
    ),
]
ReaderName = Annotated[
    str | None, typer.Option("--reader", help="Use this reader instead of detecting one.")
]

"""`voltlake sql`: ask the lake in SQL."""

from __future__ import annotations

from typing import Annotated

import typer

from voltlake.cli.options import Json, LakeFolder, Limit, TableFormat, TableFormatOption
from voltlake.cli.output import print_frame
from voltlake.cli.workspaces import opened

__all__ = ["sql"]


def sql(
    query: Annotated[str, typer.Argument(help="A SELECT statement.")],
    lake: LakeFolder = None,
    form: TableFormatOption = TableFormat.TABLE,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Ask a read-only question in SQL.

    Tables: projects, cells, tests, cycles, steps, findings, files, samples.

    [bold]voltlake sql "select cell_name, max(cycle_index) from cycles group by cell_name"[/bold]
    """
    from voltlake.services.sql import answer

    chosen = TableFormat.JSON if json else form
    print_frame(answer(opened(lake), query), chosen, limit=limit)

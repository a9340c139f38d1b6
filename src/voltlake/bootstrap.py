"""Builds things: settings in, an opened workspace out; and the Python face on top.

The only place that builds anything. Importing it opens no file and no database.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from voltlake.canonical.certificate import Certificate
from voltlake.catalogue.session import Catalogue, sqlite_url
from voltlake.execution.contract import Limits
from voltlake.processing.pipeline import ProcessingOptions
from voltlake.readers.contract import ReadOptions
from voltlake.readers.registry import installed_readers
from voltlake.services import explore, series
from voltlake.services.ingest import FileReport, ingest
from voltlake.services.reading import ReadTest, read_file
from voltlake.services.requests import IngestOptions
from voltlake.services.sql import answer
from voltlake.services.workspace import Workspace
from voltlake.settings import Settings
from voltlake.storage.layout import catalogue_path, open_lake_folder, read_identity
from voltlake.storage.objects import LocalObjects

__all__ = ["Lake", "catalogue_url", "open", "open_workspace", "read"]


def open_workspace(settings: Settings, *, create: bool = False) -> Workspace:
    """Open the lake that the settings name.

    ``create`` makes a missing lake and upgrades an older catalogue. Raises ``WrongLake``
    where there is none, ``CatalogueNotUpgraded`` where the catalogue is of another
    version, ``NetworkMount`` where SQLite would not be safe.
    """
    root = settings.lake.expanduser().absolute()
    identity = open_lake_folder(root) if create else read_identity(root)
    catalogue = Catalogue(catalogue_url(settings))
    if create:
        catalogue.upgrade()
    catalogue.check()
    catalogue.identify(identity.lake_id)
    return Workspace(
        root=root,
        catalogue=catalogue,
        objects=LocalObjects(root),
        readers=installed_readers(),
        limits=Limits(settings.parse_memory_mb, settings.parse_timeout_second),
        workers=settings.workers,
        max_attempts=settings.max_attempts,
        time_zone=settings.time_zone,
    )


def catalogue_url(settings: Settings) -> str:
    """Return the catalogue's URL: ``DATABASE_URL``, or SQLite inside the lake."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return sqlite_url(catalogue_path(settings.lake.expanduser().absolute()))


def read(
    path: str | Path,
    *,
    reader: str | None = None,
    timezone: str | None = None,
    decimal: str | None = None,
    sign: str | None = None,
    nominal_capacity_ah: float | None = None,
) -> ReadTest:
    """Read one cycler file.

    Returns an object with ``samples`` (polars, BDF columns), ``steps``, ``cycles``,
    ``metadata``, ``certificate`` and ``findings``. Options as in ``voltlake read --help``.

    >>> test = read("cell_07.ndax")  # doctest: +SKIP
    """
    return read_file(
        installed_readers(),
        Path(path).expanduser().absolute(),
        ReadOptions(timezone=timezone or Settings().time_zone, decimal=decimal),
        reader=reader,
        processing=ProcessingOptions(nominal_capacity_ah=nominal_capacity_ah, sign=sign),
    )


def open(lake: str | Path | None = None, *, create: bool = True) -> Lake:
    """Open a lake folder, making it where it is missing.

    ``lake`` defaults to ``VOLTLAKE_LAKE``, then ``./lake``.
    """
    settings = Settings() if lake is None else Settings(lake=Path(lake))
    return Lake(open_workspace(settings, create=create))


class Lake:
    """A lake, as a notebook uses it: everything returns polars frames."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __repr__(self) -> str:
        return f"Lake({str(self.workspace.root)!r})"

    def ingest(
        self, *paths: str | Path, workers: int | None = None, **options: Any
    ) -> pl.DataFrame:
        """Ingest files and folders; return one row per file.

        Options: ``project, cell, reader, timezone, decimal, sign, nominal_capacity_ah``.
        A bad file does not raise: its row has the status, the error code and the remedy.
        """
        reports = list(self.iter_ingest(*paths, workers=workers, **options))
        return _reports_table(reports)

    def iter_ingest(
        self, *paths: str | Path, workers: int | None = None, **options: Any
    ) -> Iterator[FileReport]:
        """Ingest as :meth:`ingest` does, yielding a report as each file is settled."""
        files = [Path(path).expanduser() for path in paths]
        return ingest(self.workspace, files, IngestOptions(**options), workers=workers)

    def projects(self) -> pl.DataFrame:
        """Return one row per project."""
        return explore.projects(self.workspace)

    def cells(
        self, text: str = "", *, filters: Mapping[str, Sequence[str]] | None = None
    ) -> pl.DataFrame:
        """Return one row per cell, those that contain ``text`` and match all ``filters``."""
        return explore.cells(self.workspace, text=text, filters=filters or {})

    def tests(self, cells: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one row per test, of the given cells or of all."""
        return explore.tests(self.workspace, cell_names=cells)

    def cycles(
        self, cells: str | Sequence[str], *, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Return the cycles of one or more cells, by cell, test and cycle."""
        return explore.cycles(self.workspace, _listed(cells), columns=columns)

    def steps(self, cell: str) -> pl.DataFrame:
        """Return the steps of all tests of a cell, by test and step."""
        return explore.steps_of_cell(self.workspace, cell)

    def samples(
        self,
        cell: str,
        *,
        cycles: Sequence[int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return the samples of all tests of a cell, or of some cycles only."""
        return series.samples_of_cell(self.workspace, cell, cycles=cycles, columns=columns)

    def findings(self, cells: Sequence[str] | None = None) -> pl.DataFrame:
        """Return every doubt about the data of the given cells, or of all."""
        return explore.findings(self.workspace, cell_names=cells)

    def certificate(self, test_id: int) -> Certificate:
        """Return how each property of a test is known."""
        return explore.certificate(self.workspace, test_id)

    def files(self) -> pl.DataFrame:
        """Return the ledger: one row per file that was ever ingested."""
        return explore.files(self.workspace)

    def sql(self, query: str) -> pl.DataFrame:
        """Answer a read-only SQL query over cells, tests, cycles, steps, findings, samples."""
        return answer(self.workspace, query)

    def chart(self, name: str, target: str | Path, **params: Any) -> Path:
        """Draw a chart into a file; its extension is the format."""
        from voltlake.services.charting import save_chart

        return save_chart(self.workspace, name, params, Path(target))

    def export(self, cell: str, to: str | Path, *, formats: Sequence[str] = ("csv",)) -> list[Path]:
        """Write a cell's tables below the folder ``to``; return the files."""
        from voltlake.services.export import export_cell

        return export_cell(self.workspace, cell, Path(to), formats=formats)


@functools.cache
def _report_schema() -> dict[str, pl.DataType]:
    text, number = pl.String(), pl.Int64()
    names = ("file", "status", "reader", "cell_name", "project_name", "sha256", "error_code",
             "error_message", "remedy")  # fmt: skip
    return dict.fromkeys(names, text) | dict.fromkeys(
        ("rows", "cycles", "test_id", "findings"), number
    )


def _reports_table(reports: list[FileReport]) -> pl.DataFrame:
    rows = []
    for report in reports:
        error = report.error or {}
        row = report.as_dict() | {
            "error_code": error.get("code"),
            "error_message": error.get("message"),
            "remedy": error.get("remedy"),
        }
        rows.append({name: row[name] for name in _report_schema()})
    return pl.DataFrame(rows, schema=_report_schema())


def _listed(cells: str | Sequence[str]) -> list[str]:
    return [cells] if isinstance(cells, str) else list(cells)

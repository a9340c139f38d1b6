"""Read-only SQL over the lake's tables."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from voltlake.errors import InvalidRequest
from voltlake.services import explore
from voltlake.services.series import samples_file
from voltlake.services.workspace import Workspace
from voltlake.storage.parquet import lazy_table

__all__ = ["TABLES", "answer"]

TABLES: dict[str, Callable[[Workspace], pl.DataFrame]] = {
    "projects": explore.projects,
    "cells": explore.cells,
    "tests": explore.tests,
    "cycles": explore.cycles,
    "steps": explore.all_steps,
    "findings": explore.findings,
    "files": explore.files,
}
"""The tables that a query may name, beside ``samples`` (all tests, with ``test_id``)."""

_READING = re.compile(r"^\s*(?:select|with|explain)\b", re.IGNORECASE)
_CALLS_FILES = re.compile(r"\b(?:read|scan)_\w+", re.IGNORECASE)
"""The functions that read files of the machine. Their names are refused wherever they stand:
comments and quotes could hide a call from anything less than a parser."""
_NAMED = re.compile(r"[a-z_]+")


def answer(workspace: Workspace, query: str) -> pl.DataFrame:
    """Answer one ``SELECT``; only the tables that it names are loaded, samples lazily.

    Raises ``InvalidRequest`` for anything that is no question, and for SQL that polars does
    not understand (with its reason).
    """
    if not _READING.match(query) or _CALLS_FILES.search(query):
        raise InvalidRequest(
            "only questions are answered",
            remedy=f"Begin with SELECT; there are {', '.join(TABLES)} and samples",
        )
    words = set(_NAMED.findall(query.lower()))
    context = pl.SQLContext()
    for name, load in TABLES.items():
        if name in words:
            context.register(name, load(workspace).lazy())
    if "samples" in words:
        context.register("samples", _samples(workspace))
    try:
        return context.execute(query, eager=False).collect(engine="in-memory")
    except pl.exceptions.PolarsError as reason:
        raise InvalidRequest(f"the query cannot be answered: {reason}") from reason


def _samples(workspace: Workspace) -> pl.LazyFrame:
    """Return the samples of all tests as one lazy table; only what a query needs is read."""
    parts = []
    for test_id in explore.tests(workspace)["test_id"]:
        path = samples_file(workspace, test_id)
        if path is not None:
            parts.append(lazy_table(path).select(pl.lit(test_id).alias("test_id"), pl.all()))
    return pl.concat(parts, how="diagonal") if parts else pl.LazyFrame({"test_id": []})

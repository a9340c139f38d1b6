"""A catalogue in a file, and a clock that goes when told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from voltlake.catalogue.session import Catalogue, sqlite_url


class Clock:
    """Stands still until :meth:`forward`."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, second: float) -> None:
        self.now += timedelta(seconds=second)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalogue(tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    opened = Catalogue(sqlite_url(tmp_path / "catalogue.sqlite3"), clock=clock)
    opened.upgrade()
    yield opened
    opened.close()

"""A small lake, ingested once by the real service, and a client of the application over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from voltlake.api.app import create_app
from voltlake.bootstrap import Lake, open_workspace
from voltlake.services.workspace import Workspace
from voltlake.settings import Settings

HOSTILE = "=2+3 <b>"
"""A cell's name as a careless or hostile person could choose it."""

SECONDS_PER_ROW = 36
ROWS_PER_HALF = 100


def cycling(cycles: int, *, temperature: bool) -> pl.DataFrame:
    """Samples at 1 A, 36 s a row: each half moves 1 Ah (0.99 Ah between its 100 rows)."""
    halves = [ampere for _ in range(cycles) for ampere in (1.0, -1.0)]
    current = [ampere for ampere in halves for _ in range(ROWS_PER_HALF)]
    fill = [row / ROWS_PER_HALF for row in range(ROWS_PER_HALF)]
    voltage = [3.0 + (f if ampere > 0 else 1 - f) for ampere in halves for f in fill]
    table = pl.DataFrame(
        {
            "Test Time / s": [float(SECONDS_PER_ROW * row) for row in range(len(current))],
            "Voltage / V": voltage,
            "Current / A": current,
            "Cycle Count": [row // (2 * ROWS_PER_HALF) + 1 for row in range(len(current))],
            "Step Count": [row // ROWS_PER_HALF + 1 for row in range(len(current))],
        }
    )
    if temperature:
        table = table.with_columns(pl.lit(25.0).alias("Surface Temperature / degC"))
    return table


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder: Path = tmp_path_factory.mktemp("api")
    cycling(3, temperature=True).write_csv(folder / "A1.csv")
    cycling(2, temperature=False).write_csv(folder / f"{HOSTILE}.csv")
    workspace = open_workspace(Settings(lake=folder / "lake"), create=True)
    reports = Lake(workspace).ingest(folder / "A1.csv", folder / f"{HOSTILE}.csv", workers=1)
    assert reports["status"].to_list() == ["stored", "stored"], reports.rows()
    return workspace


@pytest.fixture(scope="session")
def client(workspace: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(workspace), base_url="http://localhost:8060") as client:
        yield client


@pytest.fixture(scope="session")
def test_id(client: TestClient) -> int:
    """The number of the test of cell A1."""
    found = client.get("/api/v1/tests", params={"cells": "A1"}).json()["items"]
    return int(found[0]["test_id"])

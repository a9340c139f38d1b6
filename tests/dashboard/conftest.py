"""The dashboard over a made lake, without a browser and without the API."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from support.lakes import empty_lake, made_lake
from voltlake.dashboard.app import add_dashboard
from voltlake.services.workspace import Workspace


def client_of(workspace: Workspace) -> TestClient:
    app = FastAPI()
    add_dashboard(app, workspace)
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return made_lake(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def client(workspace: Workspace) -> TestClient:
    return client_of(workspace)


@pytest.fixture(scope="session")
def empty_client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return client_of(empty_lake(tmp_path_factory.mktemp("empty")))

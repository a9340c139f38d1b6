"""Lakes for the tests of the services; files are read in this process, where tests can reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from support.lakes import empty_lake, made_lake
from voltlake.errors import VoltlakeError
from voltlake.execution.contract import Limits
from voltlake.services import ingest as ingest_module
from voltlake.services.workspace import Workspace


class InThisProcess:
    """An executor without children, so that a test can see and disturb what a task does.

    The real one has its own tests; that nothing but a ``VoltlakeError`` comes out is its
    promise, so anything else fails the test here.
    """

    def __init__(
        self, workers: int = 1, _limits: Limits | None = None, _preload: tuple[str, ...] = ()
    ) -> None:
        self.workers = workers

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def submit(self, task: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(task(*arguments))
        except VoltlakeError as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        return None


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_module, "LocalProcesses", InThisProcess)


@pytest.fixture
def lake(tmp_path: Path) -> Workspace:
    """An empty lake."""
    return empty_lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A lake of four cells and one broken file; tests only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest_module, "LocalProcesses", InThisProcess)
        yield made_lake(tmp_path_factory.mktemp("held"))

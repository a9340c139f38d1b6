"""A lake to ask, and the command line in this process: fast, and with what it printed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.lakes import made_lake
from voltlake.cli import main as cli
from voltlake.services.workspace import Workspace


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


class Voltlake:
    """Runs ``voltlake …`` through the same door as the installed command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]):
        self._monkeypatch, self._capture = monkeypatch, capture

    def __call__(self, *words: str | Path) -> Ran:
        self._capture.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["voltlake", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        printed = self._capture.readouterr()
        return Ran(code, printed.out, printed.err.decode())


@pytest.fixture
def voltlake(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Voltlake:
    monkeypatch.chdir(tmp_path)
    for name in ("VOLTLAKE_LAKE", "DATABASE_URL", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    return Voltlake(monkeypatch, capfdbinary)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A lake of four cells and one broken file; tests only look at it."""
    return made_lake(tmp_path_factory.mktemp("held"))

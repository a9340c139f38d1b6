"""What all tests share: where the real files lie, and a visible count where they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

# The first example of a law may compile a kernel; time is the benchmarks' business.
settings.register_profile("voltlake", deadline=None)
settings.load_profile("voltlake")

_without_shared_data: list[str] = []


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real cycler files beside the checkout; its tests are counted if absent."""
    return SHARED_DATA


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shared_data: needs the real files beside the checkout")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, and count, the tests on real files where the folder of real files is missing."""
    if SHARED_DATA.is_dir():
        return
    for item in items:
        needs = "shared_data" in getattr(item, "fixturenames", ())
        if needs or item.get_closest_marker("shared_data"):
            _without_shared_data.append(item.nodeid)
            item.add_marker(pytest.mark.skip(reason="the real files are not beside the checkout"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _without_shared_data:
        terminalreporter.write_line(
            f"{len(_without_shared_data)} tests on real files were skipped: no {SHARED_DATA.name}"
        )

"""Children that have to be started anew are dear: the patient ones are shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from voltlake.execution.contract import Limits
from voltlake.execution.local import LocalProcesses


@pytest.fixture(scope="module")
def one_child() -> Iterator[LocalProcesses]:
    """One child with 300 MB, 1 s and 2 MB a file."""
    with LocalProcesses(1, Limits(memory_mb=300, timeout_second=1.5, file_mb=2)) as processes:
        yield processes

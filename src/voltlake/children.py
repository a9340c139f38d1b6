"""Child processes that begin clean and die with their parent.

Python's spawned children import the parent's main script again, which runs a script that
has no ``if __name__ == "__main__":`` a second time and fails where there is no script at
all (standard input, a notebook). Our tasks are functions of this package and never need
the main script, so it is hidden from the children.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

__all__ = ["CHILDREN", "die_with_parent"]

_PR_SET_PDEATHSIG = 1
_hiding = threading.Lock()


@contextmanager
def _without_main() -> Iterator[None]:
    """Let the main module look, for a moment, as if it came from nowhere."""
    with _hiding:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


class _CleanProcess(SpawnProcess):
    """A spawned process that does not load the parent's main script."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 - the name is multiprocessing's
        with _without_main():
            return SpawnProcess._Popen(process_obj)


class _CleanContext(SpawnContext):
    Process = _CleanProcess


CHILDREN = _CleanContext()
"""The multiprocessing context of all our children."""


def die_with_parent(parent: int) -> None:
    """Make this child die with the process ``parent``, and leave interrupts to it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died while this child was starting
    signal.signal(signal.SIGINT, signal.SIG_IGN)

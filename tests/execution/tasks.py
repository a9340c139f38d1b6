"""Tasks that go wrong in every way; children import them from here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from voltlake.errors import UnknownFormat

__all__ = [
    "add", "die_by", "end_with", "fail_as_the_system_does", "hog", "leave_a_mark", "lie_down",
    "mistake", "pid_of_child", "refuse", "unpicklable", "write_too_much",
]  # fmt: skip


def add(first: int, second: int) -> int:
    return first + second


def pid_of_child() -> int:
    return os.getpid()


def refuse() -> None:
    raise UnknownFormat("none of 9 readers", file="x.csv", row=3)


def mistake() -> None:
    _ = {}["no such key"]


def die_by(number: int) -> None:
    os.kill(os.getpid(), number)
    signal.pause()


def end_with(code: int) -> None:
    os._exit(code)


def fail_as_the_system_does() -> None:
    raise PermissionError(13, "Permission denied")


def hog() -> int:
    """Ask for 64 MB at a time, for 4 GB in all."""
    held = [bytearray(64 << 20) for _ in range(64)]
    return len(held)


def lie_down(second: float, mark: str) -> None:
    Path(mark).write_text(str(os.getpid()))
    time.sleep(second)


def leave_a_mark(mark: str) -> None:
    Path(mark).write_text("done")


def write_too_much(path: str) -> None:
    with Path(path).open("wb") as stream:
        for _ in range(8):
            stream.write(bytes(1 << 20))


def unpicklable() -> Any:
    return lambda: None

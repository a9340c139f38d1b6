"""What an executor promises.

No engine gives exactly-once: a task may run twice, and only the catalogue's commit decides
which result counts. So tasks write nothing but temporary files and return small values.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

__all__ = ["Executor", "Limits"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may use at most.

    Attributes
    ----------
    memory_mb
        Memory that a task may allocate beyond what its process needs to start.
    timeout_second
        Wall-clock time of one task.
    file_mb
        Size of any one file that a task writes.
    """

    memory_mb: int = 2048
    timeout_second: float = 3600.0
    file_mb: int = 16_384


class Executor(Protocol):
    """Runs tasks; a task that dies takes nothing else with it."""

    workers: int

    def submit(self, task: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Start a task; its error is a ``VoltlakeError`` where the task or its limits failed."""
        ...

    def close(self) -> None:
        """Stop waiting tasks and end the workers."""
        ...

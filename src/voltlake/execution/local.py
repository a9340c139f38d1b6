"""Runs tasks in limited child processes of this machine.

A child that crashes, hangs or eats memory fails its own task only; the others go on. The
children die with their parent, so that a killed ingest leaves nothing running.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import TimeoutError as TaskTimeout
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from voltlake.children import CHILDREN, die_with_parent
from voltlake.errors import (
    OutOfSpace,
    ReaderCrashed,
    ReaderOutOfMemory,
    ReaderTimedOut,
    UnreadableFile,
    VoltlakeError,
)
from voltlake.execution.contract import Limits

__all__ = ["LocalProcesses"]

Result = TypeVar("Result")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TASKS_PER_CHILD = 200
"""A child is replaced after this many tasks, so that no library's leak can grow for ever."""


class LocalProcesses:
    """An :class:`~voltlake.execution.contract.Executor` over child processes.

    ``preload`` names modules that a child imports before its memory limit is measured.
    """

    def __init__(self, workers: int, limits: Limits, preload: tuple[str, ...] = ()) -> None:
        self.workers = workers
        self._limits = limits
        self._waiting: set[Future[Any]] = set()
        self._closing = False
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=_TASKS_PER_CHILD,
            initializer=_enter_child,
            initargs=(os.getpid(), limits, preload),
            context=CHILDREN,
        )

    def __enter__(self) -> LocalProcesses:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def submit(self, task: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Start a task in a child; see :class:`~voltlake.execution.contract.Executor`."""
        inner = self._pool.schedule(task, args=arguments, timeout=self._limits.timeout_second)
        outer: Future[Result] = Future()
        self._waiting.add(outer)
        outer.add_done_callback(self._waiting.discard)
        inner.add_done_callback(lambda done: self._hand_over(done, outer))
        return outer

    def _hand_over(self, done: Future[Result], outer: Future[Result]) -> None:
        if done.cancelled() or self._closing:
            outer.cancel()
            return
        error = done.exception()
        if error is None:
            outer.set_result(done.result())
        else:
            outer.set_exception(self._explain(error))

    def _explain(self, error: BaseException) -> BaseException:
        """Turn the death of a child into an error that a person can act on."""
        if isinstance(error, TaskTimeout):
            seconds = self._limits.timeout_second
            return ReaderTimedOut(f"reading took longer than {seconds:g} s")
        if isinstance(error, MemoryError):
            return ReaderOutOfMemory(f"reading needed more than {self._limits.memory_mb} MB")
        if isinstance(error, ProcessExpired):
            return ReaderCrashed(_epitaph(error.exitcode))
        if isinstance(error, OSError) and error.errno in _FULL:
            return OutOfSpace(f"reading left no space on the disk ({error.strerror})")
        if isinstance(error, OSError):
            return UnreadableFile(error.strerror or str(error))
        if isinstance(error, (VoltlakeError, BrokenExecutor)):
            return error  # no file is to blame for a pool that broke
        # A task's own mistake must not take the batch with it; the cause stays attached.
        crash = ReaderCrashed(f"the reading program failed: {type(error).__name__}: {error}")
        crash.__cause__ = error
        return crash

    def close(self) -> None:
        """Stop waiting tasks and end the children; what is not done yet is cancelled."""
        self._closing = True
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        for outer in tuple(self._waiting):
            outer.cancel()


def _enter_child(parent: int, limits: Limits, preload: tuple[str, ...]) -> None:
    """Prepare a child: die with the parent, never dump core, stay within the limits."""
    die_with_parent(parent)
    _silence_native_traces()
    for module in preload:
        __import__(module)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file_bytes = limits.file_mb * 2**20
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    # Data, not address space: allocators reserve far more addresses than they ever use.
    memory_bytes = _data_bytes() + limits.memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def _silence_native_traces() -> None:
    """Keep the backtraces of native libraries out of the user's terminal."""
    if os.environ.get("LOG_LEVEL", "").upper() != "DEBUG":
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _epitaph(exit_code: int) -> str:
    if exit_code == -signal.SIGABRT:
        return "the reading process gave up (SIGABRT), mostly a sign of too little memory"
    if exit_code < 0:
        return f"the reading process was killed by {signal.Signals(-exit_code).name}"
    return f"the reading process ended with exit code {exit_code}"


def _data_bytes() -> int:
    """Return how much private writable memory this process has mapped by now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0

"""A child that dies, hangs or eats memory fails its own task, with a reason, and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from execution import tasks
from voltlake.errors import (
    OutOfSpace,
    ReaderCrashed,
    ReaderOutOfMemory,
    ReaderTimedOut,
    UnknownFormat,
    UnreadableFile,
)
from voltlake.execution.contract import Limits
from voltlake.execution.local import LocalProcesses


def goes_on(processes: LocalProcesses) -> bool:
    return processes.submit(tasks.add, 1, 2).result(timeout=60) == 3


def test_results_and_our_own_errors_come_back_whole(one_child: LocalProcesses) -> None:
    assert goes_on(one_child)
    with pytest.raises(UnknownFormat) as caught:
        one_child.submit(tasks.refuse).result(timeout=60)
    assert (caught.value.place, caught.value.slug) == ("x.csv, row 3", "unknown-format")
    assert one_child.submit(tasks.pid_of_child).result(timeout=60) != os.getpid()


def test_a_mistake_in_a_reader_is_a_crash_with_its_cause(one_child: LocalProcesses) -> None:
    with pytest.raises(ReaderCrashed, match="KeyError: 'no such key'") as caught:
        one_child.submit(tasks.mistake).result(timeout=60)
    assert isinstance(caught.value.__cause__, KeyError)
    assert goes_on(one_child)


def test_a_result_that_cannot_travel_is_a_crash(one_child: LocalProcesses) -> None:
    with pytest.raises(ReaderCrashed):
        one_child.submit(tasks.unpicklable).result(timeout=60)
    assert goes_on(one_child)


@pytest.mark.parametrize(
    ("task", "argument", "reason"),
    [
        (tasks.die_by, signal.SIGKILL, "was killed by SIGKILL"),
        (tasks.die_by, signal.SIGABRT, "too little memory"),
        (tasks.end_with, 3, "exit code 3"),
    ],
)
def test_a_child_that_dies_takes_only_its_task(
    one_child: LocalProcesses, task: object, argument: int, reason: str
) -> None:
    dead = one_child.submit(task, argument)  # type: ignore[arg-type]
    waiting = [one_child.submit(tasks.add, each, 1) for each in range(3)]
    with pytest.raises(ReaderCrashed, match=reason):
        dead.result(timeout=60)
    assert [each.result(timeout=60) for each in waiting] == [1, 2, 3]


def test_a_hog_is_stopped(one_child: LocalProcesses) -> None:
    with pytest.raises(ReaderOutOfMemory, match="more than 300 MB") as caught:
        one_child.submit(tasks.hog).result(timeout=60)
    assert caught.value.transient
    assert goes_on(one_child)


def test_a_task_that_hangs_is_ended(one_child: LocalProcesses, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(ReaderTimedOut, match=r"longer than 1\.5 s"):
        one_child.submit(tasks.lie_down, 60, str(mark)).result(timeout=60)
    assert not alive(int(mark.read_text()))
    assert goes_on(one_child)


def test_a_file_that_grows_too_large_is_stopped(one_child: LocalProcesses, tmp_path: Path) -> None:
    with pytest.raises(OutOfSpace):
        one_child.submit(tasks.write_too_much, str(tmp_path / "big")).result(timeout=60)
    assert (tmp_path / "big").stat().st_size <= 2 << 20
    assert goes_on(one_child)


def test_the_surroundings_are_not_the_fault_of_the_file(one_child: LocalProcesses) -> None:
    with pytest.raises(UnreadableFile, match="Permission denied") as caught:
        one_child.submit(tasks.fail_as_the_system_does).result(timeout=60)
    assert caught.value.transient


def test_closing_stops_what_waits(tmp_path: Path) -> None:
    mark, late = tmp_path / "mark", tmp_path / "late"
    with LocalProcesses(1, Limits()) as processes:
        running = processes.submit(tasks.lie_down, 60, str(mark))
        waiting = processes.submit(tasks.leave_a_mark, str(late))
        until(mark.exists)
    assert not alive(int(mark.read_text()))
    assert not late.exists()
    for future in (running, waiting):
        with pytest.raises(CancelledError):
            future.result(timeout=10)


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A killed ingest must leave nothing running that still writes."""
    mark = tmp_path / "mark"
    script = tmp_path / "parent.py"
    script.write_text(
        "from execution import tasks\n"
        "from voltlake.execution.contract import Limits\n"
        "from voltlake.execution.local import LocalProcesses\n"
        "if __name__ == '__main__':\n"
        "    processes = LocalProcesses(1, Limits())\n"
        f"    processes.submit(tasks.lie_down, 60, {str(mark)!r}).result()\n"
    )
    folder = str(Path(__file__).resolve().parent.parent)
    parent = subprocess.Popen([sys.executable, script], env=os.environ | {"PYTHONPATH": folder})
    until(lambda: mark.exists() and mark.read_text() != "")
    child = int(mark.read_text())
    assert alive(child)
    parent.kill()
    parent.wait()
    until(lambda: not alive(child))


def alive(process: int) -> bool:
    """Say whether a process runs (a zombie that nobody has buried yet does not)."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rsplit(") ", 1)[1][0] not in "ZX"


def until(condition: object, second: float = 30) -> None:
    end = time.monotonic() + second
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)

"""Runs one operation in a fresh process and says what it took.

Stands alone on the standard library, as it runs in every peer's environment. The
operation is warmed up on a small file first, so that imports, caches and compiled kernels
count for no one. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

Facts = dict[str, object]
Operation = Callable[[str], Callable[[], Facts]]


def _memory_megabytes(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def _cpu_second() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def measure(operations: dict[str, Operation]) -> None:
    """Run ``operations[argv 1]`` on the file ``argv 2`` after a warm-up on ``argv 3``.

    An operation gets a path, prepares, and returns what is to be timed; that returns a few
    facts about its result. Memory is the peak above what was resident before, of this
    process alone; the benchmark watches child processes itself.
    """
    name, path, small = sys.argv[1:4]
    operations[name](small)()
    work = operations[name](path)
    Path("/proc/self/clear_refs").write_text("5")
    before_megabytes = _memory_megabytes("VmRSS")
    print("STARTED", os.getpid(), flush=True)
    cpu, wall = _cpu_second(), time.perf_counter()
    facts = work()
    wall, cpu = time.perf_counter() - wall, _cpu_second() - cpu
    added = _memory_megabytes("VmHWM") - before_megabytes
    report = {"wall_second": wall, "cpu_second": cpu, "added_megabytes": added, "facts": facts}
    print("RESULT", json.dumps(report), flush=True)

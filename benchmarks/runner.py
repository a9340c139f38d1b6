"""Runs candidates in fresh processes, in turns, and gathers what they took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.environments import REPOSITORY, python_of
from benchmarks.races import Candidate, Race

__all__ = ["Outcome", "run_race"]

_CANDIDATES = REPOSITORY / "benchmarks" / "candidates"
_LIMIT_SECOND = 1800


@dataclass(slots=True)
class Outcome:
    """All runs of one candidate; ``failure`` holds the last line of its error."""

    label: str
    wall_second: list[float] = field(default_factory=list)
    cpu_second: list[float] = field(default_factory=list)
    added_megabytes: list[float] = field(default_factory=list)
    above_small_megabytes: list[float] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    failure: str = ""

    def as_row(self) -> dict[str, object]:
        """Return the figures that the table shows; nothing but the failure if it failed."""
        if self.failure or not self.wall_second:
            return {"label": self.label, "failure": self.failure or "no run"}
        return {
            "label": self.label,
            "wall_min_second": min(self.wall_second),
            "wall_median_second": median(self.wall_second),
            "cpu_min_second": min(self.cpu_second),
            "added_megabytes": max(self.added_megabytes),
            "above_small_megabytes": max(self.above_small_megabytes),
            "facts": self.facts,
            "runs": asdict(self),
        }


def run_race(race: Race, repeats: int) -> list[dict[str, object]]:
    """Make the files, run every candidate ``repeats`` times in turns, return one row each."""
    for path, make in race.files.items():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name("unfinished_" + path.name)
            make(unfinished)
            unfinished.rename(path)
    outcomes = {candidate.label: Outcome(candidate.label) for candidate in race.candidates}
    for _ in range(repeats):
        for candidate in race.candidates:
            outcome = outcomes[candidate.label]
            if not outcome.failure:
                _run_once(candidate, outcome)
    return [outcome.as_row() for outcome in outcomes.values()]


def _run_once(candidate: Candidate, outcome: Outcome) -> None:
    script = _CANDIDATES / f"with_{candidate.environment}.py"
    command = [
        str(python_of(candidate.environment)), str(script), candidate.operation,
        str(candidate.file), str(candidate.small_file),
    ]  # fmt: skip
    # The page cache is warm for everyone.
    candidate.file.read_bytes()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    watch = _MemoryWatch(process.pid)
    stop = threading.Timer(_LIMIT_SECOND, process.kill)
    stop.start()
    stdout, stderr = watch.follow(process)
    stop.cancel()
    results = [line for line in stdout if line.startswith("RESULT ")]
    if process.returncode != 0 or not results:
        lines = [line for line in stderr.splitlines() if line.strip()]
        outcome.failure = lines[-1][:200] if lines else f"exit code {process.returncode}"
        print(f"  {candidate.label}: {outcome.failure}", file=sys.stderr)
        return
    report = json.loads(results[-1].removeprefix("RESULT "))
    outcome.wall_second.append(report["wall_second"])
    outcome.cpu_second.append(report["cpu_second"])
    outcome.added_megabytes.append(max(report["added_megabytes"], watch.added_megabytes))
    outcome.above_small_megabytes.append(watch.above_small_megabytes)
    outcome.facts = report["facts"]


class _MemoryWatch:
    """Watches the resident memory of a process and all its children from outside."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = 0.0
        self._peak = 0.0
        self._small_peak = 0.0
        self._watching = True

    @property
    def added_megabytes(self) -> float:
        """Peak of the whole process tree above what it held when the work began."""
        return max(self._peak - self._before, 0.0)

    @property
    def above_small_megabytes(self) -> float:
        """Peak above the peak of the warm-up: what the size of the file costs, and no import."""
        return max(self._peak - self._small_peak, 0.0)

    def follow(self, process: subprocess.Popen[str]) -> tuple[list[str], str]:
        """Read the process to its end, sampling its memory between the two marks."""
        errors: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))  # type: ignore[union-attr]
        sampler = threading.Thread(target=self._sample, daemon=True)
        reader.start()
        sampler.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("STARTED"):
                self._small_peak = self._peak
                self._before = self._peak = _tree_megabytes(self._pid)
            if line.startswith("RESULT"):
                self._watching = False
        self._watching = False
        process.wait()
        reader.join()
        return lines, errors[0] if errors else ""

    def _sample(self) -> None:
        while self._watching:
            self._peak = max(self._peak, _tree_megabytes(self._pid))
            time.sleep(0.01)


def _tree_megabytes(pid: int) -> float:
    """Memory of a process and its children, without pages shared with files."""
    total = 0.0
    pending = [pid]
    while pending:
        current = pending.pop()
        total += _own_megabytes(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            try:
                pending.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
    return total


def _own_megabytes(pid: int) -> float:
    """Resident memory less what is mapped from files, such as libraries [MB]."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0.0
    resident, shared = int(fields[1]), int(fields[2])
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE") / 1e6

"""kill -9 inside an ingest of fifty files, twenty times: nothing lost, doubled or half visible.

A kill counts as inside the work where a job was running or an object was being written at
that moment; a crash test that only kills start-ups proves nothing.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from voltlake.bootstrap import open_workspace
from voltlake.catalogue.models import JobState, Series
from voltlake.catalogue.session import Catalogue, sqlite_url
from voltlake.services import explore
from voltlake.services.workspace import Workspace
from voltlake.settings import Settings
from voltlake.simulation.cell import make_cell
from voltlake.simulation.protocol import Loop, cc_discharge, cccv_charge, rest
from voltlake.simulation.run import run
from voltlake.simulation.writers.arbin_csv import write_arbin_csv
from voltlake.storage.layout import catalogue_path, raw_key
from voltlake.storage.parquet import rows_of

FILES, DUPLICATES, KILLS = 50, 5, 20
CYCLES = 12

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty different tests and five files that repeat the content of others."""
    target = tmp_path_factory.mktemp("cycler")
    cycle = (cccv_charge(1.0, 3.6, 0.05), rest(60), cc_discharge(1.0, 2.0), rest(60))
    for number in range(FILES):
        cell = make_cell(f"cell {number}", "LFP", 1.0 + number / 100)
        test = run(cell, (rest(60), Loop(cycle, CYCLES)))
        write_arbin_csv(test.samples, target / f"cell_{number:02d}.csv")
    for number in range(DUPLICATES):
        content = (target / f"cell_{number:02d}.csv").read_bytes()
        (target / f"copy_{number:02d}.csv").write_bytes(content)
    return target


def test_twenty_kills_lose_nothing(folder: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    random_ = random.Random(20_261_121)
    inside = 0
    for kill in range(KILLS):
        process = _start(folder, lake)
        moment = random_.uniform(0.0, 0.04)
        inside += _kill_inside_the_work(process, lake, random_.randint(0, 5), moment)
        stored = _check_all_visible(open_workspace(Settings(lake=lake)))
        print(f"kill {kill + 1}: {inside} inside the work, {stored} tests visible, all whole")
        if stored == FILES:
            lake = tmp_path / f"lake_{kill}"  # all work is done: go on in a new lake
    assert inside >= 0.8 * KILLS

    finished = _start(folder, lake)
    output, _ = finished.communicate(timeout=300)
    assert finished.returncode == 0, output
    workspace = open_workspace(Settings(lake=lake))
    assert _check_all_visible(workspace) == FILES
    assert explore.tests(workspace)["cell_name"].n_unique() == FILES
    with workspace.catalogue.reading() as unit:
        counts = unit.jobs.counts()
    assert counts[JobState.RUNNING] == counts[JobState.QUEUED] == counts[JobState.QUARANTINED] == 0
    print(f"{KILLS} kills, {inside} inside the work: 0 lost, 0 duplicated, 0 half visible")


def _start(folder: Path, lake: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "voltlake.cli.main", "ingest", str(folder), "--lake",
               str(lake), "--workers", "2", "--json"]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def _kill_inside_the_work(
    process: subprocess.Popen[str], lake: Path, commits: int, delay_second: float
) -> bool:
    """Wait for some commits, then a moment more, and kill the process; its children die too."""
    deadline = time.monotonic() + 120
    before = _jobs(lake)[JobState.DONE]
    while process.poll() is None and time.monotonic() < deadline:
        now = _jobs(lake)
        if now[JobState.RUNNING] and now[JobState.DONE] - before >= commits:
            break
        time.sleep(0.002)
    time.sleep(delay_second)
    was_inside = process.poll() is None and _jobs(lake)[JobState.RUNNING] > 0
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    return was_inside


def _jobs(lake: Path) -> dict[str, int]:
    """Return how many jobs are in each state; none before there is a catalogue."""
    path = catalogue_path(lake)
    if not path.is_file():
        return dict.fromkeys(JobState, 0)
    catalogue = Catalogue(sqlite_url(path))
    try:
        if catalogue.revision is None:
            return dict.fromkeys(JobState, 0)
        with catalogue.reading() as unit:
            return unit.jobs.counts()
    finally:
        catalogue.close()


def _check_all_visible(workspace: Workspace) -> int:
    """Verify every object of every visible test, and that no content is there twice."""
    with workspace.catalogue.reading() as unit:
        series = list(unit.session.scalars(select(Series)))
        hashes = unit.files.stored_hashes()
    for sha256 in hashes:
        workspace.objects.verify(raw_key(sha256))
    for each in series:
        workspace.objects.verify(each.object_key)
        assert rows_of(workspace.objects.path(each.object_key)) == each.rows
    tests = explore.tests(workspace)
    assert tests.height == len(hashes)
    for row in tests.iter_rows(named=True):
        assert row["cycles"] == CYCLES
        assert explore.steps(workspace, row["test_id"]).height == row["steps"]
    return tests.height

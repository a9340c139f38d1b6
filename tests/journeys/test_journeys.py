"""Whole journeys through the real command, in real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.made_files import arbin_file, simulated
from voltlake.bootstrap import Lake, open_workspace
from voltlake.settings import Settings
from voltlake.simulation.writers.chroma_pair import write_chroma_pair

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SURROUNDINGS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("VOLTLAKE_") and name not in ("DATABASE_URL", "LOG_LEVEL", "PANEL_PORT")
}
COMMAND = (sys.executable, "-m", "voltlake.cli.main")


def voltlake(
    folder: Path, *words: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)], cwd=folder, env=SURROUNDINGS | variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def lake_at(folder: Path) -> Lake:
    return Lake(open_workspace(Settings(lake=folder)))


def test_from_files_to_answers(tmp_path: Path) -> None:
    """Ingest and draw: each a process of its own, in an empty folder, with the defaults."""
    arbin_file(tmp_path / "files" / "A1.csv")
    write_chroma_pair(simulated(2, 3).samples, tmp_path / "files", "P1")
    (tmp_path / "files" / "bad.nda").write_bytes(b"NEWARE" + bytes(300))
    done = voltlake(tmp_path, "ingest", ".", "--json")
    assert done.returncode == 1
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(report["status"] for report in reports) == ["quarantined"] + ["stored"] * 3
    assert (tmp_path / "lake" / "catalogue.sqlite3").is_file()
    drawn = voltlake(tmp_path, "chart", "capacity-vs-cycle", "--cell", "A1", "-o", "fade.svg")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert (tmp_path / "fade.svg").read_bytes().startswith(b"<svg")


def test_two_ingests_at_once_store_everything_once_and_report_all(tmp_path: Path) -> None:
    """Two people drop the same folder into the same lake at the same moment."""
    for seed in range(4):
        arbin_file(tmp_path / "files" / f"A{seed}.csv", seed=seed)
    open_workspace(Settings(lake=tmp_path / "lake"), create=True)
    both = [
        subprocess.Popen(
            [*COMMAND, "ingest", "files", "--json", "--workers", "1"], cwd=tmp_path,
            env=SURROUNDINGS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for each in both:
        printed, trouble = each.communicate(timeout=120)
        assert (each.returncode, trouble) == (0, "")
        reports = [json.loads(line) for line in printed.splitlines()]
        assert sorted(Path(report["file"]).name for report in reports) == [
            f"A{seed}.csv" for seed in range(4)
        ]
        assert {report["status"] for report in reports} <= {"stored", "unchanged"}
    lake = lake_at(tmp_path / "lake")
    assert lake.tests().height == lake.files().height == 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake of one cell with many steps."""
    folder = tmp_path_factory.mktemp("folder")
    arbin_file(folder / "A1.csv", cycles=30)
    lake = Lake(open_workspace(Settings(lake=folder / "lake"), create=True))
    assert lake.ingest(folder / "A1.csv", cell="A1")["status"].to_list() == ["stored"]
    return folder


def test_output_may_be_cut_off_by_its_reader(folder: Path) -> None:
    command = " ".join(COMMAND)
    cut = subprocess.run(
        ["bash", "-c", f"{command} steps A1 --json | head -n 1"], cwd=folder, env=SURROUNDINGS,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert len(cut.stdout.splitlines()) == 1
    assert cut.stderr == ""


def test_logs_are_json_where_nobody_watches_and_never_on_standard_output(
    tmp_path: Path,
) -> None:
    (tmp_path / "bad.csv").write_bytes(b"Test Time / s,Voltage / V,Current / A\n")
    done = voltlake(tmp_path, "ingest", "bad.csv", "--json", LOG_LEVEL="info")
    assert done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    assert len(done.stdout.splitlines()) == 1


def test_alembic_upgrades_from_the_root_of_the_repository(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=REPOSITORY,
        env=SURROUNDINGS | {"VOLTLAKE_LAKE": str(lake)}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (lake / "catalogue.sqlite3").is_file()
    assert Lake(open_workspace(Settings(lake=lake), create=True)).files().is_empty()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, lake: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--lake", str(lake), "--port", str(port)], cwd=folder,
        env=SURROUNDINGS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def get(address: str, patience_second: float = 0) -> tuple[int, str]:
    """Return status and body; wait while nobody listens yet."""
    end = time.monotonic() + patience_second
    while True:
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_a_lake_is_served_until_it_is_told_to_stop(folder: Path) -> None:
    with served(folder, folder / "lake") as (process, home):
        status, health = get(f"{home}/healthz", patience_second=30)
        assert status == 200
        assert json.loads(health)
        for page in ("/", "/cells/A1", "/api/docs"):
            assert get(home + page)[0] == 200, page
        status, body = get(f"{home}/api/v1/cells")
        assert status == 200
        assert "A1" in body
        assert get(f"{home}/api/v1/cells/nobody")[0] == 404
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Voltlake serves" in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_the_demo_shows_what_was_planted(tmp_path: Path) -> None:
    done = voltlake(tmp_path, "demo", "--lake", "demo/lake", "--no-serve")
    assert done.returncode == 0, done.stdout + done.stderr
    lake = lake_at(tmp_path / "demo" / "lake")
    assert lake.cells().height == 10
    assert (lake.findings()["severity"] != "info").sum() > 5
    assert (tmp_path / "demo" / "capacity-vs-cycle.svg").is_file()
    again = json.loads(voltlake(tmp_path, "demo", "--no-serve", "--json").stdout)
    assert {report["status"] for report in again["files"]} == {"unchanged"}

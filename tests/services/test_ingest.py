"""Ingest: exactly once, whatever the files are called, wrapped in, or become."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from pathlib import Path

import pytest

from support.made_files import arbin_file, simulated
from voltlake.catalogue.models import JobState
from voltlake.errors import CorruptFile, InvalidRequest, LeaseLost, UnreadableFile, VoltlakeError
from voltlake.services import explore, series
from voltlake.services import ingest as ingest_module
from voltlake.services.commit import Task, commit_failure, commit_test
from voltlake.services.ingest import ingest, list_files, submit, work
from voltlake.services.inspection import inspect_file
from voltlake.services.preparation import Request, prepare_test
from voltlake.services.reports import FileReport
from voltlake.services.requests import IngestOptions
from voltlake.services.workspace import Workspace
from voltlake.simulation.writers.arbin_csv import write_arbin_metadata
from voltlake.simulation.writers.beep_json import write_beep_json
from voltlake.simulation.writers.chroma_pair import write_chroma_pair


def take(lake: Workspace, *paths: Path, **options: object) -> list[FileReport]:
    return list(ingest(lake, paths, IngestOptions(**options)))  # type: ignore[arg-type]


def statuses(reports: list[FileReport]) -> dict[str, str]:
    return {Path(report.file).name: report.status for report in reports}


def test_a_file_becomes_a_test_with_all_that_it_holds(lake: Workspace, tmp_path: Path) -> None:
    truth = arbin_file(tmp_path / "A1.csv")
    (report,) = take(lake, tmp_path / "A1.csv")
    assert (report.status, report.reader, report.rows, report.cycles) == (
        "stored", "arbin_csv", truth.height, 2,
    )  # fmt: skip
    assert report.error is None
    assert report.succeeded
    test = explore.test(lake, int(report.test_id or 0))
    assert (test["cell_name"], test["rows"]) == ("A1", truth.height)
    kept, simulated_volt = series.samples(lake, test["test_id"]), truth["voltage_volt"]
    assert kept["voltage_volt"].to_list() == pytest.approx(simulated_volt.to_list(), abs=1e-6)
    assert explore.files(lake)["state"].to_list() == ["stored"]
    raw = series.raw_file(lake, str(report.sha256))
    assert raw.read_bytes() == (tmp_path / "A1.csv").read_bytes()


def test_unnamed_cells_and_projects_are_named_and_the_report_says_so(
    lake: Workspace, tmp_path: Path
) -> None:
    arbin_file(tmp_path / "A1.csv")
    (report,) = take(lake, tmp_path / "A1.csv")
    assert (report.cell_name, report.project_name) == ("A1", "default")
    assert report.notes == (
        "no project was named, so the cell is in project 'default'",
        "the file names no cell, so the cell is called 'A1' after the file",
    )
    assert {"PROJECT_DEFAULTED", "CELL_NAMED_BY_FILE"} <= set(explore.findings(lake)["code"])


def test_a_named_cell_and_project_are_honoured_and_nothing_needs_saying(
    lake: Workspace, tmp_path: Path
) -> None:
    arbin_file(tmp_path / "A1.csv")
    (report,) = take(lake, tmp_path / "A1.csv", project="P", cell="C")
    assert (report.cell_name, report.project_name, report.notes) == ("C", "P", ())
    assert explore.projects(lake)["project_name"].to_list() == ["P"]


def test_tests_of_one_cell_come_together(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "part_1.csv", seed=1)
    arbin_file(tmp_path / "part_2.csv", seed=2)
    take(lake, tmp_path / "part_1.csv", tmp_path / "part_2.csv", cell="C")
    assert explore.cells(lake)["tests"].to_list() == [2]
    assert series.samples_of_cell(lake, "C")["test_id"].n_unique() == 2


def test_the_second_run_stores_nothing(lake: Workspace, tmp_path: Path) -> None:
    for seed in (1, 2):
        arbin_file(tmp_path / "files" / f"A{seed}.csv", seed=seed)
    write_chroma_pair(simulated(2, 3).samples, tmp_path / "files", "P1")
    first = take(lake, tmp_path / "files")
    assert {report.status for report in first} == {"stored"}
    keys, version = sorted(lake.objects.keys()), explore.tests(lake)
    second = take(lake, tmp_path / "files")
    assert statuses(second) == dict.fromkeys(statuses(first), "unchanged")
    assert [(r.test_id, r.sha256, r.rows) for r in sorted(second, key=lambda r: r.file)] == [
        (r.test_id, r.sha256, r.rows) for r in sorted(first, key=lambda r: r.file)
    ]
    assert sorted(lake.objects.keys()) == keys
    assert explore.tests(lake).equals(version)
    assert not list((lake.root / "tmp").glob("*"))


def test_the_same_content_is_known_under_any_name_and_wrapping(
    lake: Workspace, tmp_path: Path
) -> None:
    original = tmp_path / "A1.csv"
    arbin_file(original)
    (stored,) = take(lake, original)
    shutil.copy(original, tmp_path / "copy.txt")
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(original.read_bytes()))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(original, "inside/any name.csv")
    again = take(lake, tmp_path / "copy.txt", tmp_path / "packed.csv.gz", tmp_path / "packed.zip")
    assert [report.status for report in again] == ["unchanged"] * 3
    assert {report.test_id for report in again} == {stored.test_id}
    assert {report.sha256 for report in again} == {stored.sha256}
    assert explore.tests(lake).height == explore.files(lake).height == 1


def test_the_same_content_twice_in_one_batch_is_stored_once(
    lake: Workspace, tmp_path: Path
) -> None:
    arbin_file(tmp_path / "A1.csv")
    shutil.copy(tmp_path / "A1.csv", tmp_path / "A2.csv")
    reports = take(lake, tmp_path)
    assert statuses(reports) == {"A1.csv": "stored", "A2.csv": "unchanged"}
    assert len({report.test_id for report in reports}) == 1
    assert reports[1].notes == ("same content as A1.csv",)
    assert explore.tests(lake).height == 1


def test_a_bad_twin_shares_the_reason(lake: Workspace, tmp_path: Path) -> None:
    for name in ("a.nda", "b.nda"):
        (tmp_path / name).write_bytes(b"NEWARE" + bytes(300))
    reports = take(lake, tmp_path / "a.nda", tmp_path / "b.nda")
    assert {report.status for report in reports} == {"quarantined"}
    assert len({str(report.error) for report in reports}) == 1


def test_a_file_named_twice_is_reported_once(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "f" / "A1.csv")
    reports = take(lake, tmp_path / "f", tmp_path / "f" / "A1.csv", tmp_path / "f")
    assert [report.status for report in reports] == ["stored"]


def test_hidden_and_lock_files_are_passed_over(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "deep" / "er" / "A1.csv")
    for name in (".hidden.csv", "~$A1.csv", ".~lock.A1.csv", ".git/config"):
        (tmp_path / "deep" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "deep" / name).write_text("noise")
    assert list_files(lake, [tmp_path / "deep"]) == [tmp_path / "deep" / "er" / "A1.csv"]


def test_the_lake_is_never_ingested_into_itself(lake: Workspace, tmp_path: Path) -> None:
    """`voltlake ingest .` beside ./lake means the cycler's files, not the lake's own."""
    arbin_file(tmp_path / "A1.csv")
    assert list_files(lake, [tmp_path]) == [tmp_path / "A1.csv"]
    assert list_files(lake, [lake.root]) == []


def test_an_empty_folder_gives_no_report(lake: Workspace, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert take(lake, tmp_path / "none") == []


def test_a_grown_file_keeps_its_test(lake: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "A1.csv"
    part = arbin_file(path, rows=90)
    (first,) = take(lake, path)
    cycles_before = explore.cycles(lake).height
    whole = arbin_file(path)
    (second,) = take(lake, path)
    assert (first.status, second.status) == ("stored", "grown")
    assert (second.test_id, second.rows) == (first.test_id, whole.height)
    assert whole.height > part.height
    assert explore.tests(lake)["rows"].to_list() == [whole.height]
    assert explore.cycles(lake)["row_last"].max() == whole.height - 1
    assert explore.cycles(lake).height == cycles_before
    assert explore.steps(lake, int(second.test_id or 0))["row_last"].max() == whole.height - 1
    files = explore.files(lake)
    assert dict(zip(files["sha256"], files["state"], strict=True)) == {
        first.sha256: "grown",
        second.sha256: "stored",
    }
    assert take(lake, path)[0].status == "unchanged"


def test_an_old_copy_of_a_grown_file_does_not_turn_the_test_back(
    lake: Workspace, tmp_path: Path
) -> None:
    path, backup = tmp_path / "A1.csv", tmp_path / "backup" / "A1.csv"
    arbin_file(path, rows=90)
    arbin_file(backup, rows=90)
    take(lake, path)
    whole = arbin_file(path)
    (grown,) = take(lake, path)
    (old,) = take(lake, backup)
    assert (old.status, old.test_id, old.rows) == ("unchanged", grown.test_id, whole.height)
    assert explore.tests(lake)["rows"].to_list() == [whole.height]


def test_a_changed_beginning_is_another_test(lake: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "A1.csv"
    arbin_file(path, rows=90, seed=1)
    take(lake, path)
    arbin_file(path, seed=2)
    (report,) = take(lake, path)
    assert report.status == "stored"
    assert explore.tests(lake).height == 2


def test_a_pair_is_one_test_of_two_files(lake: Workspace, tmp_path: Path) -> None:
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    reports = take(lake, pair.detail, pair.step)
    assert statuses(reports) == {"P1_Detail.csv": "stored", "P1_Step.csv": "stored"}
    assert len({report.test_id for report in reports}) == 1
    assert len({report.sha256 for report in reports}) == 2
    assert explore.tests(lake).height == 1
    assert explore.files(lake)["role"].to_list() == ["primary", "companion"]


def test_a_step_file_alone_brings_in_its_partner(lake: Workspace, tmp_path: Path) -> None:
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    reports = take(lake, pair.step)
    assert statuses(reports) == {"P1_Step.csv": "stored"}
    assert explore.files(lake)["name"].to_list() == ["P1_Detail.csv", "P1_Step.csv"]
    assert statuses(take(lake, pair.detail)) == {"P1_Detail.csv": "unchanged"}


def test_a_companion_that_comes_later_fills_the_same_test(lake: Workspace, tmp_path: Path) -> None:
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    away = pair.step.rename(tmp_path / "away")
    (alone,) = take(lake, pair.detail)
    assert "STEP_FILE_MISSING" in explore.findings(lake)["code"]
    away.rename(pair.step)
    reports = take(lake, pair.detail, pair.step)
    assert statuses(reports) == {"P1_Detail.csv": "grown", "P1_Step.csv": "grown"}
    assert {report.test_id for report in reports} == {alone.test_id}
    assert explore.tests(lake).height == 1
    assert "STEP_FILE_MISSING" not in explore.findings(lake)["code"]


def test_detail_after_an_orphan_step_file_is_one_test(lake: Workspace, tmp_path: Path) -> None:
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    away = pair.detail.rename(tmp_path / "away")
    (alone,) = take(lake, pair.step)
    assert alone.status == "stored"
    away.rename(pair.detail)
    reports = take(lake, pair.detail, pair.step)
    assert {report.test_id for report in reports} == {alone.test_id}
    assert explore.tests(lake).height == 1
    assert take(lake, pair.step)[0].status == "unchanged"


def test_two_halves_that_were_tests_of_their_own_become_one(
    lake: Workspace, tmp_path: Path
) -> None:
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(pair.step, tmp_path / "elsewhere")
    away = pair.step.rename(tmp_path / "away")
    take(lake, pair.detail, tmp_path / "elsewhere")
    assert explore.tests(lake).height == 2
    away.rename(pair.step)
    reports = take(lake, pair.detail, pair.step)
    assert {report.status for report in reports} == {"grown"}
    assert explore.tests(lake).height == 1
    assert {r.status for r in take(lake, pair.detail, pair.step)} == {"unchanged"}


def test_tests_may_share_one_metadata_content(lake: Workspace, tmp_path: Path) -> None:
    """The same metadata file beside each: the second run has nothing to do all the same."""
    for seed in (1, 2):
        arbin_file(tmp_path / "f" / f"A{seed}.csv", seed=seed)
        write_arbin_metadata(
            tmp_path / "f" / f"A{seed}_Metadata.csv", barcode="EL1", schedule="S", channel=8,
            start_unix_time_second=1.7e9,
        )  # fmt: skip
    assert {report.status for report in take(lake, tmp_path / "f")} == {"stored"}
    assert {report.status for report in take(lake, tmp_path / "f")} == {"unchanged"}
    assert explore.tests(lake).height == 2


def test_a_failed_second_look_takes_nothing_away(lake: Workspace, tmp_path: Path) -> None:
    """A stored Detail file gets the Step file of another test beside it."""
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    sound = pair.step.read_bytes()
    pair.step.unlink()
    (stored,) = take(lake, pair.detail)
    (tmp_path / "other").mkdir()
    write_chroma_pair(simulated(3).samples, tmp_path / "other", "P1").step.rename(pair.step)
    reports = take(lake, pair.detail, pair.step)
    assert {report.status for report in reports} == {"quarantined"}
    assert {(report.error or {})["code"] for report in reports} == {"contradictory-content"}
    files = explore.files(lake)
    assert dict(zip(files["name"], files["state"], strict=True)) == {
        "P1_Detail.csv": "stored",
        "P1_Step.csv": "quarantined",
    }
    assert explore.test(lake, int(stored.test_id or 0))["reader"] == "chroma_pair"
    pair.step.write_bytes(sound)
    assert {r.status for r in take(lake, pair.detail, pair.step)} == {"grown"}


def test_a_reason_that_has_gone_is_forgotten(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the bytes could not be had, a row without content said so."""
    path = tmp_path / "A1.csv"
    arbin_file(path)

    def refused(*_: object) -> None:
        raise UnreadableFile("permission denied", file=path)

    for status in ("stored", "unchanged"):
        with monkeypatch.context() as patch:
            patch.setattr(ingest_module, "inspect_file", refused)
            (report,) = take(lake, path)
        assert report.status == "failed"
        assert "failed" in explore.files(lake)["state"]
        assert take(lake, path)[0].status == status
        assert explore.files(lake)["state"].to_list() == ["stored"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"reader": "arbin_cvs"}, "no reader is called"), ({"timezone": "Berlin"}, "no time zone")],
)
def test_an_option_that_no_file_could_satisfy_is_refused_at_once(
    lake: Workspace, tmp_path: Path, options: dict[str, str], reason: str
) -> None:
    arbin_file(tmp_path / "A1.csv")
    with pytest.raises(InvalidRequest, match=reason):
        take(lake, tmp_path / "A1.csv", **options)
    assert explore.files(lake).is_empty()


def test_a_metadata_file_is_told_of_with_its_data(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv")
    write_arbin_metadata(
        tmp_path / "A1_Metadata.csv", barcode="EL1", schedule="S", channel=8,
        start_unix_time_second=1.7e9,
    )  # fmt: skip
    reports = take(lake, tmp_path / "A1.csv", tmp_path / "A1_Metadata.csv")
    assert {report.status for report in reports} == {"stored"}
    assert explore.tests(lake).height == 1


def test_a_structured_file_without_time_has_cycles_and_no_samples(
    lake: Workspace, tmp_path: Path
) -> None:
    write_beep_json(simulated(3), tmp_path / "A1_structure.json")
    (report,) = take(lake, tmp_path / "A1_structure.json")
    assert (report.status, report.rows, report.cycles) == ("stored", 0, 3)
    test_id = int(report.test_id or 0)
    assert series.samples(lake, test_id).is_empty()
    assert series.samples_file(lake, test_id) is None
    assert series.window(lake, test_id, columns=["voltage_volt"]).series == {}
    assert explore.cycles(lake)["discharge_capacity_ah"].null_count() == 0
    numbers = series.cycle_numbers(lake, test_id)
    curves = series.chart_samples(lake, test_id, ["voltage_volt"], numbers[:1])
    assert set(curves["cycle_index"]) == {numbers[0]}


def test_known_numbers_of_the_cell_reach_processing(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv", seed=1)
    arbin_file(tmp_path / "A2.csv", seed=2)
    (told,) = take(lake, tmp_path / "A1.csv", cell="C", nominal_capacity_ah=1.1)
    assert explore.test(lake, int(told.test_id or 0))["nominal_capacity_ah"] == 1.1
    with lake.catalogue.begin() as unit:
        unit.cells.by_name("C")[0].nominal_capacity_ah = 1.2
    (known,) = take(lake, tmp_path / "A2.csv", cell="C")
    assert explore.test(lake, int(known.test_id or 0))["nominal_capacity_ah"] == 1.2


def test_a_job_that_a_killed_run_left_behind_is_finished(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "left.csv", seed=1)
    arbin_file(tmp_path / "new.csv", seed=2)
    look = inspect_file(tmp_path / "left.csv", None, None)
    task = Task.of(look, [tmp_path / "left.csv"], IngestOptions(cell="C"))
    host = ingest_module._owner().rsplit("/", 2)[0]
    with lake.catalogue.begin() as unit:
        unit.jobs.submit("ingest", task.as_payload())
        assert unit.jobs.claim(f"{host}/999999/1", 3600) is not None
    reports = take(lake, tmp_path / "new.csv")
    assert statuses(reports) == {"left.csv": "stored", "new.csv": "stored"}
    with lake.catalogue.reading() as unit:
        assert unit.jobs.counts()["done"] == 2
    assert "C" in explore.cells(lake)["cell_name"]


def test_a_left_job_is_taken_over_and_not_doubled(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "left.csv")
    processes = ingest_module.LocalProcesses(1, lake.limits)
    submit(lake, [tmp_path / "left.csv"], IngestOptions(), processes)
    reports = take(lake, tmp_path / "left.csv")
    assert statuses(reports) == {"left.csv": "stored"}
    with lake.catalogue.reading() as unit:
        assert sum(unit.jobs.counts().values()) == 1


def test_a_living_owner_keeps_its_job(lake: Workspace, tmp_path: Path) -> None:
    assert not ingest_module._is_dead(ingest_module._owner())
    assert not ingest_module._is_dead("another-host/999999/1")


def _prepared_job(lake: Workspace, path: Path, owner: str) -> tuple[int, Task, object]:
    task = Task.of(inspect_file(path, None, None), [path], IngestOptions())
    with lake.catalogue.begin() as unit:
        unit.jobs.submit("ingest", task.as_payload())
        job = unit.jobs.claim(owner, 3600)
        assert job is not None
        number = job.id
    request = Request(
        lake.root, path, task.sha256, task.reader, task.companions,
        task.options.for_reading(None), task.options.for_processing(None),
    )  # fmt: skip
    return number, task, prepare_test(request)


def test_a_stolen_lease_makes_nothing_visible(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv")
    job_id, task, prepared = _prepared_job(lake, tmp_path / "A1.csv", "the thief")
    before = explore.data_version(lake)
    with pytest.raises(LeaseLost):
        commit_test(lake, job_id, "the robbed", task, prepared)  # type: ignore[arg-type]
    assert explore.tests(lake).is_empty()
    assert explore.cells(lake).is_empty()
    assert explore.files(lake).is_empty()
    assert explore.data_version(lake) == before
    with lake.catalogue.reading() as unit:
        assert unit.jobs.get(job_id).state == JobState.RUNNING.value


def test_the_faster_of_two_workers_wins_and_the_slower_says_unchanged(
    lake: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "A1.csv"
    arbin_file(path)
    job_id, task, prepared = _prepared_job(lake, path, "slow")
    (fast,) = take(lake, path)
    (slow,) = commit_test(lake, job_id, "slow", task, prepared)  # type: ignore[arg-type]
    assert (fast.status, slow.status) == ("stored", "unchanged")
    assert slow.test_id == fast.test_id
    assert explore.tests(lake).height == 1


@pytest.mark.parametrize("fails", [False, True])
def test_a_lease_lost_while_reading_still_ends_with_a_report(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """Another worker takes the job over in the middle, and finishes it."""
    path, twin = tmp_path / "A1.csv", tmp_path / "A2.csv"
    arbin_file(path)
    shutil.copy(path, twin)

    def robbed(request: Request) -> object:
        with lake.catalogue.begin() as unit:
            job = unit.jobs.get(1)
            job.owner = "the thief"
        done = prepare_test(request)
        task = Task.from_payload(job.payload)
        commit_test(lake, 1, "the thief", task, prepare_test(request))
        if fails:
            raise UnreadableFile("the disk is gone", file=request.path)
        return done

    monkeypatch.setattr(ingest_module, "prepare_test", robbed)
    reports = take(lake, path, twin)
    assert statuses(reports) == {"A1.csv": "unchanged", "A2.csv": "unchanged"}
    assert explore.files(lake)["state"].to_list() == ["stored"]
    assert explore.tests(lake).height == 1


def test_progress_is_told_for_both_stages(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv", seed=1)
    arbin_file(tmp_path / "A2.csv", seed=2)
    seen: list[tuple[str, int, int]] = []
    paths = [tmp_path / "A1.csv", tmp_path / "A2.csv"]
    list(ingest(lake, paths, on_progress=lambda *each: seen.append(each)))
    assert seen == [("look", 1, 2), ("look", 2, 2), ("read", 1, 2), ("read", 2, 2)]


def test_leases_are_kept_while_a_file_is_read(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a heartbeat at every turn, the lease of what still runs is renewed."""
    arbin_file(tmp_path / "A1.csv", seed=1)
    arbin_file(tmp_path / "A2.csv", seed=2)
    monkeypatch.setattr(ingest_module, "_HEARTBEAT_SECOND", 0.0)
    kept: list[int] = []
    real = ingest_module._keep_leases

    def watched(workspace: Workspace, owner: str, jobs: object) -> None:
        held = list(jobs)  # type: ignore[call-overload]
        kept.append(len(held))
        real(workspace, owner, held)

    monkeypatch.setattr(ingest_module, "_keep_leases", watched)
    take(lake, tmp_path / "A1.csv", tmp_path / "A2.csv")
    assert kept
    assert kept[0] == 2


def test_waiting_jobs_can_be_worked_off_without_a_batch(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv")
    processes = ingest_module.LocalProcesses(1, lake.limits)
    batch = submit(lake, [tmp_path / "A1.csv"], IngestOptions(), processes)
    assert (len(batch.tasks), batch.settled) == (1, ())
    assert [report.status for report in work(lake, processes)] == ["stored"]


def test_errors_of_a_report_are_plain_values(lake: Workspace, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"")
    (report,) = take(lake, tmp_path / "x.csv")
    assert not report.succeeded
    assert list(report.as_dict()) == [
        "file", "status", "reader", "rows", "cycles", "test_id", "cell_name", "project_name",
        "sha256", "findings", "notes", "error",
    ]  # fmt: skip
    assert issubclass(UnreadableFile, VoltlakeError)


def test_a_failure_elsewhere_is_reported_with_its_reason(
    lake: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "A1.csv"
    arbin_file(path)

    def robbed(request: Request) -> object:
        with lake.catalogue.begin() as unit:
            job = unit.jobs.get(1)
            job.owner = "the thief"
        task = Task.from_payload(job.payload)
        commit_failure(lake, 1, "the thief", task, CorruptFile("cut short", file=request.path))
        raise UnreadableFile("the disk is gone", file=request.path)

    monkeypatch.setattr(ingest_module, "prepare_test", robbed)
    (report,) = take(lake, path)
    assert (report.status, (report.error or {})["code"]) == ("quarantined", "corrupt-file")
    assert explore.files(lake)["state"].to_list() == ["quarantined"]

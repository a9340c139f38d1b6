"""Questions in domain words, answered from a real database."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from sqlalchemy.exc import IntegrityError

from voltlake.canonical.certificate import Certificate, CertificateEntry, Verdict
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.canonical.tables import CYCLES_SCHEMA, STEPS_SCHEMA
from voltlake.catalogue.models import FileRole, FileState
from voltlake.catalogue.session import Catalogue
from voltlake.catalogue.unit import Unit
from voltlake.errors import NotFound, UnreadableFile


def add_test(unit: Unit, cell_name: str, start_day: int | None = None, **found) -> int:
    cell = unit.cells.get_or_add(unit.projects.get_or_add("default"), cell_name)
    start = None if start_day is None else datetime(2026, 1, start_day, tzinfo=UTC)
    return unit.tests.add(cell, TestMetadata(start_time=start), **found).id


def test_projects_and_cells_are_added_once(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        project, other = (unit.projects.get_or_add(name) for name in ("default", "other"))
        assert unit.projects.get_or_add("default").id == project.id
        cell = unit.cells.get_or_add(project, "A1", CellMetadata(chemistry="LFP"))
        assert unit.cells.get_or_add(project, "A1").id == cell.id
        assert unit.cells.get_or_add(other, "A1").id != cell.id
        assert unit.cells.get(cell.id) is cell
        assert [found.project_id for found in unit.cells.by_name("A1")] == [project.id, other.id]
        assert unit.cells.by_name("A1", "other")[0].project_id == other.id
        assert unit.cells.names() == ["A1"]
        table = unit.projects.table()
    assert table["project_name"].to_list() == ["default", "other"]
    assert table["cell_number"].to_list() == [1, 1]


def test_metadata_fills_gaps_and_never_overwrites(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        project = unit.projects.get_or_add("default")
        unit.cells.get_or_add(project, "A1", CellMetadata(chemistry="LFP"))
        more = CellMetadata(chemistry="NMC", nominal_capacity_ah=1.1, cell_name="another")
        cell = unit.cells.get_or_add(project, "A1", more)
    assert (cell.chemistry, cell.nominal_capacity_ah, cell.cell_name) == ("LFP", 1.1, "A1")


def test_the_table_of_cells_sums_their_tests(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        add_test(unit, "A1", 5, sample_count=10, cycle_count=2)
        add_test(unit, "A1", 2, sample_count=5, cycle_count=1)
        unit.cells.get_or_add(unit.projects.get_or_add("another"), "untested")
        table = unit.cells.table()
        only = unit.cells.table(projects=["default"], cell_names=["A1", "A2"])
    assert table["cell_name"].to_list() == ["untested", "A1"]
    assert table["test_number"].to_list() == [0, 2]
    assert table["sample_count"].to_list() == [0, 15]
    assert table["start_time"].to_list() == [None, datetime(2026, 1, 2, tzinfo=UTC)]
    assert set(CellMetadata.model_fields) <= set(table.columns)
    assert only.height == 1


def test_tests_come_in_the_order_of_the_cells_life(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        unknown, late, early = (add_test(unit, "A1", day) for day in (None, 9, 3))
        other = add_test(unit, "B2", 1)
        cell = unit.cells.by_name("A1")[0]
        assert [test.id for test in unit.tests.of_cell(cell)] == [early, late, unknown]
        table = unit.tests.table()
        assert table["test_id"].to_list() == [early, late, unknown, other]
        assert unit.tests.table(["B2"])["test_id"].to_list() == [other]
        assert unit.tests.table(test_ids=[late])["cell_name"].to_list() == ["A1"]
        assert unit.tests.get(999) is None


def test_a_misspelt_column_of_a_test_is_refused(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit, pytest.raises(TypeError, match="sample_cuont"):
        add_test(unit, "A1", sample_cuont=5)


def test_what_the_caller_found_wins_over_the_file(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        cell = unit.cells.get_or_add(unit.projects.get_or_add("default"), "A1")
        said = TestMetadata(test_name="T", operator="me", extra={"Rig": "7"})
        test = unit.tests.add(cell, said, operator="you")
    assert (test.test_name, test.operator, test.extra) == ("T", "you", {"Rig": "7"})


def test_a_file_is_one_row_however_often_it_is_tried(catalogue: Catalogue, clock) -> None:
    failure = UnreadableFile("input/output error", file="/d/a.csv")
    with catalogue.begin() as unit:
        seen = {"path_seen": "/d/a.csv", "name": "a.csv", "size": 10, "sha256": "f00"}
        unit.files.record(**seen, state=FileState.FAILED, error=failure)
        clock.forward(60)
        test_id = add_test(unit, "A1")
        row = unit.files.record(
            **{**seen, "path_seen": "/copy/b.csv", "name": "b.csv"},
            state=FileState.STORED, reader="arbin_csv", reader_version="1", test_id=test_id,
        )  # fmt: skip
        unit.files.record(
            path_seen="/d/log.csv", name="log.csv", sha256="bar", state=FileState.STORED,
            role=FileRole.COMPANION, test_id=test_id,
        )  # fmt: skip
        assert (row.attempts, row.error_code, row.path_seen) == (2, None, "/d/a.csv")
        assert row.ingested is not None
        assert (row.ingested - row.first_seen).total_seconds() == 60
        assert unit.files.by_sha256("f00") is row
        assert unit.files.by_sha256("0") is None
        assert unit.files.by_path("/d/a.csv") is row
        assert unit.files.by_path("/nowhere") is None
        assert [file.name for file in unit.files.of_test(test_id)] == ["a.csv", "log.csv"]
        assert unit.files.stored_hashes() == {"f00", "bar"}
        table = unit.files.table()
        assert table["cell_name"].to_list() == ["A1", "A1"]


def test_unreadable_bytes_are_one_row_per_path(catalogue: Catalogue) -> None:
    failure = UnreadableFile("input/output error", file="/d/a.csv")
    with catalogue.begin() as unit:
        for path in ("/d/a.csv", "/d/a.csv", "/d/b.csv"):
            unit.files.record(path_seen=path, name="x", state=FileState.FAILED, error=failure)
        table = unit.files.table(["failed"])
        assert table["attempts"].to_list() == [2, 1]
        assert table["error_code"].to_list() == ["unreadable-file"] * 2
        assert table["error_place"][0] == "a.csv"
        assert unit.files.table(["stored"]).is_empty()
        assert unit.files.stored_hashes() == set()


def test_series_by_test_and_stage(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        test_id = add_test(unit, "A1")
        for stage in ("samples", "overview"):
            unit.series.add(
                test_id, stage, object_key=f"series/{stage}", sha256="s", rows=3, bytes=9,
                stats={"voltage_volt": {"maximum": 4.2}},
            )  # fmt: skip
        found = unit.series.of(test_id, "samples")
        assert found is not None
        assert found.stats == {"voltage_volt": {"maximum": 4.2}}
        assert unit.series.of(test_id, "curves") is None
        assert [series.stage for series in unit.series.of_test(test_id)] == ["overview", "samples"]
        assert unit.series.object_keys() == {"series/samples", "series/overview"}
        with pytest.raises(IntegrityError):
            unit.series.add(test_id, "samples", object_key="k", sha256="s", rows=1, bytes=1)
        unit.session.rollback()


def test_cycles_keep_their_values_order_and_gaps(catalogue: Catalogue) -> None:
    frame = pl.DataFrame(
        {
            "cycle_index": [1, 2, 3],
            "discharge_capacity_ah": [1.1, None, float("nan")],
            "cycle_kind": ["formation", None, "regular"],
            "row_first": [0, 40, 100],
            "row_last": [39, 99, None],
        },
        schema_overrides={"row_last": pl.Int64()},
    )
    with catalogue.begin() as unit:
        late, early, other = add_test(unit, "A1", 9), add_test(unit, "A1", 2), add_test(unit, "B2")
        unit.cycles.add_many(late, frame)
        unit.cycles.add_many(early, frame.head(1))
        unit.cycles.add_many(other, frame.clear())
        table = unit.cycles.table()
        assert table.columns == ["cell_name", "test_id", *CYCLES_SCHEMA]
        assert dict(table.schema) == {
            "cell_name": pl.String(), "test_id": pl.Int64(), **CYCLES_SCHEMA,
        }  # fmt: skip
        assert table["test_id"].to_list() == [early, late, late, late]
        assert table["discharge_capacity_ah"].to_list() == [1.1, 1.1, None, None]
        narrow = unit.cycles.table(cell_names=["A1"], test_ids=[late], columns=["cycle_kind"])
        assert narrow["cycle_kind"].to_list() == ["formation", None, "regular"]
        assert unit.cycles.table(cell_names=["B2"]).is_empty()
        assert unit.cycles.rows_of(late, "cycle_index", [2, 1, 7]) == [(0, 40), (40, 60)]
        with pytest.raises(NotFound, match="cycles have no column 'capacity'"):
            unit.cycles.table(columns=["capacity"])
        with pytest.raises(TypeError, match="no column"):
            unit.cycles.add_many(other, pl.DataFrame({"capacity": [1.0]}))


def test_every_column_of_a_step_is_a_column(catalogue: Catalogue) -> None:
    full = pl.DataFrame({name: [7] for name in STEPS_SCHEMA}).cast(dict(STEPS_SCHEMA))
    with catalogue.begin() as unit:
        test_id = add_test(unit, "A1")
        unit.steps.add_many(test_id, full)
        found = unit.steps.table(test_ids=[test_id]).drop("cell_name", "test_id")
    assert found.equals(full)
    assert found.schema == STEPS_SCHEMA


def test_findings_and_certificates(catalogue: Catalogue) -> None:
    findings = [
        Finding("TIME_BACKWARDS", Severity.CRITICAL, "time runs back 3 s", row_first=7, row_last=8),
        Finding("TZ_ASSUMED", Severity.INFO, "UTC is assumed", "Declare the zone"),
        Finding("GAP", Severity.INFO, "no rows for 2 h"),
    ]
    entry = CertificateEntry("current_sign", "charge positive", "ok", "ρ = 0.9", Verdict.VERIFIED)
    with catalogue.begin() as unit:
        test_id = add_test(unit, "A1")
        unit.findings.add_many(test_id, findings)
        unit.findings.add_many(add_test(unit, "B2"), findings[:1])
        table = unit.findings.table(cell_names=["A1"])
        assert table["code"].to_list() == [each.code for each in findings]
        assert table["row_first"].to_list() == [7, None, None]
        critical = unit.findings.table(severities=["critical"])
        assert critical["cell_name"].to_list() == ["A1", "B2"]
        assert unit.findings.table(test_ids=[test_id]).height == 3
        assert unit.findings.counts(test_id) == {"critical": 1, "info": 2}
        assert unit.certificates.get(test_id) is None
        unit.certificates.set(test_id, Certificate(()))
        unit.certificates.set(test_id, Certificate((entry,)))
    with catalogue.reading() as unit:
        assert unit.certificates.get(test_id) == Certificate((entry,))


def test_a_grown_file_refills_its_test(catalogue: Catalogue) -> None:
    doubt = Finding("GAP", Severity.INFO, "no rows for 2 h")
    with catalogue.begin() as unit:
        test_id = add_test(unit, "A1", sample_count=5)
        other = add_test(unit, "B2")
        for each in (test_id, other):
            unit.cycles.add_many(each, pl.DataFrame({"cycle_index": [1, 2]}))
            unit.steps.add_many(each, pl.DataFrame({"step_count": [1]}))
            unit.findings.add_many(each, [doubt])
            unit.certificates.set(each, Certificate(()))
            unit.series.add(each, "samples", object_key="k", sha256="s", rows=5, bytes=1)
    with catalogue.begin() as unit:
        test = unit.tests.refill(test_id, TestMetadata(test_name="again"), sample_count=9)
        assert (test.id, test.test_name, test.sample_count) == (test_id, "again", 9)
        assert unit.cycles.table()["test_id"].to_list() == [other, other]
        assert unit.steps.table()["test_id"].to_list() == [other]
        assert unit.findings.table()["test_id"].to_list() == [other]
        assert unit.certificates.get(test_id) is None
        assert unit.series.of_test(test_id) == []
        assert len(unit.series.of_test(other)) == 1
        with pytest.raises(TypeError, match="no column 'sample_cuont'"):
            unit.tests.refill(test_id, TestMetadata(), sample_cuont=1)


def test_contents_lead_to_their_test(catalogue: Catalogue) -> None:
    with catalogue.begin() as unit:
        first, second = add_test(unit, "A1"), add_test(unit, "B2")
        for sha256, path, test_id, role in (
            ("old", "/d/a.csv", first, FileRole.PRIMARY),
            ("new", "/d/a.csv", first, FileRole.PRIMARY),
            ("step", "/d/step.csv", first, FileRole.COMPANION),
            ("other", "/d/b.csv", second, FileRole.PRIMARY),
        ):
            unit.files.record(
                path_seen=path, name="x", sha256=sha256, size=len(sha256), role=role,
                state=FileState.STORED, test_id=test_id,
            )  # fmt: skip
        unit.files.record(
            path_seen="/d/c.csv", name="x", sha256="bad", size=1, state=FileState.FAILED
        )
        assert unit.files.test_of_contents(["new", "step"]) == first
        assert unit.files.test_of_contents(["new", "other"]) is None
        assert unit.files.test_of_contents(["new", "bad"]) is None
        assert unit.files.last_contents(["/d/a.csv", "/d/step.csv", "/d/b.csv", "/d/c.csv"]) == {
            "/d/a.csv": ("new", 3),
            "/d/b.csv": ("other", 5),
        }

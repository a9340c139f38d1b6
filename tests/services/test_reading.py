"""Reading without a lake, and the Python face: the same numbers as through the lake."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import voltlake as vl
from support.made_files import arbin_file, simulated
from voltlake.bootstrap import Lake, catalogue_url, open_workspace
from voltlake.errors import NoSamples, NotFound, UnknownFormat, WrongLake
from voltlake.services import explore, series
from voltlake.services.workspace import Workspace
from voltlake.settings import Settings
from voltlake.simulation.writers.arbin_csv import write_arbin_metadata
from voltlake.simulation.writers.beep_json import write_beep_json
from voltlake.simulation.writers.chroma_pair import write_chroma_pair


def test_reading_and_ingesting_give_the_same(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv")
    test = vl.read(tmp_path / "A1.csv")
    face = Lake(lake)
    report = face.ingest(tmp_path / "A1.csv", cell="A1", project="P").row(0, named=True)
    test_id = report["test_id"]
    kept = series.samples(lake, test_id)
    assert test.samples.select(kept.columns).equals(kept)
    assert explore.steps(lake, test_id)["discharge_capacity_ah"].to_list() == (
        test.steps["discharge_capacity_ah"].to_list()
    )
    assert face.cycles("A1")["discharge_capacity_ah"].to_list() == (
        test.cycles["discharge_capacity_ah"].to_list()
    )
    assert face.certificate(test_id).as_dicts() == test.certificate.as_dicts()
    assert sorted(face.findings(["A1"])["code"]) == sorted(each.code for each in test.findings)
    assert test.reader == report["reader"] == "arbin_csv"
    assert "samples" not in repr(test)


def test_a_step_file_is_read_through_its_detail_file(tmp_path: Path) -> None:
    pair = write_chroma_pair(simulated().samples, tmp_path, "P1")
    assert vl.read(pair.step).samples.equals(vl.read(pair.detail).samples)
    pair.detail.unlink()
    alone = vl.read(pair.step)
    assert alone.samples.is_empty()
    assert alone.steps.height > 0
    assert alone.cycles.is_empty()


def test_a_metadata_file_leads_to_its_data(tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv")
    beside = write_arbin_metadata(
        tmp_path / "A1_Metadata.csv", barcode="EL1", schedule="S", channel=8,
        start_unix_time_second=1.7e9,
    )  # fmt: skip
    assert vl.read(beside or tmp_path / "A1_Metadata.csv").samples.height > 0
    (tmp_path / "A1.csv").unlink()
    with pytest.raises(NoSamples, match="metadata file"):
        vl.read(tmp_path / "A1_Metadata.csv")


def test_a_structured_file_gives_cycles_and_curves(tmp_path: Path) -> None:
    write_beep_json(simulated(3), tmp_path / "A1_structure.json")
    test = vl.read(tmp_path / "A1_structure.json")
    assert test.samples.is_empty()
    assert test.steps.is_empty()
    assert test.cycles.height == 3
    assert test.curves is not None
    assert test.curves.height > 0
    assert test.certificate.as_dicts()
    assert isinstance(test.findings, list)


def test_options_reach_the_reader(tmp_path: Path) -> None:
    samples = arbin_file(tmp_path / "A1.csv")
    as_is = vl.read(tmp_path / "A1.csv", sign="as-is", nominal_capacity_ah=2.2)
    turned = vl.read(tmp_path / "A1.csv", sign="reversed", nominal_capacity_ah=2.2)
    assert (
        turned.samples["current_ampere"].to_list() == (-as_is.samples["current_ampere"]).to_list()
    )
    assert turned.raw_samples.equals(as_is.raw_samples)
    rate = as_is.cycles["c_rate_discharge"].drop_nulls()
    assert rate.median() == pytest.approx(0.5, rel=0.02)  # 1.1 A of 2.2 Ah
    berlin = vl.read(tmp_path / "A1.csv", timezone="Europe/Berlin").samples["unix_time_second"][0]
    utc = vl.read(tmp_path / "A1.csv", timezone="UTC").samples["unix_time_second"][0]
    assert utc - berlin in (0.0, 3600.0, 7200.0)
    assert samples.height == as_is.samples.height


def test_errors_come_out_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("Dear cycler, measure.")
    with pytest.raises(UnknownFormat):
        vl.read(str(tmp_path / "x.txt"))


def test_a_lake_is_opened_made_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongLake):
        vl.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    made = vl.open(tmp_path / "new")
    assert made.cells().is_empty()
    assert str(tmp_path / "new") in repr(made)
    monkeypatch.setenv("VOLTLAKE_LAKE", str(tmp_path / "new"))
    assert vl.open(create=False).workspace.root == tmp_path / "new"


def test_a_catalogue_of_another_lake_is_refused(tmp_path: Path) -> None:
    first = Settings(lake=tmp_path / "first")
    open_workspace(first, create=True)
    mixed = Settings(lake=tmp_path / "second", database_url=catalogue_url(first))  # type: ignore[arg-type]
    with pytest.raises(WrongLake):
        open_workspace(mixed, create=True)


def test_the_face_answers_as_the_services_do(held: Workspace, tmp_path: Path) -> None:
    face = Lake(held)
    assert face.projects().equals(explore.projects(held))
    assert face.cells("lfp")["cell_name"].to_list() == ["LFP_1", "LFP_2"]
    assert face.cells(filters={"project_name": ["odd"]}).height == 1
    assert face.tests(["LFP_1"]).height == 1
    assert face.cycles(["LFP_1", "LFP_2"])["cell_name"].n_unique() == 2
    assert face.cycles("LFP_1", columns=["cycle_index"]).height == 12
    assert face.steps("LFP_1").height > 12
    assert face.samples("LFP_1", cycles=[1], columns=["voltage_volt"]).columns == [
        "test_id", "voltage_volt",
    ]  # fmt: skip
    assert face.files().height == 5
    assert face.sql("select count(*) as n from cells")["n"].to_list() == [4]
    assert face.export("LFP_1", tmp_path, formats=["bdf"])[0].exists()
    assert face.chart("capacity-vs-cycle", tmp_path / "f.json", cells="LFP_1").exists()
    with pytest.raises(NotFound):
        face.cycles("nobody")


def test_a_report_of_an_ingest_is_a_table(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "f" / "A1.csv")
    (tmp_path / "f" / "bad.csv").write_bytes(b"")
    table = Lake(lake).ingest(tmp_path / "f").sort("file")
    assert table["status"].to_list() == ["stored", "quarantined"]
    assert table["error_code"].to_list() == [None, "empty-file"]
    assert table["remedy"][1]
    assert table.schema["rows"] == pl.Int64
    assert Lake(lake).ingest(tmp_path / "f" / "bad.csv")["cell_name"].to_list() == [None]


def test_a_reversed_sign_is_reversed_once_in_the_lake_too(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv")
    as_is = vl.read(tmp_path / "A1.csv").samples["current_ampere"]
    Lake(lake).ingest(tmp_path / "A1.csv", sign="reversed", cell="A1")
    kept = Lake(lake).samples("A1", columns=["current_ampere"])["current_ampere"]
    assert kept.to_list() == (-as_is).to_list()

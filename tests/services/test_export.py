"""What leaves the lake is whole, safe to open, and stays below the folder that was named."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from support.lakes import ODD_NAME
from support.made_files import arbin_file, simulated
from voltlake.bootstrap import read
from voltlake.errors import InvalidRequest, NotFound
from voltlake.services import explore, series
from voltlake.services.export import (
    FORMATS,
    export_cell,
    export_selection,
    guard_formulas,
    write_samples,
)
from voltlake.services.ingest import ingest
from voltlake.services.requests import IngestOptions
from voltlake.services.workspace import Workspace
from voltlake.simulation.writers.beep_json import write_beep_json


def test_csv_and_parquet_hold_the_tables_and_the_samples(held: Workspace, tmp_path: Path) -> None:
    for form in ("csv", "parquet"):
        files = export_cell(held, "LFP_1", tmp_path, formats=[form])
        folder = tmp_path / "ageing" / "LFP_1"
        assert {path.parent for path in files} == {folder}
        assert len(files) == 4
        assert all(path.suffix == f".{form}" and path.stat().st_size > 0 for path in files)
        load = pl.read_csv if form == "csv" else pl.read_parquet
        cycles = next(path for path in files if "cycles" in path.name)
        assert load(cycles)["cycle_index"].to_list() == list(range(1, 13))
        samples = next(path for path in files if "_test" in path.name)
        expected = series.samples_of_cell(held, "LFP_1")["voltage_volt"].to_list()
        assert load(samples)["voltage_volt"].to_list() == expected


def test_bdf_can_be_read_again(held: Workspace, tmp_path: Path) -> None:
    (path,) = export_cell(held, "LFP_1", tmp_path, formats=["bdf"])
    again = read(path)
    assert again.reader == "bdf_csv"
    held_samples = series.samples_of_cell(held, "LFP_1")
    for name in ("test_time_second", "voltage_volt", "current_ampere"):
        assert again.samples[name].to_list() == held_samples[name].to_list()


def test_every_format_is_an_option_of_the_command() -> None:
    from voltlake.cli.export import ExportFormat

    assert {each.value for each in ExportFormat} == set(FORMATS)


def test_figures(held: Workspace, tmp_path: Path) -> None:
    files = export_cell(held, "LFP_1", tmp_path, formats=["png", "svg"])
    assert len(files) == 6
    assert {path.read_bytes()[:4] for path in files} == {b"\x89PNG", b"<svg"}


def test_a_project_is_all_its_cells(held: Workspace, tmp_path: Path) -> None:
    files = export_selection(held, "ageing", tmp_path, formats=["parquet"])
    assert {path.parent.name for path in files} == {"LFP_1", "LFP_2", "NMC_1"}
    assert len(set(files)) == 12


def test_what_is_not_there_is_refused(held: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no cell and no project is called 'nobody'"):
        export_selection(held, "nobody", tmp_path, formats=["csv"])
    with pytest.raises(InvalidRequest, match="'docx' is no export format") as caught:
        export_cell(held, "LFP_1", tmp_path, formats=["csv", "docx"])
    assert "parquet" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


HOSTILE = [
    "../x",
    "/etc/passwd",
    "..",
    ".",
    "a\x00b",
    "con:aux",
    "x" * 300,
    "é/ü",
    " ",
    "A/1",
    "A_1",
]


def test_hostile_names_stay_below_the_folder_and_apart(lake: Workspace, tmp_path: Path) -> None:
    """Two cells must never be written over one another, whatever they are called."""
    for seed, name in enumerate(HOSTILE):
        arbin_file(tmp_path / f"{seed}.csv", seed=seed % 3, rows=60 + seed)
        (report,) = ingest(
            lake, [tmp_path / f"{seed}.csv"], IngestOptions(cell=name, project="../P")
        )
        assert report.status == "stored"
    target = tmp_path / "deep" / "target"
    files = export_selection(lake, "../P", target, formats=["parquet"])
    assert len(set(files)) == len(files) == 4 * len(HOSTILE)
    for path in files:
        assert path.resolve().is_relative_to(target)
        assert len(path.relative_to(target).parts) == 3
    assert not {".", ".."} & {part for path in files for part in path.parts}


def test_an_odd_name_keeps_its_samples(held: Workspace, tmp_path: Path) -> None:
    files = export_cell(held, ODD_NAME, tmp_path, formats=["csv", "bdf"])
    assert all(path.stat().st_size > 0 for path in files)


def test_plain_names_stay_as_they_are(held: Workspace, tmp_path: Path) -> None:
    (path,) = export_cell(held, "LFP_1", tmp_path, formats=["bdf"])
    assert path.relative_to(tmp_path).parts[:2] == ("ageing", "LFP_1")


def test_a_cell_without_samples_gives_its_tables_and_figures(
    lake: Workspace, tmp_path: Path
) -> None:
    write_beep_json(simulated(3), tmp_path / "A1_structure.json")
    list(ingest(lake, [tmp_path / "A1_structure.json"], IngestOptions(cell="A1")))
    files = export_cell(lake, "A1", tmp_path, formats=["csv", "bdf", "svg"])
    assert [path.suffix for path in files].count(".csv") == 3
    assert [path.suffix for path in files].count(".svg") == 3


def test_formulas_are_disarmed_and_numbers_are_not_touched(tmp_path: Path) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "plain", "a=b", None, "", "'quoted"]
    table = pl.DataFrame({"text": texts, "number": [-0.5] * len(texts)})
    guarded = guard_formulas(table)
    assert guarded["text"].to_list() == [
        "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "plain", "a=b", None, "", "'quoted",
    ]  # fmt: skip
    assert guarded["number"].to_list() == [-0.5] * len(texts)


def test_exported_csv_disarms_a_hostile_cell_name(lake: Workspace, tmp_path: Path) -> None:
    arbin_file(tmp_path / "a.csv", rows=60)
    list(ingest(lake, [tmp_path / "a.csv"], IngestOptions(cell="=cmd|'/c calc'!A1")))
    files = export_cell(lake, "=cmd|'/c calc'!A1", tmp_path / "out", formats=["csv"])
    for path in files:
        for line in path.read_text().splitlines():
            assert not any(cell.lstrip('"').startswith("=") for cell in line.split(","))
    assert explore.cells(lake)["cell_name"].to_list() == ["=cmd|'/c calc'!A1"]


@pytest.mark.parametrize("ending", ["parquet", "csv", "bdf.csv", "bdf.parquet", "BDF.CSV"])
def test_samples_are_written_in_the_format_of_the_name(
    held: Workspace, tmp_path: Path, ending: str
) -> None:
    samples = series.samples(held, 1)
    target = write_samples(samples, tmp_path / "deep" / f"x.{ending}")
    if ending.lower().startswith("bdf"):
        again = read(target).samples
    else:
        again = pl.read_parquet(target) if ending == "parquet" else pl.read_csv(target)
    assert again["voltage_volt"].to_list() == samples["voltage_volt"].to_list()


def test_a_name_that_says_no_format_is_refused(held: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="does not say in which format"):
        write_samples(series.samples(held, 1), tmp_path / "x.xlsx")

"""Every command: help that teaches, answers for people and for machines, exit codes."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from typer.main import get_command

from cli.conftest import Voltlake
from support.made_files import arbin_file
from voltlake._version import __version__
from voltlake.bootstrap import read
from voltlake.cli.main import app
from voltlake.services import explore
from voltlake.services.workspace import Workspace

LISTS = {
    "files": [], "projects": [], "cells": [], "tests": [], "steps": ["LFP_1"], "cycles": [],
    "findings": [],
}  # fmt: skip
EXPECTED_COMMANDS = {
    "demo", "read", "check", "ingest", "files", "projects", "cells", "tests", "steps", "cycles",
    "findings", "export", "chart", "sql", "db", "serve", "doctor",
}  # fmt: skip


def _walk(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from _walk(each, (*path, name))


COMMANDS = dict(_walk(get_command(app)))


def test_all_commands_of_the_design_are_there() -> None:
    assert {path[0] for path in COMMANDS if path} == EXPECTED_COMMANDS


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "voltlake")
def test_help_teaches(voltlake: Voltlake, path: tuple[str, ...]) -> None:
    for word in ("--help", "-h"):
        shown = voltlake(*path, word)
        assert shown.code == 0
        assert "Usage" in shown.text
    command = COMMANDS[path]
    assert (command.help or "").strip()  # type: ignore[attr-defined]
    for parameter in command.params:  # type: ignore[attr-defined]
        if parameter.name != "help":
            assert (parameter.help or "").strip(), f"{path}: {parameter.name} is not explained"


def test_version_and_no_words(voltlake: Voltlake) -> None:
    assert voltlake("--version").text.strip() == __version__
    shown = voltlake()
    assert "Usage" in shown.text + shown.err
    assert shown.code in (0, 2)


@pytest.mark.parametrize("command", LISTS)
def test_lists_in_every_format(voltlake: Voltlake, held: Workspace, command: str) -> None:
    words = [command, *LISTS[command], "--lake", held.root]
    shown = voltlake(*words, "--format", "table")
    assert shown.code == 0
    assert shown.text.strip()
    rows = [json.loads(line) for line in voltlake(*words, "--format", "json").text.splitlines()]
    assert rows
    assert [json.loads(line) for line in voltlake(*words, "--json").text.splitlines()] == rows
    table = pl.read_parquet(io.BytesIO(voltlake(*words, "--format", "parquet").out))
    assert table.height == len(rows)
    assert table.columns == list(rows[0])
    text = pl.read_csv(io.BytesIO(voltlake(*words, "--format", "csv").out), infer_schema=False)
    assert (text.height, text.columns) == (len(rows), table.columns)


def test_lists_say_the_same_as_the_services(voltlake: Voltlake, held: Workspace) -> None:
    def column(name: str, *words: str) -> list[object]:
        lines = voltlake(*words, "--json", "--lake", str(held.root)).text.splitlines()
        return [json.loads(line)[name] for line in lines]

    assert column("cell_name", "cells") == explore.cells(held)["cell_name"].to_list()
    assert column("cell_name", "cells", "lfp") == ["LFP_1", "LFP_2"]
    assert column("cycle_index", "cycles", "--cell", "LFP_1") == list(range(1, 13))
    assert set(column("cell_name", "cycles", "--cell", "LFP_1", "--cell", "NMC_1")) == {
        "LFP_1", "NMC_1",
    }  # fmt: skip
    assert column("name", "files", "--state", "quarantined") == ["broken.nda"]
    assert set(column("severity", "findings", "--severity", "info")) == {"info"}
    assert len(column("cycle_index", "cycles", "--limit", "3")) == 3


def test_people_get_a_page_and_are_told(voltlake: Voltlake, held: Workspace) -> None:
    shown = voltlake("cycles", "--lake", held.root)
    assert "40 of 52 rows; more with --limit" in shown.text
    assert "rows; more" not in voltlake("cycles", "--lake", held.root, "--limit", "52").text


def test_odd_names_are_printed_as_they_are(voltlake: Voltlake, tmp_path: Path) -> None:
    """Square brackets are markup to the printer, but not in a cell's name."""
    arbin_file(tmp_path / "a.csv", rows=60)
    name = "[bold]A1[/bold] [/]"
    lake = tmp_path / "lake"
    shown = voltlake(
        "ingest", tmp_path / "a.csv", "--lake", lake, "--cell", name, "--project", name
    )
    assert shown.code == 0
    assert f"{name}/{name}" in " ".join(shown.text.split())
    for words in (
        ["cells"],
        ["tests"],
        ["steps", name],
        ["cycles"],
        ["findings"],
        ["tests", "show", "1"],
    ):
        shown = voltlake(*words, "--lake", lake)
        assert (shown.code, shown.err) == (0, "")
    assert name in voltlake("tests", "show", "1", "--lake", lake).text


def test_a_test_is_shown_with_certificate_and_findings(voltlake: Voltlake, held: Workspace) -> None:
    shown = voltlake("tests", "show", "1", "--lake", held.root)
    assert shown.code == 0
    assert "Certificate" in shown.text
    assert "✓ verified" in shown.text
    told = json.loads(voltlake("tests", "show", "1", "--json", "--lake", held.root).text)
    assert told["test_id"] == 1
    assert {"certificate", "findings", "cell_name", "reader"} <= set(told)
    missing = voltlake("tests", "show", "99", "--lake", held.root)
    assert (missing.code, missing.out) == (2, b"")
    assert "there is no test 99" in missing.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-command"], "No such command"),
        (["cells", "--no-such-option"], "No such option"),
        (["cells", "--format", "docx"], "docx"),
        (["cycles", "--cell", "LFP_3"], "Did you mean"),
        (["steps", "nobody"], "no cell is called 'nobody'"),
        (["steps"], "Missing argument"),
        (["chart", "no-such-chart", "-o", "x.svg"], "no-such-chart"),
        (["chart", "capacity-vs-cycle", "-o", "x.bmp"], "in which format"),
        (["chart", "capacity-vs-cycle", "--param", "y"], "is not KEY=VALUE"),
        (["chart", "capacity-vs-voltage", "-o", "x.svg"], "needs a cell or a test"),
        (["sql", "drop table cells"], "only questions are answered"),
        (["sql", "select volts from cells"], "volts"),
        (["export", "nobody", "--to", "out"], "no cell and no project"),
        (["export", "LFP_1", "--to", "out", "--format", "docx"], "docx"),
    ],
)
def test_wrong_usage_is_2_and_said_on_standard_error(
    voltlake: Voltlake,
    held: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("VOLTLAKE_LAKE", str(held.root))
    shown = voltlake(*words)
    assert shown.code == 2
    assert said in " ".join(shown.err.replace("│", " ").split())
    assert shown.out == b""
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("words", [[command, *more] for command, more in LISTS.items()])
def test_a_lake_that_is_not_there_is_said_and_not_made(
    voltlake: Voltlake, tmp_path: Path, words: list[str]
) -> None:
    shown = voltlake(*words, "--lake", tmp_path / "none")
    assert shown.code == 1
    assert "[wrong-lake]" in shown.err
    assert not (tmp_path / "none").exists()


def test_read_says_what_a_file_is(voltlake: Voltlake, tmp_path: Path) -> None:
    samples = arbin_file(tmp_path / "A1.csv")
    shown = voltlake("read", tmp_path / "A1.csv")
    assert shown.code == 0
    for words in (f"{samples.height:,} rows", "2 cycles", "Certificate", "✓ verified", "Arbin"):
        assert words in shown.text
    told = json.loads(voltlake("read", tmp_path / "A1.csv", "--json").text)
    assert (told["reader"], told["rows"], told["cycles"]) == ("arbin_csv", samples.height, 2)
    assert {"because", "columns", "certificate", "findings", "metadata", "steps"} <= set(told)


@pytest.mark.parametrize("ending", ["bdf.csv", "bdf.parquet", "parquet", "csv"])
def test_what_read_writes_can_be_read_again(
    voltlake: Voltlake, tmp_path: Path, ending: str
) -> None:
    arbin_file(tmp_path / "A1.csv")
    target = tmp_path / "out" / f"A1.{ending}"
    shown = voltlake("read", tmp_path / "A1.csv", "-o", target)
    assert shown.code == 0
    assert target.name in shown.text
    first = read(tmp_path / "A1.csv").samples
    if ending.startswith("bdf"):
        again = json.loads(voltlake("read", target, "--json").text)
        assert again["rows"] == first.height
        assert read(target).cycles["discharge_capacity_ah"].to_list() == pytest.approx(
            read(tmp_path / "A1.csv").cycles["discharge_capacity_ah"].to_list(), rel=1e-9
        )
    else:
        load = pl.read_parquet if ending == "parquet" else pl.read_csv
        assert load(target)["voltage_volt"].to_list() == first["voltage_volt"].to_list()


@pytest.mark.parametrize(
    ("content", "slug", "code"),
    [(b"", "empty-file", 1), (b"prose", "unknown-format", 1), (None, "file-vanished", (1, 2))],
)
def test_read_names_what_is_wrong(
    voltlake: Voltlake, tmp_path: Path, content: bytes | None, slug: str, code: object
) -> None:
    if content is not None:
        (tmp_path / "x.csv").write_bytes(content)
    shown = voltlake("read", tmp_path / "x.csv")
    assert shown.code == code or shown.code in (code if isinstance(code, tuple) else ())
    assert f"[{slug}]" in shown.err
    assert "x.csv" in shown.err
    assert "Traceback" not in shown.err


def test_read_of_a_folder_is_wrong_usage(voltlake: Voltlake, tmp_path: Path) -> None:
    shown = voltlake("read", tmp_path)
    assert shown.code == 2
    assert "[not-a-file]" in shown.err


def test_options_of_read_are_checked(voltlake: Voltlake, tmp_path: Path) -> None:
    arbin_file(tmp_path / "A1.csv", rows=60)
    for words in (
        ["--reader", "arbin"], ["--timezone", "Berlin"], ["--decimal", ";"], ["--sign", "minus"],
        ["--nominal-capacity-ah", "-1"], ["-o", "x.xlsx"],
    ):  # fmt: skip
        shown = voltlake("read", tmp_path / "A1.csv", *words)
        assert (shown.code, shown.out) == (2, b""), words
    assert voltlake("read", tmp_path / "A1.csv", "--reader", "arbin_csv").code == 0


def test_check_finds_doubts_and_stores_nothing(voltlake: Voltlake, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    arbin_file(folder / "good.csv")
    shown = voltlake("check", folder)
    assert shown.code == 0
    assert "1 files checked, 0 in trouble" in shown.text
    (folder / "bad.csv").write_bytes(b"")
    shown = voltlake("check", folder)
    assert shown.code == 1
    assert "[empty-file]" in shown.text
    assert "2 files checked, 1 in trouble" in shown.text
    lines = [json.loads(line) for line in voltlake("check", folder, "--json").text.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["bad.csv", "good.csv"]
    assert lines[0]["error"]["code"] == "empty-file"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files"]
    assert voltlake("check", tmp_path / "none").code == 2


KEYS = {
    "file", "status", "reader", "rows", "cycles", "test_id", "sha256", "findings", "error",
    "cell_name", "project_name", "notes",
}  # fmt: skip


def test_ingest_for_machines(voltlake: Voltlake, tmp_path: Path) -> None:
    """One object a file, with exactly the promised keys; exit 1 where one failed."""
    folder, lake = tmp_path / "files", tmp_path / "lake"
    samples = arbin_file(folder / "A1.csv")
    (folder / "bad.csv").write_bytes(b"")
    shown = voltlake("ingest", folder, "--lake", lake, "--json", "--workers", "1")
    assert shown.code == 1
    reports = {
        Path((each := json.loads(line))["file"]).name: each for line in shown.text.splitlines()
    }
    assert {name: report["status"] for name, report in reports.items()} == {
        "A1.csv": "stored", "bad.csv": "quarantined",
    }  # fmt: skip
    assert all(set(report) == KEYS for report in reports.values())
    good, bad = reports["A1.csv"], reports["bad.csv"]
    assert (good["rows"], good["cycles"], good["reader"]) == (samples.height, 2, "arbin_csv")
    assert good["error"] is None
    assert {"code", "message", "place", "remedy"} <= set(bad["error"])
    again = voltlake("ingest", folder / "A1.csv", "--lake", lake, "--json")
    assert again.code == 0
    assert json.loads(again.text) == good | {"status": "unchanged", "notes": []}


def test_ingest_for_people(voltlake: Voltlake, tmp_path: Path) -> None:
    folder, lake = tmp_path / "files", tmp_path / "lake"
    arbin_file(folder / "A1.csv")
    (folder / "bad.csv").write_bytes(b"")
    shown = voltlake("ingest", folder, "--lake", lake)
    assert shown.code == 1
    for words in (
        "✓ stored", "default/A1", "called 'A1' after the file", "✗ quarantined", "[empty-file]",
        "→ Export the test again", "1 quarantined, 1 stored in",
    ):  # fmt: skip
        assert words in shown.text, words
    (tmp_path / "none").mkdir()
    assert "No files found" in voltlake("ingest", tmp_path / "none", "--lake", lake).text


@pytest.mark.parametrize(
    "words", [["--reader", "arbin"], ["--timezone", "Berlin"], ["--workers", "0"], ["--sign", "x"]]
)
def test_wrong_options_of_ingest_store_nothing(
    voltlake: Voltlake, tmp_path: Path, words: list[str]
) -> None:
    arbin_file(tmp_path / "A1.csv", rows=60)
    shown = voltlake("ingest", tmp_path / "A1.csv", "--lake", tmp_path / "lake", *words)
    assert (shown.code, shown.out) == (2, b"")
    if (tmp_path / "lake").exists():
        assert voltlake("files", "--lake", tmp_path / "lake", "--json").text == ""


def test_ingest_of_what_is_not_there(voltlake: Voltlake, tmp_path: Path) -> None:
    shown = voltlake("ingest", tmp_path / "none", "--lake", tmp_path / "lake")
    assert shown.code == 2
    assert "there is no such file or folder" in shown.err
    assert not (tmp_path / "lake").exists()


def test_charts(voltlake: Voltlake, held: Workspace, tmp_path: Path) -> None:
    lake = ["--lake", str(held.root)]
    target = tmp_path / "fade.svg"
    shown = voltlake(
        "chart", "capacity-vs-cycle", "--cell", "LFP_1", "--cell", "NMC_1", "-o", target, *lake
    )
    assert (shown.code, shown.text.strip()) == (0, str(target))
    drawn = target.read_text()
    assert ElementTree.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own file
    assert "LFP_1" in drawn
    assert "LFP_2" not in drawn
    told = voltlake(
        "chart", "capacity-vs-voltage", "--test", "1", "-o", tmp_path / "v.json", "--json",
        "--param", "cycles=1,2", "--theme", "dark", *lake,
    )  # fmt: skip
    assert json.loads(told.text) == {"file": str(tmp_path / "v.json")}
    assert "vega-lite" in json.loads((tmp_path / "v.json").read_text())["$schema"]


def test_export(voltlake: Voltlake, held: Workspace, tmp_path: Path) -> None:
    shown = voltlake("export", "ageing", "--to", tmp_path / "out", "--lake", held.root)
    assert shown.code == 0
    written = [Path(line) for line in shown.text.splitlines()]
    assert len(written) == 12
    assert all(path.stat().st_size > 0 for path in written)
    told = voltlake(
        "export", "LFP_1", "--to", tmp_path / "b", "--format", "bdf", "--format", "parquet",
        "--json", "--lake", held.root,
    )  # fmt: skip
    assert len(json.loads(told.text)["files"]) == 5


def test_sql(voltlake: Voltlake, held: Workspace) -> None:
    query = (
        "select cell_name, max(cycle_index) as last from cycles group by cell_name order by last"
    )
    lines = voltlake("sql", query, "--json", "--lake", held.root).text.splitlines()
    assert [json.loads(line)["last"] for line in lines] == [5, 12, 15, 20]
    assert "LFP_2" in voltlake("sql", query, "--lake", held.root).text
    table = voltlake("sql", query, "--format", "csv", "--limit", "1", "--lake", held.root).text
    assert table.splitlines()[0] == "cell_name,last"
    assert len(table.splitlines()) == 2


def test_the_catalogue_is_made_checked_and_its_holes_are_named(
    voltlake: Voltlake, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    made = voltlake("db", "upgrade", "--lake", lake)
    assert made.code == 0
    assert "new →" in made.text
    arbin_file(tmp_path / "A1.csv", rows=60)
    voltlake("ingest", tmp_path / "A1.csv", "--lake", lake)
    sound = json.loads(voltlake("db", "check", "--json", "--lake", lake).text)
    assert sound["missing"] == []
    assert sound["objects"] >= 5
    victim = next(path for path in (lake / "raw").rglob("*") if path.is_file())
    victim.unlink()
    shown = voltlake("db", "check", "--lake", lake)
    assert shown.code == 1
    assert "1 missing" in shown.text
    assert victim.name in shown.text
    assert voltlake("db", "upgrade", "--lake", lake).code == 0


def test_doctor(voltlake: Voltlake, held: Workspace, tmp_path: Path) -> None:
    shown = voltlake("doctor", "--lake", held.root)
    assert shown.code == 0
    assert "✓ nothing wrong" in shown.text
    told = json.loads(voltlake("doctor", "--json", "--lake", held.root).text)
    assert told["voltlake"] == __version__
    assert told["problems"] == []
    assert {reader["name"] for reader in told["readers"]} >= {"arbin_csv", "neware_ndax"}
    assert voltlake("doctor", "--lake", tmp_path / "none").code == 0  # nothing is wrong yet
    (tmp_path / "no_lake").mkdir()
    (tmp_path / "no_lake" / "x").write_text("x")
    shown = voltlake("doctor", "--lake", tmp_path / "no_lake")
    assert shown.code == 1
    assert "[wrong-lake]" in shown.text


def test_serve_refuses_addresses_that_others_can_reach(voltlake: Voltlake, held: Workspace) -> None:
    shown = voltlake("serve", "--lake", held.root, "--host", "0.0.0.0")
    assert shown.code == 2
    assert "without accounts" in shown.err


def test_a_lake_that_is_not_there_is_not_served(voltlake: Voltlake, tmp_path: Path) -> None:
    shown = voltlake("serve", "--lake", tmp_path / "none", "--port", "0")
    assert shown.code == 1
    assert "[wrong-lake]" in shown.err


def test_a_bad_setting_is_a_sentence(
    voltlake: Voltlake, held: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LOG_LEVEL", "LOUD"), ("VOLTLAKE_WORKERS", "many")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            shown = voltlake("cells", "--lake", held.root)
        assert shown.code == 2
        assert name in shown.err
        assert "Traceback" not in shown.err

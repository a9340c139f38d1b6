"""Questions about a lake and their answers."""

from __future__ import annotations

import polars as pl
import pytest

from support.lakes import ODD_NAME
from voltlake.errors import NotFound
from voltlake.services import explore
from voltlake.services.workspace import Workspace

ALL_CELLS = [ODD_NAME, "LFP_1", "LFP_2", "NMC_1"]


def names(table: pl.DataFrame) -> list[str]:
    return table["cell_name"].to_list()


def test_projects_count_cells_and_tests(held: Workspace) -> None:
    table = explore.projects(held)
    assert table.select("project_name", "cells", "tests").rows() == [
        ("ageing", 3, 3),
        ("odd", 1, 1),
    ]


def test_cells_have_their_newest_numbers(held: Workspace) -> None:
    table = explore.cells(held)
    assert names(table) == ALL_CELLS
    row = table.row(1, named=True)
    assert (row["tests"], row["project_name"]) == (1, "ageing")
    cycles = explore.cycles(held, ["LFP_1"])
    complete = cycles.filter(pl.col("coulombic_efficiency").is_not_null())
    assert row["last_discharge_capacity_ah"] == complete["discharge_capacity_ah"][-1]
    assert row["discharge_capacity_retention"] == complete["discharge_capacity_retention"][-1]
    doubts = explore.findings(held, cell_names=["LFP_1"])
    assert row["findings_info"] == (doubts["severity"] == "info").sum() > 0
    assert row["rows"] == explore.tests(held, cell_names=["LFP_1"])["rows"][0]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ({"text": "lfp"}, ["LFP_1", "LFP_2"]),
        ({"text": "AGEING nmc"}, ["NMC_1"]),
        ({"text": "<b>"}, [ODD_NAME]),
        ({"text": "50%"}, [ODD_NAME]),
        ({"text": ".*"}, []),  # text, no pattern
        ({"text": "   "}, ALL_CELLS),
        ({"filters": {"project_name": ["odd"]}}, [ODD_NAME]),
        ({"filters": {"project_name": ["odd", "ageing"], "tests": ["1"]}}, ALL_CELLS),
        ({"filters": {"project_name": []}}, ALL_CELLS),
        ({"filters": {"project_name": ["ageing"]}, "text": "nmc_"}, ["NMC_1"]),
        ({"sort": "cycles"}, [ODD_NAME, "LFP_1", "NMC_1", "LFP_2"]),
        ({"sort": "cycles", "descending": True}, ["LFP_2", "NMC_1", "LFP_1", ODD_NAME]),
        ({"sort": "project_name", "descending": True}, [ODD_NAME, "LFP_1", "LFP_2", "NMC_1"]),
        ({"sort": "chemistry"}, ALL_CELLS),  # unknown for all: the name decides
    ],
)
def test_cells_are_found_by_text_and_filters_and_sorted(
    held: Workspace, question: dict[str, object], answer: list[str]
) -> None:
    assert names(explore.cells(held, **question)) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize("question", [{"sort": "cycle"}, {"filters": {"cycle": ["1"]}}])
def test_an_unknown_column_names_the_nearest(held: Workspace, question: dict[str, object]) -> None:
    with pytest.raises(NotFound, match="no column 'cycle'") as caught:
        explore.cells(held, **question)  # type: ignore[arg-type]
    assert caught.value.remedy == "Did you mean 'cycles'?"
    with pytest.raises(NotFound) as nothing_near:
        explore.cells(held, sort="xyzzy")
    assert nothing_near.value.remedy == ""


@pytest.mark.parametrize(
    "ask",
    [
        lambda lake, name: explore.cell(lake, name),
        lambda lake, name: explore.tests(lake, cell_names=[name]),
        lambda lake, name: explore.cycles(lake, [name]),
        lambda lake, name: explore.steps_of_cell(lake, name),
        lambda lake, name: explore.findings(lake, cell_names=[name]),
    ],
)
def test_an_unknown_cell_names_the_nearest(held: Workspace, ask: object) -> None:
    with pytest.raises(NotFound, match="no cell is called 'LFP_3'") as caught:
        ask(held, "LFP_3")  # type: ignore[operator]
    assert "'LFP_1'" in caught.value.remedy
    assert "'LFP_2'" in caught.value.remedy
    with pytest.raises(NotFound) as nothing_near:
        ask(held, "zzzzzz")  # type: ignore[operator]
    assert nothing_near.value.remedy == "`voltlake cells` lists them"


def test_a_cell_and_a_test_by_their_names(held: Workspace) -> None:
    assert explore.cell(held, ODD_NAME)["project_name"] == "odd"
    test_id = explore.tests(held, cell_names=[ODD_NAME])["test_id"][0]
    test = explore.test(held, test_id)
    assert (test["cell_name"], test["reader"]) == (ODD_NAME, "arbin_csv")
    assert test["cycles"] == 5


@pytest.mark.parametrize("number", [0, -1, 99, 10**30])
def test_a_test_that_is_not_there(held: Workspace, number: int) -> None:
    for ask in (explore.test, explore.certificate):
        with pytest.raises(NotFound, match=f"there is no test {number}"):
            ask(held, number)


def test_a_certificate_says_which_reader_and_why(held: Workspace) -> None:
    entries = explore.certificate(held, 1).as_dicts()
    reader = next(each for each in entries if each["subject"] == "reader")
    assert str(reader["declared"]).startswith("arbin_csv")
    verified = [each for each in entries if each["verdict"] == "verified"]
    assert verified
    assert all(any(c.isdigit() for c in str(each["evidence"])) for each in verified)


def test_findings_can_be_narrowed_and_the_worst_come_first(held: Workspace) -> None:
    everything = explore.findings(held)
    assert set(everything["cell_name"]) == set(ALL_CELLS)
    assert set(explore.findings(held, severities=["info"])["severity"]) == {"info"}
    assert set(explore.findings(held, test_ids=[1])["test_id"]) == {1}
    rank = {"critical": 0, "warning": 1, "info": 2}
    for _, each in everything.group_by("cell_name", "test_id", maintain_order=True):
        ranks = [rank[severity] for severity in each["severity"]]
        assert ranks == sorted(ranks)


def test_steps_of_one_test_of_a_cell_and_of_all(held: Workspace) -> None:
    of_test = explore.steps(held, 1)
    cell_name = explore.test(held, 1)["cell_name"]
    of_cell = explore.steps_of_cell(held, cell_name)
    assert of_test.equals(of_cell.drop("cell_name", "test_id"))
    assert set(explore.all_steps(held)["cell_name"]) == set(ALL_CELLS)


def test_cycles_of_chosen_columns(held: Workspace) -> None:
    table = explore.cycles(held, ["LFP_1"], columns=["cycle_index", "discharge_capacity_ah"])
    assert {"cell_name", "cycle_index", "discharge_capacity_ah"} <= set(table.columns)
    assert table["cycle_index"].is_sorted()
    with pytest.raises(NotFound):
        explore.cycles(held, ["LFP_1"], columns=["no_such_column"])


def test_the_ledger_holds_what_failed_too(held: Workspace) -> None:
    assert explore.files(held)["state"].to_list().count("stored") == 4
    (broken,) = explore.files(held, states=["quarantined"]).rows(named=True)
    assert broken["name"] == "broken.nda"
    assert broken["error_code"] == "corrupt-file" or broken["error_code"] in (
        "unsupported-version",
        "no-samples",
    )
    assert broken["remedy"]
    assert explore.files(held, states=["failed"]).is_empty()


def test_the_data_version_stands_still_while_nothing_happens(held: Workspace) -> None:
    assert explore.data_version(held) == explore.data_version(held)

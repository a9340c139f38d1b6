"""Chart requests: understood, or refused with the reason; drawn from the rows that were asked."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from support.lakes import ODD_NAME
from support.made_files import simulated
from voltlake.errors import InvalidRequest, NotFound
from voltlake.services import explore
from voltlake.services.charting import chart_frame, chart_names, parse_request, save_chart
from voltlake.services.ingest import ingest
from voltlake.services.requests import IngestOptions
from voltlake.services.workspace import Workspace
from voltlake.simulation.writers.beep_json import write_beep_json

FADE, CURVES, TIME = (
    "capacity-vs-cycle", "capacity-vs-voltage", "voltage-current-temperature-vs-time",
)  # fmt: skip


def test_all_three_charts_are_there() -> None:
    assert {FADE, CURVES, TIME} <= set(chart_names())


def test_a_whole_question_is_understood() -> None:
    request = parse_request(
        CURVES,
        {"cells": "B,A", "test": "7", "cycles": "1,100", "theme": "dark", "start_second": "0",
         "end_second": "36e2"},
    )  # fmt: skip
    assert (request.cells, request.test_id, request.cycles) == (("B", "A"), 7, (1, 100))
    assert (request.start_second, request.end_second, request.theme) == (0.0, 3600.0, "dark")
    bare = parse_request(FADE, {})
    assert (bare.cells, bare.test_id, bare.cycles, bare.theme) == ((), None, (), "light")
    assert (bare.start_second, bare.end_second) == (None, None)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"test": "seven"}, "'seven' is not a whole number for 'test'"),
        ({"test": "1.5"}, "not a whole number"),
        ({"cycles": "1,two"}, "'two' is not a whole number for 'cycles'"),
        ({"cycles": str(10**30)}, "is too large for 'cycles'"),
        ({"start_second": "noon"}, "'noon' is not a number of seconds"),
        ({"start_second": "nan"}, "'nan' is not a number of seconds"),
        ({"end_second": "inf"}, "'inf' is not a number of seconds"),
        ({"cells": ",".join(str(n) for n in range(51))}, "51 cells are too many"),
        ({"no_such_parameter": "1"}, "no_such_parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(query: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        parse_request(CURVES, query)


def test_unknown_charts_and_themes() -> None:
    with pytest.raises(NotFound, match="capacity-vs-cycl"):
        parse_request("capacity-vs-cycl", {})
    with pytest.raises((NotFound, InvalidRequest), match="sepia"):
        parse_request(FADE, {"theme": "sepia"})


@pytest.mark.parametrize("cells", [["NMC_1", "LFP_1"], ["LFP_1", "NMC_1"]])
def test_cells_are_drawn_in_the_order_of_the_question(held: Workspace, cells: list[str]) -> None:
    frame = chart_frame(held, parse_request(FADE, {"cells": ",".join(cells)}))
    assert frame["cell_name"].unique(maintain_order=True).to_list() == cells
    of_first = frame.filter(pl.col("cell_name") == cells[0])
    assert of_first["cycle"].is_sorted()


def test_without_cells_all_are_drawn(held: Workspace) -> None:
    frame = chart_frame(held, parse_request(FADE, {}))
    assert set(frame["cell_name"]) == {"LFP_1", "LFP_2", "NMC_1", ODD_NAME}


def test_curves_are_those_of_the_asked_cycles(held: Workspace) -> None:
    asked = chart_frame(held, parse_request(CURVES, {"cells": "LFP_1", "cycles": "2,5"}))
    assert set(asked["cycle"]) == {2, 5}
    spread = chart_frame(held, parse_request(CURVES, {"cells": "LFP_2"}))
    numbers = sorted(set(spread["cycle"]))
    assert len(numbers) == 6
    assert (numbers[0], numbers[-1]) == (1, 20)
    few = chart_frame(held, parse_request(CURVES, {"cells": ODD_NAME}))
    assert set(few["cycle"]) == {1, 2, 3, 4, 5}


def test_a_test_is_drawn_by_its_number_or_its_cell(held: Workspace) -> None:
    test_id = explore.tests(held, cell_names=["LFP_1"])["test_id"][0]
    by_test = chart_frame(held, parse_request(TIME, {"test": str(test_id)}))
    by_cell = chart_frame(held, parse_request(TIME, {"cells": "LFP_1"}))
    assert by_test.equals(by_cell)
    span = {"test": str(test_id), "start_second": "1000", "end_second": "2000"}
    part = chart_frame(held, parse_request(TIME, span))
    assert 0 < part.height < by_test.height
    with pytest.raises(InvalidRequest, match="needs a cell or a test"):
        chart_frame(held, parse_request(TIME, {}))
    with pytest.raises(NotFound):
        chart_frame(held, parse_request(TIME, {"cells": "nobody"}))


def test_a_cell_without_a_test_says_so(lake: Workspace) -> None:
    with lake.catalogue.begin() as unit:
        unit.cells.get_or_add(unit.projects.get_or_add("P"), "planned")
    with pytest.raises(InvalidRequest, match="cell 'planned' has no test yet"):
        chart_frame(lake, parse_request(TIME, {"cells": "planned"}))


def test_curves_without_time_are_drawn_all_the_same(lake: Workspace, tmp_path: Path) -> None:
    write_beep_json(simulated(3), tmp_path / "A1_structure.json")
    list(ingest(lake, [tmp_path / "A1_structure.json"], IngestOptions(cell="A1")))
    frame = chart_frame(lake, parse_request(CURVES, {"cells": "A1"}))
    assert frame.height > 0
    assert frame["cycle"].n_unique() == 3
    for name in (FADE, CURVES, TIME):  # the last has nothing to show, and must say it in peace
        target = save_chart(lake, name, {"cells": "A1"}, tmp_path / f"{name}.json")
        assert json.loads(target.read_text())


@pytest.mark.parametrize("ending", ["svg", "json", "html", "png", "pdf"])
def test_a_chart_is_written_in_the_format_of_its_name(
    held: Workspace, tmp_path: Path, ending: str
) -> None:
    target = tmp_path / "deep" / "er" / f"fade.{ending}"
    assert save_chart(held, FADE, {"cells": "LFP_1"}, target) == target
    begins = {
        "svg": b"<svg", "json": b"{", "html": b"<!", "png": b"\x89PNG", "pdf": b"%PDF",
    }  # fmt: skip
    assert target.read_bytes().lstrip().startswith(begins[ending])


@pytest.mark.parametrize("name", ["fade", "fade.bmp", ".png"])
def test_a_name_without_a_format_is_refused(held: Workspace, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match="does not say in which format"):
        save_chart(held, FADE, {}, tmp_path / name)
    assert not (tmp_path / name).exists()

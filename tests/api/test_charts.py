"""Charts over HTTP: every format, the same numbers, no freeze of the server."""

from __future__ import annotations

import io
import json
import threading
import time

import polars as pl
import pytest
from starlette.testclient import TestClient

from api.conftest import HOSTILE
from voltlake.charts.declare import names

CHARTS = "/api/v1/charts"
OF_A1 = {"cells": "A1"}
BEGINS = {
    "png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF", "html": b"<!doctype html>", "json": b"{",
    "vg": b"{", "data": b"{", "parquet": b"PAR1", "arrow": b"\xff\xff\xff\xff",
}  # fmt: skip


def test_the_list_describes_the_parameters(client: TestClient) -> None:
    charts = {chart["name"]: chart for chart in client.get(CHARTS).json()}
    assert set(charts) == set(names())
    properties = charts["capacity-vs-cycle"]["parameters"]["properties"]
    assert "coulombic_efficiency" in properties["y"]["enum"]
    assert properties["normalise"]["enum"] == ["none", "first"]


@pytest.mark.parametrize("file_format", BEGINS)
@pytest.mark.parametrize("name", names())
def test_every_chart_in_every_format(client: TestClient, name: str, file_format: str) -> None:
    answer = client.get(f"{CHARTS}/{name}.{file_format}", params=OF_A1)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(BEGINS[file_format])


def test_lines_table_and_chart_hold_the_same_numbers(client: TestClient) -> None:
    query = {"cells": "A1", "y": "discharge_capacity_ah", "normalise": "first"}
    lines = client.get(f"{CHARTS}/capacity-vs-cycle.data", params=query).json()
    table = pl.read_csv(
        io.BytesIO(client.get(f"{CHARTS}/capacity-vs-cycle.csv", params=query).content)
    )
    drawn = client.get(f"{CHARTS}/capacity-vs-cycle.json", params=query).json()
    values = lines["series"]["A1"]["y"]
    assert values[0] == 100.0
    assert table[lines["y"]].to_list() == values
    assert [row[lines["y"]] for row in drawn["datasets"]["table"]] == values
    assert lines["series"]["A1"]["x"] == [1, 2, 3]


def test_lines_of_one_direction_are_named_by_cycle(client: TestClient) -> None:
    query = {"cells": "A1", "cycles": "1,3", "direction": "discharge"}
    lines = client.get(f"{CHARTS}/capacity-vs-voltage.data", params=query).json()
    assert list(lines["series"]) == ["1", "3"]
    both = client.get(f"{CHARTS}/capacity-vs-voltage.data", params={"cells": "A1", "cycles": "1"})
    assert list(both.json()["series"]) == ["1 charge", "1 discharge"]


def test_a_missing_temperature_is_said(client: TestClient) -> None:
    name = "voltage-current-temperature-vs-time"
    with_it = client.get(f"{CHARTS}/{name}.svg", params={"cells": "A1"}).text
    without = client.get(f"{CHARTS}/{name}.svg", params={"cells": HOSTILE}).text
    assert "not measured" not in with_it
    assert "not measured" in without


def test_hostile_names_stay_text_in_every_picture(client: TestClient) -> None:
    query = {"cells": HOSTILE}
    assert "<b>" not in client.get(f"{CHARTS}/capacity-vs-cycle.svg", params=query).text
    page = client.get(f"{CHARTS}/capacity-vs-cycle.html", params=query)
    assert "<b>" not in page.text[: page.text.index("<script>")]
    assert page.headers["content-disposition"].startswith("attachment")


def test_themes_differ(client: TestClient) -> None:
    light, dark = (
        client.get(f"{CHARTS}/capacity-vs-cycle.json", params=OF_A1 | {"theme": theme}).json()
        for theme in ("light", "dark")
    )
    assert light["config"]["background"] != dark["config"]["background"]
    assert light["encoding"]["y"] == dark["encoding"]["y"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("capacity-vs-cycles.svg?cells=A1", 404, "Did you mean 'capacity-vs-cycle'"),
        ("capacity-vs-cycle.exe?cells=A1", 404, "png, svg, pdf"),
        ("capacity-vs-cycle.svg?cells=A11", 404, "Did you mean 'A1'"),
        ("capacity-vs-cycle.svg?cells=A1&y=__class__", 422, "no cycle metric"),
        ("capacity-vs-cycle.svg?cells=A1&normalize=first", 422, "Did you mean 'normalise'"),
        ("capacity-vs-cycle.svg?cells=A1&theme=sepia", 422, "light"),
        ("capacity-vs-voltage.svg?cells=A1&cycles=one", 422, "whole number"),
        ("capacity-vs-voltage.svg", 422, "cell or a test"),
        ("capacity-vs-voltage.svg?test=99999", 404, "no test 99999"),
        ("capacity-vs-cycle.svg?cells=" + ",".join(map(str, range(60))), 422, "too many"),
        ("..%2F..%2Fcatalogue.sqlite3?cells=A1", 404, ""),
        ("capacity-vs-cycle.svg?cells=" + "x" * 20_000, 422, "10000"),
    ],
)
def test_mistakes_and_attacks_become_problems(
    client: TestClient, path: str, status: int, words: str
) -> None:
    answer = client.get(f"{CHARTS}/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in f"{answer.json()['detail']} {answer.json()['remedy']}"


def test_a_picture_does_not_hold_up_other_answers(client: TestClient) -> None:
    query = OF_A1 | {"steps": "true"}
    address = f"{CHARTS}/voltage-current-temperature-vs-time.png"
    client.get(address, params=query)
    took: list[float] = []

    def draw() -> None:
        for _ in range(5):
            began = time.perf_counter()
            client.get(address, params=query)
            took.append(time.perf_counter() - began)

    pictures = threading.Thread(target=draw)
    pictures.start()
    answers = []
    while pictures.is_alive():
        began = time.perf_counter()
        assert client.get("/metrics").status_code == 200
        answers.append(time.perf_counter() - began)
    assert len(answers) > 5
    # Were the picture drawn in this process, some answer would wait for all of it.
    assert sorted(answers)[len(answers) // 2] < 0.3 * max(took), (answers, took)


def test_page_charts_take_their_data_from_a_table(client: TestClient) -> None:
    compiled = client.get(f"{CHARTS}/capacity-vs-cycle.vg", params=OF_A1).json()
    assert "table" in {data["name"] for data in compiled["data"]}
    assert "A1" not in json.dumps(compiled)

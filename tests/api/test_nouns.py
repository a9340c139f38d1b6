"""Each noun of the API, asked over HTTP of a real lake."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient

from api.conftest import HOSTILE, ROWS_PER_HALF
from voltlake.canonical.columns import REQUIRED

V1 = "/api/v1"


class TestLists:
    def test_projects(self, client: TestClient) -> None:
        page = client.get(f"{V1}/projects").json()
        assert page["total"] == 1
        assert page["items"][0]["project_name"] == "default"
        assert page["items"][0]["cells"] == 2

    def test_pages_put_together_are_the_list(self, client: TestClient) -> None:
        whole = client.get(f"{V1}/cells").json()
        parts = [
            client.get(f"{V1}/cells", params={"limit": 1, "offset": offset}).json()
            for offset in (0, 1, 2)
        ]
        assert [part["items"] for part in parts] == [[whole["items"][0]], [whole["items"][1]], []]
        assert {part["total"] for part in parts} == {2}

    def test_cells_are_sorted_filtered_and_searched(self, client: TestClient) -> None:
        def names(**query: object) -> list[str]:
            answer = client.get(f"{V1}/cells", params=query)  # type: ignore[arg-type]
            return [cell["cell_name"] for cell in answer.json()["items"]]

        assert names(sort="cycles") == [HOSTILE, "A1"]
        assert names(sort="-cycles") == ["A1", HOSTILE]
        assert names(text="a1") == ["A1"]
        assert names(project_name="default", text="<b>") == [HOSTILE]
        assert names(chemistry="LFP") == []

    def test_a_cell_by_its_name_whatever_it_is(self, client: TestClient) -> None:
        cell = client.get(f"{V1}/cells/%3D2%2B3%20%3Cb%3E").json()
        assert cell["cell_name"] == HOSTILE
        assert cell["cycles"] == 2

    def test_tests_of_some_cells(self, client: TestClient, test_id: int) -> None:
        page = client.get(f"{V1}/tests", params={"cells": "A1"}).json()
        assert page["total"] == 1
        assert client.get(f"{V1}/tests").json()["total"] == 2
        test = client.get(f"{V1}/tests/{test_id}").json()
        assert test["cell_name"] == "A1"
        assert test["rows"] == 6 * ROWS_PER_HALF

    def test_findings_are_filtered(self, client: TestClient, test_id: int) -> None:
        everything = client.get(f"{V1}/findings", params={"limit": 1000}).json()["items"]
        assert everything, "a file without a clock must raise at least one doubt"
        severity = everything[0]["severity"]
        some = client.get(
            f"{V1}/findings", params={"severity": severity, "test": test_id, "cells": "A1"}
        ).json()["items"]
        assert {finding["severity"] for finding in some} <= {severity}

    def test_files_tell_what_became_of_them(self, client: TestClient) -> None:
        stored = client.get(f"{V1}/files", params={"state": "stored"}).json()
        assert {file["name"] for file in stored["items"]} == {"A1.csv", f"{HOSTILE}.csv"}
        assert client.get(f"{V1}/files", params={"state": "failed"}).json()["total"] == 0

    def test_a_certificate_has_verdicts(self, client: TestClient, test_id: int) -> None:
        answer = client.get(f"{V1}/tests/{test_id}/certificate").json()
        verdicts = {entry["verdict"] for entry in answer["entries"]}
        assert verdicts <= {"verified", "assumed", "contradicted", "unknown"}
        assert {"reader", "rows"} <= {entry["subject"] for entry in answer["entries"]}


class TestTables:
    def test_steps_column_by_column(self, client: TestClient, test_id: int) -> None:
        steps = client.get(f"{V1}/tests/{test_id}/steps").json()
        assert steps["rows"] == 6
        assert steps["columns"]["step_type"] == ["charge", "discharge"] * 3

    def test_chosen_columns_of_cycles(self, client: TestClient) -> None:
        wanted = {"cells": "A1", "columns": "cycle_index,discharge_capacity_ah"}
        columns = client.get(f"{V1}/cycles", params=wanted).json()["columns"]
        assert columns["cycle_index"] == [1, 2, 3]
        assert columns["discharge_capacity_ah"] == pytest.approx([1.0] * 3, rel=0.02)
        assert "charge_capacity_ah" not in columns

    def test_unknown_numbers_are_null_and_never_nan(self, client: TestClient) -> None:
        text = client.get(f"{V1}/cycles", params={"cells": "A1"}).text
        temperatures = json.loads(text, parse_constant=pytest.fail)["columns"]
        assert temperatures["dc_internal_resistance_ohm"] is not None
        assert "null" in text

    @pytest.mark.parametrize("file_format", ["csv", "parquet", "arrow"])
    def test_the_same_table_in_every_format(
        self, client: TestClient, test_id: int, file_format: str
    ) -> None:
        answer = client.get(f"{V1}/tests/{test_id}/samples.{file_format}")
        read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "arrow": pl.read_ipc_stream}
        table = read[file_format](io.BytesIO(answer.content))
        assert table.height == 6 * ROWS_PER_HALF
        assert set(REQUIRED) <= set(table.columns)
        assert table["voltage_volt"].cast(pl.Float64).sum() == pytest.approx(3 * (349.5 + 350.5))
        assert answer.headers["content-disposition"].endswith(f'samples.{file_format}"')

    def test_texts_that_a_spreadsheet_would_run_are_made_harmless(self, client: TestClient) -> None:
        answer = client.get(f"{V1}/cycles", params={"cells": HOSTILE, "format": "csv"})
        assert set(pl.read_csv(io.BytesIO(answer.content))["cell_name"]) == {f"'{HOSTILE}"}

    def test_rows_as_json_are_a_slice(self, client: TestClient, test_id: int) -> None:
        wanted = {"columns": "current_ampere,voltage_volt", "first_row": 99, "row_count": 2}
        part = client.get(f"{V1}/tests/{test_id}/samples", params=wanted).json()
        assert part["columns"]["current_ampere"] == [1.0, -1.0]
        assert part["columns"]["voltage_volt"] == pytest.approx([3.99, 4.0])
        assert (part["rows"], part["offset"], part["total"]) == (2, 99, 600)

    def test_rows_of_one_cycle(self, client: TestClient, test_id: int) -> None:
        wanted = {"columns": "cycle_index", "cycle": 2}
        part = client.get(f"{V1}/tests/{test_id}/samples", params=wanted).json()
        assert set(part["columns"]["cycle_index"]) == {2}
        assert part["rows"] == 2 * ROWS_PER_HALF
        file = client.get(f"{V1}/tests/{test_id}/samples.csv", params=wanted)
        assert len(file.text.splitlines()) == 1 + 2 * ROWS_PER_HALF

    def test_part_of_a_test_as_a_file(self, client: TestClient, test_id: int) -> None:
        wanted = {"first_row": 10, "row_count": 5, "columns": "test_time_second"}
        lines = client.get(f"{V1}/tests/{test_id}/samples.csv", params=wanted).text.splitlines()
        assert [float(line) for line in lines[1:]] == [360.0, 396.0, 432.0, 468.0, 504.0]
        beyond = client.get(f"{V1}/tests/{test_id}/samples.csv", params={"first_row": 10_000})
        assert len(beyond.text.splitlines()) == 1


def _window(content: bytes) -> tuple[dict[str, object], dict[str, tuple[np.ndarray, np.ndarray]]]:
    length = struct.unpack_from("<q", content)[0]
    assert length % 8 == 0
    head = json.loads(content[8 : 8 + length])
    place, arrays = 8 + length, []
    for kind, size in (("<f8", 8), ("<f4", 4)):
        for _, count in head["series"]:
            arrays.append(np.frombuffer(content, kind, count, place))
            place += size * count
    assert place == len(content)
    names = [name for name, _ in head["series"]]
    half = len(names)
    return head, {name: (arrays[i], arrays[half + i]) for i, name in enumerate(names)}


class TestWindow:
    def test_the_extremes_are_kept_exactly(self, client: TestClient, test_id: int) -> None:
        answer = client.get(f"{V1}/tests/{test_id}/window", params={"points": 50})
        head, series = _window(answer.content)
        times, volts = series["voltage_volt"]
        assert volts.min() == np.float32(3.0)
        assert volts.max() == np.float32(4.0)
        assert np.all(np.diff(times) >= 0)
        assert len(times) <= 200
        assert head["start_second"] == 0.0

    def test_a_zoom_gives_the_rows_of_the_span(self, client: TestClient, test_id: int) -> None:
        span = {"start_second": 360, "end_second": 720, "columns": "current_ampere"}
        head, series = _window(client.get(f"{V1}/tests/{test_id}/window", params=span).content)
        times, _ = series["current_ampere"]
        assert head["source"] == "rows"
        assert {360.0, 720.0} <= set(times)
        assert times.min() >= 360 - 36
        assert times.max() <= 720 + 36

    def test_a_column_that_the_test_lacks_is_left_out(self, client: TestClient) -> None:
        tests = client.get(f"{V1}/tests", params={"cells": HOSTILE}).json()["items"]
        wanted = {"columns": "voltage_volt,surface_temperature_celsius"}
        answer = client.get(f"{V1}/tests/{tests[0]['test_id']}/window", params=wanted)
        assert list(_window(answer.content)[1]) == ["voltage_volt"]

"""Pages, parts, deep links and hostile queries, over a made lake and without a browser."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import polars as pl
import pytest

from support.lakes import ODD_NAME
from voltlake.dashboard.pages import cell
from voltlake.services import explore, series


def cells_listed(html: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'aria-label="Select ([^"]*)"', html)][1:]


def cells_checked(html: str) -> set[str]:
    boxes = re.findall(r'aria-label="Select ([^"]*)" checked', html)
    return {unescape(name) for name in boxes}


def test_id_of(workspace, cell_name: str) -> int:
    return explore.tests(workspace, cell_names=[cell_name])["test_id"][0]


test_id_of.__test__ = False  # a question, not a test


@pytest.mark.parametrize("path", ["/", "/files", "/cells/LFP_1"])
def test_pages_allow_no_inline_script_and_no_other_host(client, path):
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"https?://", answer.text)
    assert not re.search(r"<script(?![^>]*\bsrc=)| on[a-z]+=| style=", answer.text)


def test_cells_lists_all_and_draws_the_first(client):
    html = client.get("/").text
    assert cells_listed(html) == [ODD_NAME, "LFP_1", "LFP_2", "NMC_1"]
    assert cells_checked(html) == {ODD_NAME, "LFP_1", "LFP_2", "NMC_1"}
    assert "4 cells" in html


def test_a_deep_link_restores_selection_quantity_and_order(client):
    html = client.get(
        "/?cell=NMC_1&cell=LFP_1&y=coulombic_efficiency&normalise=first&sort=-cycles"
    ).text
    assert cells_checked(html) == {"NMC_1", "LFP_1"}
    assert cells_listed(html) == ["LFP_2", "NMC_1", "LFP_1", ODD_NAME]
    assert 'aria-sort="descending"' in html
    assert "cells=NMC_1%2CLFP_1&amp;y=coulombic_efficiency&amp;normalise=first" in html
    assert 'y-label="Coulombic efficiency (% of first cycle)"' in html


def test_the_downloads_are_of_what_is_shown(client):
    html = client.get("/?cell=LFP_2").text
    for file_format in ("png", "svg", "pdf", "csv", "json"):
        assert f"capacity-vs-cycle.{file_format}?cells=LFP_2&amp;y=" in html


def test_filter_and_search_give_the_table_alone(client):
    by_project = client.get("/parts/cells?project=odd&cell=").text
    assert cells_listed(by_project) == [ODD_NAME]
    assert "<html" not in by_project
    assert "1 of 4 cells" in by_project
    assert cells_listed(client.get("/parts/cells?text=lfp_").text) == ["LFP_1", "LFP_2"]


def test_only_filters_that_can_separate_cells_are_offered(client):
    html = client.get("/").text
    assert 'name="project" value="ageing"' in html
    assert 'name="chemistry"' not in html  # no cell of this lake names its chemistry


def test_no_match_and_missing_cells_are_said(client):
    assert "No cell matches" in client.get("/?text=nothing_like_it").text
    assert "Not in this lake: gone" in client.get("/?cell=gone&cell=LFP_1").text


@pytest.mark.parametrize(
    "query",
    [
        "y=__class__&sort=x;drop", "cell=<script>alert(1)</script>", "text=%00%ff'\"<script>",
        "rows=99999999999999999999", "project=<script>", "normalise[]=first", "cell=" + "x" * 5000,
    ],
)  # fmt: skip
def test_hostile_queries_are_harmless(client, query):
    answer = client.get(f"/?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_name_of_odd_characters_has_a_page(client):
    html = client.get("/").text
    assert f'href="/cells/{quote(ODD_NAME, safe="")}"' in html
    page = client.get(f"/cells/{quote(ODD_NAME, safe='')}")
    assert page.status_code == 200
    assert "<h1>A/1 &lt;b&gt;&amp;50%</h1>" in page.text


def test_cell_page_shows_numbers_certificate_and_findings(client, workspace):
    html = client.get("/cells/LFP_1").text
    test_id = test_id_of(workspace, "LFP_1")
    newest = explore.cell(workspace, "LFP_1")["last_discharge_capacity_ah"]
    assert "<dd>12</dd>" in html
    assert f"<dd>{newest:.3f} Ah</dd>" in html
    certificate = explore.certificate(workspace, test_id).entries
    assert html.count('<th scope="row">') == len(certificate) > 5
    for finding in explore.findings(workspace, test_ids=[test_id])["code"]:
        assert f"<code>{finding}</code>" in html
    assert f"/tests/{test_id}/series" in html
    assert f"/api/v1/tests/{test_id}/samples.csv" in html
    assert "cycles=1%2C3%2C5%2C8%2C10%2C12" in html  # six cycles, evenly apart


def test_cell_page_deep_link_chooses_cycles(client):
    html = client.get("/cells/LFP_1?cycles=2-4,9&y=energy_efficiency").text
    assert "cycles=2%2C3%2C4%2C9" in html
    assert "y=energy_efficiency" in html


def test_evidence_of_one_test_as_a_part(client, workspace):
    html = client.get(f"/parts/tests/{test_id_of(workspace, 'NMC_1')}/evidence").text
    assert "<html" not in html
    assert "Certificate" in html
    assert re.search(r'class="verdict (verified|assumed)"', html)


def test_series_page_names_what_was_and_was_not_measured(client, workspace):
    html = client.get(f"/tests/{test_id_of(workspace, 'LFP_1')}/series").text
    assert "voltage_volt" in html
    assert html.index("voltage_volt") < html.index("current_ampere")
    assert "start-second" not in html
    held = series.samples(workspace, test_id_of(workspace, "LFP_1"), row_count=1).columns
    assert ("not measured in this test" in html) != any("celsius" in name for name in held)


def test_series_deep_link(client, workspace):
    address = f"/tests/{test_id_of(workspace, 'LFP_1')}/series?t0=100&t1=2000.5"
    html = client.get(address).text
    assert 'start-second="100.0" end-second="2000.5"' in html


@pytest.mark.parametrize(("place", "first", "last"), [("cycle 2", 2, 2), ("Cycles 2-4", 2, 4)])
def test_jump_finds_cycles(client, workspace, place, first, last):
    test_id = test_id_of(workspace, "LFP_2")
    cycles = explore.cycles(workspace, ["LFP_2"]).sort("cycle_index")
    start = cycles.row(first - 1, named=True)["test_time_start_second"]
    end_row = cycles.row(last - 1, named=True)
    answer = client.get(f"/parts/tests/{test_id}/extent", params={"of": place}).json()
    assert answer["start_second"] == start
    assert answer["end_second"] == pytest.approx(
        end_row["test_time_start_second"] + end_row["duration_second"]
    )
    page = client.get(f"/tests/{test_id}/series", params={"jump": place}).text
    assert f'start-second="{start}"' in page


def test_jump_finds_steps_and_says_what_there_is(client, workspace):
    test_id = test_id_of(workspace, "LFP_1")
    steps = explore.steps(workspace, test_id)
    number = steps["step_count"][2]
    answer = client.get(f"/parts/tests/{test_id}/extent", params={"of": f"step {number}"})
    assert answer.json()["start_second"] == steps["test_time_start_second"][2]
    beyond = client.get(f"/parts/tests/{test_id}/extent", params={"of": "cycle 999"})
    assert beyond.status_code == 404
    assert beyond.json()["remedy"] == "It has cycles 1 to 12"
    odd = client.get(f"/tests/{test_id}/series", params={"jump": "<script>"})
    assert odd.status_code == 200
    assert "names no cycle and no step" in odd.text
    assert "<script>" not in odd.text


def test_files_gives_reason_and_remedy(client, workspace):
    html = client.get("/files?state=quarantined").text
    file = explore.files(workspace, states=["quarantined"]).row(0, named=True)
    assert "broken.nda" in html
    assert f"<code>{file['error_code']}</code>" in html
    assert file["remedy"][:20] in html
    assert "LFP_1.csv" not in html
    assert "LFP_1.csv" in client.get("/files").text


def test_an_unknown_cell_or_test_is_a_page_with_a_way_back(client):
    for path in ("/cells/LFP_9", "/tests/4711/series", "/parts/tests/4711/evidence"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert 'href="/"' in answer.text
    assert "Did you mean" in client.get("/cells/LFP_9").text


def test_an_empty_lake_teaches(empty_client):
    assert "voltlake ingest FOLDER" in empty_client.get("/").text
    assert "voltlake ingest FOLDER" in empty_client.get("/files").text


def test_a_long_table_is_cut_and_can_be_lengthened(client, workspace, monkeypatch):
    row = explore.cells(workspace).head(1)
    many = pl.concat([row.with_columns(cell_name=pl.lit(f"C{n:03}")) for n in range(502)])
    monkeypatch.setattr(explore, "cells", lambda *_, **__: many)
    html = client.get("/parts/cells").text
    assert len(cells_listed(html)) == 500
    assert "The first 500 of 502 are shown" in html
    assert 'name="rows" value="1000"' in html
    assert len(cells_listed(client.get("/parts/cells?rows=1000").text)) == 502


def test_evidence_of_later_tests_is_fetched_when_opened(client, workspace, monkeypatch):
    monkeypatch.setattr(cell, "_OPEN_TESTS", 0)
    html = client.get("/cells/LFP_1").text
    address = f"/parts/tests/{test_id_of(workspace, 'LFP_1')}/evidence"
    assert f'hx-get="{address}"' in html
    assert 'class="data certificate' not in html


def test_a_test_without_samples_says_so(client, workspace, monkeypatch):
    tests = explore.tests(workspace).with_columns(rows=pl.lit(0), cycles=pl.lit(0))
    monkeypatch.setattr(explore, "tests", lambda *_, **__: tests)
    monkeypatch.setattr(series, "samples", lambda *_, **__: pl.DataFrame())
    page = client.get("/cells/LFP_1").text
    assert "No samples: the file reports cycles only" in page
    assert "No test of this cell has cycles yet" in page
    over_time = client.get(f"/tests/{tests['test_id'][0]}/series").text
    assert "This test holds no samples" in over_time
    assert "<time-series" not in over_time


def test_another_test_of_the_cell_can_be_chosen(client, workspace, monkeypatch):
    tests = explore.tests(workspace, cell_names=["LFP_1", "LFP_2"])
    cycles = explore.cycles(workspace, ["LFP_1", "LFP_2"])
    monkeypatch.setattr(explore, "tests", lambda *_, **__: tests)
    monkeypatch.setattr(explore, "cycles", lambda *_, **__: cycles)
    first, last = tests["test_id"][0], tests["test_id"][-1]
    assert f"test={last}&amp;cycles=1" in client.get("/cells/LFP_1").text
    html = client.get(f"/cells/LFP_1?test={first}").text
    assert f"test={first}&amp;cycles=1%2C3%2C5%2C8%2C10%2C12" in html
    assert f'<option value="{first}" selected>' in html


def test_a_jump_in_a_test_without_steps_says_so(client, workspace, monkeypatch):
    none = explore.steps(workspace, test_id_of(workspace, "LFP_1")).clear()
    monkeypatch.setattr(explore, "steps", lambda *_: none)
    path = f"/parts/tests/{test_id_of(workspace, 'LFP_1')}/extent"
    answer = client.get(path, params={"of": "step 1"})
    assert answer.json()["remedy"] == "It has no steps with a time"


def test_pages_are_compressed_where_the_browser_takes_it(client):
    answer = client.get("/", headers={"accept-encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    assert "Voltlake" in answer.text
    assert "content-encoding" not in client.get("/", headers={"accept-encoding": "gzip"}).headers

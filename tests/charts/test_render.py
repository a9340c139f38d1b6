"""Files from charts, drawn in a child process."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import polars as pl
import pytest

from charts.tables import fading_cells, two_cycles
from voltlake.charts import drawing
from voltlake.charts.declare import find
from voltlake.charts.render import FILE_FORMATS, Renderer, RenderFailed
from voltlake.charts.specification import Specification, for_file, for_page
from voltlake.charts.theme import DARK, LIGHT
from voltlake.errors import NotFound

TABLES = {
    "capacity-vs-cycle": fading_cells(),
    "capacity-vs-voltage": two_cycles(),
    "voltage-current-temperature-vs-time": two_cycles(),
}


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def _drawn(name: str, table: pl.DataFrame | None = None) -> Specification:
    chart = find(name)
    parameters = chart.parse({})
    frame = chart.prepare(TABLES[name] if table is None else table, parameters)
    return for_file(chart, frame, LIGHT, parameters)


def _check_png(content: bytes) -> None:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(content[16:20], "big")
    assert width > 1600  # 860 points at twice the density


def _check_svg(content: bytes) -> None:
    assert ElementTree.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def _check_pdf(content: bytes) -> None:
    assert content.startswith(b"%PDF-")
    assert b"%%EOF" in content[-20:]


class _Loads(HTMLParser):
    """Collects what a page would fetch; the texts of scripts and styles are no elements."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str | None] = []
        self.styles: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        fetching = ("src", "href", "data", "srcset", "action")
        self.addresses += [value for name, value in attrs if name in fetching]

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.styles.append(data)


def _check_html(content: bytes) -> None:
    text = content.decode()
    assert text.startswith("<!doctype html>")
    page = _Loads()
    page.feed(text)
    assert page.addresses == []
    assert not re.search(r"url\(|@import", "".join(page.styles))
    assert "vegaEmbed(" in text
    assert '"url"' not in text[text.index('id="specification"') : text.index("<script>")]


def _check_json(content: bytes) -> None:
    spec = json.loads(content)
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6")


CHECKS = {
    "png": _check_png,
    "svg": _check_svg,
    "pdf": _check_pdf,
    "html": _check_html,
    "json": _check_json,
}


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("name", TABLES)
def test_every_chart_in_every_format(renderer: Renderer, name: str, file_format: str) -> None:
    CHECKS[file_format](renderer.render(_drawn(name), file_format, find(name).title))


def test_all_cells_are_in_the_legend_of_a_picture(renderer: Renderer) -> None:
    svg = renderer.render(_drawn("capacity-vs-cycle", fading_cells(cells=50)), "svg").decode()
    assert all(f">C{cell}<" in svg for cell in range(50))


def test_the_dark_theme_has_a_dark_ground(renderer: Renderer) -> None:
    chart = find("capacity-vs-cycle")
    parameters = chart.parse({})
    drawn = for_file(chart, chart.prepare(fading_cells(), parameters), DARK, parameters)
    assert DARK.background in renderer.render(drawn, "svg").decode()


def test_compiled_charts_are_remembered(renderer: Renderer) -> None:
    chart = find("capacity-vs-cycle")
    parameters = chart.parse({})
    drawn = for_page(chart, chart.prepare(fading_cells(), parameters), LIGHT, parameters)
    first = renderer.compiled(drawn)
    assert json.loads(first)["$schema"].startswith("https://vega.github.io/schema/vega/")
    assert renderer.compiled(drawn) is first


def test_a_hostile_cell_name_stays_text(renderer: Renderer) -> None:
    name = "</script><script>alert(1)</script>"
    table = fading_cells(1).with_columns(cell_name=pl.lit(name))
    html = renderer.render(_drawn("capacity-vs-cycle", table), "html", "<b>title</b>").decode()
    assert name not in html
    assert "<b>title</b>" not in html
    svg = renderer.render(_drawn("capacity-vs-cycle", table), "svg")
    assert "<script>" not in svg.decode()


def test_an_unknown_format_is_refused(renderer: Renderer) -> None:
    with pytest.raises(NotFound, match="no chart format"):
        renderer.render(_drawn("capacity-vs-cycle"), "exe")


def test_pictures_do_not_hold_up_other_threads(renderer: Renderer) -> None:
    """With the library in this process the longest pause is the whole picture."""
    drawn = _drawn("capacity-vs-cycle", fading_cells(cells=40, cycles=400))
    renderer.render(drawn, "png")
    pictures = threading.Thread(target=lambda: renderer.render(drawn, "png"))
    began = time.perf_counter()
    pictures.start()
    longest, last = 0.0, began
    while pictures.is_alive():
        time.sleep(0.002)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert longest < 0.5 * (last - began), (longest, last - began)


def _die(_: str) -> bytes:
    os._exit(7)


def _sleep(_: str) -> bytes:
    time.sleep(30)
    return b""


def test_a_dead_child_fails_one_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with Renderer() as renderer:
        monkeypatch.setitem(drawing.DRAWERS, "png", _die)
        with pytest.raises(RenderFailed, match="ended with code"):
            renderer.render(_drawn("capacity-vs-cycle"), "png")
        _check_svg(renderer.render(_drawn("capacity-vs-cycle"), "svg"))


def test_a_picture_may_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(drawing.DRAWERS, "png", _sleep)
    with Renderer(timeout_second=0.5) as renderer, pytest.raises(RenderFailed, match="longer"):
        renderer.render(_drawn("capacity-vs-cycle"), "png")

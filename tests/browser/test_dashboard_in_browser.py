"""What only a browser can show: clicks that draw, zooms that refine, themes without a flash."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from support.lakes import ODD_NAME
from voltlake.dashboard.pages import cell

PAGES = {
    "cells": ("/", "line-chart"),
    "cell": ("/cells/LFP_1", "line-chart#curves"),
    "odd-cell": (f"/cells/{quote(ODD_NAME, safe='')}", "line-chart"),
    "series": ("/tests/1/series", "time-series"),
    "files": ("/files", None),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_every_page_opens_without_error_and_fits(visit, name, scheme, width):
    path, chart = PAGES[name]
    opened = visit(path, width=width, scheme=scheme)
    if chart:
        opened.drawn(chart)
    opened.keep(f"{name}-{scheme}-{width}")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.evaluate("document.documentElement.dataset.theme") == scheme


def test_a_click_draws_the_cell_fetches_only_it_and_is_in_the_address(visit):
    opened = visit("/?cell=LFP_1")
    opened.drawn("#fade")
    before = len(opened.requests)
    opened.page.get_by_label("Select NMC_1").check()
    opened.until("document.querySelector('#fade').getAttribute('aria-label').includes('2 lines')")
    asked = [url for url in opened.requests[before:] if "/api/" in url]
    assert len(asked) == 1
    assert asked[0].endswith("cells=NMC_1")
    assert opened.page.url.endswith("?cell=LFP_1&cell=NMC_1")
    assert "cells=LFP_1%2CNMC_1" in opened.page.locator("[data-format=png]").get_attribute("href")
    opened.page.reload()
    opened.drawn("#fade")
    assert opened.page.get_by_label("Select NMC_1").is_checked()
    assert opened.page.locator("#selected-count").inner_text() == "2"


def test_a_click_on_the_row_and_on_the_chip_choose_too(visit):
    opened = visit("/?cell=LFP_1")
    opened.page.locator("#row-LFP_2 .cycles").click()
    assert opened.page.get_by_label("Select LFP_2").is_checked()
    opened.page.get_by_role("button", name="Remove LFP_1 from the chart").click()
    assert not opened.page.get_by_label("Select LFP_1").is_checked()
    assert opened.page.url.endswith("?cell=LFP_2")
    opened.page.get_by_role("button", name="Clear", exact=True).click()
    opened.until("document.querySelector('#fade').textContent.includes('Choose cells')")
    assert opened.page.url.endswith("?cell=")


def test_quantity_and_normalisation_redraw(visit):
    opened = visit("/?cell=LFP_1")
    opened.drawn("#fade")
    opened.page.get_by_label("Quantity").select_option("coulombic_efficiency")
    opened.page.get_by_text("% of first cycle").click()
    opened.until(
        "document.querySelector('#fade').getAttribute('aria-label')"
        ".startsWith('Coulombic efficiency (% of first cycle)')"
    )
    assert "y=coulombic_efficiency&normalise=first" in opened.page.url


def test_filter_search_and_order_keep_the_selection(visit):
    opened = visit("/?cell=NMC_1")
    opened.page.get_by_label("Search cells").fill("LFP")
    opened.until("document.querySelectorAll('tbody tr').length === 2")
    assert opened.page.locator("#selected-count").inner_text() == "1"
    opened.page.get_by_role("button", name="Cycles").click()
    opened.page.locator("th.cycles[aria-sort=ascending]").wait_for()
    opened.page.get_by_role("button", name="Cycles").click()
    opened.page.locator("th.cycles[aria-sort=descending]").wait_for()
    assert opened.page.locator("tbody tr").first.get_attribute("id") == "row-LFP_2"
    opened.until("location.search === '?text=LFP&cell=NMC_1&sort=-cycles'"
                 " || location.search === '?text=LFP&sort=-cycles&cell=NMC_1'")  # fmt: skip
    opened.page.get_by_label("Search cells").fill("")
    opened.page.locator("summary", has_text="Project").click()
    opened.page.get_by_label("odd").check()
    opened.until("document.querySelectorAll('tbody tr').length === 1")
    assert "project=odd" in opened.page.url


def test_dragging_refines_and_the_address_reopens_the_window(visit):
    opened = visit("/tests/1/series")
    opened.drawn("time-series")
    whole = opened.page.evaluate("document.querySelector('time-series').range")
    over = opened.page.locator("time-series .u-over").first.bounding_box()
    middle = over["y"] + over["height"] / 2
    before = len(opened.requests)
    opened.page.mouse.move(over["x"] + over["width"] * 0.4, middle)
    opened.page.mouse.down()
    opened.page.mouse.move(over["x"] + over["width"] * 0.45, middle, steps=5)
    opened.page.mouse.up()
    at_once = opened.page.evaluate("document.querySelector('time-series').range")
    assert at_once[1] - at_once[0] < (whole[1] - whole[0]) / 10
    opened.until("location.search.includes('t0=')")
    assert any("start_second=" in url for url in opened.requests[before:])
    opened.page.locator("#series-source", has_text="Every recorded row").wait_for()
    opened.page.reload()
    opened.drawn("time-series")
    again = opened.page.evaluate("document.querySelector('time-series').range")
    assert again == pytest.approx(at_once, abs=0.01)
    opened.page.locator("time-series").press("0")
    opened.until("!location.search.includes('t0=')")
    reset = opened.page.evaluate("document.querySelector('time-series').range")
    assert reset == pytest.approx(whole)


def test_wheel_and_keys_zoom(visit):
    opened = visit("/tests/1/series")
    opened.drawn("time-series")
    width = "(([a, b]) => b - a)(document.querySelector('time-series').range)"
    whole = opened.page.evaluate(width)
    opened.page.locator("time-series .u-over").first.hover()
    opened.page.mouse.wheel(0, -100)
    opened.until(f"{width} < {0.81 * whole}")
    opened.page.locator("time-series").press("+")
    opened.until(f"{width} < {0.41 * whole}")
    opened.until("location.search.includes('t0=')")


def test_the_jump_box_goes_to_a_cycle_and_says_what_there_is(visit):
    opened = visit("/tests/1/series")
    opened.drawn("time-series")
    opened.page.get_by_label("Go to").fill("cycle 2")
    opened.page.get_by_role("button", name="Go", exact=True).click()
    opened.until("location.search.includes('t0=')")
    opened.page.get_by_label("Go to").fill("cycle 999")
    opened.page.get_by_role("button", name="Go", exact=True).click()
    opened.page.locator("#jump-trouble", has_text="It has cycles 1 to").wait_for()
    assert all("404" in error for error in opened.errors)
    opened.errors.clear()  # Chromium reports the refused answer; the page has said it in words


def test_chosen_cycles_are_drawn(visit):
    opened = visit("/cells/LFP_1?cycles=1")
    opened.drawn("#curves")
    opened.page.get_by_role("textbox", name="Cycles").fill("2, 4-5")
    opened.page.get_by_role("textbox", name="Cycles").press("Enter")
    opened.until("document.querySelectorAll('#curve-key span').length === 3")
    opened.until("document.querySelector('#curves').getAttribute('aria-label').includes('6 lines')")
    assert "cycles=2%2C+4-5" in opened.page.url


def test_evidence_of_a_later_test_comes_when_opened(visit, monkeypatch):
    monkeypatch.setattr(cell, "_OPEN_TESTS", 0)
    opened = visit("/cells/LFP_1")
    opened.page.locator(".evidence-later summary").first.click()
    opened.page.locator(".later .verdict.verified").first.wait_for()


def test_the_theme_is_kept_and_follows_the_system_again(visit):
    opened = visit("/", scheme="light")
    theme = "document.documentElement.dataset.theme"
    opened.page.get_by_role("button", name="Dark theme").click()
    assert opened.page.evaluate(theme) == "dark"
    opened.page.reload()
    assert opened.page.evaluate(theme) == "dark"
    pressed = opened.page.locator("[data-theme-choice][aria-pressed=true]")
    assert pressed.get_attribute("data-theme-choice") == "dark"
    opened.page.get_by_role("button", name="Automatic theme").click()
    assert opened.page.evaluate(theme) == "light"
    opened.drawn("#fade")


def test_the_keyboard_alone_chooses_a_cell(visit):
    opened = visit("/?cell=")
    opened.page.get_by_label("Select LFP_1").focus()
    opened.page.keyboard.press("Space")
    opened.drawn("#fade")
    assert opened.page.url.endswith("?cell=LFP_1")

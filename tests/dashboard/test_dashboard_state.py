"""An address is the whole state: what is allowed survives the round trip, nothing else enters."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from voltlake.dashboard.state import (
    MAX_SELECTED,
    CellsState,
    CellState,
    FilesState,
    SeriesState,
    parse_cycles,
)

ANY_QUERY = st.lists(
    st.tuples(
        st.sampled_from(
            ["cell", "y", "normalise", "text", "sort", "resort", "rows", "project", "chemistry",
             "state", "t0", "t1", "jump", "cycles", "test"]
        ),
        st.text(max_size=30),
    ),
    max_size=12,
)  # fmt: skip


def queried(address: str) -> QueryParams:
    return QueryParams(urlsplit(address).query)


@given(ANY_QUERY)
def test_any_query_gives_a_state_whose_address_gives_it_again(pairs):
    query = QueryParams(pairs)
    cells = CellsState.parse(query)
    assert CellsState.parse(queried(cells.url())) == cells
    files = FilesState.parse(query)
    assert FilesState.parse(queried(files.url())) == files
    CellState.parse(query)
    series = SeriesState.parse(query)
    assert (series.start_second is None) == (series.end_second is None)


def test_the_default_state_has_the_shortest_address():
    assert CellsState().url() == "/"
    assert FilesState().url() == "/files"


def test_a_longer_table_stays_long():
    assert FilesState.parse(QueryParams("rows=1000")).url() == "/files?rows=1000"
    assert CellsState.parse(QueryParams("rows=1000")).url() == "/?rows=1000"


def test_none_selected_differs_from_nothing_said():
    assert CellsState.parse(QueryParams("")).selected is None
    assert CellsState.parse(QueryParams("cell=")).selected == ()
    assert CellsState(selected=()).url() == "/?cell="


def test_selection_keeps_its_order_drops_repetitions_and_ends_at_the_limit():
    query = QueryParams([("cell", name) for name in ("b", "a", "b")])
    assert CellsState.parse(query).selected == ("b", "a")
    many = QueryParams([("cell", f"c{n}") for n in range(80)])
    assert len(CellsState.parse(many).selected) == MAX_SELECTED


def test_a_pressed_column_head_wins_over_the_order_in_force():
    state = CellsState.parse(QueryParams("sort=cell_name&resort=-cycles"))
    assert (state.sort_column, state.descending) == ("cycles", True)


@pytest.mark.parametrize(
    "query", ["y=__class__", "sort=x;drop table", "normalise=last", "rows=-1", "rows=" + "9" * 40]
)
def test_what_is_not_allowed_becomes_the_default(query):
    assert CellsState.parse(QueryParams(query)) == CellsState()


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("1,10,100-103", (1, 10, 100, 101, 102, 103)),
        (" 3 ; 1, 3 ", (3, 1)),
        ("9-7", ()),
        ("-5", ()),
        ("x,2", (2,)),
        ("1-1000000", tuple(range(1, 21))),
        ("", ()),
    ],
)
def test_lists_of_cycles(text, cycles):
    assert parse_cycles(text) == cycles


@pytest.mark.parametrize("query", ["t0=5&t1=5", "t0=9&t1=1", "t0=nan&t1=5", "t0=1", "t0=1&t1=inf"])
def test_half_or_empty_windows_are_the_whole_test(query):
    assert SeriesState.parse(QueryParams(query)) == SeriesState()


def test_a_window_is_read_as_written():
    assert SeriesState.parse(QueryParams("t0=1.5&t1=2e3")) == SeriesState(1.5, 2000.0)

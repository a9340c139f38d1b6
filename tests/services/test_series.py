"""Samples out of a lake: the same rows, whichever way they are asked for."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from support.lakes import ODD_NAME
from voltlake.errors import InvalidRequest, NotFound
from voltlake.services import explore, series
from voltlake.services.workspace import Workspace

TEST = 1


@pytest.fixture(scope="module")
def whole(held: Workspace) -> pl.DataFrame:
    return series.samples(held, TEST)


def test_samples_of_cycles_are_those_of_all_samples(held: Workspace, whole: pl.DataFrame) -> None:
    cycles = [1, 3, 4]
    asked = series.samples(held, TEST, cycles=cycles)
    assert asked.equals(whole.filter(pl.col("cycle_index").is_in(cycles)))
    assert asked.height > 0
    narrow = series.samples(held, TEST, cycles=cycles, columns=["voltage_volt"])
    assert narrow.equals(asked.select("voltage_volt"))


def test_unknown_cycles_have_no_rows(held: Workspace, whole: pl.DataFrame) -> None:
    for cycles in ([], [10_000], [10**30]):
        none = series.samples(held, TEST, cycles=cycles)
        assert none.height == 0
        assert none.columns == whole.columns


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [
        (None, 5, (0, 5)),
        (10, 5, (10, 5)),
        (10, None, (10, None)),
        (0, 0, (0, 0)),
        (10**9, 5, (0, 0)),
    ],
)
def test_slices(
    held: Workspace,
    whole: pl.DataFrame,
    first: int | None,
    count: int | None,
    expected: tuple[int, int | None],
) -> None:
    cut = series.samples(held, TEST, first_row=first, row_count=count)
    assert cut.equals(whole.slice(*expected))


def test_columns_that_the_test_lacks_are_left_out_and_unknown_ones_refused(
    held: Workspace,
) -> None:
    chosen = ["current_ampere", "ambient_pressure_pa", "voltage_volt"]
    assert series.samples(held, TEST, columns=chosen, row_count=1).columns == [
        "current_ampere",
        "voltage_volt",
    ]
    with pytest.raises(NotFound):
        series.samples(held, TEST, columns=["volts"])


@pytest.mark.parametrize("number", [0, 99, 10**30])
def test_a_test_that_is_not_there(held: Workspace, number: int) -> None:
    for ask in (series.samples, series.samples_file):
        with pytest.raises(NotFound, match="there is no test"):
            ask(held, number)


def test_samples_of_a_cell_carry_their_test(held: Workspace, whole: pl.DataFrame) -> None:
    name = explore.test(held, TEST)["cell_name"]
    table = series.samples_of_cell(held, name, columns=["voltage_volt"])
    assert table.columns == ["test_id", "voltage_volt"]
    assert table["test_id"].to_list() == [TEST] * whole.height
    assert (
        series.samples_of_cell(held, name, cycles=[2])
        .drop("test_id")
        .equals(whole.filter(pl.col("cycle_index") == 2))
    )
    with pytest.raises(NotFound):
        series.samples_of_cell(held, "nobody")


def test_raw_files_are_kept_whole(held: Workspace) -> None:
    files = explore.files(held, states=["stored"])
    for sha256, size in files.select("sha256", "size").iter_rows():
        assert series.raw_file(held, sha256).stat().st_size == size
    broken = explore.files(held, states=["quarantined"])["sha256"][0]
    for unknown in ("0" * 64, "..", "", broken):
        with pytest.raises(NotFound):
            series.raw_file(held, unknown)


def test_cycle_numbers(held: Workspace, whole: pl.DataFrame) -> None:
    assert series.cycle_numbers(held, TEST) == whole["cycle_index"].unique().sort().to_list()


@pytest.mark.parametrize("span", [(None, None), (3600.0, 7200.0), (0.0, 1e9), (None, 5000.0)])
def test_a_window_shows_every_extreme(
    held: Workspace, whole: pl.DataFrame, span: tuple[float | None, float | None]
) -> None:
    """The lowest and the highest value of the span are among the shown ones, to the bit."""
    shown = series.window(
        held, TEST, columns=["voltage_volt", "current_ampere"],
        start_second=span[0], end_second=span[1], points=200,
    )  # fmt: skip
    inside = whole.filter(
        pl.col("test_time_second").is_between(shown.start_second, shown.end_second)
    )
    assert inside.height > 20
    for name in ("voltage_volt", "current_ampere"):
        time, value = shown.series[name]
        assert np.all(np.diff(time) >= 0)
        assert len(value) < 3 * 200
        assert np.nanmin(value) <= inside[name].min()  # type: ignore[operator]
        assert np.nanmax(value) >= inside[name].max()  # type: ignore[operator]


def test_a_narrow_window_shows_the_rows_themselves(held: Workspace, whole: pl.DataFrame) -> None:
    shown = series.window(
        held, TEST, columns=["voltage_volt"], start_second=1000, end_second=2000, points=2000
    )
    time, value = shown.series["voltage_volt"]
    rows = whole.filter(pl.col("test_time_second").is_between(1000, 2000))
    assert shown.source == "rows"
    assert set(zip(rows["test_time_second"], rows["voltage_volt"], strict=True)) <= set(
        zip(time.tolist(), value.tolist(), strict=True)
    )


@pytest.mark.parametrize("span", [(10.0, 10.0), (20.0, 10.0), (float("nan"), 10.0)])
def test_a_window_must_begin_before_it_ends(held: Workspace, span: tuple[float, float]) -> None:
    with pytest.raises(InvalidRequest, match="ends before it begins"):
        series.window(
            held, TEST, columns=["voltage_volt"], start_second=span[0], end_second=span[1]
        )


def test_a_window_beyond_the_end_is_empty(held: Workspace) -> None:
    shown = series.window(held, TEST, columns=["voltage_volt"], start_second=1e12)
    assert len(shown.series.get("voltage_volt", ([], []))[0]) == 0


def test_an_odd_name_is_as_good_as_any(held: Workspace) -> None:
    assert series.samples_of_cell(held, ODD_NAME, columns=["voltage_volt"]).height > 0

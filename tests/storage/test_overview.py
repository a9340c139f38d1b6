"""A window drawn from the overview has the envelope of the samples, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from voltlake.canonical.streams import TableStream
from voltlake.storage import overview
from voltlake.storage.overview import envelope, window, write_overview
from voltlake.storage.parquet import read_table, write_table

DRAWN = ["voltage_volt", "current_ampere"]


def cycling(rows: int, seed: int = 3) -> pl.DataFrame:
    """Fast sampling with long, sparse rests, lone spikes and gaps in a channel."""
    random = np.random.default_rng(seed)
    row = np.arange(rows)
    step_second = np.where(row % 40_000 > 39_000, 600.0, random.choice([0.1, 1.0, 2.0], rows))
    voltage = np.round(3.6 + 0.4 * np.sin(row / 911) + random.normal(0, 1e-3, rows), 4)
    voltage[random.integers(0, rows, 40)] += 0.5
    return pl.DataFrame(
        {
            "test_time_second": np.round(np.cumsum(step_second), 1),
            "voltage_volt": voltage,
            "current_ampere": np.round(np.sign(np.sin(row / 911)), 3),
            "ambient_temperature_celsius": pl.Series([None] * rows, dtype=pl.Float64),
        }
    )


def store(frame: pl.DataFrame, folder: Path) -> tuple[Path, Path]:
    samples, summary = folder / "samples.parquet", folder / "overview.parquet"
    stream = TableStream.of(frame)
    write_table(stream, samples)
    write_overview(stream, summary)
    return samples, summary


@pytest.fixture(scope="module")
def long_test(tmp_path_factory: pytest.TempPathFactory):
    frame = cycling(400_123)
    return frame, *store(frame, tmp_path_factory.mktemp("long"))


def envelope_of_all(frame: pl.DataFrame, column: str, edges: np.ndarray) -> dict[int, tuple]:
    """The plain way: every row goes to its pixel column; smallest and largest of each."""
    time = frame["test_time_second"].to_numpy()
    pixel = np.searchsorted(edges, time, side="right") - 1
    pixel[time == edges[-1]] = edges.size - 2
    inside = (pixel >= 0) & (pixel < edges.size - 1)
    rows = pl.DataFrame({"pixel": pixel[inside], "value": frame[column].to_numpy()[inside]})
    found = rows.group_by("pixel").agg(pl.col("value").min(), pl.col("value").max().alias("high"))
    return {pixel: (low, high) for pixel, low, high in found.iter_rows()}


WINDOWS = [(0.0, 1.0, 2000), (0.0, 1.0, 300), (0.11, 0.93, 777), (0.3, 0.9, 50), (-1.0, 2.0, 400)]


@pytest.mark.parametrize(("start", "end", "points"), WINDOWS)
def test_the_envelope_has_no_error(long_test, start: float, end: float, points: int) -> None:
    frame, samples, summary = long_test
    last = frame["test_time_second"][-1]
    drawn = envelope(samples, summary, DRAWN, start * last, end * last, points)
    assert drawn.from_overview
    ideal = np.linspace(start * last, end * last, points // 2 + 1)
    pixel = ideal[1] - ideal[0]
    assert np.abs(drawn.edges_second - ideal).max() <= 0.25 * pixel
    for column in DRAWN:
        time, value = drawn.lines[column]
        assert np.all(np.diff(time) >= 0)
        assert time.size <= points
        line = pl.DataFrame({"test_time_second": time, column: value})
        wanted = envelope_of_all(frame, column, drawn.edges_second)
        assert envelope_of_all(line, column, drawn.edges_second) == wanted
        assert len(wanted) > 20


def test_every_drawn_point_was_measured(long_test) -> None:
    frame, samples, summary = long_test
    time, value = window(samples, summary, ["voltage_volt"], 0, 1e9, 500)["voltage_volt"]
    drawn = pl.DataFrame({"test_time_second": time, "voltage_volt": value})
    measured = frame.select("test_time_second", "voltage_volt")
    assert drawn.join(measured, on=measured.columns, how="anti").is_empty()


def test_a_narrow_window_shows_the_samples(long_test) -> None:
    frame, samples, summary = long_test
    start, end = frame["test_time_second"][1000], frame["test_time_second"][1100]
    drawn = envelope(samples, summary, DRAWN, start, end, 100_000)
    assert not drawn.from_overview
    inside = frame.filter(pl.col("test_time_second").is_between(start, end))
    assert drawn.lines["voltage_volt"][1].tolist() == inside["voltage_volt"].to_list()


def test_a_window_beside_the_test_is_empty(long_test) -> None:
    _, samples, summary = long_test
    drawn = envelope(samples, summary, DRAWN, -50, -10, 100)
    assert [line[0].size for line in drawn.lines.values()] == [0, 0]


def test_columns_that_are_not_kept_are_drawn_from_the_samples(long_test) -> None:
    frame, samples, summary = long_test
    end = frame["test_time_second"][-1]
    drawn = envelope(samples, summary, ["test_time_second"], 0, end, 10)
    assert not drawn.from_overview
    assert drawn.lines["test_time_second"][1].max() == end
    assert (
        window(samples, summary, ["ambient_temperature_celsius"], 0, end, 10)[
            "ambient_temperature_celsius"
        ][0].size
        == 0
    )


def test_time_that_runs_backwards_is_drawn_from_all_samples(tmp_path: Path) -> None:
    rows = 260_000
    frame = cycling(rows).with_columns(
        pl.when(pl.int_range(rows) == 170_000)
        .then(5.0)
        .when(pl.int_range(rows) == 7)
        .then(None)
        .otherwise("test_time_second")
        .alias("test_time_second")
    )
    samples, summary = store(frame, tmp_path)
    end = frame["test_time_second"].max()
    drawn = envelope(samples, summary, ["voltage_volt"], 0, end, 200)
    assert not drawn.from_overview
    known = frame.drop_nulls("test_time_second").sort("test_time_second")
    time, value = drawn.lines["voltage_volt"]
    line = pl.DataFrame({"test_time_second": time, "voltage_volt": value})
    assert envelope_of_all(line, "voltage_volt", drawn.edges_second) == envelope_of_all(
        known, "voltage_volt", drawn.edges_second
    )


def test_many_scattered_rests_are_read_in_few_pieces(
    long_test, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, samples, summary = long_test
    monkeypatch.setattr(overview, "_MAX_RANGES", 2)
    monkeypatch.setattr(overview, "ROWS_PER_GROUP", 500)
    end = frame["test_time_second"][-1]
    drawn = envelope(samples, summary, DRAWN, 0, end, 2000)
    line = pl.DataFrame(
        dict(zip(("test_time_second", "voltage_volt"), drawn.lines["voltage_volt"], strict=True))
    )
    assert envelope_of_all(line, "voltage_volt", drawn.edges_second) == envelope_of_all(
        frame, "voltage_volt", drawn.edges_second
    )


def test_the_overview_of_hand_made_rows(tmp_path: Path) -> None:
    rows = 1001
    frame = pl.DataFrame(
        {
            "test_time_second": np.arange(rows) * 1.0,
            "voltage_volt": [3.0] * 3 + [4.0] + [2.5] + [3.0] * (rows - 5),
            "aux_tab_celsius": [None] * 500 + [21.5] * 501,
        }
    )
    table = read_table(write_overview(TableStream.of(frame), tmp_path / "o").path)
    assert table["row_first"].to_list() == [0, 500, 1000]
    assert table["voltage_volt_min"].to_list() == [2.5, 3.0, 3.0]
    assert table["voltage_volt_min_time_second"].to_list() == [4, 500, 1000]
    assert table["voltage_volt_max_time_second"].to_list() == [3, 500, 1000]
    assert table["aux_tab_celsius_max"].to_list() == [None, 21.5, 21.5]


def test_an_empty_test_has_an_empty_overview(tmp_path: Path) -> None:
    samples, summary = store(cycling(5).clear(), tmp_path)
    assert read_table(summary).is_empty()
    assert window(samples, summary, ["voltage_volt"], 0, 10, 100)["voltage_volt"][0].size == 0

"""The smallest and the largest of each interval, and nothing invented."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voltlake.numerics.downsample import block_extremes, min_max_between

NAN = float("nan")


def test_hand_worked_intervals() -> None:
    time = np.array([0.0, 1, 2, 3, 4, 5, 6])
    value = np.array([5.0, 1, 9, NAN, 2, 2, 7])
    found = min_max_between(time, value, np.array([0.0, 3, 6]))
    assert found[0].tolist() == [1, 2, 4, 6]
    assert found[1].tolist() == [1, 9, 2, 7]


def test_order_of_time_not_of_size() -> None:
    found = min_max_between(np.array([0.0, 1]), np.array([9.0, 1]), np.array([0.0, 1]))
    assert found[1].tolist() == [9, 1]


def test_one_point_where_all_are_equal_and_none_where_nothing_is() -> None:
    time = np.array([0.0, 1, 10])
    found = min_max_between(time, np.array([3.0, 3, NAN]), np.array([0.0, 5, 9, 11]))
    assert found[1].tolist() == [3]
    assert min_max_between(time[:0], time[:0], np.array([0.0, 1]))[0].size == 0


def test_rows_outside_the_edges_do_not_count() -> None:
    time = np.array([-1.0, 0, 1, 2])
    found = min_max_between(time, np.array([99.0, 1, 2, 98]), np.array([0.0, 1]))
    assert found[1].tolist() == [1, 2]


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(-5, 5)), min_size=1), st.integers(1, 7))
def test_the_envelope_is_that_of_all_points(rows: list[tuple[float, float]], pixels: int) -> None:
    time, value = np.array(sorted(rows)).T
    edges = np.linspace(0, 10, pixels + 1)
    kept_time, kept = min_max_between(time.copy(), value.copy(), edges)
    assert kept.size <= 2 * pixels
    for pixel in range(pixels):
        closes = pixel == pixels - 1
        ours, all_ = (
            v[(t >= edges[pixel]) & ((t <= edges[pixel + 1]) if closes else (t < edges[pixel + 1]))]
            for t, v in ((kept_time, kept), (time, value))
        )
        assert ours.size == 0 if all_.size == 0 else ours.min() == all_.min()
        assert ours.size == 0 if all_.size == 0 else ours.max() == all_.max()


def test_blocks() -> None:
    lows, highs = block_extremes(np.array([3.0, 1, 2, NAN, NAN, NAN, 4, 4]), 3)
    assert lows.tolist() == [1, -1, 6]
    assert highs.tolist() == [0, -1, 6]

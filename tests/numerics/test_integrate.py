"""Area of a straight line above zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltlake.numerics.integrate import area_above_zero

values = st.floats(-1e3, 1e3).filter(lambda value: value == 0 or abs(value) > 1e-6)


@pytest.mark.parametrize(
    ("start", "end", "area"), [(1, 3, 20), (-1, -3, 0), (2, -2, 5), (-1, 3, 11.25), (0, 0, 0)]
)
def test_by_hand(start, end, area):
    assert area_above_zero(float(start), float(end), 10.0) == pytest.approx(area)


@given(values, values, st.floats(0, 1e4))
def test_above_minus_below_is_the_trapezoid(start, end, width):
    difference = area_above_zero(start, end, width) - area_above_zero(-start, -end, width)
    assert difference == pytest.approx((start + end) / 2 * width, rel=1e-9, abs=1e-6)

"""Decimals stay the decimals they were."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltlake.numerics.decimals import decimal_places, scale_decimals


@settings(deadline=None)  # the first call compiles
@given(
    st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 6)), min_size=1),
    st.sampled_from([(1, 1000), (60, 1), (3600, 1), (1, 3600), (1, 10**6), (1000, 1)]),
)
def test_the_product_is_the_nearest_double(
    numbers: list[tuple[int, int]], factor: tuple[int, int]
) -> None:
    texts = [Decimal(mantissa).scaleb(-places) for mantissa, places in numbers]
    scaled = scale_decimals(np.array([float(text) for text in texts]), *factor)
    exact = [float(Fraction(text) * Fraction(*factor)) for text in texts]
    assert scaled.tolist() == exact


def test_what_is_no_short_decimal_is_the_float_result() -> None:
    values = np.array([np.pi, np.nan, np.inf, 1e300])
    scaled = scale_decimals(values, 1, 1000)
    assert scaled[0] == np.pi / 1000
    assert np.isnan(scaled[1])
    assert np.isinf(scaled[2])
    assert scaled[3] == 1e297


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.5, -0.125], (3, 2.5)),
        ([np.nan, 4.0], (0, 4.0)),
        ([np.pi], (-1, 0.0)),
        ([np.inf], (-1, np.inf)),
        ([], (0, 0.0)),
    ],
)
def test_places(values: list[float], expected: tuple[int, float]) -> None:
    assert decimal_places(np.array(values, dtype=np.float64)) == expected

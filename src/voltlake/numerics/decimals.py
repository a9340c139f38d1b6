"""Exact work on doubles that were decimals on paper.

A cycler prints ``1234.567``; the double nearest to it is all that a parser keeps. As long
as the decimal is short, it can be found again: ``k = round(v * 10**d)`` with
``k / 10**d == v``. Integers up to 2**53 and powers of ten up to 10**22 are exact doubles,
so ``k * p / 10**d`` with one division is the correctly rounded result.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["decimal_mantissas", "decimal_places", "scale_decimals"]

_POWERS = np.array([10.0**n for n in range(23)])
_EXACT = 2.0**53
MAX_PLACES = 12


@njit(nogil=True, cache=True)
def _places_of(value: float, least: int, powers: NDArray[np.float64]) -> int:
    """Return the fewest decimals (>= least) that give the value back, or -1."""
    for places in range(least, 13):
        mantissa = np.round(value * powers[places])
        if abs(mantissa) > 9.007199254740992e15:
            return -1
        if mantissa / powers[places] == value:
            return places
    return -1


@njit(nogil=True, cache=True)
def _decimal_places(values: NDArray[np.float64], powers: NDArray[np.float64]) -> tuple[int, float]:
    places = 0
    largest = 0.0
    for value in values:
        if np.isnan(value):
            continue
        if np.isinf(value):
            return -1, np.inf
        needed = _places_of(value, places, powers)
        if needed < 0:
            return -1, largest
        places = needed
        largest = max(largest, abs(value))
    return places, largest


def decimal_places(values: NDArray[np.float64]) -> tuple[int, float]:
    """Return how many decimals hold every value exactly, and the largest magnitude.

    ``values`` is any float64 array; NaN is passed over. The count is -1 where some value
    is not a decimal of at most 12 places (or is infinite).
    """
    places, largest = _decimal_places(values, _POWERS)
    return int(places), float(largest)


@njit(nogil=True, cache=True)
def _scale(
    values: NDArray[np.float64],
    numerator: float,
    denominator: float,
    out: NDArray[np.float64],
    powers: NDArray[np.float64],
) -> int:
    guess = 0
    inexact = 0
    for index in range(values.size):
        value = values[index]
        if not np.isfinite(value):
            out[index] = value
            continue
        # Neighbours have the same number of decimals, so the last guess mostly fits.
        mantissa = np.round(value * powers[guess])
        if mantissa / powers[guess] != value:
            guess = _places_of(value, 0, powers)
            mantissa = np.round(value * powers[guess]) if guess >= 0 else 0.0
        top = mantissa * numerator
        bottom = powers[max(guess, 0)] * denominator
        if guess < 0 or abs(top) > 9.007199254740992e15 or bottom > 1e22:
            out[index] = value * numerator / denominator
            guess = 0
            inexact += 1
        else:
            out[index] = top / bottom
    return inexact


def scale_decimals(
    values: NDArray[np.float64], numerator: int, denominator: int
) -> NDArray[np.float64]:
    """Multiply by ``numerator / denominator`` as one would on paper.

    The result is the double nearest to the exact decimal product wherever the value was a
    decimal of at most 12 places; elsewhere it is the ordinary float result. NaN stays NaN.
    """
    out = np.empty_like(values)
    _scale(values, float(numerator), float(denominator), out, _POWERS)
    return out


@njit(nogil=True, cache=True)
def _mantissas(values: NDArray[np.float64], power: float, words: NDArray[np.int64]) -> int:
    """Fill ``words`` with 128-bit integers, low word first; return the first failure or -1."""
    for index in range(values.size):
        value = values[index]
        mantissa = np.round(value * power)
        # Written so that NaN fails; an integer cannot hold the sign of -0.0.
        if not (abs(mantissa) <= 9.007199254740992e15 and mantissa / power == value):
            return index
        if mantissa == 0.0 and np.copysign(1.0, value) < 0.0:
            return index
        words[index, 0] = np.int64(mantissa)
        words[index, 1] = -1 if mantissa < 0.0 else 0
    return -1


def decimal_mantissas(values: NDArray[np.float64], places: int) -> NDArray[np.int64] | None:
    """Return ``values * 10**places`` as 128-bit integers, or ``None`` unless all are exact.

    The result has one row per value: the low word (the integer itself, at most 2**53) and
    the high word (its sign). Exact means that ``integer / 10**places`` gives back every
    value bit for bit, so that NaN, infinities and -0.0 are not. ``places`` is 0 to 12.
    """
    words = np.empty((values.size, 2), dtype=np.int64)
    return words if _mantissas(values, 10.0**places, words) < 0 else None

"""Single-precision floats as the decimals they stand for.

Newer Neware files hold ``3.7012`` as a 32-bit float. Widened bit by bit it would read
3.70120001; the shortest decimal that gives the same 32 bits back is what the cycler meant
and what the vendor prints. Nothing is lost: casting the result to float32 restores the
stored bits (before unit conversion).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["shortest_decimals", "widened"]

_POWERS = np.array([10.0**n for n in range(23)])
_MOST_PLACES = 15


@njit(nogil=True, cache=True)
def _first_places(magnitude: float, powers: NDArray[np.float64]) -> int:
    """Return the decimals at which a number shows six significant digits."""
    places = 6
    if magnitude >= 1.0:
        while places > 0 and magnitude >= powers[6 - places + 1]:
            places -= 1
        return max(places - 1, 0)
    while places < 15 and magnitude * powers[places - 5] < 1.0:
        places += 1
    return places


@njit(nogil=True, cache=True)
def _shortest(
    values: NDArray[np.float32],
    denominator: float,
    powers: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    for position in range(values.size):
        stored = values[position]
        value = np.float64(stored)
        out[position] = value / denominator if np.isfinite(value) else np.nan
        if value == 0.0 or not np.isfinite(value):
            continue
        first = _first_places(abs(value), powers)
        # Every decimal of 6 digits survives 32 bits, and 9 digits always suffice.
        for places in range(first, min(first + 4, 16)):
            mantissa = np.round(value * powers[places])
            if np.float32(mantissa / powers[places]) == stored:
                out[position] = mantissa / (powers[places] * denominator)
                break


def shortest_decimals(values: NDArray[np.float32], denominator: int = 1) -> NDArray[np.float64]:
    """Return the shortest decimal of each float32, divided by ``denominator``.

    One correctly rounded division per value: ``k / (10**places * denominator)`` with the
    integer ``k`` that the decimal shows. Values that need more than 15 decimals are widened
    bit by bit; infinities and NaN become NaN (unknown).

    Parameters
    ----------
    values
        Any contiguous or strided float32 array of one dimension.
    denominator
        Unit conversion by division, at most 3,600,000 (mAs to Ah).
    """
    out = np.empty(values.size, np.float64)
    _shortest(np.ascontiguousarray(values), float(denominator), _POWERS, out)
    return out


def widened(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return float32 values bit by bit as float64; infinities and NaN become NaN (unknown)."""
    with np.errstate(invalid="ignore"):  # a damaged file may hold signalling NaN
        wide = values.astype(np.float64)
    wide[~np.isfinite(wide)] = np.nan
    return wide

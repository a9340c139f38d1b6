"""Fewer points that draw the same picture: the smallest and the largest of each interval.

Methods that keep "typical" points (LTTB and its kin) lose extremes of cyclic data and
show periods that are not there; minima and maxima cannot.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["block_extremes", "min_max_between"]

Floats = NDArray[np.float64]


@njit(nogil=True, cache=True)
def _extremes(values: Floats, first: int, end: int) -> tuple[int, int]:
    """Return where the smallest and the largest value of ``[first, end)`` lie; -1 if nowhere."""
    low, high = -1, -1
    for index in range(first, end):
        value = values[index]
        if np.isnan(value):
            continue
        if low < 0 or value < values[low]:
            low = index
        if high < 0 or value > values[high]:
            high = index
    return low, high


@njit(nogil=True, cache=True)
def _block_extremes(
    values: Floats, block_rows: int, lows: NDArray[np.int64], highs: NDArray[np.int64]
) -> None:
    for block in range(lows.size):
        first = block * block_rows
        end = min(first + block_rows, values.size)
        lows[block], highs[block] = _extremes(values, first, end)


def block_extremes(values: Floats, block_rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the first smallest and the first largest value of each block lie.

    Blocks are ``block_rows`` long, the last one may be shorter. NaN is passed over; a block
    of nothing else gives -1.
    """
    blocks = -(-values.size // block_rows)
    lows = np.empty(blocks, dtype=np.int64)
    highs = np.empty(blocks, dtype=np.int64)
    _block_extremes(values, block_rows, lows, highs)
    return lows, highs


@njit(nogil=True, cache=True)
def _min_max_between(time: Floats, values: Floats, edges: Floats, kept: NDArray[np.int64]) -> int:
    count, first = 0, 0
    last = edges.size - 2
    for interval in range(edges.size - 1):
        while first < time.size and time[first] < edges[interval]:
            first += 1
        end = first
        while end < time.size and (
            time[end] < edges[interval + 1] or (interval == last and time[end] == edges[-1])
        ):
            end += 1
        low, high = _extremes(values, first, end)
        if low >= 0:
            kept[count] = min(low, high)
            count += 1
            if low != high:
                kept[count] = max(low, high)
                count += 1
        first = end
    return count


def min_max_between(time: Floats, values: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """Keep the smallest and the largest value between neighbouring ``edges``.

    ``time`` must not fall; ``edges`` rise. An interval holds its left edge, the last one
    both. Returns times and values in order, at most two per interval (one where all its
    values are equal, none where it has no value). NaN is passed over.
    """
    kept = np.empty(2 * max(edges.size - 1, 0), dtype=np.int64)
    kept = kept[: _min_max_between(time, values, edges, kept)]
    return time[kept], values[kept]

"""Integrals of sampled signals, split into the part above and the part below zero."""

from __future__ import annotations

from numba import njit

__all__ = ["area_above_zero"]


@njit(nogil=True, cache=True)
def area_above_zero(start: float, end: float, width: float) -> float:
    """Area between zero and the positive part of a straight line.

    Parameters
    ----------
    start, end
        Value of the line at both ends of the interval, any unit.
    width
        Length of the interval, not negative.

    Returns
    -------
    The area in (unit of the value) x (unit of the width). The area below zero is
    ``area_above_zero(-start, -end, width)``; their difference is the trapezoid.
    """
    if start >= 0.0 and end >= 0.0:
        return 0.5 * (start + end) * width
    if start <= 0.0 and end <= 0.0:
        return 0.0
    top = max(start, end)
    return 0.5 * top * width * (top / (top - min(start, end)))

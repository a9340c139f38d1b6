"""The scale of Neware's integer currents: it hangs on the hardware's current range.

A record holds the current as an integer and the range in mA (negative for newer boards).
The integer's unit is a power of ten of one milliampere that nobody publishes; the table
holds what users compared with the vendor's program (issues 12, 27, 34, 42, 73, 97, 103,
107, 109 of NewareNDA). A range outside the table stops the file: a guessed scale would be
wrong by a factor of ten without a trace.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voltlake.errors import UnknownUnit

__all__ = ["PLACES_BY_RANGE", "current_divisors"]

_POSITIVE = {
    4: (1, 2, 5),
    3: (10, 20, 25, 50),
    2: (100, 200, 250, 500),
    1: (1000, 6000, 10000, 12000, 20000, 30000, 40000, 50000, 60000, 100000, 200000),
}
_NEGATIVE = {
    5: (1, 2, 5),
    4: (10, 20, 25, 50),
    3: (100, 500),
    2: (1000, 2000, 3000, 5000, 6000, 10000, 12000, 20000, 30000, 40000, 50000, 60000,
        100000, 200000),
}  # fmt: skip
PLACES_BY_RANGE: dict[int, int] = {
    **{each: places for places, ranges in _POSITIVE.items() for each in ranges},
    **{-each: places for places, ranges in _NEGATIVE.items() for each in ranges},
}
"""Range [mA] -> decimals of the stored integer in mA: raw / 10**places is the current in mA.

Left out on purpose: 0 and -100000000, on which the public readers contradict one another.
"""

_REMEDY = (
    "Export the test as text with BTSDA and ingest that; send us this file and one current "
    "value as BTSDA shows it, so that the range can be added"
)


def current_divisors(
    ranges: NDArray[np.int32],
    moving: Callable[[], NDArray[np.bool_]],
    *,
    fixed_range: int,
    file: str,
) -> NDArray[np.float64]:
    """Return 10**places for each record: what its integer is divided by to give mA.

    Where all records share one range the result has one element, for broadcasting.

    Parameters
    ----------
    ranges
        The range of each record; 0 means "the channel's own", ``fixed_range``.
    moving
        Gives True where the record's current or a counter is not zero. A record of zeros
        needs no scale, so an unknown range there harms nothing.
    fixed_range
        The channel's range from the file's header, 0 where the header has none.

    Raises
    ------
    UnknownUnit
        Some moving record has a range outside the table; the range is named.
    """
    values = _distinct(ranges)
    if len(values) == 1 and (places := PLACES_BY_RANGE.get(values[0] or fixed_range)) is not None:
        return np.array([10.0**places])
    divisors = np.ones(len(ranges), np.float64)
    for value in values:
        here = ranges == value
        places = PLACES_BY_RANGE.get(value or fixed_range)
        if places is not None:
            divisors[here] = 10.0**places
        elif (unscaled := here & moving()).any():
            raise UnknownUnit(
                f"the hardware current range {value or fixed_range} mA has no known scale, "
                "so neither currents nor capacities can be trusted",
                file=file,
                row=int(np.flatnonzero(unscaled)[0]) + 1,
                column="range",
                remedy=_REMEDY,
            )
    return divisors


def _distinct(ranges: NDArray[np.int32]) -> list[int]:
    if len(ranges) and (ranges == ranges[0]).all():
        return [int(ranges[0])]
    return [int(value) for value in np.unique(ranges)]

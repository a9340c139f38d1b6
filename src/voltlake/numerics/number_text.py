"""A scanner of plain delimited text: bytes in, columns of doubles out, in one walk.

A number of at most 2**53 and a power of ten of at most 10**22 are exact doubles, so that
one multiplication or division gives the correctly rounded value of the printed decimal
(W. D. Clinger, How to read floating point numbers accurately, doi:10.1145/93548.93557).
Longer numbers are left to the caller. Anything that is not plain (quotes, blank lines,
words among numbers, rows of another width) ends the scan: this is the fast way for the
usual file, never a second opinion on an odd one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["INTEGER", "NUMBER", "SKIP", "TEXT", "ScannedText", "scan_rows"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SKIP, NUMBER, INTEGER, TEXT = 0, 1, 2, 3
"""What a column holds: nothing of interest, decimals, whole numbers, words."""

_POWERS = np.array([10.0**n for n in range(23)])
_LONG_SHARE = 64
"""More than one long number in so many cells, and another parser is the better choice."""

_DONE, _ODD = 0, 1


class ScannedText:
    """What :func:`scan_rows` found.

    Attributes
    ----------
    rows
        Number of rows.
    numbers
        One array per column of numbers, by its position; NaN where the cell is empty.
    missing
        Number of empty cells of each column of numbers.
    texts
        For each column of words, its bytes one after another, without the blanks around
        each word, and ``rows + 1`` offsets.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.numbers: dict[int, Floats] = {}
        self.missing: dict[int, int] = {}
        self.texts: dict[int, tuple[Bytes, Ints]] = {}


@njit(nogil=True, cache=True)
def _scan(  # noqa: C901 - one walk over the bytes, without a call per cell
    content: Bytes,
    kinds: Ints,
    slots: Ints,
    delimiter: int,
    point: int,
    powers: Floats,
    numbers: Floats,
    missing: Ints,
    begins: Ints,
    ends: Ints,
    long_cells: Ints,
) -> tuple[int, int, int]:
    """Walk over the rows; return the outcome, the number of rows, and of long numbers.

    ``content`` ends with LF, so that no loop needs to look for its end.
    """
    width = kinds.size
    size = content.size
    place = 0
    row = 0
    longs = 0
    above = max(delimiter, 34)
    while place < size:
        for column in range(width):
            begin = place
            kind = kinds[column]
            if kind == 1 or kind == 2:
                negative = content[place] == 45
                place += negative or content[place] == 43
                first = place
                mantissa = np.int64(0)
                digit = np.int64(content[place]) - 48
                while 0 <= digit <= 9:
                    mantissa = mantissa * 10 + digit
                    place += 1
                    digit = np.int64(content[place]) - 48
                digits = place - first
                exponent = np.int64(0)
                if content[place] == point and kind == 1:
                    place += 1
                    first = place
                    digit = np.int64(content[place]) - 48
                    while 0 <= digit <= 9:
                        mantissa = mantissa * 10 + digit
                        place += 1
                        digit = np.int64(content[place]) - 48
                    exponent = first - place
                    digits += place - first
                slot = slots[column]
                if digits == 0:
                    if place != begin:
                        return _ODD, row, longs
                    numbers[slot, row] = np.nan
                    missing[slot] += 1
                else:
                    if content[place] | 32 == 101 and kind == 1:
                        place += 1
                        down = content[place] == 45
                        place += down or content[place] == 43
                        first = place
                        printed = np.int64(0)
                        digit = np.int64(content[place]) - 48
                        while 0 <= digit <= 9 and place - first < 4:
                            printed = printed * 10 + digit
                            place += 1
                            digit = np.int64(content[place]) - 48
                        if place == first:
                            return _ODD, row, longs
                        exponent += -printed if down else printed
                    if digits <= 18 and mantissa <= 9_007_199_254_740_992 and -23 < exponent < 23:
                        value = float(mantissa)
                        if exponent < 0:
                            value /= powers[-exponent]
                        elif exponent > 0:
                            value *= powers[exponent]
                        numbers[slot, row] = -value if negative else value
                    elif longs == long_cells.shape[0]:
                        return _ODD, row, longs
                    else:
                        long_cells[longs, 0] = slot
                        long_cells[longs, 1] = row
                        long_cells[longs, 2] = begin
                        long_cells[longs, 3] = place
                        longs += 1
                stop = place
            else:
                letter = content[place]
                # Digits and letters lie above the usual marks: one comparison for most bytes.
                while letter > above or (letter != delimiter and letter != 10 and letter != 34):
                    place += 1
                    letter = content[place]
                stop = place
                if kind == 3:
                    # Bytes up to 32 are blanks and control characters, CR among them.
                    while stop > begin and content[stop - 1] <= 32:
                        stop -= 1
                    while begin < stop and content[begin] <= 32:
                        begin += 1
                    begins[slots[column], row] = begin
                    ends[slots[column], row] = stop
            if column < width - 1:
                if content[place] != delimiter:
                    return _ODD, row, longs
            else:
                place += content[place] == 13
                if content[place] != 10:
                    return _ODD, row, longs
            place += 1
        row += 1
    return _DONE, row, longs


@njit(nogil=True, cache=True)
def _gather(content: Bytes, begins: Ints, ends: Ints) -> tuple[Bytes, Ints]:
    """Put the texts between ``begins`` and ``ends`` one after another."""
    offsets = np.empty(begins.size + 1, np.int64)
    offsets[0] = 0
    for row in range(begins.size):
        offsets[row + 1] = offsets[row] + ends[row] - begins[row]
    gathered = np.empty(offsets[-1], np.uint8)
    for row in range(begins.size):
        begin, target = begins[row], offsets[row]
        for step in range(ends[row] - begin):
            gathered[target + step] = content[begin + step]
    return gathered, offsets


def scan_rows(
    content: bytes, kinds: list[int], *, delimiter: str, decimal: str = "."
) -> ScannedText | None:
    """Scan rows of ``len(kinds)`` cells each, ended by LF or CRLF; ``None`` if not plain.

    ``kinds`` says of each column whether it is :data:`SKIP`, :data:`NUMBER`,
    :data:`INTEGER` or :data:`TEXT`. Releases the interpreter's lock while it works.
    """
    if not content.endswith(b"\n"):
        content += b"\n"
    rows_at_most = content.count(b"\n")
    letters = np.frombuffer(content, np.uint8)
    each = np.array(kinds, np.int64)
    is_number, is_text = (each == NUMBER) | (each == INTEGER), each == TEXT
    slots = np.where(is_text, np.cumsum(is_text) - 1, np.cumsum(is_number) - 1)
    numbers = np.empty((int(is_number.sum()), rows_at_most))
    missing = np.zeros(len(numbers), np.int64)
    begins = np.empty((int(is_text.sum()), rows_at_most), np.int64)
    ends = np.empty_like(begins)
    long_cells = np.empty((1 + len(numbers) * rows_at_most // _LONG_SHARE, 4), np.int64)
    outcome, rows, longs = _scan(
        letters, each, slots, ord(delimiter), ord(decimal), _POWERS, numbers, missing,
        begins, ends, long_cells,
    )  # fmt: skip
    if outcome != _DONE:
        return None
    for slot, row, begin, end in long_cells[:longs]:
        numbers[slot, row] = float(content[begin:end].replace(decimal.encode(), b"."))
    if longs and np.isinf(numbers).any():
        return None
    scanned = ScannedText(rows)
    for position in np.flatnonzero(is_number):
        slot = slots[position]
        scanned.numbers[int(position)] = numbers[slot, :rows]
        scanned.missing[int(position)] = int(missing[slot])
    for position in np.flatnonzero(is_text):
        slot = slots[position]
        scanned.texts[int(position)] = _gather(letters, begins[slot, :rows], ends[slot, :rows])
    return scanned

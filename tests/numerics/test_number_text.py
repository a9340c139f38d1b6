"""The scanner of plain numbers gives the doubles that Python's own reading gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltlake.numerics.number_text import INTEGER, NUMBER, SKIP, TEXT, scan_rows

printed = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-(10**7), 10**7, places=7).map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.from_regex(
        r"[+-]?([0-9]{1,9}\.[0-9]{0,12}|\.[0-9]{1,12}|[0-9]{1,20})([eE][+-]?[0-9]{1,2})?",
        fullmatch=True,
    ),
)


@given(st.lists(st.tuples(printed, printed), min_size=1, max_size=20))
def test_every_printed_number_is_the_nearest_double(rows: list[tuple[str, str]]) -> None:
    content = "".join(f"{a},{b}\n" for a, b in rows).encode()
    scanned = scan_rows(content, [NUMBER, NUMBER], delimiter=",")
    if scanned is None:  # too many long numbers: another parser's work
        assert any(len(cell) > 15 or "e" in cell.lower() for row in rows for cell in row)
        return
    for column in (0, 1):
        expected = np.array([float(row[column]) for row in rows])
        assert scanned.numbers[column].tobytes() == expected.tobytes()


def test_words_lose_the_blanks_around_them_and_empty_cells_are_counted() -> None:
    content = b"1,\t01/05/2026 08:00 ,2.5,x\r\n2,,,y\r\n"
    scanned = scan_rows(content, [INTEGER, TEXT, NUMBER, SKIP], delimiter=",")
    assert scanned is not None
    assert scanned.rows == 2
    assert scanned.numbers[0].tolist() == [1.0, 2.0]
    assert scanned.numbers[2][0] == 2.5
    assert math.isnan(scanned.numbers[2][1])
    assert scanned.missing == {0: 0, 2: 1}
    words, offsets = scanned.texts[1]
    assert (bytes(words), offsets.tolist()) == (b"01/05/2026 08:00", [0, 16, 16])


def test_a_decimal_comma_and_a_last_row_without_line_end() -> None:
    scanned = scan_rows(b"3,25;-0,5\n4;1e-3", [NUMBER, NUMBER], delimiter=";", decimal=",")
    assert scanned is not None
    assert scanned.numbers[0].tolist() == [3.25, 4.0]
    assert scanned.numbers[1].tolist() == [-0.5, 0.001]


@pytest.mark.parametrize(
    "content",
    [
        b'"1",2\n',
        b"1\n",
        b"1,2,3\n",
        b"1,nan\n",
        b"\n1,2\n",
        b"1,2x\n",
        b"1,-\n",
        b"1,1e\n",
        b"1, 2\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_general_parser(content: bytes) -> None:
    assert scan_rows(b"5,6\n" + content, [NUMBER, NUMBER], delimiter=",") is None


def test_whole_numbers_have_no_fraction_and_no_exponent() -> None:
    assert scan_rows(b"1.0\n2\n", [INTEGER], delimiter=",") is None
    assert scan_rows(b"1e3\n2\n", [INTEGER], delimiter=",") is None

"""Errors say the place and the remedy, and survive the way between processes."""

from __future__ import annotations

import pickle

import pytest

from voltlake.errors import ALL_ERRORS, UnreadableValue, VoltlakeError


def test_an_error_reads_like_a_sentence() -> None:
    error = UnreadableValue(
        "'3,71a' is not a number", file="/lake/cell_07.csv", row=1204, column="Voltage(V)",
        remedy="Mend the cell, or declare decimal=',' in the reader",
    )  # fmt: skip
    assert str(error) == (
        "cell_07.csv, row 1204, column 'Voltage(V)': '3,71a' is not a number. "
        "Mend the cell, or declare decimal=',' in the reader [unreadable-value]"
    )
    assert error.as_dict()["code"] == "unreadable-value"


@pytest.mark.parametrize("kind", ALL_ERRORS.values(), ids=ALL_ERRORS)
def test_errors_survive_pickling(kind: type[VoltlakeError]) -> None:
    error = kind("it broke", file="a.csv", sheet="S", row=3, column="c")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert again.as_dict() == error.as_dict()
    assert str(again) == str(error)


def test_slugs_are_unique_and_without_a_place_there_is_no_colon() -> None:
    assert len(ALL_ERRORS) == len(VoltlakeError.__subclasses__())
    assert str(VoltlakeError("oh", remedy="")) == "oh [error]"

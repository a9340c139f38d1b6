"""Cells of a text table → numbers, exactly, or an error that names the cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.errors import UnreadableValue
from voltlake.numerics.decimals import decimal_places, scale_decimals
from voltlake.units import Unit

__all__ = [
    "NULL_WORDS",
    "CellPlace",
    "as_integers",
    "as_numbers",
    "blank_to_null",
    "has_thousands",
    "in_unit",
    "thousands_pattern",
]

NULL_WORDS = ("", "n/a", "na", "nan", "null", "none", "-", "--", "---", "#n/a")
"""What cyclers and spreadsheets print for 'nothing'; case does not count."""

_THOUSANDS_COMMA = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_THOUSANDS_POINT = r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$"


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where cells come from: the file's name, the header, the first row (from 1)."""

    file: str
    header: str
    first_row: int

    def unreadable(self, offset: int, text: str, promise: str) -> UnreadableValue:
        """Return the error for one cell."""
        return UnreadableValue(
            f"'{text.strip()}' is not {promise}",
            file=self.file,
            row=self.first_row + offset,
            column=self.header,
        )


def blank_to_null(texts: pl.Series) -> pl.Series:
    """Strip white space and turn every word for 'nothing' into null."""
    stripped = texts.str.strip_chars()
    return stripped.set(stripped.str.to_lowercase().is_in(list(NULL_WORDS)), None)


def thousands_pattern(decimal: str) -> str:
    """Return the regular expression of numbers that are grouped by thousands."""
    return _THOUSANDS_COMMA if decimal == "." else _THOUSANDS_POINT


def has_thousands(texts: pl.Series, decimal: str) -> bool:
    """Say whether numbers are grouped by thousands: ``1,020.00`` where the decimal is a point."""
    return bool(texts.str.contains(thousands_pattern(decimal)).any())


def as_numbers(texts: pl.Series, decimal: str, place: CellPlace) -> pl.Series:
    """Read numbers with white space, words for 'nothing', thousands separators.

    Raises ``UnreadableValue`` at the first cell that is no number.
    """
    words = blank_to_null(texts)
    plain = words
    if decimal == ",":
        grouped = words.str.contains(_THOUSANDS_POINT)
        plain = words.zip_with(
            ~grouped.fill_null(value=False), words.str.replace_all(".", "", literal=True)
        ).str.replace(",", ".", literal=True)
    elif has_thousands(words, decimal):
        grouped = words.str.contains(_THOUSANDS_COMMA).fill_null(value=False)
        plain = words.zip_with(~grouped, words.str.replace_all(",", "", literal=True))
    numbers = plain.cast(pl.Float64, strict=False)
    bad = (numbers.is_null() & words.is_not_null()).arg_true()
    if bad.len():
        offset = int(bad[0])
        raise place.unreadable(offset, str(texts[offset]), "a number")
    return numbers


def as_integers(numbers: pl.Series, place: CellPlace) -> pl.Series:
    """Turn whole numbers printed as ``3.0`` into integers.

    Raises ``UnreadableValue`` where a number has a fraction.
    """
    if numbers.dtype == pl.Int64:
        return numbers
    whole = numbers.cast(pl.Int64, strict=False)
    odd = ((whole.cast(pl.Float64) != numbers).fill_null(value=False)).arg_true()
    lost = (whole.is_null() & numbers.is_not_null() & numbers.is_finite()).arg_true()
    for each in (odd, lost):
        if each.len():
            offset = int(each[0])
            raise place.unreadable(offset, str(numbers[offset]), "a whole number")
    return whole


def in_unit(values: NDArray[np.float64], unit: Unit) -> NDArray[np.float64]:
    """Convert to the canonical unit as one would on paper; NaN stays NaN."""
    if unit.offset == 0:
        if unit.factor == 1:
            return values
        return scale_decimals(values, unit.factor.numerator, unit.factor.denominator)
    return _shifted(values, unit)


def _shifted(values: NDArray[np.float64], unit: Unit) -> NDArray[np.float64]:
    """``value * factor + offset`` with one rounding, where the values are short decimals."""
    places, largest = decimal_places(values)
    factor, offset = unit.factor, unit.offset
    common = factor.denominator * offset.denominator
    bottom = common * 10 ** max(places, 0)
    gain = factor.numerator * offset.denominator
    shift = offset.numerator * factor.denominator * 10 ** max(places, 0)
    if places < 0 or largest * 10.0**places * gain + abs(shift) > 2.0**53 or bottom > 10**22:
        return values * float(factor) + float(offset)
    mantissa = np.round(values * 10.0**places)
    return (mantissa * float(gain) + float(shift)) / float(bottom)

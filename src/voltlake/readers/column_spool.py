"""Columns that wait on disk until their neighbours are known.

Some formats store whole columns one after another, so that a row is complete only at the
end of the file. Values are appended column by column to one scratch file each and read
back as batches of rows, in any order of rows that was asked for.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["ColumnSpool", "Values"]

Floats = NDArray[np.float64]
Values = Floats | Sequence[object]

MAX_WORDS = 65_536
"""A text column with more different words than this holds prose, not labels."""
_PIECE_ROWS = 65_536


@dataclass(slots=True)
class _Column:
    """One column on disk: doubles with NaN for null, or the ordinals of ``words``."""

    path: Path
    rows: int = 0
    words: dict[str, int] | None = None
    numbers: int = 0
    infinite: int = 0
    odd: int = 0
    handle: BinaryIO | None = field(default=None, repr=False)


class ColumnSpool:
    """Columns of numbers or labels in scratch files, removed with the last reference.

    Nulls, NaN and infinities all read back as null; infinities and values of a strange
    kind (a truth value, a list, a word in a column of numbers) are counted.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="voltlake-columns-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._columns: dict[str, _Column] = {}

    @property
    def names(self) -> list[str]:
        """The columns in the order of their first appearance."""
        return list(self._columns)

    @property
    def rows(self) -> int:
        """The rows of the longest column."""
        return max((column.rows for column in self._columns.values()), default=0)

    def rows_of(self, name: str) -> int:
        """The values appended to a column so far; 0 where it is unknown."""
        return self._columns[name].rows if name in self._columns else 0

    def is_text(self, name: str) -> bool:
        """Say whether the column holds words."""
        return self._columns[name].words is not None

    def infinite(self, name: str) -> int:
        """How many infinities became null."""
        return self._columns[name].infinite

    def odd(self, name: str) -> int:
        """How many values of a strange kind became null."""
        return self._columns[name].odd

    def append(self, name: str, values: Values) -> None:
        """Append values to a column, which is made when it is new."""
        column = self._columns.get(name)
        if column is None:
            column = _Column(self._folder / f"{len(self._columns)}.f64")
            self._columns[name] = column
        numbers = values if isinstance(values, np.ndarray) else _encode(values, column)
        if isinstance(values, np.ndarray):
            numbers = self._only_numbers(column, numbers)
        infinite = np.isinf(numbers)
        if infinite.any():
            column.infinite += int(infinite.sum())
            numbers = np.where(infinite, np.nan, numbers)
        if column.handle is None:
            column.handle = column.path.open("ab")
        numbers.astype(np.float64, copy=False).tofile(column.handle)
        column.rows += numbers.size

    @staticmethod
    def _only_numbers(column: _Column, numbers: Floats) -> Floats:
        known = int(np.count_nonzero(~np.isnan(numbers)))
        if column.words is not None:
            column.odd += known
            return np.full(numbers.size, np.nan)
        column.numbers += known
        return numbers

    def pad(self, name: str, rows: int) -> None:
        """Append nulls until the column has ``rows`` values."""
        while (missing := rows - self.rows_of(name)) > 0:
            self.append(name, np.full(min(missing, _PIECE_ROWS), np.nan))

    def finish(self) -> None:
        """Close the files after the last append."""
        for column in self._columns.values():
            if column.handle is not None:
                column.handle.close()
                column.handle = None

    def numbers(self, name: str, start: int = 0, count: int = -1) -> Floats:
        """Return the stored doubles of a column (ordinals for words), NaN for null."""
        column = self._columns[name]
        if column.handle is not None:
            column.handle.flush()
        return np.fromfile(column.path, dtype=np.float64, count=count, offset=start * 8)

    def words(self, name: str) -> list[str]:
        """Return the words of a text column by their ordinals."""
        return list(self._columns[name].words or {})

    def series(self, name: str, start: int = 0, count: int = -1) -> pl.Series:
        """Return some values of a column: Float64, or String for words; null for unknown."""
        values = pl.Series(name, self.numbers(name, start, count), nan_to_null=True)
        if not self.is_text(name):
            return values
        words = pl.Series(name, self.words(name), dtype=pl.String)
        return words.gather(values.cast(pl.UInt32))

    def reordered(self, rows: NDArray[np.int64]) -> ColumnSpool:
        """Return a spool that holds ``rows`` of this one, in that order."""
        other = ColumnSpool()
        for name, column in self._columns.items():
            values = self.numbers(name)
            for start in range(0, max(rows.size, 1), _PIECE_ROWS):
                other.append(name, values[rows[start : start + _PIECE_ROWS]])
            other._columns[name].words = column.words
        other.finish()
        return other


def _encode(values: Sequence[object], column: _Column) -> Floats:
    """Turn values of any kind into doubles, learning the words of the column."""
    return np.array([_ENCODE.get(type(value), _strange)(value, column) for value in values])


def _null(_: object, __: _Column) -> float:
    return np.nan


def _strange(_: object, column: _Column) -> float:
    column.odd += 1
    return np.nan


def _number(value: Any, column: _Column) -> float:
    if value != value:
        return np.nan
    if column.words is not None:
        return _strange(value, column)
    column.numbers += 1
    return float(value)


def _integer(value: Any, column: _Column) -> float:
    fits = abs(value) <= _LARGEST_INTEGER
    return _number(value, column) if fits else _strange(value, column)


def _ordinal(word: Any, column: _Column) -> float:
    words = column.words
    if words is None:
        if column.numbers:
            return _strange(word, column)
        words = column.words = {}
    known = words.get(word)
    if known is None:
        if len(words) >= MAX_WORDS:
            return _strange(word, column)
        known = words[word] = len(words)
    return float(known)


_LARGEST_INTEGER = 10**308
_ENCODE: dict[type, Callable[[Any, _Column], float]] = {
    str: _ordinal,
    int: _integer,
    float: _number,
    type(None): _null,
}

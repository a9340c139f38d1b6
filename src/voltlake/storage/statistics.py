"""What a table's columns hold, found out while its batches pass by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from voltlake.numerics.decimals import decimal_places

__all__ = ["ColumnStatistics", "Survey"]

_EXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What one column holds.

    ``minimum`` and ``maximum`` pass over null and NaN, and are null for text; ``places`` is
    the number of decimals that hold every value exactly, null where there is none.
    """

    minimum: float | int | bool | None
    maximum: float | int | bool | None
    null_count: int
    nan_count: int
    places: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON: infinities become null."""
        return {
            "minimum": _finite(self.minimum),
            "maximum": _finite(self.maximum),
            "null_count": self.null_count,
            "nan_count": self.nan_count,
            "places": self.places,
        }


class Survey:
    """Collects the statistics of a table, batch by batch."""

    def __init__(self, schema: pl.Schema, *, decimals: bool = True) -> None:
        self.rows = 0
        self._columns = {name: _Tally(dtype, decimals) for name, dtype in schema.items()}

    def add(self, batch: pl.DataFrame) -> None:
        """Take a batch into account."""
        self.rows += batch.height
        for name, tally in self._columns.items():
            tally.add(batch.get_column(name))

    def statistics(self) -> dict[str, ColumnStatistics]:
        """Return the statistics of what has passed so far."""
        return {name: tally.result() for name, tally in self._columns.items()}

    def decimals(self) -> dict[str, int]:
        """Return the number of decimals of each column that is exactly decimal."""
        places = {name: tally.places() for name, tally in self._columns.items()}
        return {name: count for name, count in places.items() if count is not None}


class _Tally:
    """The statistics of one column as they grow."""

    def __init__(self, dtype: pl.DataType, decimals: bool) -> None:
        self._is_float = dtype.is_float()
        self._has_order = dtype.is_numeric() or dtype == pl.Boolean
        self._places = 0 if decimals and dtype == pl.Float64 else -1
        self._largest = 0.0
        self._minimum: Any = None
        self._maximum: Any = None
        self._null_count = 0
        self._nan_count = 0

    def add(self, values: pl.Series) -> None:
        self._null_count += values.null_count()
        if self._is_float:
            self._nan_count += int(values.is_nan().sum())
        if self._has_order:
            self._minimum = _merge(min, self._minimum, values.min())
            self._maximum = _merge(max, self._maximum, values.max())
        if self._places >= 0:
            self._add_places(values.drop_nulls().to_numpy())

    def _add_places(self, values: np.ndarray[Any, np.dtype[np.float64]]) -> None:
        if self._nan_count or np.signbit(values[values == 0.0]).any():
            self._places = -1
            return
        places, largest = decimal_places(values)
        self._places = max(self._places, places) if places >= 0 else -1
        self._largest = max(self._largest, largest)

    def places(self) -> int | None:
        if self._places < 0 or self._largest * 10.0**self._places > _EXACT:
            return None
        return self._places

    def result(self) -> ColumnStatistics:
        return ColumnStatistics(
            self._minimum, self._maximum, self._null_count, self._nan_count, self.places()
        )


def _merge(choose: Any, known: Any, new: Any) -> Any:
    """Combine two extremes, of which either may be null or NaN (nothing but NaN)."""
    if new is None or (isinstance(new, float) and math.isnan(new)):
        return known
    return new if known is None else choose(known, new)


def _finite(value: float | int | bool | None) -> float | int | bool | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Columns of numbers to canonical tables, and what the record numbers reveal."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from voltlake.canonical.columns import BDF_COLUMNS, COUNTERS, Scope, column
from voltlake.canonical.findings import Finding, Severity

__all__ = [
    "Columns",
    "IndexCheck",
    "samples_frame",
    "samples_schema",
    "step_id_texts",
    "step_scopes",
]

Columns = dict[str, "NDArray[np.generic] | pl.Series"]

_ORDER = {each.notation: position for position, each in enumerate(BDF_COLUMNS)}
_SHOWN_RANGES = 20
_TABLE_SIZE = 4096
_STEP_IDS = pl.Series([str(number) for number in range(_TABLE_SIZE)], dtype=pl.String)


def samples_schema(names: Iterable[str]) -> pl.Schema:
    """Return the schema of these columns: BDF's order, then extra channels, then flags."""

    def place(name: str) -> tuple[int, str]:
        return (_ORDER.get(name, len(_ORDER) + (name == "is_interpolated")), name)

    return pl.Schema({name: column(name).dtype for name in sorted(names, key=place)})


def samples_frame(columns: Columns, schema: pl.Schema) -> pl.DataFrame:
    """Return the columns as a table; NaN becomes null (unknown)."""
    series = []
    for name, dtype in schema.items():
        values = columns[name]
        if isinstance(values, pl.Series):
            series.append(values.alias(name).cast(dtype))
        else:
            series.append(pl.Series(name, values, nan_to_null=True).cast(dtype))
    return pl.DataFrame(series)


def step_id_texts(ids: NDArray[np.int64], valid: NDArray[np.bool_] | None = None) -> pl.Series:
    """Return step numbers as text; null where not valid."""
    picks = pl.Series(ids)
    if valid is not None and not valid.all():
        picks = pl.select(pl.when(pl.Series(valid)).then(picks)).to_series()
    if len(ids) and int(ids.max()) < _TABLE_SIZE and int(ids.min()) >= 0:
        return _STEP_IDS.gather(picks.cast(pl.UInt32))
    return picks.cast(pl.String)


def step_scopes(schema: pl.Schema) -> dict[str, Scope]:
    """Return the declared scope of each counter in the schema: all restart with the step."""
    return {each.notation: Scope.STEP for each in COUNTERS if each.notation in schema}


@njit(nogil=True, cache=True)
def _check_index(
    index: NDArray[np.int64], state: NDArray[np.int64], ranges: NDArray[np.int64]
) -> None:
    for value in index:
        row = state[0]
        if row > 0:
            step = value - state[1]
            if step == 0:
                state[2] += 1
                state[8] = row
                if state[2] == 1:
                    state[7] = row
            elif step < 0:
                state[3] += 1
            elif step > 1:
                if state[4] < ranges.shape[0]:
                    ranges[state[4], 0] = state[1] + 1
                    ranges[state[4], 1] = value - 1
                if state[4] == 0:
                    state[9] = row
                state[10] = row
                state[4] += 1
                state[5] += step - 1
        else:
            state[6] = value
        state[0] += 1
        state[1] = value


class IndexCheck:
    """Watches the record numbers of the rows, in row order, for gaps and repetitions."""

    def __init__(self) -> None:
        self._state = np.zeros(11, np.int64)
        self._ranges = np.zeros((_SHOWN_RANGES, 2), np.int64)

    def feed(self, index: NDArray[np.int64]) -> None:
        """Take in the record numbers of the next rows."""
        _check_index(index, self._state, self._ranges)

    @property
    def rows(self) -> int:
        """Rows seen so far."""
        return int(self._state[0])

    @property
    def in_order(self) -> bool:
        """True where each record number is greater than the one before."""
        return not self._state[2] and not self._state[3]

    def findings(self) -> list[Finding]:
        """Return a finding for records that are missing; rows count from 0 in the table."""
        gaps, missing = int(self._state[4]), int(self._state[5])
        if not gaps:
            return []
        shown = ", ".join(
            str(first) if first == last else f"{first}-{last}"
            for first, last in self._ranges[: min(gaps, _SHOWN_RANGES)]
        )
        more = f" and {gaps - _SHOWN_RANGES} more gaps" if gaps > _SHOWN_RANGES else ""
        return [
            Finding(
                "MISSING_RECORDS",
                Severity.WARNING,
                f"{missing} records are missing in {gaps} gaps of the record numbers: "
                f"{shown}{more}",
                "Fetch the test again from the cycler; nothing was filled in",
                column="record_index",
                row_first=int(self._state[9]),
                row_last=int(self._state[10]),
                count=missing,
            )
        ]

"""What a page shows is its address: one class per page reads it and writes it back.

Every value is checked against what is allowed; what is not understood falls back to the
default, so that no address, however old or hostile, can break a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from voltlake.dashboard.quantities import FADE_QUANTITIES

__all__ = [
    "CELL_FILTERS",
    "FILE_STATES",
    "MAX_SELECTED",
    "ROWS_PER_PAGE",
    "CellState",
    "CellsState",
    "FilesState",
    "SeriesState",
]

MAX_SELECTED = 50
"""Cells in one chart; more would be neither legible nor a sensible address."""

ROWS_PER_PAGE = 500
_MAX_ROWS = 100_000
_MAX_TEXT = 200
_MAX_CYCLES = 20

CELL_FILTERS = {
    "project": "project_name",
    "chemistry": "chemistry",
    "form_factor": "form_factor",
    "design": "design_name",
    "group": "experiment_group",
}
"""Name in the address -> column of the table of cells."""

CELL_SORTS = frozenset(
    {
        "cell_name",
        *CELL_FILTERS.values(),
        "nominal_capacity_ah",
        "tests",
        "cycles",
        "last_discharge_capacity_ah",
        "discharge_capacity_retention",
        "findings_critical",
        "last_test_at",
    }
)
FILE_STATES = ("stored", "unchanged", "grown", "failed", "quarantined")
NORMALISATIONS = ("none", "first")

Pairs = list[tuple[str, str]]


def _distinct(values: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value[:_MAX_TEXT] for value in values if value))[:most]


def _whole(text: str | None, default: int, least: int, most: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return default
    return min(max(int(text), least), most)


def _second(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) else None


def _written(path: str, pairs: Pairs) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


@dataclass(frozen=True, slots=True)
class CellsState:
    """The page of all cells.

    Attributes
    ----------
    selected
        Cells in the chart, in the order in which they were chosen; None where the address
        says nothing (the page then chooses), empty where it says "none".
    sort
        Column, with a leading ``-`` for descending.
    """

    selected: tuple[str, ...] | None = None
    y: str = "discharge_capacity_ah"
    normalise: str = "none"
    text: str = ""
    sort: str = "cell_name"
    rows: int = ROWS_PER_PAGE
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, query: QueryParams) -> CellsState:
        """Read an address; ``resort`` (a pressed column head) wins over ``sort``."""
        sort = query.get("resort") or query.get("sort", "")
        y, normalise = query.get("y", ""), query.get("normalise", "")
        filters = {name: _distinct(query.getlist(name), 100) for name in CELL_FILTERS}
        selected = _distinct(query.getlist("cell"), MAX_SELECTED) if "cell" in query else None
        return cls(
            selected=selected,
            y=y if y in FADE_QUANTITIES else "discharge_capacity_ah",
            normalise=normalise if normalise in NORMALISATIONS else "none",
            text=query.get("text", "").strip()[:_MAX_TEXT],
            sort=sort if sort.removeprefix("-") in CELL_SORTS else "cell_name",
            rows=_whole(query.get("rows"), ROWS_PER_PAGE, ROWS_PER_PAGE, _MAX_ROWS),
            filters={name: values for name, values in filters.items() if values},
        )

    @property
    def sort_column(self) -> str:
        """The column that orders the table."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    def is_filtered(self) -> bool:
        """Whether the table may hide cells."""
        return bool(self.filters or self.text)

    def column_filters(self) -> dict[str, list[str]]:
        """Return the filters by column, as the services take them."""
        return {CELL_FILTERS[name]: list(values) for name, values in self.filters.items()}

    def url(self, path: str = "/") -> str:
        """Return the address of this state; defaults are left out."""
        pairs: Pairs = [("cell", name) for name in self.selected or ()]
        if self.selected == ():
            pairs.append(("cell", ""))
        pairs += [(name, value) for name, values in self.filters.items() for value in values]
        default = CellsState()
        for name in ("y", "normalise", "text", "sort", "rows"):
            if getattr(self, name) != getattr(default, name):
                pairs.append((name, str(getattr(self, name))))
        return _written(path, pairs)


@dataclass(frozen=True, slots=True)
class CellState:
    """The page of one cell: what its charts show. No test or no cycles: the page chooses."""

    y: str = "discharge_capacity_ah"
    test_id: int | None = None
    cycles: tuple[int, ...] = ()

    @classmethod
    def parse(cls, query: QueryParams) -> CellState:
        """Read an address; ``cycles`` is a list such as ``1,10,100-103``."""
        y = query.get("y", "")
        return cls(
            y=y if y in FADE_QUANTITIES else "discharge_capacity_ah",
            test_id=_whole(query.get("test"), 0, 0, 10**9) or None,
            cycles=parse_cycles(query.get("cycles", "")),
        )


def parse_cycles(text: str) -> tuple[int, ...]:
    """Read ``1,10,100-103`` as cycle numbers, each once, in order, at most 20.

    Parts that are no numbers are left out; a range that runs backwards is empty.
    """
    cycles: dict[int, None] = {}
    for part in text[:_MAX_TEXT].replace(";", ",").split(","):
        first, _, last = (piece.strip() for piece in part.partition("-"))
        low = _whole(first, -1, 0, 10**8)
        high = _whole(last, -1, 0, 10**8) if last else low
        if low >= 0:
            cycles.update(dict.fromkeys(range(low, min(high, low + _MAX_CYCLES) + 1)))
    return tuple(cycles)[:_MAX_CYCLES]


@dataclass(frozen=True, slots=True)
class SeriesState:
    """The time series of a test: the window in seconds of test time; None is the whole."""

    start_second: float | None = None
    end_second: float | None = None
    jump: str = ""

    @classmethod
    def parse(cls, query: QueryParams) -> SeriesState:
        """Read ``t0`` and ``t1``; half a window, or an empty one, is the whole test."""
        start, end = _second(query.get("t0")), _second(query.get("t1"))
        jump = query.get("jump", "").strip()[:_MAX_TEXT]
        if start is None or end is None or end <= start:
            return cls(jump=jump)
        return cls(start, end, jump)


@dataclass(frozen=True, slots=True)
class FilesState:
    """The ledger of files: which states are shown (none: all) and how many rows."""

    states: tuple[str, ...] = ()
    rows: int = ROWS_PER_PAGE

    @classmethod
    def parse(cls, query: QueryParams) -> FilesState:
        """Read an address; unknown states are left out."""
        asked = set(query.getlist("state"))
        return cls(
            states=tuple(state for state in FILE_STATES if state in asked),
            rows=_whole(query.get("rows"), ROWS_PER_PAGE, ROWS_PER_PAGE, _MAX_ROWS),
        )

    def url(self, path: str = "/files") -> str:
        """Return the address of this state."""
        pairs: Pairs = [("state", state) for state in self.states]
        if self.rows != ROWS_PER_PAGE:
            pairs.append(("rows", str(self.rows)))
        return _written(path, pairs)

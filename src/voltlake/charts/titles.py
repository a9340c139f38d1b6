"""Axis titles, made from the names of columns, so that nobody writes them a second time."""

from __future__ import annotations

import polars as pl

from voltlake.canonical.columns import BY_NOTATION, is_auxiliary, unit_of
from voltlake.canonical.columns import column as sample_column
from voltlake.canonical.tables import CYCLES_SCHEMA

__all__ = ["CYCLE_QUANTITIES", "RATIOS", "axis_title", "quantity_words"]

RATIOS = frozenset(
    {"coulombic_efficiency", "energy_efficiency", "discharge_capacity_retention", "soc"}
)
"""Columns that are ratios in tables and per cent on screens."""

CYCLE_QUANTITIES: tuple[str, ...] = tuple(
    name
    for name, dtype in CYCLES_SCHEMA.items()
    if dtype == pl.Float64() and "time_start" not in name and "unix_time" not in name
)
"""The columns of the cycles table that can be drawn against the cycle number."""

_ACRONYMS = {"dc": "DC", "cv": "CV", "c": "C"}
_UNIT_AS_PRINTED = {"degC": "°C", "ohm": "Ω", "1": ""}


def quantity_words(notation: str) -> str:
    """Return the quantity in a column's name as words: ``Discharge capacity``."""
    unit_words = _unit_words(notation)
    stem = notation[: len(notation) - len(unit_words)].strip("_")
    words = [_ACRONYMS.get(word, word) for word in stem.split("_")]
    words[0] = words[0] if words[0] in _ACRONYMS.values() else words[0].capitalize()
    return " ".join(words)


def _unit_words(notation: str) -> str:
    """Return the part of a name that is its unit: ``_ah``; empty if it ends in none."""
    unit = unit_of(notation)
    if not unit:
        return ""
    parts = notation.split("_")
    # The shortest tail that still means the same unit is the unit's own word.
    return next(
        f"_{'_'.join(parts[-length:])}"
        for length in range(1, len(parts) + 1)
        if unit_of(f"x_{'_'.join(parts[-length:])}") == unit
    )


def axis_title(notation: str) -> str:
    """Return the axis title of a column of any table: ``Discharge capacity (Ah)``.

    Sample columns use their BDF label; ratios are titled in per cent.
    """
    if notation in BY_NOTATION or is_auxiliary(notation):
        return sample_column(notation).title
    if notation in RATIOS:
        return f"{quantity_words(notation)} (%)"
    unit = unit_of(notation)
    printed = _UNIT_AS_PRINTED.get(unit, unit)
    words = quantity_words(notation)
    return f"{words} ({printed})" if printed else words

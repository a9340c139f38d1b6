"""Which header of a text file is which column of ours, in which unit.

A format declares its columns; this module matches the headers of one file against the
declaration, takes the unit from the header's own text where it has one, and names every
header that nobody declared ``aux_<name>_<unit>``: a channel is never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import polars as pl

from voltlake.canonical.columns import BY_NOTATION, auxiliary_name, unit_of
from voltlake.errors import UnknownUnit
from voltlake.units import Unit, parse_unit, split_header

__all__ = [
    "Kind",
    "MappedColumn",
    "TextColumn",
    "auxiliary_in_unit",
    "fold",
    "map_headers",
    "matching_notations",
    "unique_auxiliary_name",
]


class Kind(StrEnum):
    """How the cells of a column are written."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    MOMENT = "moment"
    DURATION = "duration"
    UNDECLARED = "undeclared"


_DTYPES: dict[Kind, pl.DataType] = {
    Kind.NUMBER: pl.Float64(),
    Kind.INTEGER: pl.Int64(),
    Kind.TEXT: pl.String(),
    Kind.MOMENT: pl.Float64(),
    Kind.DURATION: pl.Float64(),
    Kind.UNDECLARED: pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class TextColumn:
    r"""One column that a format declares.

    Attributes
    ----------
    notation
        Our name; a sample column, or any name that ends in a unit word for vendor tables.
        With a ``pattern`` it may hold ``{1}`` for the first group.
    headers
        The vendor's names without unit, best first; case, spaces and underscores do not count.
    unit
        Unit text that holds where the header has none; ``None`` takes the canonical unit.
    kind
        How the cells are written; by default what the notation asks for.
    required
        True where the format is nothing without this column.
    pattern
        Regular expression on the folded header name, instead of ``headers``:
        ``r"auxtemperature(\d)"``.
    unit_where
        How ``unit`` is known, for the certificate.
    """

    notation: str
    headers: tuple[str, ...] = ()
    unit: str | None = None
    kind: Kind | None = None
    required: bool = False
    pattern: str | None = None
    unit_where: str = "the format's definition"

    @property
    def written_as(self) -> Kind:
        """The kind of cells, declared or following from the notation."""
        if self.kind is not None:
            return self.kind
        if self.notation == "unix_time_second":
            return Kind.MOMENT
        known = BY_NOTATION.get(self.notation)
        if known is None:
            return Kind.NUMBER
        return {pl.Int64(): Kind.INTEGER, pl.String(): Kind.TEXT}.get(known.dtype, Kind.NUMBER)


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of one file, with its place, its name with us and its unit.

    ``unit_where`` says how the unit is known; ``unit`` is ``None`` for texts and plain counts.
    ``oddity`` is a unit text that nobody understands, on a channel that nobody declared.
    """

    position: int
    header: str
    notation: str
    kind: Kind
    unit: Unit | None = None
    unit_where: str = ""
    unit_assumed: bool = False
    oddity: str = ""

    @property
    def dtype(self) -> pl.DataType:
        """The type of the column with us."""
        return _DTYPES[self.kind]


def fold(header: str) -> str:
    """Fold a header for comparison: case, spaces, underscores and quotes do not count."""
    return re.sub(r"[\s_\"'\ufeff]+", "", header).casefold()


def _match(column: TextColumn, header: str) -> tuple[int, str, str | None] | None:
    """Return (rank, notation, unit text) where the column declares this header."""
    name, unit = split_header(header)
    for text, unit_text in ((header, None), (name, unit)):
        folded = fold(text)
        if column.pattern is not None:
            found = re.fullmatch(column.pattern, folded)
            if found is not None:
                notation = column.notation.format(found[0], *found.groups())
                return 0, notation, unit_text
        for rank, each in enumerate(column.headers):
            if fold(each) == folded:
                return rank, column.notation, unit_text
    return None


def matching_notations(columns: Sequence[TextColumn], headers: Sequence[str]) -> set[str]:
    """Return the notations of all declared columns that are among the headers."""
    return {
        match[1]
        for column in columns
        for header in headers
        if (match := _match(column, header)) is not None
    }


def map_headers(columns: Sequence[TextColumn], headers: Sequence[str]) -> list[MappedColumn]:
    """Map every header of a file, in file order.

    Each declared column takes the header that it names first; further headers for the same
    column, and all others, become extra channels. Raises ``UnknownUnit`` where a declared
    column's header bears a unit that is not understood, or one of another quantity.
    """
    taken: dict[int, MappedColumn] = {}
    names: set[str] = set()
    for column in columns:
        candidates = [
            (match[0], position, match)
            for position, header in enumerate(headers)
            if position not in taken and (match := _match(column, header)) is not None
        ]
        for _, position, (_, notation, unit_text) in sorted(candidates):
            if notation in names:
                continue
            names.add(notation)
            taken[position] = _declared(column, notation, position, headers[position], unit_text)
    result = []
    for position, header in enumerate(headers):
        mapped = taken.get(position) or _auxiliary(position, header, names)
        names.add(mapped.notation)
        result.append(mapped)
    return result


def _declared(
    column: TextColumn, notation: str, position: int, header: str, unit_text: str | None
) -> MappedColumn:
    kind = column.written_as
    canonical = unit_of(notation)
    if kind in (Kind.TEXT, Kind.MOMENT) or canonical in ("", "1"):
        return MappedColumn(position, header, notation, kind)
    where, text = f"header '{header}'", unit_text
    if text is None or not text:
        text = column.unit or canonical
        where = where if split_header(header)[1] == text else column.unit_where
    unit = parse_unit(text) if text != canonical else _identity(canonical)
    if unit.canonical != canonical:
        raise UnknownUnit(
            f"'{text}' is no unit of {notation.rsplit('_', 1)[0].replace('_', ' ')}",
            column=header,
        )
    return MappedColumn(position, header, notation, kind, unit, where)


def _identity(canonical: str) -> Unit:
    return Unit(canonical, canonical, Fraction(1))


_WORDS = {
    "V": "volt", "A": "ampere", "degC": "celsius", "ohm": "ohm", "s": "second", "Pa": "pa",
    "W": "watt", "Hz": "hertz", "Ah": "ah", "Wh": "wh", "V/s": "volt_per_second",
    "degC/s": "celsius_per_second", "%": "percent", "µm": "micrometre", "g": "gram",
}  # fmt: skip


def _understood(text: str | None) -> Unit | None:
    if not text:
        return None
    try:
        return parse_unit(text)
    except UnknownUnit:
        return None


def _without_aux(header: str) -> str:
    """Drop a leading "Aux", which our own prefix says already."""
    return re.sub(r"^aux[\s_]+(?=\S)", "", header.strip(), flags=re.IGNORECASE)


def _auxiliary(position: int, header: str, names: set[str]) -> MappedColumn:
    """Name a header that nobody declared; its cells decide later whether it is text."""
    bare = _without_aux(header)
    name, text = split_header(bare)
    unit = _understood(text)
    bracketed = re.search(r"[)\]]\s*$| / ", bare) is not None
    if _understood(name) is not None and not bracketed:
        # "mAh/g" is a unit without a quantity, not grams of "mAh".
        name, text, unit = bare, None, None
    word = _WORDS.get(unit.canonical) if unit is not None else None
    oddity = ""
    if word is None:
        oddity = text if text and bracketed and unit is None else ""
        name = name if unit is not None and unit.canonical == "1" else bare
        unit, word = None, "count"
    if not re.search(r"\w", name):
        name = f"column {position + 1}"
    return MappedColumn(
        position,
        header,
        unique_auxiliary_name(name, word, names),
        Kind.UNDECLARED,
        unit,
        f"header '{header}'" if unit is not None else "",
        oddity=oddity,
    )


def auxiliary_in_unit(
    mapped: MappedColumn, unit: Unit, where: str, names: set[str]
) -> MappedColumn:
    """Rename an extra channel whose unit is known from elsewhere than its header."""
    word = _WORDS.get(unit.canonical)
    if word is None:
        return replace(mapped, oddity=unit.text)
    names.discard(mapped.notation)
    notation = unique_auxiliary_name(_without_aux(mapped.header), word, names)
    names.add(notation)
    return replace(mapped, notation=notation, unit=unit, unit_where=where)


def unique_auxiliary_name(name: str, word: str, names: set[str]) -> str:
    """Name an extra channel so that no name occurs twice: the second gets a 2."""
    notation, turn = auxiliary_name(name, word), 2
    while notation in names:
        notation, turn = auxiliary_name(f"{name} {turn}", word), turn + 1
    return notation

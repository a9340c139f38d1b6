"""How one text file is read: its header, its columns, its marks, decided once.

Decisions come from the header and from a sample of rows (the whole file where it is small;
else its head, its tail and places in between), so that every block of a file of any size is
then read the same way.
"""

from __future__ import annotations

import csv
import functools
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from voltlake.canonical.conventions import Declaration
from voltlake.canonical.findings import Finding
from voltlake.errors import CorruptFile, UnknownUnit
from voltlake.readers.cells import NULL_WORDS, blank_to_null, thousands_pattern
from voltlake.readers.column_map import (
    Kind,
    MappedColumn,
    auxiliary_in_unit,
    unique_auxiliary_name,
)
from voltlake.readers.contract import ReadOptions, Source
from voltlake.readers.text_blocks import Encoding, detect_encoding, text_blocks
from voltlake.units import Unit, parse_unit

__all__ = [
    "PlannedColumn",
    "TableHead",
    "TablePlan",
    "decimal_mark",
    "head_lines",
    "head_lines_of",
    "null_words",
    "sample_rows",
    "settle",
    "split_row",
    "text_frame",
    "units_beside",
]

MAX_COLUMNS = 2000
WHOLE_BYTES = 16 * 1024**2
"""Files up to this size are looked at as a whole before their rows are returned."""
_PROBES = 8
_PROBE_BYTES = 32_768


@dataclass(frozen=True, slots=True)
class TableHead:
    """The header of one file.

    ``first_byte`` is where the first data row begins; ``preamble`` are the lines above the
    header; ``found`` the notations of the format that are among the headers.
    """

    encoding: Encoding
    delimiter: str
    headers: tuple[str, ...]
    header_line: int
    first_byte: int
    preamble: tuple[str, ...]
    found: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column to be returned, and the type in which its cells leave the parser.

    ``wire`` is ``String`` where cells need more than the parser's own numbers: white space,
    thousands separators, clock times.
    """

    mapped: MappedColumn
    wire: pl.DataType
    epoch: Unit | None = None

    @property
    def position(self) -> int:
        """Place in the file, from 0."""
        return self.mapped.position


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything that is decided before the first row is returned."""

    head: TableHead
    columns: tuple[PlannedColumn, ...]
    decimal: str
    date_order: int
    null_words: tuple[str, ...]
    width: int
    quoted: bool = True
    unit_columns: tuple[tuple[int, str], ...] = ()
    declarations: tuple[Declaration, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    def column(self, notation: str) -> PlannedColumn | None:
        """Return the planned column of that name, if there is one."""
        for each in self.columns:
            if each.mapped.notation == notation:
                return each
        return None


def split_row(line: str, delimiter: str) -> list[str]:
    """Split one line into cells, quotes respected."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def head_lines(source: Source) -> tuple[Encoding, list[tuple[int, str]]]:
    """Return the encoding and the first lines with the byte at which each *ends*."""
    return head_lines_of(source.head)


@functools.lru_cache(maxsize=8)
def head_lines_of(head: bytes) -> tuple[Encoding, list[tuple[int, str]]]:
    """Split the first bytes of a file; kept for a few files, as every format asks it."""
    encoding = detect_encoding(head)
    body = head[encoding.mark_bytes :]
    end = encoding.mark_bytes
    lines: list[tuple[int, str]] = []
    if b"\0" in body and not encoding.codec.startswith("utf-16"):
        return encoding, lines  # A NUL byte: no text at all.
    if encoding.codec.startswith("utf-16"):
        for line in encoding.decode(body[: len(body) // 2 * 2]).splitlines(keepends=True):
            end += 2 * len(line)
            lines.append((end, line))
        return encoding, lines
    separator = b"\n" if b"\n" in body or b"\r" not in body else b"\r"
    for raw in body.split(separator):
        end = min(end + len(raw) + 1, len(head))
        lines.append((end, encoding.decode(raw)))
    return encoding, lines


def text_frame(block: bytes, width: int, delimiter: str, *, quoted: bool = True) -> pl.DataFrame:
    """Read a UTF-8 block as texts; missing cells are null, cells beyond ``width`` are cut."""
    names = [str(place) for place in range(width)]
    header = delimiter.join(names).encode() + b"\n"
    try:
        return pl.read_csv(
            header + block,
            separator=delimiter,
            infer_schema=False,
            truncate_ragged_lines=True,
            quote_char='"' if quoted else None,
        )
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
        rows = csv.reader(io.StringIO(block.decode("utf-8", "replace")), delimiter=delimiter)
        cut = [(row + [""] * width)[:width] for row in rows]
        return pl.DataFrame(
            {n: [r[i] or None for r in cut] for i, n in enumerate(names)},
            schema=dict.fromkeys(names, pl.String),
        )


def sample_rows(source: Source, head: TableHead) -> tuple[pl.DataFrame, bool]:
    """Return rows as texts, in file order, and whether they are the whole file."""
    width = len(head.headers)
    if width > MAX_COLUMNS:
        raise CorruptFile(
            f"the header has {width} columns, more than {MAX_COLUMNS}", file=source.name
        )
    if source.size - head.first_byte <= WHOLE_BYTES:
        walk = text_blocks(source.path, head.encoding, skip_bytes=head.first_byte)
        blocks = [block for block, _ in walk]
        return text_frame(b"".join(blocks), width, head.delimiter), True
    pieces = _probes(source.path, head, source.size)
    return text_frame(b"".join(pieces), width, head.delimiter), False


def _probes(path: Path, head: TableHead, size: int) -> list[bytes]:
    """Read whole lines at the head, at the tail and at places in between."""
    step = (size - head.first_byte - 2 * _PROBE_BYTES) // (_PROBES - 1)
    pieces = []
    newline = "\n".encode(head.encoding.codec)
    with path.open("rb") as stream:
        for turn in range(_PROBES):
            start = head.first_byte + turn * step
            start -= (start - head.first_byte) % len(newline)
            stream.seek(start)
            raw = stream.read(_PROBE_BYTES if turn < _PROBES - 1 else 2 * _PROBE_BYTES)
            first = 0 if turn == 0 else raw.find(newline) + len(newline)
            last = raw.rfind(newline) + len(newline)
            text = head.encoding.decode(raw[first:last])
            pieces.append(text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8"))
    return pieces


def decimal_mark(
    texts: Sequence[pl.Series], options: ReadOptions, delimiter: str
) -> tuple[str, str, bool]:
    """Return the decimal mark of the numbers, how it is known, and whether it is assumed."""
    if options.decimal is not None:
        return options.decimal, "given by the user", False
    together = pl.concat([each.cast(pl.String) for each in texts]).drop_nulls().unique()
    numbers = together.filter(together.str.contains(r"^\s*[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?\s*$"))
    commas = numbers.filter(numbers.str.contains(",", literal=True)).str.strip_chars()
    if commas.len() == 0:
        return ".", "no number holds a comma", False
    last_comma = commas.str.contains(r",\d*$|,\d+[eE]")
    grouped = commas.str.contains(r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$")
    decimals = commas.filter(last_comma & ~grouped)
    points = numbers.str.contains(r"^\s*[+-]?\d*\.\d*(?:[eE][+-]?\d+)?\s*$").any()
    if decimals.len() and delimiter != ",":
        return ",", f"numbers such as '{decimals.sort()[0]}'", False
    if points or commas.str.contains(".", literal=True).any() or delimiter == ",":
        return ".", f"thousands are grouped: '{commas.sort()[0]}'", False
    return ".", f"'{commas.sort()[0]}' could be either", True


def settle(mapped: MappedColumn, texts: pl.Series, decimal: str, names: set[str]) -> PlannedColumn:
    """Decide the type of one column from its cells."""
    words = blank_to_null(texts)
    present = words.drop_nulls()
    if mapped.kind is Kind.UNDECLARED:
        mapped = _undeclared(mapped, present, decimal, names)
    if mapped.kind is Kind.TEXT:
        return PlannedColumn(mapped, pl.String())
    if mapped.kind is Kind.DURATION and present.len() and _all_numbers(present, decimal):
        mapped = replace(mapped, kind=Kind.NUMBER)
    if mapped.kind in (Kind.NUMBER, Kind.INTEGER):
        return PlannedColumn(mapped, _number_wire(mapped.kind, texts, present, decimal))
    return PlannedColumn(mapped, pl.String())


def _undeclared(
    mapped: MappedColumn, present: pl.Series, decimal: str, names: set[str]
) -> MappedColumn:
    if present.len() and _all_numbers(present, decimal):
        return replace(mapped, kind=Kind.NUMBER)
    if not present.len() and mapped.unit is not None:
        return replace(mapped, kind=Kind.NUMBER)
    names.discard(mapped.notation)
    stem = mapped.notation[len("aux_") :].rsplit("_", 1)[0]
    notation = unique_auxiliary_name(stem if mapped.unit is None else mapped.header, "text", names)
    names.add(notation)
    return replace(mapped, kind=Kind.TEXT, notation=notation, unit=None, unit_where="")


def _plain(present: pl.Series, decimal: str) -> pl.Series:
    return present.str.replace(",", ".", literal=True) if decimal == "," else present


def _all_numbers(present: pl.Series, decimal: str) -> bool:
    rest = present.filter(~present.str.contains(thousands_pattern(decimal)))
    return not _plain(rest, decimal).cast(pl.Float64, strict=False).is_null().any()


def _number_wire(kind: Kind, texts: pl.Series, present: pl.Series, decimal: str) -> pl.DataType:
    """Choose the parser's own numbers where every sampled cell allows it."""
    trailing = texts.str.contains(r"\s$").any()
    plain = _plain(present, decimal)
    if trailing or plain.cast(pl.Float64, strict=False).is_null().any():
        return pl.String()
    if kind is Kind.INTEGER and not plain.cast(pl.Int64, strict=False).is_null().any():
        return pl.Int64()
    return pl.Float64()


def null_words(texts: Sequence[pl.Series]) -> tuple[str, ...]:
    """Return the words for 'nothing' as they are written among the cells of numbers."""
    together = pl.concat([each.cast(pl.String) for each in texts]).drop_nulls().unique()
    lower = together.str.to_lowercase()
    found = together.filter(lower.is_in([word for word in NULL_WORDS if word]))
    return tuple(sorted(found.to_list()))


def units_beside(
    mapped: list[MappedColumn], frame: pl.DataFrame, unit_header: str, names: set[str]
) -> tuple[list[MappedColumn], list[tuple[int, str]]]:
    """Take the unit of a channel from the column of units that follows it.

    Returns the columns without the unit columns, and (position, unit text) of each of those,
    so that every row can be held against it.
    """
    result: list[MappedColumn] = []
    units: list[tuple[int, str]] = []
    for before, each in itertools.pairwise([*mapped, mapped[-1]]):
        is_unit = before.header.strip().casefold() == unit_header
        follows = each.header.strip().casefold() == unit_header and not is_unit
        if is_unit:
            continue
        if not follows or before.kind is not Kind.UNDECLARED:
            result.append(before)
            continue
        texts = frame[str(each.position)].str.strip_chars().drop_nulls()
        text = str(texts[0]) if texts.len() else ""
        units.append((each.position, text))
        result.append(_with_unit(before, text, names))
    return result, units


def _with_unit(mapped: MappedColumn, text: str, names: set[str]) -> MappedColumn:
    if not text:
        return mapped
    try:
        unit = parse_unit(text)
    except UnknownUnit:
        return replace(mapped, oddity=text)
    return auxiliary_in_unit(mapped, unit, f"the column of units beside it: '{text}'", names)

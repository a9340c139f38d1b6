"""Battery Data Format, text: preferred labels, notations, old aliases and deprecated terms.

Source: Battery Data Alliance, battery-data-format ontology 1.3.0. Every column is declared
by BDF itself, so the declaration of a file is made from its own header.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import polars as pl

from voltlake.canonical.bdf import BdfHeader, header_meaning
from voltlake.canonical.columns import BY_NOTATION, REQUIRED
from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import TestMetadata
from voltlake.errors import ContradictoryContent
from voltlake.readers.column_map import Kind
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.delimited import (
    DelimitedFormat,
    TextColumn,
    find_table,
    read_delimited,
    wordy_rows,
)
from voltlake.readers.doubts import Tally
from voltlake.readers.table_plan import TableHead, head_lines, split_row

__all__ = ["READER"]

_HEADER_WITHIN = 50
_SIDECAR = ".metadata.json"


def _head(source: Source) -> tuple[tuple[str, ...], str] | None:
    """Return the header cells and the delimiter of the first line with all of BDF's required."""
    for _, delimiter, cells, _ in wordy_rows(source.head, _HEADER_WITHIN):
        meanings = [header_meaning(cell.strip("\ufeff")) for cell in cells]
        if set(REQUIRED) <= {each.notation for each in meanings if each is not None}:
            return cells, delimiter
    return None


def claim(source: Source) -> Claim | None:
    """Claim where one line holds BDF's labels or notations of time, voltage and current."""
    found = _head(source)
    if found is None:
        return None
    exact = all(
        each is None or each.canonical for each in (header_meaning(cell) for cell in found[0])
    )
    return Claim(
        90,
        "BDF's columns for time, voltage and current",
        "BDF 1.3.0" if exact else "BDF-like, with other units",
    )


def _column(header: str, meaning: BdfHeader) -> TextColumn:
    known = BY_NOTATION.get(meaning.notation)
    dtype = known.dtype if known is not None else pl.Float64()
    kind = Kind.TEXT
    if dtype == pl.Int64:
        kind = Kind.INTEGER
    elif dtype == pl.Float64 and not meaning.notation.endswith("_text"):
        kind = Kind.NUMBER
    return TextColumn(
        meaning.notation, (header,), unit=meaning.unit or None, kind=kind,
        required=meaning.notation in REQUIRED, unit_where=f"header '{header}'",
    )  # fmt: skip


def _booleans(batch: pl.DataFrame, _: Tally) -> pl.DataFrame:
    names = [
        name
        for name in batch.columns
        if name in BY_NOTATION and BY_NOTATION[name].dtype == pl.Boolean
    ]
    return batch.with_columns(_boolean(batch[name]) for name in names)


def _boolean(texts: pl.Series) -> pl.Series:
    words = texts.str.to_lowercase()
    values = words.replace_strict({"true": True, "false": False}, default=None)
    odd = (values.is_null() & words.is_not_null()).arg_true()
    if odd.len():
        raise ContradictoryContent(
            f"'{texts[int(odd[0])]}' is neither true nor false", column=texts.name
        )
    return values.cast(pl.Boolean).alias(texts.name)


def _format(source: Source) -> tuple[DelimitedFormat, list[Finding]]:
    """Declare the format of this very file from its own header."""
    found = _head(source)
    cells: tuple[str, ...] = found[0] if found is not None else ()
    columns: list[TextColumn] = []
    findings: list[Finding] = []
    current_first = sorted(cells, key=lambda cell: _is_deprecated(cell))
    for cell in current_first:
        meaning = header_meaning(cell)
        if meaning is None:
            continue
        if meaning.deprecated:
            findings.append(_deprecated_finding(cell, meaning))
        if not meaning.canonical and meaning.unit:
            findings.append(
                Finding(
                    "NON_CANONICAL_UNIT",
                    Severity.INFO,
                    f"'{cell}' is not in BDF's own unit; converted exactly",
                    column=meaning.notation,
                )
            )
        columns.append(_column(cell, meaning))
    if not columns:
        columns = [TextColumn(name, (BY_NOTATION[name].label,), required=True) for name in REQUIRED]
    return (
        DelimitedFormat(
            name="bdf_csv", columns=tuple(columns), sign=Sign.CHARGE_POSITIVE, finish=_booleans
        ),
        findings,
    )


def _is_deprecated(cell: str) -> bool:
    meaning = header_meaning(cell)
    return meaning is not None and meaning.deprecated


def _deprecated_finding(cell: str, meaning: BdfHeader) -> Finding:
    return Finding(
        "DEPRECATED_TERM",
        Severity.INFO,
        f"BDF has replaced '{cell}' by {meaning.notation}",
        column=meaning.notation,
    )


def _step_numbers(form: DelimitedFormat, source: Source) -> tuple[DelimitedFormat, list[Finding]]:
    """Find out whether ``step_index`` counts records, as BDF said, or names steps.

    Published files mostly put the schedule's step there: a record counter grows from row to
    row, a step's number stays.
    """
    head = find_table(form, source)
    place = _position(head, "step_record_index", form) if head is not None else None
    if head is None or place is None:
        return form, []
    _, lines = head_lines(source)
    rows = [split_row(line, head.delimiter) for _, line in lines[head.header_line + 1 :][:-1]]
    cells = [row[place] for row in rows if len(row) > place]
    stays = sum(one == two for one, two in itertools.pairwise(cells))
    if len(cells) < 3 or 2 * stays < len(cells):
        return form, []
    columns = tuple(
        replace(each, notation="step_id", kind=Kind.TEXT)
        if each.notation == "step_record_index"
        else each
        for each in form.columns
    )
    finding = Finding(
        "STEP_INDEX_IS_STEP",
        Severity.INFO,
        f"'{head.headers[place]}' stays the same in {stays} of {len(cells) - 1} pairs of rows: "
        "it names the step and counts no records; kept as step_id",
        column="step_id",
    )
    return replace(form, columns=columns), [finding]


def _position(head: TableHead, notation: str, form: DelimitedFormat) -> int | None:
    taken = {each.notation for each in form.columns}
    for place, header in enumerate(head.headers):
        meaning = header_meaning(header)
        if meaning is not None and meaning.deprecated and meaning.notation == notation:
            return None if "step_id" in taken else place
    return None


def _sidecar(source: Source) -> Path | None:
    stem = source.name
    for ending in (".csv", ".txt", ".bdf"):
        stem = stem.removesuffix(ending)
    for name in (f"{stem}.bdf{_SIDECAR}", f"{stem}{_SIDECAR}"):
        path = source.folder / name
        if path.is_file():
            return path
    return None


def companions(source: Source) -> tuple[Path, ...]:
    """Return the metadata file beside the data, if there is one."""
    path = _sidecar(source)
    return (path,) if path is not None else ()


def _metadata(path: Path) -> TestMetadata:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as reason:
        raise ContradictoryContent(
            f"the metadata file beside the data is no JSON: {reason}", file=path
        ) from reason
    return TestMetadata(extra=_flat(said))


def _flat(value: object, prefix: str = "") -> dict[str, str]:
    """Flatten nested metadata to ``a.b: text``."""
    if isinstance(value, dict):
        flat: dict[str, str] = {}
        for key, inner in value.items():
            flat |= _flat(inner, f"{prefix}.{key}" if prefix else str(key))
        return flat
    if value is None:
        return {}
    return {prefix or "value": value if isinstance(value, str) else json.dumps(value)}


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read a BDF text file, with the metadata file beside it."""
    form, findings = _format(source)
    form, more = _step_numbers(form, source)
    beside = _sidecar(source)
    raw = read_delimited(
        form,
        source,
        options,
        metadata=_metadata(beside) if beside is not None else None,
        declarations=(Declaration("time_zone", "UTC", "BDF's definition of Unix time"),),
        companions=companions(source),
    )
    if any(each.column == "step_id" for each in more):
        findings = [each for each in findings if each.column != "step_record_index"]
    raw.findings[:0] = [*findings, *more]
    return raw


READER = Reader(
    name="bdf_csv",
    version="1",
    title="Battery Data Format (text)",
    vendor="Battery Data Alliance",
    extensions=(".csv", ".bdf", ".txt"),
    claim=claim,
    read=read,
    companions=companions,
    hostile=False,
)

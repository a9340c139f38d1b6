"""The rules that every reader keeps, as a check that anyone can run on their own reader.

>>> from pathlib import Path
>>> from voltlake.readers.conformance import check_reader
>>> check_reader(my_reader, Path("cell_07.csv"))            # doctest: +SKIP
[]

The list names every rule that is broken, in words; an empty list is a conforming reader on
that file. Our own test suite runs it over every case of every format.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import polars as pl

from voltlake.canonical.columns import BY_NOTATION, is_auxiliary, unit_of
from voltlake.errors import SourceChanged, VoltlakeError
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.unpack import open_source

__all__ = ["FOREIGN_HEADS", "check_reader"]

FOREIGN_HEADS: dict[str, bytes] = {
    "prose": b"Dear colleague,\nplease find attached the cell that you asked for.\n" * 40,
    "numbers": b"1,2,3\n4,5,6\n" * 200,
    "spreadsheet": b"name,price\nbolt,0.10\nnut,0.05\n" * 60,
    "zeros": bytes(4096),
    "noise": bytes((37 * place * place + 11) % 256 for place in range(4096)),
    "image": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "zip": b"PK\x03\x04" + bytes(500),
    "json": b'{"cells": [1, 2, 3]}' * 20,
}
"""Beginnings of files that no cycler wrote; no reader may claim one."""


def check_reader(
    reader: Reader, path: Path, *, options: ReadOptions | None = None, batch_rows: int = 97
) -> list[str]:
    """Run every rule on one file that the reader should read; return the broken ones.

    ``batch_rows`` is the odd batch size at which the rows must come out the same.
    """
    options = options or ReadOptions()
    before = _fingerprint(path)
    problems: list[str] = []
    with suppress(SourceChanged), open_source(path) as source:
        problems += _check_claims(reader, source)
        try:
            raw = reader.read(source, options)
            problems += _check_declarations(raw)
            if raw.samples is not None:
                small = ReadOptions(
                    options.timezone, options.decimal, options.sign, batch_rows=batch_rows
                )
                problems += _check_samples(raw, reader.read(source, small), batch_rows)
            elif raw.reported_cycles is None and raw.reported_curves is None:
                problems.append("returns neither samples nor reported cycles nor curves")
        except VoltlakeError as error:
            problems.append(f"does not read the file: {error}")
    if _fingerprint(path) != before:
        problems.append("changes the file that it reads")
    return problems


def _fingerprint(path: Path) -> tuple[str, int]:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_mtime_ns


def _check_claims(reader: Reader, source: Source) -> list[str]:
    problems = []
    if not isinstance(reader.claim(source), Claim):
        problems.append("does not claim the file")
    renamed = Source(source.path, "renamed.unknown", source.head, source.size, source.folder)
    if reader.claim(renamed) is None:
        problems.append("claims by the file's name instead of its content")
    for name, head in FOREIGN_HEADS.items():
        foreign = Source(source.path, f"{name}{source.path.suffix}", head, len(head), source.folder)
        if reader.claim(foreign) is not None:
            problems.append(f"claims foreign content: {name}")
    return problems


def _check_declarations(raw: RawTest) -> list[str]:
    problems: list[str] = []
    if raw.samples is None:
        return problems
    subjects = {each.subject for each in raw.declarations}
    for name in raw.samples.schema:
        known = BY_NOTATION.get(name)
        counter = known.scope if known is not None else None
        if counter is not None and name not in raw.scopes:
            problems.append(f"does not declare the scope of {name}")
    for required in ("test_time_second", "voltage_volt", "current_ampere"):
        # A column may also be counted from another one, and is then declared by its own name.
        known_by = {f"unit:{required}", required}
        if required in raw.samples.schema and not known_by & subjects:
            problems.append(f"does not declare how the unit of {required} is known")
    if "unix_time_second" in raw.samples.schema and "time_zone" not in subjects:
        problems.append("does not declare the time zone of the clock")
    return problems


def _check_samples(raw: RawTest, again: RawTest, batch_rows: int) -> list[str]:
    if raw.samples is None or again.samples is None:
        return ["returns samples only at some batch sizes"]
    problems = _check_schema(raw.samples.schema)
    first = raw.samples.collect()
    if first.schema != raw.samples.schema:
        problems.append("returns batches that differ from the declared schema")
    if not first.equals(raw.samples.collect()):
        problems.append("returns other rows when read a second time")
    batches = list(again.samples.batches())
    if any(batch.height > batch_rows for batch in batches):
        problems.append("returns batches with more rows than asked for")
    if not again.samples.collect().equals(first):
        problems.append("returns other rows at another batch size")
    wanted = list(first.columns)[::-2]
    if not raw.samples.collect(wanted).equals(first.select(wanted)):
        problems.append("returns other columns than asked for")
    if first.height == 0:
        problems.append("returns a table without rows in the place of NoSamples")
    return problems + _check_values(first)


def _check_schema(schema: pl.Schema) -> list[str]:
    problems = []
    for name, dtype in schema.items():
        known = BY_NOTATION.get(name)
        if known is None and not is_auxiliary(name):
            problems.append(f"'{name}' is no column of the language")
        expected = known.dtype if known is not None else None
        if known is None:
            expected = pl.String() if name.endswith("_text") else pl.Float64()
        if expected is not None and dtype != expected:
            problems.append(f"{name} is {dtype}, not {expected}")
        if known is not None and unit_of(name) not in ("", known.unit):
            problems.append(f"the name of {name} does not end in its unit")
    return problems


def _check_values(frame: pl.DataFrame) -> list[str]:
    problems = []
    for name, dtype in frame.schema.items():
        if dtype == pl.Float64 and bool(frame[name].is_nan().any()):
            problems.append(f"{name} holds NaN where the value is unknown; null is meant")
        if dtype == pl.Float64 and bool(frame[name].is_infinite().any()):
            problems.append(f"{name} holds infinity")
    return problems

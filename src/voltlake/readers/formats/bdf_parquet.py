"""Battery Data Format, Parquet: notations or preferred labels as column names.

Source: Battery Data Alliance, battery-data-format ontology 1.3.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow
import pyarrow.parquet

from voltlake.canonical.bdf import header_meaning
from voltlake.canonical.columns import BY_NOTATION, REQUIRED, auxiliary_name
from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import CorruptFile, MissingColumns, NoSamples, UnreadableValue
from voltlake.readers.cells import in_unit
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.units import Unit, parse_unit

__all__ = ["READER"]

_MAGIC = b"PAR1"


def _names(path: Path) -> list[str]:
    try:
        return list(pyarrow.parquet.read_schema(path).names)
    except (pyarrow.ArrowInvalid, OSError):
        return []


def claim(source: Source) -> Claim | None:
    """Claim a Parquet file whose columns are BDF's time, voltage and current."""
    if not source.head.startswith(_MAGIC):
        return None
    meanings = [header_meaning(name) for name in _names(source.path)]
    if set(REQUIRED) <= {each.notation for each in meanings if each is not None}:
        return Claim(100, "Parquet with BDF's columns for time, voltage and current")
    return None


def _plan(schema: pyarrow.Schema) -> tuple[dict[str, str], dict[str, Unit]]:
    """Return our name for each column, and the unit of those that are not canonical."""
    names: dict[str, str] = {}
    units: dict[str, Unit] = {}
    for field in schema:
        meaning = header_meaning(field.name)
        numeric = pyarrow.types.is_floating(field.type) or pyarrow.types.is_integer(field.type)
        if meaning is None or meaning.notation in names.values():
            word = "count" if numeric or pyarrow.types.is_decimal(field.type) else "text"
            names[field.name] = auxiliary_name(field.name, word)
            continue
        names[field.name] = meaning.notation
        unit = parse_unit(meaning.unit) if meaning.unit else None
        if unit is not None and (unit.factor != 1 or unit.offset != 0):
            units[meaning.notation] = unit
    return names, units


_REMEDY = "Write the column with numbers in BDF's unit"


def _dtype(notation: str) -> pl.DataType:
    known = BY_NOTATION.get(notation)
    if known is not None:
        return known.dtype
    return pl.String() if notation.endswith("_text") else pl.Float64()


def _canonical(batch: pl.DataFrame, names: dict[str, str], units: dict[str, Unit]) -> pl.DataFrame:
    frame = batch.select(
        pl.col(name).cast(_dtype(notation)).alias(notation) for name, notation in names.items()
    )
    converted = [
        pl.Series(notation, in_unit(frame[notation].fill_null(np.nan).to_numpy(), unit)).fill_nan(
            None
        )
        for notation, unit in units.items()
    ]
    floats = [name for name in frame.columns if frame.schema[name] == pl.Float64]
    return frame.with_columns(converted).with_columns(pl.col(floats).fill_nan(None))


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read a BDF Parquet file, row group by row group."""
    try:
        parquet = pyarrow.parquet.ParquetFile(source.path)
    except (pyarrow.ArrowInvalid, OSError) as reason:
        raise CorruptFile(f"no readable Parquet: {reason}", file=source.name) from reason
    names, units = _plan(parquet.schema_arrow)
    missing = sorted(set(REQUIRED) - set(names.values()))
    if missing:
        raise MissingColumns(
            f"no column for {', '.join(missing)}; found {', '.join(names)}", file=source.name
        )
    if parquet.metadata.num_rows == 0:
        raise NoSamples("the table has not one row", file=source.name)
    parquet.close()
    schema = pl.Schema({notation: _dtype(notation) for notation in names.values()})

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        wanted = {n: m for n, m in names.items() if columns is None or m in columns}
        chosen = {name: unit for name, unit in units.items() if name in wanted.values()}
        with pyarrow.parquet.ParquetFile(source.path) as table:
            try:
                for part in table.iter_batches(options.batch_rows, columns=list(wanted)):
                    frame = pl.DataFrame(pyarrow.Table.from_batches([part]))
                    batch = _canonical(frame, wanted, chosen)
                    yield batch if columns is None else batch.select(columns)
            except (pyarrow.ArrowInvalid, OSError) as reason:
                raise CorruptFile(f"a page is damaged: {reason}", file=source.name) from reason
            except pl.exceptions.InvalidOperationError as reason:
                problem = str(reason).splitlines()[0]
                raise UnreadableValue(problem, file=source.name, remedy=_REMEDY) from reason

    return RawTest(
        metadata=TestMetadata(),
        samples=TableStream(schema, batches),
        sign=Sign.CHARGE_POSITIVE,
        scopes={
            name: scope
            for name in schema
            if name in BY_NOTATION and (scope := BY_NOTATION[name].scope) is not None
        },
        declarations=_declarations(names),
        findings=_findings(names, units),
    )


def _declarations(names: dict[str, str]) -> tuple[Declaration, ...]:
    zone = Declaration("time_zone", "UTC", "BDF's definition of Unix time")
    declared = [
        Declaration(f"unit:{notation}", meaning.unit, f"column '{name}'")
        for name, notation in names.items()
        if (meaning := header_meaning(name)) is not None and meaning.unit
    ]
    return (*declared, zone)


def _findings(names: dict[str, str], units: dict[str, Unit]) -> list[Finding]:
    findings = [
        Finding(
            "NON_CANONICAL_UNIT",
            Severity.INFO,
            f"{notation} is written in {unit.text}; converted exactly",
            column=notation,
        )
        for notation, unit in units.items()
    ]
    findings += [
        Finding(
            "DEPRECATED_TERM",
            Severity.INFO,
            f"BDF has replaced '{name}' by {meaning.notation}",
            column=meaning.notation,
        )
        for name in names
        if (meaning := header_meaning(name)) is not None and meaning.deprecated
    ]
    return findings


READER = Reader(
    name="bdf_parquet",
    version="1",
    title="Battery Data Format (Parquet)",
    vendor="Battery Data Alliance",
    extensions=(".parquet",),
    claim=claim,
    read=read,
    hostile=True,
    evidence="specification",
)

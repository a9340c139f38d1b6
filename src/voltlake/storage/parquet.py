"""Tables as Parquet: small, exact, and plain to every other program.

A column whose every value is a decimal on paper is stored as Parquet DECIMAL on integers,
which takes a fraction of the room; reading gives back the same doubles, bit for bit. The
same table always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq

from voltlake.canonical.columns import BY_NOTATION, unit_of
from voltlake.canonical.streams import TableStream
from voltlake.errors import NotFound, ObjectCorrupted
from voltlake.numerics.decimals import decimal_mantissas
from voltlake.storage.disk import full_disk_explained
from voltlake.storage.objects import sha256_of
from voltlake.storage.statistics import ColumnStatistics, Survey

__all__ = [
    "ROWS_PER_GROUP",
    "WrittenTable",
    "metadata_of",
    "read_table",
    "rows_of",
    "scan_table",
    "write_table",
]

ROWS_PER_GROUP = 32_768
_ROWS_AT_ONCE = ROWS_PER_GROUP
_PRECISION = 18
"""Digits of every DECIMAL column: the most that 64 bits hold."""


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """What was written where."""

    path: Path
    sha256: str
    rows: int
    bytes: int
    statistics: dict[str, ColumnStatistics]

    def stats(self) -> dict[str, Any]:
        """Return the column statistics as plain values, for the catalogue."""
        return {name: column.as_dict() for name, column in self.statistics.items()}


class _NotDecimal(Exception):
    """A column that was taken for decimal holds a value that is not."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def write_table(
    stream: TableStream,
    path: Path,
    *,
    decimals: Mapping[str, int] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> WrittenTable:
    """Write a table to ``path``, in row groups of 32,768 rows.

    Parameters
    ----------
    decimals
        Number of decimals of the float columns that are decimal (``Spool.decimals``); other
        float columns stay floats. ``None`` reads the stream once more to find out. Every
        value is checked while writing; a column that fails is written as float, all anew.
    metadata
        Further key-value pairs of the file.

    Raises
    ------
    OutOfSpace
        Where the disk is full.
    """
    places = dict(_survey(stream) if decimals is None else decimals)
    while True:
        try:
            survey = _write_once(stream, path, places, dict(metadata or {}))
            break
        except _NotDecimal as failure:
            del places[failure.column]
    statistics = {
        name: replace(column, places=places.get(name))
        for name, column in survey.statistics().items()
    }
    return WrittenTable(path, sha256_of(path), survey.rows, path.stat().st_size, statistics)


def _survey(stream: TableStream) -> dict[str, int]:
    survey = Survey(stream.schema)
    for batch in stream.batches():
        survey.add(batch)
    return survey.decimals()


def _write_once(
    stream: TableStream, path: Path, places: dict[str, int], metadata: dict[str, str]
) -> Survey:
    survey = Survey(stream.schema, decimals=False)
    schema = _arrow_schema(stream.schema, places, metadata)
    with full_disk_explained(path), _writer(path, schema) as writer:
        for chunk in _chunks(stream.batches(), _ROWS_AT_ONCE):
            survey.add(chunk)
            writer.write_table(_to_arrow(chunk, schema, places), row_group_size=ROWS_PER_GROUP)
    return survey


def _arrow_schema(
    schema: pl.Schema, places: Mapping[str, int], metadata: dict[str, str]
) -> pa.Schema:
    plain = pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    fields = []
    for field in plain:
        if field.name in places:
            field = field.with_type(pa.decimal128(_PRECISION, places[field.name]))
        fields.append(field.with_metadata(_described(field.name)))
    return pa.schema(fields, metadata=metadata)


def _described(name: str) -> dict[str, str]:
    """Return notation, unit and label of a column, for people who open the file elsewhere."""
    known = BY_NOTATION.get(name)
    described = {"notation": name, "unit": known.unit if known else unit_of(name)}
    return {**described, "label": known.label} if known else described


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    encodings = {field.name: code for field in schema if (code := _encoding(field.type))}
    texts = [field.name for field in schema if field.name not in encodings]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        column_encoding=encodings,
        store_decimal_as_integer=True,
    )


def _encoding(kind: pa.DataType) -> str | None:
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return "DELTA_BINARY_PACKED"
    return "BYTE_STREAM_SPLIT" if pa.types.is_floating(kind) else None


def _chunks(batches: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Cut the batches anew into frames of exactly ``rows`` rows; the last may be shorter."""
    waiting: list[pl.DataFrame] = []
    height = 0
    for batch in batches:
        waiting.append(batch)
        height += batch.height
        if height < rows:
            continue
        joined = pl.concat(waiting)
        whole = height - height % rows
        for first in range(0, whole, rows):
            yield joined.slice(first, rows)
        waiting, height = [joined.slice(whole)], height - whole
    if height:
        yield pl.concat(waiting)


def _to_arrow(frame: pl.DataFrame, schema: pa.Schema, places: Mapping[str, int]) -> pa.Table:
    plain = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    arrays = [
        _decimal_array(frame.get_column(name), places[name])
        if name in places
        else plain.column(name)
        for name in schema.names
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _decimal_array(values: pl.Series, places: int) -> pa.Array:
    words = decimal_mantissas(values.fill_null(0.0).to_numpy(), places)
    if words is None:
        raise _NotDecimal(values.name)
    # Packed anew: the bitmap of a slice keeps the offset of the slice, which would be lost here.
    known = values.is_not_null().to_numpy()
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    kind = pa.decimal128(_PRECISION, places)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(words)])


def read_table(
    path: Path,
    columns: Sequence[str] | None = None,
    rows: tuple[int, int] | None = None,
) -> pl.DataFrame:
    """Read a table, or only ``columns`` and ``rows`` (first row from 0, number of rows).

    Decimal columns come back as the very doubles that were written. ``NotFound`` names a
    column that the table does not have; ``ObjectCorrupted`` a file that is no table.
    """
    with _corruption_explained(path):
        lazy = pl.scan_parquet(path, glob=False)
        known = lazy.collect_schema()
        if columns is not None:
            lazy = lazy.select(_known(columns, known))
        if rows is not None:
            lazy = lazy.slice(*rows)
        frame = lazy.collect(engine="in-memory")
    # This cast divides, correctly rounded; Arrow's own multiplies and is off by one ulp.
    return frame.with_columns(cs.decimal().cast(pl.Float64))


def lazy_table(path: Path) -> pl.LazyFrame:
    """Return a stored table as a lazy frame; decimal columns come back as doubles."""
    return pl.scan_parquet(path, glob=False).with_columns(cs.decimal().cast(pl.Float64))


def scan_table(path: Path, batch_rows: int = _ROWS_AT_ONCE) -> TableStream:
    """Return a stored table as a stream of batches of ``batch_rows`` rows."""
    rows = rows_of(path)
    schema = read_table(path, rows=(0, 0)).schema

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        for first in range(0, rows, batch_rows):
            yield read_table(path, columns, (first, batch_rows))

    return TableStream(schema, batches)


def rows_of(path: Path) -> int:
    """Return the number of rows, from the file's footer alone."""
    with _corruption_explained(path):
        return int(pq.read_metadata(path).num_rows)


def metadata_of(path: Path) -> dict[str, str]:
    """Return the key-value pairs that the table was written with."""
    with _corruption_explained(path):
        pairs = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in pairs.items()}


@contextmanager
def _corruption_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectCorrupted("the table is missing", file=path) from error
    except (pl.exceptions.ComputeError, pa.ArrowInvalid) as error:
        raise ObjectCorrupted(f"not a readable Parquet table ({error})", file=path) from error


def _known(columns: Sequence[str], schema: pl.Schema) -> list[str]:
    for name in columns:
        if name not in schema:
            raise NotFound(
                f"the table has no column '{name}'",
                column=name,
                remedy=f"It has {', '.join(schema)}",
            )
    return list(columns)

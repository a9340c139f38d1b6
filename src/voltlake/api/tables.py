"""Tables on the wire: columnar JSON, CSV, Parquet and Arrow, in pieces where they are long."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

__all__ = [
    "MEDIA_TYPES",
    "TableFormat",
    "columns_of",
    "download",
    "json_answer",
    "rows_of",
    "safe_name",
    "without_formulas",
]

TableFormat = Literal["json", "csv", "parquet", "arrow"]
MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
_FORMULA_START = r"^([=+\-@\t\r])"
_CHUNK_BYTES = 1 << 20
_KEPT_IN_MEMORY_BYTES = 16 << 20


def _finite(frame: pl.DataFrame) -> pl.DataFrame:
    """Replace NaN and the infinities by null: JSON knows none of them."""
    floats = pl.selectors.float()
    return frame.with_columns(pl.when(floats.is_finite()).then(floats))


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows for JSON; unknown is null."""
    return _finite(frame).to_dicts()


def columns_of(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Return the columns for JSON; unknown is null."""
    return _finite(frame).to_dict(as_series=False)


def json_answer(content: object) -> Response:
    """Return a JSON answer; times are ISO 8601, NaN is null."""
    return Response(to_json(content, inf_nan_mode="null"), media_type=MEDIA_TYPES["json"])


def safe_name(text: str) -> str:
    """Return a text as a file name: letters, digits, dot, dash; anything else is ``_``."""
    kept = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in text)
    return kept.encode("ascii", "replace").decode().replace("?", "_")[:100] or "table"


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run as a formula."""
    return frame.with_columns(pl.selectors.string().str.replace(_FORMULA_START, "'${1}"))


def download(batches: Iterator[pl.DataFrame], file_format: TableFormat, name: str) -> Response:
    """Answer with a file made from batches of one table, never all of it in memory.

    There must be at least one batch, which may be empty; ``name`` has no ending.
    """
    write = _WRITERS[file_format]
    filename = f"{safe_name(name)}.{file_format}"
    # The first piece now: what cannot be read must be a problem, not half a file.
    pieces = write(batches)
    first = next(pieces, b"")
    return StreamingResponse(
        _chain(first, pieces),
        media_type=MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _csv(batches: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    for number, batch in enumerate(batches):
        text = without_formulas(batch).write_csv(include_header=number == 0)
        yield text.encode()


def _arrow(batches: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    return _through_file(batches, lambda sink, schema: pa.ipc.new_stream(sink, schema))


def _parquet(batches: Iterator[pl.DataFrame]) -> Iterator[bytes]:
    return _through_file(
        batches, lambda sink, schema: pq.ParquetWriter(sink, schema, compression="zstd")
    )


def _through_file(
    batches: Iterator[pl.DataFrame], open_writer: Callable[[IO[bytes], pa.Schema], Any]
) -> Iterator[bytes]:
    """Write all batches to a file that lies on disk if it grows, then yield its bytes."""
    with tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES) as file:
        writer = None
        for batch in batches:
            table = batch.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                writer = open_writer(file, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
        file.seek(0)
        while piece := file.read(_CHUNK_BYTES):
            yield piece


_WRITERS: dict[str, Callable[[Iterator[pl.DataFrame]], Iterator[bytes]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "arrow": _arrow,
}

"""A table on its way: written once, read several times, never whole in memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow as pa
import pyarrow.ipc

from voltlake.canonical.streams import TableStream
from voltlake.storage.disk import full_disk_explained
from voltlake.storage.statistics import ColumnStatistics, Survey

__all__ = ["Spool"]


class Spool:
    """Batches kept in a temporary file until the table is stored.

    Use it as a context: at its end the file is gone. ``schema`` is that of the batches;
    statistics are collected on the way. A batch of another schema raises ``ValueError``.

    >>> with Spool(folder, stream.schema) as spool:   # doctest: +SKIP
    ...     for batch in stream.batches():
    ...         spool.add(batch)
    ...     write_table(spool.finish(), path, decimals=spool.decimals)
    """

    def __init__(self, folder: Path, schema: pl.Schema) -> None:
        self.schema = schema
        self.path = folder / f"{uuid.uuid4().hex}.arrow"
        self._survey = Survey(schema)
        self._sink: pa.OSFile | None = None
        self._writer: pa.ipc.RecordBatchFileWriter | None = None

    def __enter__(self) -> Spool:
        empty = _to_arrow(pl.DataFrame(schema=self.schema))
        with full_disk_explained(self.path):
            self._sink = pa.OSFile(str(self.path), "wb")
            self._writer = pa.ipc.new_file(self._sink, empty.schema)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sink is not None:
            self._sink.close()
        self.path.unlink(missing_ok=True)

    @property
    def rows(self) -> int:
        """The number of rows so far."""
        return self._survey.rows

    @property
    def decimals(self) -> dict[str, int]:
        """The number of decimals of each column that is exactly decimal."""
        return self._survey.decimals()

    def statistics(self) -> dict[str, ColumnStatistics]:
        """Return what each column holds so far."""
        return self._survey.statistics()

    def add(self, batch: pl.DataFrame) -> None:
        """Append a batch; ``OutOfSpace`` where the disk is full."""
        if batch.schema != self.schema:
            raise ValueError(f"a batch has {batch.schema}, the table has {self.schema}")
        if self._writer is None:
            raise ValueError("the spool is not open for writing")
        if batch.is_empty():
            return
        self._survey.add(batch)
        with full_disk_explained(self.path):
            for part in _to_arrow(batch).combine_chunks().to_batches():
                self._writer.write_batch(part)

    def finish(self) -> TableStream:
        """End the writing and return the table, to be read as often as needed."""
        if self._writer is not None and self._sink is not None:
            with full_disk_explained(self.path):
                self._writer.close()
                self._sink.close()
            self._writer = None
        return self.stream()

    def stream(self) -> TableStream:
        """Return the finished table: batches as they were added, columns as asked for."""
        if self._writer is not None:
            raise ValueError("the spool is still being written")
        return TableStream(self.schema, self._batches)

    def _batches(self, columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        names = list(self.schema) if columns is None else list(columns)
        places = [list(self.schema).index(name) for name in dict.fromkeys(names)]
        # An empty list would mean all columns.
        options = pa.ipc.IpcReadOptions(included_fields=sorted(places) or [0], use_threads=False)
        # Not mapped into memory: pages of a mapping count as this process's own.
        with pa.OSFile(str(self.path), "rb") as file:
            reader = pa.ipc.open_file(file, options=options)
            for number in range(reader.num_record_batches):
                frame = pl.from_arrow(reader.get_batch(number))
                assert isinstance(frame, pl.DataFrame)  # noqa: S101
                yield frame.select(names)


def _to_arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())

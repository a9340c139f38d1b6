"""A table that is read in pieces, so that a file of any size fits in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["TableStream"]

Opener = Callable[[Sequence[str] | None], Iterator[pl.DataFrame]]


@dataclass(frozen=True, slots=True)
class TableStream:
    """A table as a re-readable sequence of batches.

    Attributes
    ----------
    schema
        Column names and types, the same in every batch, in order.
    open_batches
        Called with the wanted columns (``None`` for all); returns an iterator over the
        batches in row order. Each call starts again at the first row.
    """

    schema: pl.Schema
    open_batches: Opener

    @classmethod
    def of(cls, frame: pl.DataFrame) -> TableStream:
        """Wrap a frame that is in memory already: a batch for each chunk of its memory."""
        lengths = frame.to_series(0).chunk_lengths() if frame.width else [frame.height]

        def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
            wanted = frame if columns is None else frame.select(columns)
            first = 0
            for length in lengths:
                yield wanted.slice(first, length)
                first += length

        return cls(frame.schema, batches)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Iterate over the batches from the first row on, only ``columns`` if given."""
        return self.open_batches(columns)

    def collect(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read everything into one frame."""
        frames = list(self.batches(columns))
        if frames:
            return pl.concat(frames)
        names = list(self.schema) if columns is None else list(columns)
        return pl.DataFrame(schema={name: self.schema[name] for name in names})

    def map(self, change: Callable[[pl.DataFrame], pl.DataFrame], schema: pl.Schema) -> TableStream:
        """Return the stream with ``change`` applied to each whole batch.

        ``change`` must not look beyond its batch; the result has the given ``schema``.
        """

        def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
            for batch in self.open_batches(None):
                changed = change(batch)
                yield changed if columns is None else changed.select(columns)

        return TableStream(schema, batches)

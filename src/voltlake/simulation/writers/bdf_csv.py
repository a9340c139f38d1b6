"""The Battery Data Format as text: preferred labels as headers, values at full precision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from voltlake.canonical.columns import BDF_COLUMNS
from voltlake.simulation.writers.delimited import Samples, as_batches, write_delimited

__all__ = ["write_bdf_csv"]


def write_bdf_csv(samples: Samples, path: Path, *, columns: tuple[str, ...] = ()) -> Path:
    """Write samples as BDF text.

    ``columns`` are notations, in BDF's order if empty: then every BDF column of the first
    batch is written. A recommended file name is ``Institution__Cell__YYYYMMDD_XXX.bdf.csv``.
    """
    batches = as_batches(samples)
    first = next(batches)
    wanted = columns or tuple(first.columns)
    printed = {each.label: pl.col(each.notation) for each in BDF_COLUMNS if each.notation in wanted}

    def all_batches() -> Iterator[pl.DataFrame]:
        yield first
        yield from batches

    return write_delimited(all_batches(), path, printed)

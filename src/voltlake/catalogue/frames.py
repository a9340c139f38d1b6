"""Carries rows between the database and polars, many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import polars as pl
from sqlalchemy import JSON, Select, Table, insert
from sqlalchemy.orm import Session

from voltlake.catalogue.types import polars_type

__all__ = ["frame_of", "insert_frame"]


_ROWS_AT_ONCE = 4096


def frame_of(session: Session, statement: Select[*tuple[Any, ...]]) -> pl.DataFrame:
    """Return the rows of ``statement`` as a frame, its columns typed by the selection."""
    columns = statement.selected_columns
    rows = session.execute(statement).all()
    values: Iterable[Any] = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pl.DataFrame(
        [
            pl.Series(column.key, _plain(column.type, each), dtype=polars_type(column.type))
            for column, each in zip(columns, values, strict=True)
        ]
    )


def insert_frame(session: Session, table: Table, test_id: int, frame: pl.DataFrame) -> None:
    """Insert the rows of ``frame`` for a test, in their order.

    The frame has columns of ``table``; absent ones become null. NaN becomes null: in the
    catalogue, unknown has one spelling.
    """
    if frame.is_empty():
        return
    unknown = set(frame.columns) - set(table.columns.keys())
    if unknown:
        raise TypeError(f"{table.name} has no column {sorted(unknown)}")
    numbered = frame.fill_nan(None).with_row_index("position")
    numbered = numbered.with_columns(pl.lit(test_id).alias("test_id"))
    # In pieces: a row of forty Python objects weighs ten times what it does in the frame.
    for piece in numbered.iter_slices(_ROWS_AT_ONCE):
        session.execute(insert(table), piece.to_dicts())


def _plain(kind: object, values: Iterable[Any]) -> list[Any]:
    if isinstance(kind, JSON):
        return [None if value is None else json.dumps(value) for value in values]
    return list(values)

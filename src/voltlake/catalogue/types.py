"""Column types that mean the same on every database, and their polars counterparts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import JSON, BigInteger, Boolean, DateTime, Double, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["UtcDateTime", "polars_type", "sql_type"]


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone, kept in UTC; SQLite alone would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a naive time is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def sql_type(dtype: pl.DataType) -> TypeEngine[Any]:
    """Return the SQL type of a canonical table's column."""
    if dtype.is_float():
        return Double()
    if dtype.is_integer():
        return BigInteger()
    return Boolean() if dtype == pl.Boolean else Text()


def polars_type(kind: TypeEngine[Any]) -> pl.DataType:
    """Return the polars type of a column; JSON becomes text."""
    if isinstance(kind, UtcDateTime):
        return pl.Datetime("us", "UTC")
    if isinstance(kind, Boolean):
        return pl.Boolean()
    if isinstance(kind, JSON | String):
        return pl.String()
    return pl.Float64() if isinstance(kind, Double) else pl.Int64()

"""The Battery Data Format on disk: exact export, and what its headers mean on import.

Text files carry the preferred labels (``Voltage / V``), Parquet files the notations. Numbers
are written as the shortest decimal that gives the same double back, so that a file read
again is the table that was written, bit by bit.

Source: Battery Data Alliance, battery-data-format ontology 1.3.0,
https://w3id.org/battery-data-alliance/ontology/battery-data-format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from voltlake.canonical.columns import (
    SAMPLE_COLUMNS,
    Column,
    auxiliary_name,
    column,
    is_auxiliary,
    unit_of,
)
from voltlake.canonical.streams import TableStream
from voltlake.errors import UnknownUnit
from voltlake.units import parse_unit

__all__ = ["BdfHeader", "header_meaning", "write_bdf_csv", "write_bdf_parquet"]


@dataclass(frozen=True, slots=True)
class BdfHeader:
    """What one header of a BDF file means.

    Attributes
    ----------
    notation
        The column of ours; for a deprecated term the one that replaces it.
    unit
        The unit text in which the cells are written; ``""`` for texts and plain numbers.
    canonical
        True where BDF writes this quantity in this unit.
    deprecated
        True where the header is a term that BDF has replaced.
    """

    notation: str
    unit: str
    canonical: bool = True
    deprecated: bool = False


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip()).casefold()


def _aliases(notation: str) -> list[str]:
    """Spellings of BDF 0.1: ``…_ampere_hour``, ``…_watt_hour``, ``…_degc``."""
    endings = {"_ah": "_ampere_hour", "_wh": "_watt_hour", "_celsius": "_degc"}
    return [
        notation.removesuffix(short) + long
        for short, long in endings.items()
        if notation.endswith(short)
    ]


def _meaning(each: Column) -> BdfHeader:
    unit = "" if each.unit in ("", "1") else each.unit
    return BdfHeader(each.replaced_by or each.notation, unit, True, each.replaced_by is not None)


_NOTATIONS: dict[str, BdfHeader] = {
    spelling: _meaning(each)
    for each in SAMPLE_COLUMNS
    for spelling in (each.notation, *_aliases(each.notation))
}
_KNOWN: dict[str, BdfHeader] = {_fold(each.label): _meaning(each) for each in SAMPLE_COLUMNS}
# BDF itself writes "Cycle Count" with and without its unit of 1.
_KNOWN |= {
    _fold(each.label.removesuffix(" / 1")): _meaning(each)
    for each in SAMPLE_COLUMNS
    if each.unit == "1"
}
_BY_QUANTITY: dict[str, Column] = {
    _fold(each.label.split(" / ")[0]): each for each in SAMPLE_COLUMNS if each.replaced_by is None
}


def header_meaning(header: str) -> BdfHeader | None:
    """Understand a header of a BDF file; ``None`` for one that is not of BDF.

    Case and the number of spaces do not count. A preferred label with another unit
    (``Test Time / h``) is understood and marked as not canonical. Extra channels written by
    :func:`write_bdf_csv` get their own names back.
    """
    name = header.strip()
    known = _KNOWN.get(_fold(name))
    if known is None and name in (name.lower(), name.upper()):
        # "Cycle_Index" is a vendor's word, cycle_index is ours.
        known = _NOTATIONS.get(name.lower())
    if known is not None:
        return known
    if is_auxiliary(name):
        return BdfHeader(name, unit_of(name).removesuffix("1"))
    quantity, slash, unit = name.partition(" / ")
    if re.match(r"aux\s", quantity, re.IGNORECASE):
        return _auxiliary_meaning(quantity[4:], unit)
    named = _BY_QUANTITY.get(_fold(quantity))
    if not slash or named is None or not _same_quantity(unit, named):
        return None
    return BdfHeader(named.notation, unit if named.unit not in ("", "1") else "", False)


def _same_quantity(unit: str, named: Column) -> bool:
    try:
        canonical = parse_unit(unit).canonical
    except UnknownUnit:
        return False
    return canonical == named.unit or (canonical == "1" and named.unit == "")


def _auxiliary_meaning(channel: str, unit: str) -> BdfHeader | None:
    words = {unit_of(f"x_{word}"): word for word in _AUXILIARY_WORDS}
    word = words.get(unit.strip())
    if word is None:
        return None
    return BdfHeader(auxiliary_name(channel, word), "" if unit in ("", "1") else unit.strip())


_AUXILIARY_WORDS = (
    "text", "count", "volt", "ampere", "celsius", "ohm", "second", "pa", "watt", "hertz", "ah",
    "wh", "volt_per_second", "celsius_per_second", "percent", "micrometre", "gram",
)  # fmt: skip


def write_bdf_csv(stream: TableStream, path: Path) -> int:
    """Write a table as BDF text: preferred labels, shortest exact decimals, nothing for null.

    Columns keep their order. Returns the number of rows written.
    """
    labels = [column(name).label for name in stream.schema]
    rows = 0
    with path.open("wb") as target:
        target.write(pl.DataFrame(schema=labels).write_csv().encode())
        for batch in stream.batches():
            rows += batch.height
            batch.write_csv(target, include_header=False)
    return rows


def write_bdf_parquet(stream: TableStream, path: Path) -> int:
    """Write a table as BDF Parquet: notations, doubles and integers as they are.

    Returns the number of rows written.
    """
    import pyarrow.parquet

    schema = (
        pl.DataFrame(schema=stream.schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    )
    rows = 0
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in stream.batches():
            rows += batch.height
            writer.write_table(batch.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema))
    return rows

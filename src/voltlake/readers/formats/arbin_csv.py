"""Arbin CSV: MITS 7, MITS Pro, MITS X, Arbin-SQL exports and the layout of matr.io.

All dialects share their words and differ in underscores, units in the header, delimiter and
the way in which time is written. Charging is positive. Capacity and energy are counters that
only the schedule resets.

Source: header rows of files from MITS 7, MITS X and LBT cyclers; Battery Data Alliance,
crosswalk ``arbin`` of the ontology 1.3.0 for the meaning of the counters.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.errors import NoSamples
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.delimited import (
    DelimitedFormat,
    TableHead,
    TextColumn,
    find_table,
    key_values,
    read_delimited,
)

__all__ = ["FORMAT", "READER"]

FORMAT = DelimitedFormat(
    name="arbin_csv",
    columns=(
        TextColumn("record_index", ("Data_Point", "DataPoint")),
        TextColumn("test_time_second", ("Test_Time",), required=True),
        TextColumn("unix_time_second", ("Date_Time", "DateTime")),
        TextColumn("step_time_second", ("Step_Time",)),
        TextColumn("cycle_count", ("Cycle_Index",)),
        TextColumn("step_id", ("Step_Index",)),
        TextColumn("voltage_volt", ("Voltage",), required=True),
        TextColumn("current_ampere", ("Current",), required=True),
        TextColumn("power_watt", ("Power",)),
        TextColumn("schedule_charging_capacity_ah", ("Charge_Capacity",)),
        TextColumn("schedule_discharging_capacity_ah", ("Discharge_Capacity",)),
        TextColumn("schedule_charging_energy_wh", ("Charge_Energy",)),
        TextColumn("schedule_discharging_energy_wh", ("Discharge_Energy",)),
        TextColumn("internal_resistance_ohm", ("Internal_Resistance",)),
        TextColumn("ac_internal_resistance_ohm", ("ACR", "AC_Impedance")),
        TextColumn("temperature_t1_celsius", ("Temperature", "Aux_Temperature")),
        TextColumn("temperature_t{1}_celsius", pattern=r"auxtemperature([1-5])"),
    ),
    sign=Sign.CHARGE_POSITIVE,
    foreign=("date_time_iso", "Step Type", "Test Time / s", "test_time_second"),
)

_LEAST_FOR_A_CLAIM = 6
_OWN_WORDS = frozenset({"record_index", "step_id", "schedule_charging_capacity_ah"})
_SIDECAR_HEADERS = frozenset({"test_id", "iv_ch_id", "first_start_datetime", "schedule_file_name"})
_SIDECAR_ENDING = "_Metadata.csv"


def dialect(head: TableHead) -> str:
    """Name the dialect by how the header writes its words."""
    headers = " ".join(head.headers)
    if head.delimiter == ";":
        return "Arbin-SQL export"
    if "(" not in headers:
        return "matr.io (units not in the header)"
    return "MITS X" if "Data Point" in headers else "MITS 7 / Pro"


def _table(source: Source) -> TableHead | None:
    """Find a header with Arbin's own words: the data point and the schedule's step."""
    head = find_table(FORMAT, source)
    return head if head is not None and {"record_index", "step_id"} <= head.found else None


def claim(source: Source) -> Claim | None:
    """Claim by the header row, wherever it stands and in whatever order its columns are."""
    head = _table(source)
    if head is not None:
        return Claim(80, f"Arbin's column names in line {head.header_line + 1}", dialect(head))
    if _is_sidecar(source.head):
        return Claim(80, "Arbin's test metadata: test_id, iv_ch_id, schedule_file_name", "sidecar")
    part = find_table(FORMAT, source, least=_LEAST_FOR_A_CLAIM)
    if part is not None and part.found >= _OWN_WORDS:
        return Claim(60, f"{len(part.found)} of Arbin's column names", dialect(part))
    return None


def _is_sidecar(head: bytes) -> bool:
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    return set(first.split(",")) >= _SIDECAR_HEADERS


def _sidecar(source: Source) -> Path | None:
    path = source.folder / f"{source.stem}{_SIDECAR_ENDING}"
    return path if path.is_file() else None


def companions(source: Source) -> tuple[Path, ...]:
    """Return the metadata file beside the data, if there is one."""
    path = _sidecar(source)
    return (path,) if path is not None else ()


def primary(source: Source) -> Path | None:
    """Return the data file beside a metadata file."""
    if not _is_sidecar(source.head) or not source.name.endswith(_SIDECAR_ENDING):
        return None
    path = source.folder / f"{source.name.removesuffix(_SIDECAR_ENDING)}.csv"
    return path if path.is_file() else None


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read an Arbin CSV, with the metadata file beside it."""
    if _is_sidecar(source.head):
        raise NoSamples(
            "this is the metadata file of an Arbin test",
            file=source.name,
            remedy="Put the data file beside it and ingest that",
        )
    head = find_table(FORMAT, source)
    beside = _sidecar(source)
    metadata = _metadata(beside) if beside is not None else None
    if metadata is None and head is not None and head.preamble:
        metadata = TestMetadata(extra=key_values(head.preamble, head.delimiter))
    declared = (
        (Declaration("header_dialect", dialect(head), "the header row"),)
        if head is not None
        else ()
    )
    return read_delimited(
        FORMAT,
        source,
        options,
        metadata=metadata,
        declarations=declared,
        companions=companions(source),
    )


def _metadata(path: Path) -> TestMetadata:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        row = next(csv.DictReader(stream), {})
    said = {key: value for key, value in row.items() if key and value}
    start = said.get("first_start_datetime", "")
    return TestMetadata(
        protocol=said.get("schedule_file_name"),
        machine=said.get("device_id"),
        channel=said.get("iv_ch_id"),
        start_time=datetime.fromtimestamp(int(start), UTC) if start.isdigit() else None,
        cell=CellMetadata(barcode=said.get("item_id")),
        extra=said,
    )


READER = Reader(
    name="arbin_csv",
    version="1",
    title="Arbin CSV (MITS 7, Pro, X, Arbin-SQL, matr.io)",
    vendor="Arbin",
    extensions=(".csv", ".txt"),
    claim=claim,
    read=read,
    companions=companions,
    primary=primary,
    hostile=False,
)

"""Maccor text exports, tab or comma separated, in every layout met so far.

The words differ (``Rec#``/``Rec``, ``Amps``/``Current [A]``, ``State``/``Md``), the time is
printed in seconds, minutes or as ``1d 02:00:6.47``, and the current mostly without sign: then
the state letter tells charge (C) from discharge (D). The counters ``Amp-hr`` and ``Watt-hr``
run within a step, whichever way the current flows.

Source: header rows of Maccor exports of 2016 to 2023 (MIMS client and export utility).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import PureWindowsPath

import polars as pl

from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Severity
from voltlake.canonical.metadata import TestMetadata
from voltlake.readers.column_map import Kind
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.delimited import (
    DelimitedFormat,
    TableHead,
    TextColumn,
    find_table,
    key_values,
    read_delimited,
)
from voltlake.readers.doubts import Tally
from voltlake.readers.timestamps import DAY_FIRST, MONTH_FIRST, date_order_evidence, parse_moments

__all__ = ["FORMAT", "READER", "sign_from_state"]

_CHARGE = ("C", "CHG", "CHARGE")
_DISCHARGE = ("D", "DIS", "DCHG", "DISCHARGE")


def sign_from_state(batch: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """Give the current the sign of its state: charging positive, discharging negative.

    Rows of any other state keep what is printed; where current flows there, and where the
    printed sign says the opposite of a charge, a finding says so.
    """
    if "step_type" not in batch.columns:
        return batch
    state = pl.col("step_type").str.to_uppercase()
    current = pl.col("current_ampere")
    size = current.abs()
    judged = batch.select(
        charging=state.is_in(_CHARGE).fill_null(value=False),
        discharging=state.is_in(_DISCHARGE).fill_null(value=False),
        flows=(size > 0).fill_null(value=False),
        negative=(current < 0).fill_null(value=False),
    )
    tally.note(
        "STATE_CONTRADICTS_SIGN",
        Severity.WARNING,
        "{count} rows are labelled as charge but print a negative current; the label was followed",
        (judged["charging"] & judged["negative"]).arg_true(),
        column="current_ampere",
        remedy="Compare the voltage: it rises while a cell is charged",
    )
    tally.note(
        "SIGN_NOT_SAID",
        Severity.INFO,
        "{count} rows carry current under a state that is neither charge nor discharge",
        (judged["flows"] & ~judged["charging"] & ~judged["discharging"]).arg_true(),
        column="current_ampere",
    )
    # 0 - x rather than -x: no current stays 0 and does not become -0.
    signed = (
        pl.when(state.is_in(_CHARGE))
        .then(size)
        .when(state.is_in(_DISCHARGE))
        .then(0.0 - size)
        .otherwise(current)
    )
    return batch.with_columns(signed.alias("current_ampere"))


FORMAT = DelimitedFormat(
    name="maccor_text",
    columns=(
        TextColumn("record_index", ("Rec#", "Rec")),
        TextColumn("cycle_count", ("Cyc#", "Cycle C", "Cycle")),
        TextColumn("step_id", ("Step",), required=True),
        TextColumn("test_time_second", ("TestTime", "Test"), kind=Kind.DURATION, required=True),
        TextColumn("step_time_second", ("StepTime", "Step"), kind=Kind.DURATION),
        TextColumn("step_cumulative_capacity_ah", ("Amp-hr", "Capacity", "Cap."), unit="Ah"),
        TextColumn("step_cumulative_energy_wh", ("Watt-hr", "Energy", "Ener."), unit="Wh"),
        TextColumn("current_ampere", ("Amps", "Current"), required=True),
        TextColumn("voltage_volt", ("Volts", "Voltage"), required=True),
        TextColumn("step_type", ("State", "Md")),
        TextColumn("unix_time_second", ("DPt Time",), required=True),
        TextColumn("ac_internal_resistance_ohm", ("ACImp", "ACR")),
        TextColumn("dc_internal_resistance_ohm", ("DCIR",)),
        TextColumn("ambient_temperature_celsius", ("EV Temp",)),
        TextColumn("temperature_t{1}_celsius", pattern=r"temp([1-5])"),
    ),
    sign=Sign.STATE_LABEL,
    unit_header="units",
    finish=sign_from_state,
)

_OWN_WORDS = frozenset({"record_index", "cycle_count", "step_cumulative_capacity_ah"})
_LEAST_FOR_A_CLAIM = 7


def dialect(head: TableHead) -> str:
    """Name the layout by its own words."""
    headers = {header.strip().casefold() for header in head.headers}
    if "md" in headers:
        return "export utility"
    if "amps" in headers:
        return "MIMS client"
    return "comma separated, without state" if "state" not in headers else "comma separated"


def claim(source: Source) -> Claim | None:
    """Claim by ``DPt Time`` and its neighbours in a header row, wherever that stands."""
    head = find_table(FORMAT, source)
    if head is not None and head.found & _OWN_WORDS:
        return Claim(80, f"Maccor's column names in line {head.header_line + 1}", dialect(head))
    part = find_table(FORMAT, source, least=_LEAST_FOR_A_CLAIM)
    if part is not None and {"unix_time_second", "record_index"} <= part.found:
        return Claim(60, f"{len(part.found)} of Maccor's column names", dialect(part))
    return None


_KEYS = (
    "Today's Date", "Date of Test", "Filename", "Tester Channel", "Procedure", "Comment/Barcode",
    "Description",
)  # fmt: skip
_KEY = re.compile("(" + "|".join(re.escape(key) for key in _KEYS) + r")\s*:?[ \t,]*")


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read a Maccor text export."""
    head = find_table(FORMAT, source)
    said = _preamble(head) if head is not None else {}
    has_state = head is not None and "step_type" in head.found
    declared = (
        (Declaration("header_dialect", dialect(head), "the header row"),)
        if head is not None
        else ()
    )
    return read_delimited(
        FORMAT,
        source,
        options,
        metadata=_metadata(said),
        first_day=_day_of_test(said),
        declarations=declared,
        sign=Sign.STATE_LABEL if has_state else Sign.UNKNOWN,
    )


def _preamble(head: TableHead) -> dict[str, str]:
    """Read what stands above the header: a sentence with known keys, or pairs line by line."""
    text = "\n".join(head.preamble)
    pieces = _KEY.split(text)
    if "Today's Date" not in text:
        return key_values(head.preamble, head.delimiter)
    values = (piece.strip().strip(",").strip() for piece in pieces[2::2])
    return {key: value for key, value in zip(pieces[1::2], values, strict=True) if value}


def _metadata(said: dict[str, str]) -> TestMetadata:
    name = said.get("Filename") or said.get("Name", "")
    procedure = said.get("Procedure")
    words = re.match(r"(?P<file>.*?\.\d{3})(?P<text>\S.*)?$", procedure or "", re.DOTALL)
    remark = words["text"] if words is not None else None
    return TestMetadata(
        test_name=PureWindowsPath(name).name or None,
        protocol=words["file"] if words is not None else procedure,
        description=said.get("Comment/Barcode") or said.get("Description") or remark,
        machine=said.get("Tester"),
        channel=said.get("Tester Channel") or said.get("Channel"),
        extra=said,
    )


def _day_of_test(said: dict[str, str]) -> date | None:
    """Return the date on which the test began, where the preamble tells it without doubt."""
    texts = [said[key] for key in ("Date of Test", "Today's Date", "Started") if key in said]
    own = said.get("Date of Test") or said.get("Started")
    if own is None:
        return None
    order, _ = date_order_evidence(pl.Series(texts))
    parsed = parse_moments(pl.Series([own]), order=DAY_FIRST if order == DAY_FIRST else MONTH_FIRST)
    if parsed.kind[0] == 0:
        return None
    return date.fromordinal(
        date(1970, 1, 1).toordinal() + int(parsed.microseconds[0] // 86_400_000_000)
    )


READER = Reader(
    name="maccor_text",
    version="1",
    title="Maccor text export",
    vendor="Maccor",
    extensions=(".txt", ".csv", ".001"),
    claim=claim,
    read=read,
    hostile=False,
)

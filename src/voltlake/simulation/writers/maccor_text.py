"""Maccor's text export from MIMS.

Tab-separated with carriage returns; one preamble line; ``Amp-hr`` and ``Watt-hr`` restart
at every step and carry no direction; the direction is the letter in ``State``; the current
is a magnitude unless the exporter was told otherwise. Cycles count from 0. ``ES`` is 0 on
a step's first row, 1 for a row by time, and 128 more than its reason on the last one
(129 time, 132 current, 133 voltage). Voltages are multiples of the converter's least
significant bit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from voltlake.simulation.writers.delimited import (
    Samples,
    fixed_decimals,
    local_time_text,
    write_delimited,
)

__all__ = ["VOLTAGE_BIT_VOLT", "write_maccor_text"]

VOLTAGE_BIT_VOLT = 5 / 65_536


def _state() -> pl.Expr:
    kind = pl.col("step_type")
    return (
        pl.when(kind.str.ends_with("DCH"))
        .then(pl.lit("D"))
        .when(kind.str.ends_with("CHG"))
        .then(pl.lit("C"))
        .otherwise(pl.lit("R"))
    )


def _end_status() -> pl.Expr:
    """Reason why the row was written; a step's last row is where the next step follows."""
    kind = pl.col("step_type")
    reason = (
        pl.when(kind.is_in(["CC_CHG", "CC_DCH"]))
        .then(133)
        .when(kind.is_in(["CCCV_CHG", "CV_CHG"]))
        .then(132)
        .otherwise(129)
    )
    last = (pl.col("step_count") != pl.col("step_count").shift(-1)).fill_null(True)
    return pl.when(pl.col("step_record_index") == 1).then(0).when(last).then(reason).otherwise(1)


def write_maccor_text(
    samples: Samples,
    path: Path,
    *,
    procedure: str = "CYCLING.000",
    comment: str = "",
    signed_current: bool = False,
    time_zone: str = "UTC",
    exported_unix_time_second: float = 1_790_000_000.0,
) -> Path:
    """Write samples as MIMS exports them, with ``Test (Sec)`` and ``Step (Sec)``.

    The temperature is not exported: these files carry no thermocouple. ``time_zone`` is
    that of the wall clock that is printed, second by second, without being named.
    """
    frame = samples if isinstance(samples, pl.DataFrame) else pl.concat(list(samples))
    moments = frame.select(local_time_text("%m/%d/%Y", time_zone)).to_series()
    today = datetime.fromtimestamp(exported_unix_time_second, tz=UTC).strftime("%m/%d/%Y")
    folder = r"C:\Users\Maccor Tester User\Documents\Backup"
    preamble = (
        f"Today's Date {today}  Date of Test:\t{moments[0]}\t Filename:\t{folder}\\{path.name} "
        f"Procedure: {procedure}\tComment/Barcode: {comment}\r\n"
    )
    return write_delimited(
        frame,
        path,
        _columns(time_zone, signed_current=signed_current),
        preamble=preamble,
        separator="\t",
        line_end="\r\n",
    )


def _columns(time_zone: str, *, signed_current: bool) -> dict[str, pl.Expr]:
    current = pl.col("current_ampere") if signed_current else pl.col("current_ampere").abs()
    charge = pl.col("step_charging_capacity_ah") + pl.col("step_discharging_capacity_ah")
    energy = pl.col("step_charging_energy_wh") + pl.col("step_discharging_energy_wh")
    volts = (pl.col("voltage_volt") / pl.lit(VOLTAGE_BIT_VOLT)).round() * VOLTAGE_BIT_VOLT
    absent, zero = pl.lit("N/A"), pl.lit("0.00000")
    return {
        "Rec#": pl.col("record_index"),
        "Cyc#": pl.col("cycle_count") - 1,
        "Step": pl.col("step_id"),
        "Test (Sec)": fixed_decimals(pl.col("test_time_second").round(2), 4),
        "Step (Sec)": fixed_decimals(pl.col("step_time_second").round(2), 4),
        "Amp-hr": fixed_decimals(charge, 10),
        "Watt-hr": fixed_decimals(energy, 10),
        "Amps": fixed_decimals(current, 10),
        "Volts": fixed_decimals(volts, 8),
        "State": _state(),
        "ES": _end_status(),
        "DPt Time": local_time_text("%m/%d/%Y %H:%M:%S", time_zone),
        "ACImp/Ohms": zero,
        "DCIR/Ohms": zero,
        "WF Chg Cap": absent,
        "WF Dis Cap": absent,
        "WF Chg E": absent,
        "WF Dis E": absent,
        "Range": pl.lit("1"),
        **{f"VAR{number}": zero for number in range(1, 16)},
    }

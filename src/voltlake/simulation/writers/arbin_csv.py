"""Arbin's three kinds of CSV.

``mits`` is what Arbin's data exporter writes (UTF-8 with byte order mark, a tab before the
date, units in the headers, .NET numbers); ``tri`` the flattened database export of the
matr.io data (15 columns, epoch time, records and cycles from 0, carriage returns); ``sql``
the semicolon-separated dump of the SQL server edition. Charge and energy counters are
reset by the schedule, here at the beginning of each cycle as in those data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import polars as pl

from voltlake.errors import InvalidRequest
from voltlake.simulation.writers.delimited import (
    Samples,
    general_number,
    local_time_text,
    write_delimited,
)

__all__ = ["Dialect", "write_arbin_csv", "write_arbin_metadata"]

Dialect = Literal["mits", "tri", "sql"]
_COUNTERS = ("charging_capacity_ah", "discharging_capacity_ah", "charging_energy_wh",
             "discharging_energy_wh")  # fmt: skip


def _numbers(digits: int) -> dict[str, pl.Expr]:
    names = (
        "test_time_second", "step_time_second", "current_ampere", "voltage_volt",
        "internal_resistance_ohm", "temperature_t1_celsius",
        *(f"cycle_{name}" for name in _COUNTERS),
    )  # fmt: skip
    return {name: general_number(pl.col(name), digits) for name in names}


def _change_per_second(name: str, digits: int) -> pl.Expr:
    seconds = pl.col("test_time_second").diff()
    change = pl.when(seconds > 0).then(pl.col(name).diff() / seconds).otherwise(0.0)
    return general_number(change.fill_null(0.0), digits)


def _time_number(name: str) -> pl.Expr:
    return general_number(pl.col(name).round(4), 15)


def _mits_columns(time_zone: str) -> dict[str, pl.Expr]:
    number = _numbers(7)
    discharging = pl.col("current_ampere") < 0
    zero, nothing = pl.lit("0"), pl.lit("")
    return {
        "Data Point": pl.col("record_index"),
        "Date Time": local_time_text("\t%m/%d/%Y %H:%M:%S%.3f", time_zone),
        "Test Time (s)": _time_number("test_time_second"),
        "Step Time (s)": _time_number("step_time_second"),
        "Cycle Index": pl.col("cycle_count"),
        "Step Index": pl.col("step_id"),
        "TC_Counter1": zero,
        "TC_Counter2": zero,
        "TC_Counter3": zero,
        "Current (A)": number["current_ampere"],
        "Voltage (V)": number["voltage_volt"],
        "Power (W)": general_number(pl.col("current_ampere") * pl.col("voltage_volt"), 10),
        "Charge Capacity (Ah)": number["cycle_charging_capacity_ah"],
        "Discharge Capacity (Ah)": number["cycle_discharging_capacity_ah"],
        "Charge Energy (Wh)": number["cycle_charging_energy_wh"],
        "Discharge Energy (Wh)": number["cycle_discharging_energy_wh"],
        "Capacity (Ah)": pl.when(discharging)
        .then(number["cycle_discharging_capacity_ah"])
        .otherwise(number["cycle_charging_capacity_ah"]),
        "mAh/g": zero,
        "ACR (Ohm)": nothing,
        "dV/dt (V/s)": _change_per_second("voltage_volt", 6),
        "Internal Resistance (Ohm)": number["internal_resistance_ohm"],
        "dQ/dV (Ah/V)": nothing,
        "dV/dQ (V/Ah)": nothing,
        "Aux_Temperature_1 (C)": number["temperature_t1_celsius"],
        "Aux_dT/dt_1 (C/s)": _change_per_second("temperature_t1_celsius", 7),
    }


def _tri_columns() -> dict[str, pl.Expr]:
    number = _numbers(8)
    return {
        "Data_Point": pl.col("record_index") - 1,
        "Test_Time": _time_number("test_time_second"),
        "DateTime": _time_number("unix_time_second"),
        "Step_Time": _time_number("step_time_second"),
        "Step_Index": pl.col("step_id").cast(pl.Int64) - 1,
        "Cycle_Index": pl.col("cycle_count") - 1,
        "Current": number["current_ampere"],
        "Voltage": number["voltage_volt"],
        "Charge_Capacity": number["cycle_charging_capacity_ah"],
        "Discharge_Capacity": number["cycle_discharging_capacity_ah"],
        "Charge_Energy": number["cycle_charging_energy_wh"],
        "Discharge_Energy": number["cycle_discharging_energy_wh"],
        "dV/dt": _change_per_second("voltage_volt", 8),
        "Internal_Resistance": number["internal_resistance_ohm"],
        "Temperature": number["temperature_t1_celsius"],
    }


def _sql_columns(time_zone: str) -> dict[str, pl.Expr]:
    number = _numbers(7)
    nothing = pl.lit("")
    return {
        "Data_Point": pl.col("record_index"),
        "Date_Time": local_time_text("%m/%d/%Y %H:%M:%S%.3f", time_zone),
        "Test_Time(s)": _time_number("test_time_second"),
        "Step_Time(s)": _time_number("step_time_second"),
        "Cycle_Index": pl.col("cycle_count"),
        "Step_Index": pl.col("step_id"),
        "Current(A)": number["current_ampere"],
        "Voltage(V)": number["voltage_volt"],
        "Power(W)": general_number(pl.col("current_ampere") * pl.col("voltage_volt"), 10),
        "Charge_Capacity(Ah)": number["cycle_charging_capacity_ah"],
        "Discharge_Capacity(Ah)": number["cycle_discharging_capacity_ah"],
        "Charge_Energy(Wh)": number["cycle_charging_energy_wh"],
        "Discharge_Energy(Wh)": number["cycle_discharging_energy_wh"],
        "ACR(Ohm)": nothing,
        "dV/dt(V/s)": _change_per_second("voltage_volt", 6),
        "Internal_Resistance(Ohm)": number["internal_resistance_ohm"],
        "dQ/dV(Ah/V)": nothing,
        "dV/dQ(V/Ah)": nothing,
        "Aux_Temperature_1(C)": number["temperature_t1_celsius"],
    }


def write_arbin_csv(
    samples: Samples, path: Path, *, dialect: Dialect = "mits", time_zone: str = "UTC"
) -> Path:
    """Write samples as Arbin does.

    ``time_zone`` is that of the cycler's computer, whose wall clock the ``mits`` and
    ``sql`` dialects print without naming it. Currents and voltages carry 7 significant
    digits (``tri``: 8), times 0.1 ms.
    """
    if dialect == "mits":
        columns = _mits_columns(time_zone)
        return write_delimited(samples, path, columns, byte_order_mark=True)
    if dialect == "tri":
        return write_delimited(samples, path, _tri_columns(), line_end="\r\n")
    if dialect == "sql":
        return write_delimited(samples, path, _sql_columns(time_zone), separator=";")
    raise InvalidRequest(
        f"Arbin has no CSV dialect '{dialect}'", remedy="Use one of mits, tri, sql"
    )


_METADATA_HEADER = (
    ",test_id,device_id,iv_ch_id,first_start_datetime,resumed_times,last_resume_datetime,"
    "last_end_datetime,schedule_file_name,databases,item_id,grade_id,has_aux,has_special,"
    "schedule_version,log_aux_data_flag,log_special_data_flag,rowstate,canconfig_filename,"
    "m_ncanconfigmd5,value,value2"
)


def write_arbin_metadata(
    path: Path, *, barcode: str, schedule: str, channel: int, start_unix_time_second: float
) -> Path:
    """Write the one-row metadata file that accompanies a ``tri`` file."""
    start = int(start_unix_time_second)
    values = (
        f"0,{channel + 100},60369369,{channel},{start},0,0,{start},{schedule},"
        f'"ArbinResult_1,",{barcode},0,3,0,Schedule Version 7.00.08,1,0,0,,,0.0,0.0'
    )
    path.write_bytes(f"{_METADATA_HEADER}\r\n{values}\r\n".encode())
    return path

"""Chroma's pair of files: ``…_Detail.csv`` (rows) and ``…_Step.csv`` (one line per step).

The Chinese layout is UTF-8 with byte order mark, dates ``MM/DD/YYYY``, at most seven
significant digits, charge signed and restarting at every step, 總電量 the signed running
total; a step's 截止電量 is the last 電量 of its rows. The English layout is a shorter
one with epoch seconds. A step's date is its beginning, and so is that of all its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from voltlake.simulation.writers.delimited import (
    clock_text,
    fixed_decimals,
    general_number,
    local_time_text,
    write_delimited,
)

__all__ = ["ChromaPair", "write_chroma_pair"]

_STEP_TYPES = {
    "REST": ("靜置", "Rest"),
    "CC_CHG": ("CC充電", "CC_Chg"),
    "CC_DCH": ("CC放電", "CC_DChg"),
    "CCCV_CHG": ("CC-CV充電", "CCCV_Chg"),
    "CV_CHG": ("CV充電", "CV_Chg"),
    "PULSE_CHG": ("CC充電", "CC_Chg"),
    "PULSE_DCH": ("CC放電", "CC_DChg"),
}
_ENDINGS = {"CC_CHG": "V", "CC_DCH": "V", "CCCV_CHG": "I", "CV_CHG": "I"}


@dataclass(frozen=True, slots=True)
class ChromaPair:
    """Where the two files of one test lie."""

    detail: Path
    step: Path


def write_chroma_pair(
    samples: pl.DataFrame,
    folder: Path,
    name: str,
    *,
    language: Literal["zh", "en"] = "zh",
    line_end: str = "\n",
    time_zone: str = "UTC",
) -> ChromaPair:
    """Write both files of a test as ``<name>_Detail.csv`` and ``<name>_Step.csv``."""
    frame = _with_signed_counters(samples)
    pair = ChromaPair(folder / f"{name}_Detail.csv", folder / f"{name}_Step.csv")
    ends = frame.filter(pl.col("last"))
    chinese = language == "zh"
    for rows, path, columns in (
        (frame, pair.detail, _detail_zh(time_zone) if chinese else _detail_en()),
        (ends, pair.step, _step_zh(time_zone) if chinese else _step_en()),
    ):
        write_delimited(rows, path, columns, line_end=line_end, byte_order_mark=chinese)
    return pair


def _with_signed_counters(samples: pl.DataFrame) -> pl.DataFrame:
    step = pl.col("step_count")
    first_volt = pl.col("voltage_volt").first().over("step_count")
    current = pl.col("current_ampere")
    return samples.sort("record_index").with_columns(
        step_net_ah=pl.col("step_charging_capacity_ah") - pl.col("step_discharging_capacity_ah"),
        step_net_wh=pl.col("step_charging_energy_wh") - pl.col("step_discharging_energy_wh"),
        total_ah=pl.col("charging_capacity_ah") - pl.col("discharging_capacity_ah"),
        power=current * pl.col("voltage_volt"),
        last=(step != step.shift(-1)).fill_null(True),
        step_start=pl.col("unix_time_second") - pl.col("step_time_second"),
        first_volt=first_volt,
    )


def _start_text(time_zone: str) -> pl.Expr:
    start = local_time_text("%m/%d/%Y %H:%M:%S", time_zone)
    return pl.struct(unix_time_second="step_start").map_batches(
        lambda values: values.struct.unnest().select(start).to_series(), return_dtype=pl.String
    )


def _kind(language: int) -> pl.Expr:
    words = {kind: names[language] for kind, names in _STEP_TYPES.items()}
    return pl.col("step_type").replace_strict(words)


def _status() -> pl.Expr:
    reasons = {kind: f"StepFinishByCut_{_ENDINGS.get(kind, 'T')}" for kind in _STEP_TYPES}
    finished = pl.col("step_type").replace_strict(reasons)
    return pl.when(pl.col("last")).then(finished).otherwise(pl.lit("StepRunning"))


def _temperatures() -> dict[str, pl.Expr]:
    ambient = general_number(pl.col("ambient_temperature_celsius"), 4)
    cell = general_number(pl.col("temperature_t1_celsius").round(2), 7)
    return {"Aux T1": cell, "溫箱溫度": ambient, "Aux T2": ambient, "Aux T3": ambient}


def _numbering(recipe: str) -> dict[str, pl.Expr]:
    one = pl.lit("1")
    return {
        "循環": one,
        "迴圈": one,
        "子循環": one,
        "子迴圈": pl.col("cycle_count"),
        "MR編號": one,
        recipe: one,
        "工步編號": pl.col("step_id"),
        "工步": pl.col("step_count"),
        "工步種類": _kind(0),
    }


def _detail_zh(time_zone: str) -> dict[str, pl.Expr]:
    return {
        **_numbering("子工步編號"),
        # In spite of its name ("actual start"), real files print the clock of each row here.
        "實際開始時間": local_time_text("%m/%d/%Y %H:%M:%S", time_zone),
        "執行時間(秒)": general_number(pl.col("test_time_second").round(3), 15),
        "工步執行時間(秒)": general_number(pl.col("step_time_second").round(3), 15),
        "電壓(V)": general_number(pl.col("voltage_volt"), 7),
        "電流(A)": general_number(pl.col("current_ampere"), 7),
        "功率(W)": general_number(pl.col("power"), 7),
        "電量(Ah)": general_number(pl.col("step_net_ah"), 7),
        "能量(Wh)": general_number(pl.col("step_net_wh"), 7),
        "總電量(Ah)": general_number(pl.col("total_ah"), 7),
        "狀態": _status(),
        **_temperatures(),
    }


def _step_zh(time_zone: str) -> dict[str, pl.Expr]:
    return {
        **_numbering("子配方編號"),
        "日期時間": _start_text(time_zone),
        "工步執行時間(秒)": general_number(pl.col("step_time_second").round(3), 15),
        "工步時間": pl.concat_str(
            pl.lit("00:"), clock_text(pl.col("step_time_second").round(3), milliseconds=True)
        ),
        "截止電壓(V)": general_number(pl.col("voltage_volt"), 7),
        "截止電流(A)": general_number(pl.col("current_ampere"), 7),
        "能量(Wh)": general_number(pl.col("step_net_wh"), 7),
        "截止電量(Ah)": general_number(pl.col("step_net_ah"), 7),
        "功率(W)": general_number(pl.col("power"), 7),
        "充電電量(Ah)": general_number(pl.col("charging_capacity_ah"), 7),
        "放電電量(Ah)": general_number(pl.col("discharging_capacity_ah"), 7),
        "充電能量(Wh)": general_number(pl.col("charging_energy_wh"), 7),
        "放電能量(Wh)": general_number(pl.col("discharging_energy_wh"), 7),
        "總電量(Ah)": general_number(pl.col("total_ah"), 7),
        "截止Q(%)": pl.lit("0"),
        "狀態": _status(),
        **_temperatures(),
    }


def _detail_en() -> dict[str, pl.Expr]:
    return {
        "Step Index": pl.col("step_count"),
        "DateTime [s]": general_number(pl.col("unix_time_second").round(3), 15),
        "Voltage [V]": fixed_decimals(pl.col("voltage_volt"), 4),
        "Current [A]": fixed_decimals(pl.col("current_ampere"), 4),
        "Aux T1 [oC]": fixed_decimals(pl.col("temperature_t1_celsius"), 1),
        "Capacity [Ah]": fixed_decimals(pl.col("step_net_ah"), 6),
        "Energy [Wh]": fixed_decimals(pl.col("step_net_wh"), 6),
    }


def _step_en() -> dict[str, pl.Expr]:
    return {
        "Step Index": pl.col("step_count"),
        "Step Type": _kind(1),
        "Start DateTime [s]": general_number(pl.col("step_start").round(3), 15),
        "End DateTime [s]": general_number(pl.col("unix_time_second").round(3), 15),
        "Start Voltage [V]": fixed_decimals(pl.col("first_volt"), 4),
        "End Voltage [V]": fixed_decimals(pl.col("voltage_volt"), 4),
        "Current [A]": fixed_decimals(pl.col("current_ampere"), 4),
        "Capacity [Ah]": fixed_decimals(pl.col("step_net_ah"), 6),
        "Energy [Wh]": fixed_decimals(pl.col("step_net_wh"), 6),
        "Aux T1 [oC]": fixed_decimals(pl.col("temperature_t1_celsius"), 1),
    }

"""Neware's CSV exports from BTSDA, with English or Chinese headers.

``flat`` has one line per record; ``nested`` has cycle, step and record lines in one file,
shifted to the right by their depth. Charge and energy restart at every step; ``Date`` and
the durations carry whole seconds; cycles count from 1; a step's first record lies at its
beginning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import polars as pl

from voltlake.simulation.writers.delimited import (
    Samples,
    clock_text,
    fixed_decimals,
    local_time_text,
    write_delimited,
)

__all__ = ["write_neware_csv", "write_neware_nested_csv"]

_STEP_TYPES = {
    "REST": ("Rest", "搁置"),
    "CC_CHG": ("CC Chg", "恒流充电"),
    "CC_DCH": ("CC DChg", "恒流放电"),
    "CCCV_CHG": ("CCCV Chg", "恒流恒压充电"),
    "CV_CHG": ("CV Chg", "恒压充电"),
    "PULSE_CHG": ("CC Chg", "恒流充电"),
    "PULSE_DCH": ("CC DChg", "恒流放电"),
}
_CHINESE = {
    "DataPoint": "数据序号",
    "Cycle Index": "循环号",
    "Step Index": "工步号",
    "Step Type": "工步类型",
    "Time": "时间",
    "Cumulative Time": "总时间",
    "Current(A)": "电流(A)",
    "Voltage(V)": "电压(V)",
    "Capacity(Ah)": "容量(Ah)",
    "Spec. Cap.(mAh/g)": "比容量(mAh/g)",
    "Chg. Cap.(Ah)": "充电容量(Ah)",
    "Chg. Spec. Cap.(mAh/g)": "充电比容量(mAh/g)",
    "DChg. Cap.(Ah)": "放电容量(Ah)",
    "DChg. Spec. Cap.(mAh/g)": "放电比容量(mAh/g)",
    "Energy(Wh)": "能量(Wh)",
    "Spec. Energy(mWh/g)": "比能量(mWh/g)",
    "Chg. Energy(Wh)": "充电能量(Wh)",
    "Chg. Spec. Energy(mWh/g)": "充电比能量(mWh/g)",
    "DChg. Energy(Wh)": "放电能量(Wh)",
    "DChg. Spec. Energy(mWh/g)": "放电比能量(mWh/g)",
    "Date": "绝对时间",
    "Power(W)": "功率(W)",
    "dQ/dV(mAh/V)": "dQ/dV(mAh/V)",
    "dQm/dV(mAh/V.g)": "dQm/dV(mAh/V.g)",
    "Contact resistance(mO)": "接触电阻(mΩ)",
    "Module start-stop switch": "模块启停开关",
}
_CHARGE = pl.col("step_charging_capacity_ah") + pl.col("step_discharging_capacity_ah")
_ENERGY = pl.col("step_charging_energy_wh") + pl.col("step_discharging_energy_wh")
_POWER = pl.col("current_ampere") * pl.col("voltage_volt")


def _kind(language: int) -> pl.Expr:
    words = {kind: names[language] for kind, names in _STEP_TYPES.items()}
    return pl.col("step_type").replace_strict(words)


def write_neware_csv(
    samples: Samples,
    path: Path,
    *,
    language: Literal["en", "zh"] = "en",
    time_zone: str = "UTC",
) -> Path:
    """Write the flat layout: 26 columns, one line per record."""
    columns = _flat_columns(time_zone, 0 if language == "en" else 1)
    if language == "zh":
        columns = {_CHINESE[header]: printed for header, printed in columns.items()}
    return write_delimited(samples, path, columns, byte_order_mark=language == "zh")


def _flat_columns(time_zone: str, language: int) -> dict[str, pl.Expr]:
    no_mass, no_slope = pl.lit("0.00"), pl.lit("0.0000")
    return {
        "DataPoint": pl.col("record_index"),
        "Cycle Index": pl.col("cycle_count"),
        "Step Index": pl.col("step_id"),
        "Step Type": _kind(language),
        "Time": clock_text(pl.col("step_time_second")),
        "Cumulative Time": clock_text(pl.col("test_time_second")),
        "Current(A)": fixed_decimals(pl.col("current_ampere"), 8),
        "Voltage(V)": fixed_decimals(pl.col("voltage_volt"), 4),
        "Capacity(Ah)": fixed_decimals(_CHARGE, 8),
        "Spec. Cap.(mAh/g)": no_mass,
        "Chg. Cap.(Ah)": fixed_decimals(pl.col("step_charging_capacity_ah"), 8),
        "Chg. Spec. Cap.(mAh/g)": no_mass,
        "DChg. Cap.(Ah)": fixed_decimals(pl.col("step_discharging_capacity_ah"), 8),
        "DChg. Spec. Cap.(mAh/g)": no_mass,
        "Energy(Wh)": fixed_decimals(_ENERGY, 8),
        "Spec. Energy(mWh/g)": no_mass,
        "Chg. Energy(Wh)": fixed_decimals(pl.col("step_charging_energy_wh"), 8),
        "Chg. Spec. Energy(mWh/g)": no_mass,
        "DChg. Energy(Wh)": fixed_decimals(pl.col("step_discharging_energy_wh"), 8),
        "DChg. Spec. Energy(mWh/g)": no_mass,
        "Date": local_time_text("%Y-%m-%d %H:%M:%S", time_zone),
        "Power(W)": fixed_decimals(_POWER, 8),
        "dQ/dV(mAh/V)": no_slope,
        "dQm/dV(mAh/V.g)": no_slope,
        "Contact resistance(mO)": pl.lit("0"),
        "Module start-stop switch": pl.lit("Close"),
    }


_NESTED_HEADERS = (
    "Cycle Index,Chg. Cap.(Ah),DChg. Cap.(Ah),Chg.-DChg. Eff(%),Chg. Energy(Wh),"
    "DChg. Energy(Wh),Chg. Time,DChg. Time",
    ",Step Index,Step Number,Step Type,Step Time,Capacity(Ah),Energy(Wh),Oneset Volt.(V),"
    "End Voltage(V),T1 Oneset T(?),T1 End T(?)",
    ",,DataPoint,Time,Total Time,Current(A),Voltage(V),Capacity(Ah),Energy(Wh),Date,Power(W),T1(?)",
)


def write_neware_nested_csv(samples: pl.DataFrame, path: Path, *, time_zone: str = "UTC") -> Path:
    """Write the nested layout: each cycle's line, its steps' lines, their records."""
    lines = samples.select(
        pl.col("cycle_count", "step_count"),
        cycle=_joined(_cycle_cells(), over="cycle_count"),
        step=_joined(_step_cells(), over="step_count"),
        record=_joined(_record_cells(time_zone)),
    )
    new_cycle = pl.col("cycle_count") != pl.col("cycle_count").shift(1)
    new_step = pl.col("step_count") != pl.col("step_count").shift(1)
    text = lines.select(
        pl.concat_str(
            pl.when(new_cycle.fill_null(True)).then(pl.col("cycle") + "\n").otherwise(pl.lit("")),
            pl.when(new_step.fill_null(True))
            .then("," + pl.col("step") + "\n")
            .otherwise(pl.lit("")),
            ",," + pl.col("record"),
        )
    ).to_series()
    header = "\n".join(_NESTED_HEADERS)
    path.write_text("\n".join([header, *text]) + "\n", encoding="utf-8", newline="")
    return path


def _joined(cells: list[pl.Expr], over: str | None = None) -> pl.Expr:
    texts = [cell.cast(pl.String) if over is None else cell.cast(pl.String).over(over)
             for cell in cells]  # fmt: skip
    return pl.concat_str(texts, separator=",")


def _cycle_cells() -> list[pl.Expr]:
    charge = pl.col("cycle_charging_capacity_ah").last()
    discharge = pl.col("cycle_discharging_capacity_ah").last()
    kind = pl.col("step_type")
    last = pl.col("step_time_second").diff().shift(-1).fill_null(-1.0) <= 0
    charging, discharging = kind.str.ends_with("CHG"), kind.str.ends_with("DCH")
    efficiency = pl.when(charge > 0).then(discharge / charge * 100).otherwise(0.0)
    time = pl.col("step_time_second")
    return [
        pl.col("cycle_count").last(),
        fixed_decimals(charge, 5),
        fixed_decimals(discharge, 5),
        fixed_decimals(efficiency, 2),
        fixed_decimals(pl.col("cycle_charging_energy_wh").last(), 5),
        fixed_decimals(pl.col("cycle_discharging_energy_wh").last(), 5),
        clock_text(time.filter(last & charging).sum()),
        clock_text(time.filter(last & discharging).sum()),
    ]


def _step_cells() -> list[pl.Expr]:
    volt, temperature = pl.col("voltage_volt"), pl.col("temperature_t1_celsius")
    return [
        pl.col("step_id").last(),
        pl.col("step_count").last(),
        _kind(0).last(),
        clock_text(pl.col("step_time_second").last()),
        fixed_decimals(_CHARGE.last(), 5),
        fixed_decimals(_ENERGY.last(), 5),
        fixed_decimals(volt.first(), 4),
        fixed_decimals(volt.last(), 4),
        fixed_decimals(temperature.first(), 2),
        fixed_decimals(temperature.last(), 2),
    ]


def _record_cells(time_zone: str) -> list[pl.Expr]:
    return [
        pl.col("record_index"),
        clock_text(pl.col("step_time_second")),
        clock_text(pl.col("test_time_second")),
        fixed_decimals(pl.col("current_ampere"), 5),
        fixed_decimals(pl.col("voltage_volt"), 4),
        fixed_decimals(_CHARGE, 9),
        fixed_decimals(_ENERGY, 5),
        local_time_text("%Y-%m-%d %H:%M:%S", time_zone),
        fixed_decimals(_POWER, 5),
        fixed_decimals(pl.col("temperature_t1_celsius"), 2),
    ]

"""Each rule finds its planted fault, in any cutting into batches, and is silent on clean data."""

from __future__ import annotations

import polars as pl
import pytest

from support.samples import Instruction, cut, cycling, exported, run
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.canonical.streams import TableStream
from voltlake.processing.pipeline import process
from voltlake.quality.declare import rules
from voltlake.quality.settings import QualitySettings
from voltlake.quality.validate import find_doubts


def doubts(frame: pl.DataFrame, sizes=(10_000,), settings=None):
    result = process(TableStream.of(frame), sign=Sign.CHARGE_POSITIVE, scopes={})
    return find_doubts(cut(frame, sizes), result.steps, result.cycles, settings=settings)


def clean() -> pl.DataFrame:
    frame = exported(run(cycling(4)), Scope.STEP)
    return frame.with_columns(record_index=pl.int_range(1, pl.len() + 1))


def at(row: int, column: str, value) -> pl.Expr:
    here = pl.int_range(pl.len()) == row
    return pl.when(here).then(value).otherwise(pl.col(column)).alias(column)


def between(first: int, last: int, column: str, value) -> pl.Expr:
    here = pl.int_range(pl.len()).is_between(first, last)
    return pl.when(here).then(value).otherwise(pl.col(column)).alias(column)


def test_clean_data_raise_no_doubt():
    assert doubts(clean()) == []


FAULTS = {
    "TIME_NOT_MONOTONIC": (clean().with_columns(at(100, "test_time_second", 5.0)), 100, 100, 1),
    "MISSING_RECORDS": (clean().filter(pl.col("record_index") != 200), 199, 199, 1),
    "OUT_OF_ORDER": (clean().with_columns(at(300, "record_index", 7)), 300, 300, 1),
    "RANGE_VOLTAGE": (clean().with_columns(between(50, 52, "voltage_volt", 3700.0)), 50, 52, 3),
    "RANGE_TEMPERATURE": (
        clean().with_columns(at(64, "surface_temperature_celsius", -2501.0)), 64, 64, 1,
    ),
    "MISSING_VALUES": (clean().with_columns(at(128, "voltage_volt", None)), 128, 128, 1),
    "DUPLICATE_ROWS": (pl.concat([clean()[:65], clean()[64:]]), 65, 65, 1),
    "CYCLE_COUNT_NOT_INTEGER": (
        clean().with_columns(cycle_count=pl.col("cycle_count").cast(pl.Float64)).with_columns(
            at(77, "cycle_count", 6.2831853)
        ), 77, 77, 1,
    ),
    "FROZEN_SIGNAL": (
        clean().with_columns(between(10, 120, "voltage_volt", 3.4)), 10, 120, 111,
    ),
    "TIME_GAP_TOO_LARGE": (
        clean().filter(~pl.int_range(pl.len()).is_between(30, 129)), 30, 30, 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("sizes", [(10_000,), (64,), (1,), (7, 30)])
@pytest.mark.parametrize("code", FAULTS)
def test_a_planted_fault_is_found_at_its_rows(code, sizes):
    frame, first, last, count = FAULTS[code]
    found = [finding for finding in doubts(frame, sizes) if finding.code == code]
    assert [(each.row_first, each.row_last, each.count) for each in found] == [(first, last, count)]


def test_a_gap_names_the_charge_that_the_integral_assigns_to_it():
    frame, *_ = FAULTS["TIME_GAP_TOO_LARGE"]
    message = next(each.message for each in doubts(frame) if each.code == "TIME_GAP_TOO_LARGE")
    # 101 intervals of 10 s at 1 A.
    assert "1010 s" in message
    assert "0.2806 Ah" in message


def test_copied_rows_tell_of_times_already_told():
    frame = clean()
    copied = pl.concat([frame[:125], frame[100:]])
    message = next(each.message for each in doubts(copied, (60,)) if "backwards" in each.message)
    # The row that follows the copies is at the same time as the last row ahead of them.
    assert "24 rows tell of times" in message


def test_a_gap_at_rest_is_none():
    frame = clean().filter(~pl.int_range(pl.len()).is_between(182, 230))
    assert [each.code for each in doubts(frame)] == ["MISSING_RECORDS"]


def test_steps():
    twice = [*cycling(2), cycling(1)[0], cycling(1)[1], *cycling(2)]
    codes = [each.code for each in doubts(run(twice).drop("true_in", "true_out", "cycle_count"))]
    assert codes == ["CONSECUTIVE_SAME_DIRECTION_FULL_STEPS"]
    coarse = [Instruction(1.0, 1800.0, 900.0), Instruction(-1.0, 1800.0, 10.0)] * 2
    found = doubts(run(coarse, steps_a_cycle=2).drop("true_in", "true_out"))
    assert [each.code for each in found] == ["TIME_GAP_TOO_LARGE", "STEP_TOO_FEW_POINTS"]
    assert [each.count for each in found] == [2, 2]
    falling = clean().with_columns(step_count=20 - pl.col("step_count"))
    assert [each.code for each in doubts(falling)] == ["STEP_COUNT_DECREASED"]


def test_partial_cycles_at_both_ends():
    frame = clean()[150:1600].drop("step_time_second")
    found = [each for each in doubts(frame) if each.code == "PARTIAL_CYCLE"]
    assert [each.column for each in found] == ["charge_capacity_ah", "discharge_capacity_ah"]


def test_settings_are_arguments():
    strict = QualitySettings(voltage_range_volt=(3.2, 3.6))
    assert "RANGE_VOLTAGE" in [each.code for each in doubts(clean(), settings=strict)]


def test_columns_that_are_missing_silence_their_rules():
    frame = clean().select("test_time_second", "voltage_volt", "current_ampere")
    assert doubts(frame) == []
    assert (
        find_doubts(
            TableStream.of(clean().select("step_id")),
            process(TableStream.of(frame), sign=Sign.UNKNOWN, scopes={}).steps,
            process(TableStream.of(frame), sign=Sign.UNKNOWN, scopes={}).cycles,
        )
        == []
    )


def test_every_rule_says_why_and_what_to_do():
    for each in rules():
        assert each.code == each.code.upper()
        assert each.because.endswith(".")
        assert each.remedy
        assert (each.check.__doc__ or "").strip()

"""Numbers worked out by hand: decimals of single precision, ranges, clocks, steps, cycles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltlake.errors import InvalidRequest, UnknownUnit
from voltlake.readers.neware import clocks, progress, run_info, samples, single_precision
from voltlake.readers.neware.clocks import (
    civil_seconds,
    naive_to_utc,
    observed_zone,
    parse_clock,
)
from voltlake.readers.neware.progress import ChangeCounter, CycleRule, StepClock, TotalClock
from voltlake.readers.neware.ranges import PLACES_BY_RANGE, current_divisors
from voltlake.readers.neware.samples import IndexCheck, samples_schema, step_id_texts
from voltlake.readers.neware.single_precision import shortest_decimals
from voltlake.readers.neware.step_types import DIRECTION_BY_CODE, is_known, step_type_names


@settings(deadline=None)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_the_decimal_gives_the_same_32_bits_back(value: float) -> None:
    stored = np.array([value], np.float32)
    assert shortest_decimals(stored).astype(np.float32).tobytes() == stored.tobytes()


@settings(deadline=None)
@given(st.integers(-50_000, 50_000))
def test_a_voltage_of_four_decimals_is_exactly_that_decimal(tenths: int) -> None:
    stored = np.array([tenths / 10_000], np.float32)
    assert shortest_decimals(stored)[0] == tenths / 10_000


def test_decimals_are_divided_once() -> None:
    stored = np.array([3.7012, 0.1, -2.5e-7, 12_345_678.0, 1e-30, 0.0], np.float32)
    whole = shortest_decimals(stored)
    assert whole[:3].tolist() == [3.7012, 0.1, -2.5e-7]
    assert whole[3] == 12_345_678.0
    assert whole[4] == float(np.float32(1e-30))
    assert shortest_decimals(np.array([37_012], np.float32), 10_000)[0] == 3.7012
    assert np.isnan(shortest_decimals(np.array([np.nan], np.float32))[0])
    assert np.isnan(shortest_decimals(np.array([np.inf], np.float32), 10)[0])


def test_the_range_names_the_scale() -> None:
    ranges = np.array([5, 100, -5, 6000, 0], np.int32)
    moving = np.ones(5, np.bool_)
    divisors = current_divisors(ranges, lambda: moving, fixed_range=-100, file="f.nda")
    assert divisors.tolist() == [1e4, 1e2, 1e5, 1e1, 1e3]
    same = np.full(5, 6000, np.int32)
    assert current_divisors(same, lambda: moving, fixed_range=0, file="f").tolist() == [10.0]


@pytest.mark.parametrize("unknown", [777, 7, -7, -100_000_000, 12_345, 0])
def test_an_unknown_range_stops_the_file_and_is_named(unknown: int) -> None:
    ranges = np.array([5, unknown, unknown], np.int32)
    moving = np.array([True, False, True])
    with pytest.raises(UnknownUnit, match=f"range {unknown} mA") as caught:
        current_divisors(ranges, lambda: moving, fixed_range=0, file="f.nda")
    assert caught.value.row == 3
    assert "BTSDA" in caught.value.remedy


def test_zeros_need_no_scale() -> None:
    ranges = np.array([777, 777], np.int32)
    divisors = current_divisors(ranges, lambda: np.zeros(2, np.bool_), fixed_range=0, file="f.nda")
    assert divisors.tolist() == [1.0, 1.0]


def test_a_range_scales_by_its_decade() -> None:
    for value, places in PLACES_BY_RANGE.items():
        decade = min(len(str(abs(value))), 4)
        assert places == (5 - decade if value > 0 else 6 - decade)


@settings(deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))
def test_civil_dates_count_seconds(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)

    def one(number: int) -> np.ndarray:
        return np.array([number], np.int64)

    of_day = moment.hour * 3600 + moment.minute * 60 + moment.second
    seconds, valid = civil_seconds(
        one(moment.year), one(moment.month), one(moment.day), one(of_day)
    )
    assert valid[0]
    assert seconds[0] == moment.replace(tzinfo=UTC).timestamp()


def test_a_month_of_zero_is_no_date() -> None:
    zeros = np.zeros(1, np.int64)
    assert not civil_seconds(zeros + 2024, zeros, zeros + 1, zeros)[1][0]


def test_clock_times_of_a_zone_move_to_utc() -> None:
    # 2024-10-27 02:30 occurs twice in Zurich; 2024-03-31 02:30 never.
    naive = np.array([1_704_067_200, 1_729_996_200, 1_711_852_200], np.int64)
    valid = np.array([True, True, True])
    moved, there = naive_to_utc(naive, valid, "Europe/Zurich")
    assert moved[:2].tolist() == [1_704_063_600, 1_729_989_000]
    assert there.tolist() == [True, True, False]
    assert naive_to_utc(naive, valid, None)[0] is naive
    with pytest.raises(InvalidRequest, match="Mars"):
        naive_to_utc(naive, valid, "Mars/Olympus")


def test_the_offset_is_seen_where_start_clock_and_epoch_meet() -> None:
    clock = parse_clock("2025-09-24 15:20:56")
    assert observed_zone(clock, 1_758_723_656.575) == timezone(timedelta(hours=1))
    assert observed_zone(clock, 1_758_723_656.575 + 400) is None
    assert observed_zone(clock, 0.0) is None
    assert observed_zone(None, 1.0) is None
    assert parse_clock("2025.09.24 15:20:56") == clock
    assert parse_clock("yesterday") is None


def test_steps_are_counted_over_batches() -> None:
    counter = ChangeCounter()
    assert counter.count(np.array([1, 1, 2])).tolist() == [1, 1, 2]
    assert counter.count(np.array([2, 1])).tolist() == [2, 3]


def test_test_time_is_the_sum_of_steps_over_batches() -> None:
    clock = StepClock()
    assert clock.test_time(np.array([1, 1, 2]), np.array([0, 500, 0])).tolist() == [0, 500, 500]
    assert clock.test_time(np.array([2, 3]), np.array([100, 7])).tolist() == [600, 607]
    total = TotalClock()
    assert total.step_time(np.array([1, 1, 2]), np.array([0, 50, 60])).tolist() == [0, 50, 10]
    assert total.step_time(np.array([2, 3]), np.array([70, 75])).tolist() == [20, 5]


def test_a_cycle_begins_with_charge_after_discharge() -> None:
    # rest, discharge, rest, charge, pulse, charge, discharge, charge
    codes = np.array([4, 2, 4, 1, 16, 7, 20, 9])
    directions = DIRECTION_BY_CODE[codes]
    assert CycleRule(1).count(directions).tolist() == [1, 1, 1, 2, 2, 2, 2, 3]
    assert CycleRule(-1).count(directions).tolist() == [1, 1, 1, 1, 1, 1, 2, 2]


def test_step_types_read_as_the_vendor_prints_them() -> None:
    names = step_type_names(np.array([7, 17, 99]), np.array([True, False, True]))
    assert names.to_list() == ["CCCV_Chg", None, "code 99"]
    assert is_known(np.array([7, 99])).tolist() == [True, False]


def test_step_ids_become_text() -> None:
    assert step_id_texts(np.array([1, 70_000])).to_list() == ["1", "70000"]
    some = step_id_texts(np.array([1, 2]), np.array([False, True]))
    assert some.to_list() == [None, "2"]


def test_gaps_and_repetitions_of_record_numbers_are_seen_over_batches() -> None:
    check = IndexCheck()
    check.feed(np.array([1, 2, 5]))
    check.feed(np.array([9, 10]))
    (finding,) = check.findings()
    assert (finding.code, finding.count) == ("MISSING_RECORDS", 5)
    assert (finding.row_first, finding.row_last) == (2, 3)
    assert "3-4, 6-8" in finding.message
    assert check.in_order
    check.feed(np.array([10]))
    assert not check.in_order
    many = IndexCheck()
    many.feed(np.arange(1, 101, 2))
    assert "and 29 more gaps" in many.findings()[0].message


def test_columns_stand_in_the_order_of_the_standard() -> None:
    names = ["is_interpolated", "aux_v1_volt", "step_type", "test_time_second"]
    assert list(samples_schema(names)) == [
        "test_time_second", "step_type", "aux_v1_volt", "is_interpolated",
    ]  # fmt: skip


def test_kernels_compute_the_same_compiled_and_interpreted() -> None:
    values = np.array([3.7012, -1e-8, 0.0, np.nan, 123_456.7, 1e-30], np.float32)
    compiled, interpreted = shortest_decimals(values, 10), np.empty(6)
    single_precision._shortest.py_func(values, 10.0, single_precision._POWERS, interpreted)
    assert np.array_equal(compiled, interpreted, equal_nan=True)
    for magnitude, places in ((3.7, 5), (370.0, 3), (0.05, 7), (5e6, 0), (1e-20, 15)):
        first = single_precision._first_places.py_func(magnitude, single_precision._POWERS)
        assert abs(first - places) <= 1

    steps, ticks = np.array([1, 1, 2, 3, 3]), np.array([0, 9, 10, 30, 31])
    out = np.empty(5, np.int64)
    progress._count_changes.py_func(steps, np.zeros(2, np.int64), out)
    assert out.tolist() == ChangeCounter().count(steps).tolist()
    progress._sum_step_times.py_func(steps, ticks, np.zeros(3, np.int64), out)
    assert out.tolist() == StepClock().test_time(steps, ticks).tolist()
    progress._split_total_times.py_func(steps, ticks, np.zeros(3, np.int64), out)
    assert out.tolist() == TotalClock().step_time(steps, ticks).tolist()
    directions = np.array([0, -1, 1, -1, 1], np.int8)
    progress._count_cycles.py_func(directions, 1, np.array([1, 0]), out)
    assert out.tolist() == CycleRule(1).count(directions).tolist()

    dates = [np.array([2024, 1969, 2000]), np.array([1, 1, 13]), np.array([2, 1, 1])]
    seconds = np.empty(3, np.int64)
    clocks._civil.py_func(*dates, np.array([5, 5, 5]), seconds)
    assert seconds.tolist() == civil_seconds(*dates, np.array([5, 5, 5]))[0].tolist()


def test_the_index_kernel_computes_the_same_interpreted() -> None:
    index = np.array([3, 4, 4, 4, 7, 2, 9, 10])
    check = IndexCheck()
    check.feed(index)
    state, ranges = np.zeros(11, np.int64), np.zeros((20, 2), np.int64)
    samples._check_index.py_func(index, state, ranges)
    assert state.tolist() == check._state.tolist()
    assert ranges.tolist() == check._ranges.tolist()


def test_the_filling_kernel_computes_the_same_interpreted() -> None:
    index = np.array([1, 2, 3, 5, 6])
    volt, ampere = np.full(5, 3.5), np.array([1.0, 1.0, -1.0, -1.0, -2.0])
    info_index = np.array([1, 1, 4, 5])
    info_times = np.array([[0, 1000, 7, 1], [1, 0, 8, 1], [2, 10, 9, 1], [500, 100, 10, 2]])
    info_counters = np.arange(16.0).reshape(4, 4)
    results = []
    for kernel in (run_info._fill, run_info._fill.py_func):
        outputs = (np.zeros(13, np.int64), np.zeros(6), np.empty((7, 5)),
                   np.empty(5, np.int64), np.empty(5, np.uint8))  # fmt: skip
        kernel(index, volt, ampere, info_index, info_times, info_counters, *outputs)
        results.append([each.tolist() for each in outputs])
    assert results[0] == results[1]
    state, _, (_, test_second, _, charge, *_), _, flags = results[0]
    assert test_second == [0.0, 1.0, 2.0, 2.5, 2.6]
    assert flags == [1, 3, 3, 1, 3]
    assert (state[8], state[12]) == (1, 1)
    assert charge[1] == pytest.approx(1 / 3600)

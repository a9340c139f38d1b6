"""Clock times and durations: every layout met in real files, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltlake.errors import InvalidRequest
from voltlake.readers.timestamps import (
    BAD,
    CLOCK_ONLY,
    DAY_FIRST,
    EMPTY,
    MONTH_FIRST,
    NAIVE,
    NEVER,
    TWICE,
    UNDECIDED,
    WITH_OFFSET,
    LocalClock,
    clock_to_local,
    date_order_evidence,
    days_since_epoch,
    parse_durations,
    parse_moments,
    zone_named,
)


def _microseconds(*parts: int) -> int:
    return (datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(  # type: ignore[misc, arg-type]
        microseconds=1
    )


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("\t09/20/2024 08:32:34.558", NAIVE, _microseconds(2024, 9, 20, 8, 32, 34, 558_000)),
        ("2028/07/05 17:36:07", NAIVE, _microseconds(2028, 7, 5, 17, 36, 7)),
        ("23-Nov-23 3:56:11 PM", NAIVE, _microseconds(2023, 11, 23, 15, 56, 11)),
        ("11 December 2020, 12:22:12 PM", NAIVE, _microseconds(2020, 12, 11, 12, 22, 12)),
        ("Nov 23, 2023 12:00:01 AM", NAIVE, _microseconds(2023, 11, 23, 0, 0, 1)),
        ("01/02/99 10:00", NAIVE, _microseconds(1999, 1, 2, 10, 0)),
        ("2024-09-20T08:32:34.0000006Z", WITH_OFFSET, _microseconds(2024, 9, 20, 8, 32, 34, 1)),
        ("2024-09-20 08:32:34+02:00", WITH_OFFSET, _microseconds(2024, 9, 20, 6, 32, 34)),
        ("2019-11-03T06:28:51-0530", WITH_OFFSET, _microseconds(2019, 11, 3, 11, 58, 51)),
        ("16:05:31", CLOCK_ONLY, (16 * 3600 + 5 * 60 + 31) * 1_000_000),
        ("", EMPTY, 0),
        ("1", BAD, 0),
        ("13/13/2020", BAD, 0),
        ("12/12/2020 25:00:00", BAD, 0),
        ("12/12/2020 13:00:00 PM", BAD, 0),
        ("12/12/123 10:00:00", BAD, 0),
        ("hello", BAD, 0),
        ("12 Hello 2020", BAD, 0),
        ("1/1/2020 10:00:00 11 12 13 14 15", BAD, 0),
        ("12/12/2020 10:00:00;5", BAD, 0),
        ("é", BAD, 0),
    ],
)  # fmt: skip
def test_every_layout_is_read(text: str, kind: int, expected: int) -> None:
    moments = parse_moments(pl.Series([text]))
    assert moments.kind[0] == kind
    assert moments.microseconds[0] == expected


@settings(deadline=None)  # the first call compiles
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)),
    st.sampled_from(["%m/%d/%Y %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "%d-%b-%Y %I:%M:%S.%f %p"]),
)
def test_a_printed_time_is_read_back(moment: datetime, layout: str) -> None:
    texts = pl.Series([moment.strftime(layout)] * 2)
    read = parse_moments(texts)
    assert (read.kind == NAIVE).all()
    assert (read.microseconds == _microseconds(*moment.timetuple()[:6], moment.microsecond)).all()


def test_regular_columns_may_turn_irregular() -> None:
    texts = pl.Series(["01/02/2024 00:00:01", "01/02/2024 0:00:02", None, "01/99/2024 00:00:03"])
    read = parse_moments(texts)
    assert read.kind.tolist() == [NAIVE, NAIVE, EMPTY, BAD]
    assert read.microseconds[1] - read.microseconds[0] == 1_000_000


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["11/02/2019", "11/13/2019"], MONTH_FIRST),
        (["11/02/2019", "13/02/2019"], DAY_FIRST),
        (["11/02/2019", "12/02/2019"], None),
        (["13/02/2019", "02/13/2019"], None),
        (["2019-02-11", "23-Nov-23"], MONTH_FIRST),
    ],
)
def test_the_order_of_dates_needs_evidence(texts: list[str], order: int | None) -> None:
    assert date_order_evidence(pl.Series(texts))[0] == order


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("  0d 00:00:00.0000", 0.0),
        ("1d 02:00:6.469999", 93606.469999),
        ("  2d 02:52:51.5699996948242", 183171.5699996948242),
        ("288:21:32.5", 1038092.5),
        ("01:02:03:04.500", 93784.5),
        ("00:05", 5.0),
        ("12,5", 12.5),
        ("0", 0.0),
        ("-0:00:01.5", -1.5),
        ("1e3", 1000.0),
        ("0:00:00.12345678901234567890", 0.12345678901234567890),
    ],
)
def test_durations_are_the_nearest_doubles(text: str, seconds: float) -> None:
    values, bad = parse_durations(pl.Series([text]))
    assert not bad[0]
    assert values[0] == seconds


@pytest.mark.parametrize("text", ["abc", "1:2:3:4:5", "1::2", "1 2", "1:2:", "1.5.2"])
def test_what_is_no_duration_is_said(text: str) -> None:
    values, bad = parse_durations(pl.Series([text, None]))
    assert bad.tolist() == [True, False]
    assert np.isnan(values).all()


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Mars/Olympus"):
        zone_named("Mars/Olympus")


@settings(deadline=None)  # the first call compiles
@given(
    st.integers(0, 3 * 365 * 24 * 60),
    st.lists(st.integers(1, 200), min_size=5, max_size=60),
    st.sampled_from(["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
)
def test_local_time_goes_back_to_utc(start: int, steps: list[int], zone: str) -> None:
    """Whatever the zone does, test time and a sure first row give the moments back."""
    first = 1_546_300_800 + 60 * start
    moments = np.concatenate([[0], np.cumsum(steps)]) * 60 + first
    local = np.array([
        _microseconds(*datetime.fromtimestamp(int(m), ZoneInfo(zone)).timetuple()[:6])
        for m in moments
    ])  # fmt: skip
    clock = LocalClock(ZoneInfo(zone))
    good = np.ones(local.size, np.bool_)
    utc, occurs = clock.to_utc(local, good, (moments - first).astype(np.float64))
    if occurs[0] != UNDECIDED:
        assert (utc == moments * 1_000_000).all()


def test_the_hour_that_occurs_twice_and_the_one_that_never_does() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    nan = np.full(3, np.nan)
    autumn = np.array([_microseconds(2024, 10, 27, 1, 30), _microseconds(2024, 10, 27, 2, 30),
                       _microseconds(2024, 10, 27, 2, 10)])  # fmt: skip
    utc, occurs = LocalClock(berlin).to_utc(autumn, np.ones(3, np.bool_), nan)
    assert occurs.tolist() == [0, TWICE, TWICE]
    assert np.diff(utc).tolist() == [3_600_000_000, 2_400_000_000]
    spring = np.array([_microseconds(2024, 3, 31, 2, 30)])
    utc, occurs = LocalClock(berlin).to_utc(spring, np.ones(1, np.bool_), nan[:1])
    assert occurs.tolist() == [NEVER]
    assert utc[0] == _microseconds(2024, 3, 31, 1, 30)
    alone = np.array([_microseconds(2024, 10, 27, 2, 30)])
    assert LocalClock(berlin).to_utc(alone, np.ones(1, np.bool_), nan[:1])[1][0] == UNDECIDED


def test_clock_times_without_a_date_follow_the_test_time() -> None:
    day = days_since_epoch(date(2016, 4, 1))
    clock = np.array([23 * 3600 + 3599, 1, 3600]) * 1_000_000
    elapsed = np.array([10.0, 12.0, 3611.0 + 86_400])
    local = clock_to_local(clock, np.ones(3, np.bool_), elapsed, day)
    assert local.tolist() == [
        _microseconds(2016, 4, 1, 23, 59, 59),
        _microseconds(2016, 4, 2, 0, 0, 1),
        _microseconds(2016, 4, 3, 1, 0, 0),
    ]
    undated = clock_to_local(clock, np.zeros(3, np.bool_), elapsed, day)
    assert (undated == clock + day * 86_400_000_000).all()

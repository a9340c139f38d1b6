"""Numbers as a person reads them, worked out by hand; unknown is never 0 and never nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from voltlake.dashboard import formats
from voltlake.dashboard.formats import UNKNOWN


@pytest.mark.parametrize("show", [formats.number, formats.per_cent, formats.duration])
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_unknown_is_a_dash_with_its_meaning(show, value):
    assert show(value) == UNKNOWN
    assert 'title="not measured"' in UNKNOWN


@pytest.mark.parametrize("show", [formats.count, formats.instant, formats.day, formats.text])
def test_none_is_unknown(show):
    assert show(None) == UNKNOWN


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (1.15678, "1.157"), (-0.0123456, "-0.01235"), (12345.6, "12,346"),
        (0.00000123, "1.230e-06"), (3.2e9, "3.200e+09"), (45.76, "45.76"),
    ],
)  # fmt: skip
def test_four_significant_digits(value, shown):
    assert formats.number(value) == shown


def test_units_per_cent_and_counts():
    assert formats.number(2.6351, "Ah") == "2.635 Ah"
    assert formats.per_cent(0.98765) == "98.8 %"
    assert formats.per_cent(0.99812, 2) == "99.81 %"
    assert formats.count(1_048_576) == "1,048,576"
    assert formats.text(0) == 0


@pytest.mark.parametrize(
    ("second", "shown"),
    [(0.8, "0.8 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (97_200, "1 d 3 h")],
)
def test_durations_in_their_two_largest_units(second, shown):
    assert formats.duration(second) == shown


def test_times_are_utc():
    morning = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert formats.instant(morning) == "2026-02-28 23:30 UTC"
    assert formats.instant(datetime(2026, 3, 1, 1, 30)) == "2026-03-01 01:30 UTC"  # stored UTC
    assert 'title="2026-03-01 00:00 UTC"' in formats.day(datetime(2026, 3, 1, tzinfo=UTC))


def test_text_from_files_is_escaped():
    assert formats.prose("`a<b` & c") == "<code>a&lt;b</code> &amp; c"
    assert formats.prose("one ` only <") == "one ` only &lt;"
    assert formats.subject("unit:<x>") == "Unit <code>&lt;x&gt;</code>"
    assert formats.subject("time_zone") == "Time zone"


def test_a_test_is_called_by_its_name_its_file_or_its_number():
    test = {"test_id": 7, "test_name": None, "file_name": "a.csv"}
    assert formats.test_title(test | {"test_name": "Cycling"}) == "Cycling"
    assert formats.test_title(test) == "a.csv"
    assert formats.test_title({"test_id": 7, "test_name": None}) == "Test 7"

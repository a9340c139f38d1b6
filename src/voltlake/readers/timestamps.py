"""Clock times and durations as cyclers print them, read without guessing.

One scanner reads every numeric layout (``09/20/2024 08:32:34.558``, ``2028/07/05
17:36:07``, ``23-Nov-23 3:56:11 PM``, ISO 8601) and every duration (``1d 02:00:6.47``,
``288:21:32.5``, ``01:02:03:04.500``). What a text alone cannot say (day or month first,
the zone, which of two equal hours at the end of summer time) is decided by evidence that
the caller gives, and otherwise said to be assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.errors import InvalidRequest
from voltlake.numerics.clock_text import (
    resolve_local_times,
    scan_alike_moments,
    scan_durations,
    scan_moments,
)

__all__ = [
    "BAD",
    "CLOCK_ONLY",
    "DAY_FIRST",
    "EMPTY",
    "MONTH_FIRST",
    "NAIVE",
    "NEVER",
    "ONCE",
    "TWICE",
    "UNDECIDED",
    "WITH_OFFSET",
    "LocalClock",
    "Moments",
    "clock_to_local",
    "date_order_evidence",
    "days_since_epoch",
    "parse_durations",
    "parse_moments",
    "zone_named",
]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MONTH_FIRST = 0
DAY_FIRST = 1

BAD, NAIVE, WITH_OFFSET, CLOCK_ONLY, EMPTY = 0, 1, 2, 3, 4
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


@dataclass(frozen=True, slots=True)
class Moments:
    """Clock times of a column, in file order.

    ``microseconds`` counts from 1970-01-01 00:00 of the writer's clock (``NAIVE``), of UTC
    (``WITH_OFFSET``: the text names its offset) or from midnight (``CLOCK_ONLY``);
    ``kind`` says which, ``BAD`` where the text is no time and ``EMPTY`` where it is blank.
    """

    microseconds: Ints
    kind: Bytes


def _buffers(texts: pl.Series) -> tuple[Bytes, Ints]:
    """Return the UTF-8 bytes of a text column and where each text begins; null is blank."""
    filled = texts.fill_null("").rechunk()
    array = filled.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return content, starts


_REGULAR = re.compile(
    rb"\s*(?:\d{4}([-/.])\d\d?\1\d\d?|\d\d?([-/.])\d\d?\2\d{4})[ T]+\d\d?:\d\d:\d\d(?:\.\d{1,6})?"
)


def parse_moments(
    texts: pl.Series, *, order: int = MONTH_FIRST, buffers: tuple[Bytes, Ints] | None = None
) -> Moments:
    """Read clock times.

    ``buffers`` are the bytes of the texts one after another and their offsets, if the
    caller has them at hand.

    ``order`` is ``MONTH_FIRST`` or ``DAY_FIRST`` and matters only for dates such as
    ``06/05/2021``; years of four digits in front and month names decide for themselves.
    Fractions are kept to the microsecond.
    """
    content, starts = buffers or _buffers(texts)
    out, kind = np.empty(len(texts), np.int64), np.empty(len(texts), np.uint8)
    done = 0
    model = content[starts[0] : starts[1]].tobytes() if len(texts) else b""
    if _REGULAR.fullmatch(model):
        first = len(model) - len(model.lstrip())
        year_first = model[first : first + 4].isdigit()
        done = scan_alike_moments(content, starts, first, order, year_first, out)
        kind[:done] = NAIVE
    if done < len(texts):
        scan_moments(content, starts[done:], order, out[done:], kind[done:])
    return Moments(out, kind)


def date_order_evidence(texts: pl.Series) -> tuple[int | None, str]:
    """Say whether the dates of a column put the month or the day first, and by which text.

    The order is ``None`` where every date makes sense both ways; the second part then is ``""``.
    Dates that need no order (year first, month by name) count as month first.
    """
    month_first = parse_moments(texts, order=MONTH_FIRST)
    day_first = parse_moments(texts, order=DAY_FIRST)
    only_month = np.flatnonzero((month_first.kind != BAD) & (day_first.kind == BAD))
    only_day = np.flatnonzero((day_first.kind != BAD) & (month_first.kind == BAD))
    if only_month.size and only_day.size:
        return None, ""
    if only_month.size:
        return MONTH_FIRST, f"'{str(texts[int(only_month[0])]).strip()}'"
    if only_day.size:
        return DAY_FIRST, f"'{str(texts[int(only_day[0])]).strip()}'"
    if np.array_equal(month_first.microseconds, day_first.microseconds):
        return MONTH_FIRST, "the dates name their order"
    return None, ""


_SLOW_DURATION = re.compile(
    r"\s*(?P<sign>-?)(?:(?P<days>\d+)\s*d\s*)?(?:(?P<parts>(?:\d+:){1,3}))?"
    r"(?P<seconds>\d+(?:[.,]\d*)?)\s*",
    re.IGNORECASE,
)


def _exact_duration(text: str) -> float | None:
    """Read one duration, or a plain number of seconds, in decimal arithmetic."""
    match = _SLOW_DURATION.fullmatch(text)
    if match is None:
        try:
            return float(text)
        except ValueError:
            return None
    total = Decimal(match["seconds"].replace(",", "."))
    parts = [int(each) for each in (match["parts"] or "").split(":") if each]
    for weight, value in zip((60, 3600, 86_400), reversed(parts), strict=False):
        total += weight * value
    total += 86_400 * int(match["days"] or 0)
    return float(-total if match["sign"] else total)


def parse_durations(texts: pl.Series) -> tuple[Floats, NDArray[np.bool_]]:
    """Read durations as seconds: ``1d 02:00:6.47``, ``288:21:32.5``, ``DD:HH:MM:SS.mmm``.

    A plain number counts as seconds. Returns the seconds, each the double nearest to the
    printed decimal (NaN where the text is blank or no duration), and a mask of the texts that
    are no duration.
    """
    content, starts = _buffers(texts)
    out, state = np.empty(len(texts), np.float64), np.empty(len(texts), np.uint8)
    scan_durations(content, starts, out, state)
    for row in np.flatnonzero(state == 2):
        value = _exact_duration(str(texts[int(row)]))
        state[row] = 0 if value is None else 1
        out[row] = np.nan if value is None else value
    return out, state == 0


def days_since_epoch(day: date) -> int:
    """Count the days from 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone; raises ``InvalidRequest`` for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as reason:
        raise InvalidRequest(
            f"no time zone is called '{name}'", remedy="Use an IANA name such as Europe/Berlin"
        ) from reason


def _offset(zone: ZoneInfo, moment: int) -> int:
    """UTC offset in microseconds at a moment of UTC, in seconds since 1970."""
    delta = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset()
    return int((delta or timedelta()).total_seconds()) * _SECOND


def _transitions(zone: ZoneInfo, first: int, last: int) -> tuple[Ints, Ints]:
    """Return the moments (UTC, microseconds) at which the offset changes, and all offsets.

    There is one offset more than moments: the first holds before the first change.
    """
    moments: list[int] = []
    offsets = [_offset(zone, first)]
    for day in range(first, last + 86_400, 86_400):
        low, high = day, day + 86_400
        if _offset(zone, high) == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if _offset(zone, middle) == offsets[-1]:
                low = middle
            else:
                high = middle
        moments.append(high * _SECOND)
        offsets.append(_offset(zone, high))
    return np.array(moments, np.int64), np.array(offsets, np.int64)


ONCE, TWICE, UNDECIDED, NEVER = 0, 1, 2, 3


@dataclass(slots=True)
class LocalClock:
    """Turns the clock times of one file, batch after batch, into UTC.

    Rows must come in file order: of two possible moments at the end of summer time the one
    nearer to the elapsed test time is taken, without a test time the one that does not run
    backwards.
    """

    zone: ZoneInfo | None
    _state: Floats = field(default_factory=lambda: np.array([0.0, np.nan, 0.0]))

    def to_utc(
        self, local: Ints, good: NDArray[np.bool_], elapsed_second: Floats
    ) -> tuple[Ints, Bytes]:
        """Return UTC microseconds, and for each row how often its local time occurs.

        ``ONCE``, ``TWICE``, ``UNDECIDED`` (twice, and nothing tells which) or ``NEVER`` (left
        out by the change to summer time). Rows that are not ``good`` give 0.
        """
        occurs = np.zeros(local.size, np.uint8)
        if self.zone is None or not good.any():
            return np.where(good, local, 0), occurs
        known = local[good]
        first = int(known.min()) // _SECOND - 2 * 86_400
        last = int(known.max()) // _SECOND + 2 * 86_400
        moments, offsets = _transitions(self.zone, first, last)
        out = np.empty_like(local)
        if self._state[2] == 0.0 and moments.size:
            self._begin(local, good, elapsed_second, moments, offsets)
        resolve_local_times(local, good, elapsed_second, moments, offsets, self._state, out, occurs)
        return out, occurs

    def _begin(
        self,
        local: Ints,
        good: NDArray[np.bool_],
        elapsed: Floats,
        moments: Ints,
        offsets: Ints,
    ) -> None:
        """Where a file begins in an hour that occurs twice, look ahead to the first sure row."""
        for row in np.flatnonzero(good):
            utc = [int(local[row] - offset) for offset in np.unique(offsets)]
            sure = [
                each
                for each in utc
                if each + offsets[np.searchsorted(moments, each, side="right")] == local[row]
            ]
            if len(sure) == 1 and not np.isnan(elapsed[row]):
                self._state[:] = (sure[0], elapsed[row], 1.0)
                return


def clock_to_local(clock: Ints, good: NDArray[np.bool_], elapsed: Floats, day: int) -> Ints:
    """Date clock times without a date: the day advances as the elapsed test time says.

    ``clock`` are microseconds since midnight, ``day`` the date on which the test began (days
    since 1970), ``elapsed`` the test time in seconds.
    """
    rows = np.flatnonzero(good & ~np.isnan(elapsed))
    if rows.size == 0:
        return clock + day * _DAY
    first = rows[0]
    start = (clock[first] - np.int64(np.round(elapsed[first] * 1e6))) % _DAY
    expected = start + np.round(np.nan_to_num(elapsed) * 1e6).astype(np.int64)
    turns = np.round((expected - clock) / _DAY).astype(np.int64)
    dated: Ints = clock + (day + turns) * _DAY
    return dated

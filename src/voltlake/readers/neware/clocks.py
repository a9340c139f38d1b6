"""Wall clocks: year-month-day fields to epoch seconds, and the zone they belong to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from voltlake.errors import InvalidRequest

__all__ = ["civil_seconds", "moment", "naive_to_utc", "observed_zone", "parse_clock"]

_NO_DATE = -(2**62)
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y.%m.%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")


@njit(nogil=True, cache=True)
def _civil(
    year: NDArray[np.int64],
    month: NDArray[np.int64],
    day: NDArray[np.int64],
    second: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    for row in range(year.size):
        if not (1 <= month[row] <= 12 and 1 <= day[row] <= 31 and 1970 <= year[row] <= 9999):
            out[row] = -(2**62)
            continue
        # Days from civil date, years beginning in March (Hinnant's chrono algorithms).
        y = year[row] - (1 if month[row] <= 2 else 0)
        era = y // 400
        of_era = y - era * 400
        of_year = (153 * ((month[row] + 9) % 12) + 2) // 5 + day[row] - 1
        days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
        out[row] = days * 86400 + second[row]


def civil_seconds(
    year: NDArray[np.int64],
    month: NDArray[np.int64],
    day: NDArray[np.int64],
    second_of_day: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return seconds since 1970-01-01 00:00 of the same clock, and which dates are possible."""
    out = np.empty(year.size, np.int64)
    _civil(year, month, day, second_of_day, out)
    return out, out != _NO_DATE


def naive_to_utc(
    seconds: NDArray[np.int64], valid: NDArray[np.bool_], zone: str | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Move clock seconds of an IANA zone to UTC; ``None`` and ``"UTC"`` leave them alone.

    The hour that occurs twice in autumn is read as its first occurrence; a time that the
    spring change skips is no time, so it becomes invalid. Raises ``InvalidRequest`` where
    the zone is unknown.
    """
    if zone in (None, "UTC"):
        return seconds, valid
    try:
        ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as reason:
        raise InvalidRequest(
            f"'{zone}' is no time zone", remedy="Give an IANA name such as Europe/Zurich"
        ) from reason
    clock = pl.Series(np.where(valid, seconds, 0) * 1000).cast(pl.Datetime("ms"))
    utc = clock.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.epoch("s")
    return utc.fill_null(0).to_numpy(), valid & utc.is_not_null().to_numpy()


def parse_clock(text: str | None) -> datetime | None:
    """Read the vendor's naive date and time; ``None`` where it is none."""
    for pattern in _FORMATS:
        try:
            return datetime.strptime((text or "").strip(), pattern)
        except ValueError:
            continue
    return None


def moment(unix_second: float | None) -> datetime | None:
    """Return the moment in UTC; ``None`` where it is unknown or beyond the years 1 to 9999."""
    try:
        return None if unix_second is None else datetime.fromtimestamp(unix_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def observed_zone(clock: datetime | None, first_unix_second: float | None) -> timezone | None:
    """Return the fixed offset at which a start clock meets the first record's epoch time.

    The start is written a few seconds before the first record; only a difference within 120 s
    of a whole quarter hour, and at most 14 h, is taken as an offset. ``None`` otherwise.
    """
    if clock is None or first_unix_second is None:
        return None
    difference = clock.replace(tzinfo=UTC).timestamp() - first_unix_second
    quarters = round(difference / 900)
    if abs(difference - quarters * 900) > 120 or abs(quarters) > 56:
        return None
    return timezone(timedelta(minutes=15 * quarters))

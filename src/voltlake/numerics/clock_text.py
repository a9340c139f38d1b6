"""Scanners of clock times and durations: bytes in, integers and doubles out.

Kernels without Python objects, so that they run without the interpreter's lock. What they
mean is documented where they are used, in ``voltlake.readers.timestamps``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["resolve_local_times", "scan_alike_moments", "scan_durations", "scan_moments"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@njit(nogil=True, cache=True)
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar.

    Source: H. Hinnant, chrono-compatible low-level date algorithms, ``days_from_civil``.
    """
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return (
        era * 146_097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719_468
    )


@njit(nogil=True, cache=True)
def _month_named(text: Bytes, begin: int, end: int) -> int:
    names = b"janfebmaraprmayjunjulaugsepoctnovdec"
    if end - begin < 3:
        return 0
    for month in range(12):
        if (
            text[begin] | 32 == names[3 * month]
            and text[begin + 1] | 32 == names[3 * month + 1]
            and text[begin + 2] | 32 == names[3 * month + 2]
        ):
            return month + 1
    return 0


@njit(nogil=True, cache=True)
def _tokens(  # noqa: C901 - one pass over the letters is the plainest form of a scanner
    text: Bytes, begin: int, end: int, group: Ints, width: Ints, before: Ints
) -> tuple[int, int, int, int]:
    """Split a text into digit groups; return their number, the named month, AM/PM, the offset.

    ``before`` keeps the byte in front of each group, by which fractions, clock parts and
    UTC offsets are told apart. The offset is the index of the group that begins it, or -1.
    A count of -1 means that the text is no time.
    """
    count, named, half, offset = 0, -1, 0, -1
    month = 0
    place = begin
    previous = 32
    while place < end:
        letter = text[place]
        if 48 <= letter <= 57:
            if count == 10:
                return -1, 0, 0, 0
            value, first = 0, place
            while place < end and 48 <= text[place] <= 57:
                if place - first < 18:
                    value = value * 10 + (text[place] - 48)
                place += 1
            group[count], width[count], before[count] = value, place - first, previous
            if previous in (43, 45) and count >= 5 and offset < 0:
                offset = count
            count += 1
            previous = 48
            continue
        lower = letter | 32
        if 97 <= lower <= 122 and letter >= 65:
            first = place
            while place < end and 97 <= (text[place] | 32) <= 122 and text[place] >= 65:
                place += 1
            if place - first == 1 and lower == 116:
                pass
            elif place - first == 1 and lower == 122:
                offset = 99
            elif place - first == 2 and lower in (97, 112) and text[first + 1] | 32 == 109:
                half = 1 if lower == 97 else 2
            else:
                month = _month_named(text, first, place)
                if month == 0 or named >= 0:
                    return -1, 0, 0, 0
                named = count
                group[count], width[count], before[count] = month, 3, previous
                count += 1
            previous = 116
            continue
        if letter > 127:
            return -1, 0, 0, 0
        previous = letter
        place += 1
    return count, named, half, offset


@njit(nogil=True, cache=True)
def _microseconds(digits: int, count: int) -> int:
    """Return the fraction of a second that ``count`` decimals say, to the nearest microsecond."""
    if count <= 6:
        return digits * int(10 ** (6 - count))
    scale = int(10 ** (min(count, 18) - 6))
    return (digits + scale // 2) // scale


@njit(nogil=True, cache=True)
def _is_moment(month: int, day: int, group: Ints) -> bool:
    """Check the ranges of a date and of the time in groups 3 to 5."""
    if month < 1 or month > 12 or day < 1 or day > 31:
        return False
    return bool(group[3] <= 23 and group[4] <= 59 and group[5] <= 59)


@njit(nogil=True, cache=True)
def _time_of_day(group: Ints, width: Ints, before: Ints, at: int, stop: int, half: int) -> int:
    """Microseconds since midnight of the groups ``at`` to ``stop``; -1 where there is no time."""
    if at == stop:
        return 0
    if stop - at < 2 or stop - at > 4 or before[at + 1] != 58:
        return -1
    hour, minute, second, fraction = group[at], group[at + 1], 0, 0
    if stop - at >= 3:
        second = group[at + 2]
        if before[at + 2] != 58:
            return -1
    if stop - at == 4:
        if before[at + 3] not in (44, 46):
            return -1
        fraction = _microseconds(group[at + 3], width[at + 3])
    if half:
        if hour < 1 or hour > 12:
            return -1
        hour = hour % 12 + (12 if half == 2 else 0)
    if hour > 24 or minute > 59 or second > 60:
        return -1
    return int(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)


@njit(nogil=True, cache=True)
def _date(group: Ints, width: Ints, named: int, order: int) -> int:
    """Days since 1970 of the first three groups, or a large negative number."""
    if named == 0:
        month, day, year, digits = group[0], group[1], group[2], width[2]
    elif width[0] == 4:
        year, month, day, digits = group[0], group[1], group[2], 4
    elif named == 1 or order == 1:
        day, month, year, digits = group[0], group[1], group[2], width[2]
    else:
        month, day, year, digits = group[0], group[1], group[2], width[2]
    if digits == 2:
        year += 2000 if year < 70 else 1900
    elif digits != 4:
        return -(10**9)
    if month < 1 or month > 12 or day < 1 or day > 31 or named > 1:
        return -(10**9)
    return _days(year, month, day)


@njit(nogil=True, cache=True)
def scan_moments(content: Bytes, starts: Ints, order: int, out: Ints, kind: Bytes) -> None:
    """Read clock times of any layout; ``kind`` says what each text was."""
    group = np.zeros(12, np.int64)
    width = np.zeros(12, np.int64)
    before = np.zeros(12, np.int64)
    for row in range(starts.size - 1):
        count, named, half, offset = _tokens(
            content, starts[row], starts[row + 1], group, width, before
        )
        out[row], kind[row] = 0, 0
        if count == 0 and starts[row] == starts[row + 1]:
            kind[row] = 4
        if count < 2:
            continue
        stop = offset if 0 <= offset < 99 else count
        if before[1] == 58 and named < 0:
            moment = _time_of_day(group, width, before, 0, stop, half)
            if moment >= 0 and offset < 0:
                out[row], kind[row] = moment, 3
            continue
        if count < 3:
            continue
        days = _date(group, width, named, order)
        moment = _time_of_day(group, width, before, 3, stop, half)
        if days < -(10**8) or moment < 0:
            continue
        out[row] = days * 86_400_000_000 + moment
        kind[row] = 1 if offset < 0 else 2
        if 0 <= offset < 99:
            hours = group[offset] if width[offset] <= 2 else group[offset] // 100
            minutes = 0 if width[offset] <= 2 else group[offset] % 100
            if count - offset == 2:
                minutes = group[offset + 1]
            sign = -1 if before[offset] == 45 else 1
            out[row] -= sign * (hours * 60 + minutes) * 60_000_000


@njit(nogil=True, cache=True)
def _alike(content: Bytes, model: int, here: int, length: int) -> bool:
    """Check that digits stand where the model has digits, and the same letters elsewhere."""
    for place in range(length):
        letter, wanted = content[here + place], content[model + place]
        if 48 <= wanted <= 57:
            if not 48 <= letter <= 57:
                return False
        elif letter != wanted:
            return False
    return True


@njit(nogil=True, cache=True)
def scan_alike_moments(
    content: Bytes, starts: Ints, first: int, order: int, year_first: bool, out: Ints
) -> int:
    """Read times that all look like the first, such as ``09/20/2024 08:32:34.558``.

    Returns how many rows from the first on were read; the rest needs the general scanner.
    """
    length = starts[1] - starts[0]
    group = np.zeros(8, np.int64)
    begin = np.zeros(8, np.int64)
    width = np.zeros(8, np.int64)
    count = 0
    for place in range(first, length):
        digit = 48 <= content[starts[0] + place] <= 57
        if digit and (place == first or not 48 <= content[starts[0] + place - 1] <= 57):
            begin[count] = place
            count += 1
        if digit:
            width[count - 1] += 1
    year, month, day = (0, 1, 2) if year_first else ((2, 0, 1) if order == 0 else (2, 1, 0))
    power = 10 ** (6 - width[6]) if count == 7 else 0
    for row in range(starts.size - 1):
        here = starts[row]
        if starts[row + 1] - here != length or not _alike(content, starts[0], here, length):
            return row
        for index in range(count):
            value = 0
            for place in range(begin[index], begin[index] + width[index]):
                value = value * 10 + (content[here + place] - 48)
            group[index] = value
        if not _is_moment(group[month], group[day], group):
            return row
        seconds = (group[3] * 60 + group[4]) * 60 + group[5]
        days = _days(group[year], group[month], group[day])
        out[row] = (days * 86_400 + seconds) * 1_000_000 + group[6] * power
    return starts.size - 1


@njit(nogil=True, cache=True)
def _duration_parts(text: Bytes, begin: int, end: int, part: Ints) -> tuple[int, int, int, int]:
    """Split ``d 288:21:32.5`` into days, parts between colons, fraction and its digits.

    Returns (number of parts, fraction, digits of the fraction, days); a count of -1 means no
    duration, -2 more digits than an integer holds.
    """
    count, value, digits, places, days = 0, 0, 0, -1, 0
    for place in range(begin, end):
        letter = text[place]
        if 48 <= letter <= 57:
            value = value * 10 + (letter - 48)
            digits += 1
            if digits > 17:
                return -2, 0, 0, 0
        elif letter == 58 and digits > 0 and places < 0 and count < 3:
            part[count] = value
            count, value, digits = count + 1, 0, 0
        elif letter | 32 == 100 and digits > 0 and count == 0 and days == 0:
            days, value, digits = value, 0, 0
        elif letter in (44, 46) and places < 0 and digits > 0:
            part[count] = value
            places, value, digits = 0, 0, 0
        elif letter not in (9, 32) or digits > 0:
            return -1, 0, 0, 0
    if places >= 0:
        return count + 1, value, digits, days
    if digits == 0:
        return -1, 0, 0, 0
    part[count] = value
    return count + 1, 0, 0, days


@njit(nogil=True, cache=True)
def scan_durations(content: Bytes, starts: Ints, out: Floats, state: Bytes) -> None:
    """Read durations as seconds; ``state`` is 1 for read, 2 for left to decimals, 4 for blank."""
    part = np.zeros(4, np.int64)
    for row in range(starts.size - 1):
        begin, end = starts[row], starts[row + 1]
        while begin < end and content[begin] in (9, 32):
            begin += 1
        while end > begin and content[end - 1] in (9, 32):
            end -= 1
        out[row], state[row] = np.nan, 4 if begin == end else 0
        if begin == end:
            continue
        negative = content[begin] == 45
        count, fraction, places, days = _duration_parts(content, begin + negative, end, part)
        if count < 2:
            # A plain number, or more digits than fit: left to exact decimal arithmetic.
            state[row] = 2
            continue
        seconds = part[count - 1] + 60 * part[count - 2] + 86_400 * days
        if count > 2:
            seconds += 3600 * part[count - 3]
        if count > 3:
            seconds += 86_400 * part[0]
        mantissa = seconds * 10.0**places + fraction
        if mantissa > 9.007199254740992e15 or places > 15:
            state[row] = 2
            continue
        out[row] = (-mantissa if negative else mantissa) / 10.0**places
        state[row] = 1


@njit(nogil=True, cache=True)
def _offsets_around(here: int, at: int, moments: Ints, offsets: Ints) -> tuple[int, int]:
    """Return the offsets before and after the change in whose hour a local time lies, or 0, 0."""
    if at < moments.size and here >= moments[at] + min(offsets[at], offsets[at + 1]):
        return offsets[at], offsets[at + 1]
    if at > 0 and here < moments[at - 1] + max(offsets[at - 1], offsets[at]):
        return offsets[at - 1], offsets[at]
    return 0, 0


@njit(nogil=True, cache=True)
def _nearer(early: int, late: int, elapsed: float, state: Floats) -> int:
    """Choose of two moments the one that fits the row before: by test time, else by order."""
    if state[2] == 0.0:
        return early
    if np.isnan(elapsed) or np.isnan(state[1]):
        return early if early >= state[0] else late
    expected = state[0] + (elapsed - state[1]) * 1e6
    return early if abs(early - expected) <= abs(late - expected) else late


@njit(nogil=True, cache=True)
def resolve_local_times(
    local: Ints,
    good: NDArray[np.bool_],
    elapsed: Floats,
    moments: Ints,
    offsets: Ints,
    state: Floats,
    out: Ints,
    occurs: Bytes,
) -> None:
    """Resolve local times; ``state`` carries (UTC, test time, known) from row to row."""
    at = 0
    for row in range(local.size):
        out[row], occurs[row] = 0, 0
        if not good[row]:
            continue
        here = local[row]
        while at < moments.size and here >= moments[at] + max(offsets[at], offsets[at + 1]):
            at += 1
        while at > 0 and here < moments[at - 1] + min(offsets[at - 1], offsets[at]):
            at -= 1
        utc = here - offsets[at]
        before, after = _offsets_around(here, at, moments, offsets)
        if before > after:
            occurs[row] = 2 if state[2] == 0.0 else 1
            utc = _nearer(here - before, here - after, elapsed[row], state)
        elif before < after:
            occurs[row] = 3
            utc = here - before
        out[row] = utc
        state[0], state[1], state[2] = float(utc), elapsed[row], 1.0

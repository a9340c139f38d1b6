"""One walk over the rows of a test: sums per step that continue from batch to batch.

A step that a batch border cuts is carried as its half-finished record, so that any
cutting into batches gives the same numbers to the last bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltlake.numerics.integrate import area_above_zero

__all__ = [
    "COUNTER_FIELDS",
    "STEP_FIELDS",
    "add_counter_rows",
    "add_rows",
    "histogram_of_magnitudes",
    "walk_counter",
    "walk_integral",
    "widen",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

STEP_FIELDS = (
    "row_first", "row_last", "time_first", "time_last", "step_time_first", "step_time_last",
    "voltage_first", "voltage_last", "voltage_min", "voltage_max", "voltage_area", "voltage_time",
    "current_first", "current_last", "current_min", "current_max", "current_area", "current_time",
    "charge_in", "charge_out", "energy_in", "energy_out", "charge_rough", "energy_rough",
    "temperature_min", "temperature_max", "temperature_area", "temperature_time",
    "temperature_last", "pause", "steps_back", "ohmic", "power_min", "power_max",
    "start_second", "start_known", "duration", "longest", "longest_charge", "longest_energy",
)  # fmt: skip
"""Fields of a step's record. Charge in A·s, energy in W·s, inner intervals only: what flows
before the first row is added later. ``*_rough`` is half the sum of |change| times time: how
far the true integral can lie from the trapezoid when the signal moves between samples."""

(
    ROW_FIRST, ROW_LAST, TIME_FIRST, TIME_LAST, STEP_TIME_FIRST, STEP_TIME_LAST,
    VOLTAGE_FIRST, VOLTAGE_LAST, VOLTAGE_MIN, VOLTAGE_MAX, VOLTAGE_AREA, VOLTAGE_TIME,
    CURRENT_FIRST, CURRENT_LAST, CURRENT_MIN, CURRENT_MAX, CURRENT_AREA, CURRENT_TIME,
    CHARGE_IN, CHARGE_OUT, ENERGY_IN, ENERGY_OUT, CHARGE_ROUGH, ENERGY_ROUGH,
    TEMPERATURE_MIN, TEMPERATURE_MAX, TEMPERATURE_AREA, TEMPERATURE_TIME,
    TEMPERATURE_LAST, PAUSE, STEPS_BACK, OHMIC, POWER_MIN, POWER_MAX,
    START_SECOND, START_KNOWN, DURATION, LONGEST, LONGEST_CHARGE, LONGEST_ENERGY,
) = range(40)  # fmt: skip

COUNTER_FIELDS = ("first", "last", "rises", "falls", "restarts", "before_restart", "rows")
"""Fields of a counter's record in one step: first and last value, sums of rises and of falls
from row to row, number of restarts from zero inside, what was counted before the last one."""

C_FIRST, C_LAST, C_RISES, C_FALLS, C_RESTARTS, C_BEFORE, C_ROWS = range(7)

BINS_PER_OCTAVE = 16
LEAST_OCTAVE = -40
OCTAVES = 72


@njit(nogil=True, cache=True)
def histogram_of_magnitudes(values: Floats, counts: Integers) -> None:
    """Count |values| into logarithmic bins, 16 to a factor of two; zeros and NaN are left out."""
    for value in values:
        magnitude = abs(value)
        if magnitude > 0.0 and magnitude < np.inf:
            place = int(np.floor(np.log2(magnitude) * BINS_PER_OCTAVE))
            place -= LEAST_OCTAVE * BINS_PER_OCTAVE
            counts[min(max(place, 0), counts.size - 1)] += 1


@njit(nogil=True, cache=True)
def elapsed(
    time: float, before: float, step_time: float, step_time_before: float
) -> tuple[float, float]:
    """Seconds between two rows of a step, and the pause that was taken out of them.

    A pause shows in the clock but not in the step's own time. Time that runs backwards
    counts as no time.
    """
    clock = time - before
    if not clock > 0.0:
        return 0.0, 0.0
    own = step_time - step_time_before
    if own >= 0.0 and own < 0.5 * clock:
        return own, clock - own
    return clock, 0.0


@njit(nogil=True, cache=True)
def time_before_first_row(time: float, time_before: float, step_time: float) -> tuple[float, float]:
    """Seconds that a step had run when its first row was written; 1.0 where the file says so.

    The first row of a test has no row before it (NaN): its step began within the test only
    where the test is at least as old as the step.
    """
    gap = time if np.isnan(time_before) else time - time_before
    if step_time >= 0.0 and step_time <= gap * 1.001 + 1e-9:
        return step_time, 1.0
    if np.isnan(time_before):
        return 0.0, 0.0
    return (gap, 0.0) if gap > 0.0 else (0.0, 0.0)


@njit(nogil=True, cache=True)
def _open(record: Floats, row: int) -> None:
    record[:] = 0.0
    record[ROW_FIRST] = row
    for place in (
        VOLTAGE_FIRST, VOLTAGE_LAST, VOLTAGE_MIN, VOLTAGE_MAX, CURRENT_FIRST, CURRENT_LAST,
        CURRENT_MIN, CURRENT_MAX, TEMPERATURE_MIN, TEMPERATURE_MAX, TEMPERATURE_LAST,
        POWER_MIN, POWER_MAX,
    ):  # fmt: skip
        record[place] = np.nan


@njit(nogil=True, cache=True)
def _extremes(record: Floats, least: int, most: int, value: float) -> None:
    if np.isnan(value):
        return
    if not record[least] <= value:
        record[least] = value
    if not record[most] >= value:
        record[most] = value


@njit(nogil=True, cache=True)
def _add_interval(
    record: Floats, seconds: float, voltage: float, current: float, temperature: float
) -> None:
    """Add the interval that ends with this row; the record still holds the row before."""
    voltage_before, current_before = record[VOLTAGE_LAST], record[CURRENT_LAST]
    if not np.isnan(voltage) and not np.isnan(voltage_before):
        record[VOLTAGE_AREA] += 0.5 * (voltage + voltage_before) * seconds
        record[VOLTAGE_TIME] += seconds
    before = record[TEMPERATURE_LAST]
    if not np.isnan(temperature) and not np.isnan(before):
        record[TEMPERATURE_AREA] += 0.5 * (temperature + before) * seconds
        record[TEMPERATURE_TIME] += seconds
    if np.isnan(current) or np.isnan(current_before):
        return
    record[CURRENT_AREA] += 0.5 * (current + current_before) * seconds
    record[CURRENT_TIME] += seconds
    record[CHARGE_IN] += area_above_zero(current_before, current, seconds)
    record[CHARGE_OUT] += area_above_zero(-current_before, -current, seconds)
    record[CHARGE_ROUGH] += 0.5 * abs(current - current_before) * seconds
    if np.isnan(voltage) or np.isnan(voltage_before):
        return
    power, power_before = voltage * current, voltage_before * current_before
    if seconds > record[LONGEST]:
        record[LONGEST] = seconds
        record[LONGEST_CHARGE] = 0.5 * abs(current + current_before) * seconds
        record[LONGEST_ENERGY] = 0.5 * abs(power + power_before) * seconds
    record[OHMIC] += (voltage - voltage_before) * (current - current_before)
    record[ENERGY_IN] += area_above_zero(power_before, power, seconds)
    record[ENERGY_OUT] += area_above_zero(-power_before, -power, seconds)
    record[ENERGY_ROUGH] += 0.5 * abs(power - power_before) * seconds


@njit(nogil=True, cache=True)
def _add_row(
    record: Floats, row: int, time: float, step_time: float, voltage: float, current: float,
    temperature: float,
) -> None:  # fmt: skip
    _extremes(record, VOLTAGE_MIN, VOLTAGE_MAX, voltage)
    _extremes(record, CURRENT_MIN, CURRENT_MAX, current)
    _extremes(record, POWER_MIN, POWER_MAX, voltage * current)
    _extremes(record, TEMPERATURE_MIN, TEMPERATURE_MAX, temperature)
    if np.isnan(record[VOLTAGE_FIRST]):
        record[VOLTAGE_FIRST] = voltage
    if np.isnan(record[CURRENT_FIRST]):
        record[CURRENT_FIRST] = current
    record[ROW_LAST] = row
    record[TIME_LAST] = time
    record[STEP_TIME_LAST] = step_time
    record[VOLTAGE_LAST] = voltage
    record[CURRENT_LAST] = current
    record[TEMPERATURE_LAST] = temperature


@njit(nogil=True, cache=True)
def add_rows(
    begins: Flags, time: Floats, step_time: Floats, voltage: Floats, current: Floats,
    temperature: Floats, first_row: int, carried: Floats, records: Floats,
) -> int:  # fmt: skip
    """Add a batch of rows to the records of its steps.

    Parameters
    ----------
    begins
        True where a row begins a step.
    time, step_time, voltage, current, temperature
        The rows in s, s, V, A, degC; NaN where unknown.
    first_row
        Number of the batch's first row in the test, from 0.
    carried
        Record of the step that the batch before left unfinished, in ``STEP_FIELDS`` order.
    records
        Is filled: one record a step, the carried one first; rows = number of begins + 1.

    Returns
    -------
    Place of the last record, which the next batch carries on.
    """
    place = 0
    records[0, :] = carried
    for n in range(time.size):
        if begins[n]:
            before = records[place, TIME_LAST] if first_row + n > 0 else np.nan
            place += 1
            record = records[place]
            _open(record, first_row + n)
            record[TIME_FIRST] = time[n]
            record[STEP_TIME_FIRST] = step_time[n]
            start, known = time_before_first_row(time[n], before, step_time[n])
            record[START_SECOND] = start
            record[START_KNOWN] = known
        else:
            record = records[place]
            seconds, pause = elapsed(
                time[n], record[TIME_LAST], step_time[n], record[STEP_TIME_LAST]
            )
            record[PAUSE] += pause
            record[DURATION] += seconds
            if time[n] < record[TIME_LAST]:
                record[STEPS_BACK] += 1.0
            _add_interval(record, seconds, voltage[n], current[n], temperature[n])
        _add_row(
            records[place], first_row + n, time[n], step_time[n], voltage[n], current[n],
            temperature[n],
        )  # fmt: skip
    return place


@njit(nogil=True, cache=True)
def add_counter_rows(
    begins: Flags, values: Floats, net: bool, carried: Floats, records: Floats
) -> int:
    """Add a batch of a counter's values to the records of its steps.

    ``net`` counters may fall; any other counter that falls by more than half of itself has
    restarted from zero. ``carried`` and ``records`` are in ``COUNTER_FIELDS`` order and work
    as in :func:`add_rows`, whose answer this one shares.
    """
    place = 0
    records[0, :] = carried
    for n in range(values.size):
        if begins[n]:
            place += 1
            records[place, :] = 0.0
            records[place, C_FIRST] = np.nan
            records[place, C_LAST] = np.nan
        value = values[n]
        if np.isnan(value):
            continue
        record = records[place]
        record[C_ROWS] += 1.0
        before = record[C_LAST]
        if np.isnan(before):
            record[C_FIRST] = value
        elif value >= before:
            record[C_RISES] += value - before
        elif not net and value < 0.5 * before:
            record[C_BEFORE] += before - (record[C_FIRST] if record[C_RESTARTS] == 0.0 else 0.0)
            record[C_RISES] += value
            record[C_RESTARTS] += 1.0
        else:
            record[C_FALLS] += before - value
        record[C_LAST] = value
    return place


@njit(nogil=True, cache=True)
def walk_integral(
    begins: Flags, time: Floats, step_time: Floats, signal: Floats, start_second: Floats,
    base_in: Floats, base_out: Floats, state: Floats, result_in: Floats, result_out: Floats,
) -> None:  # fmt: skip
    """Fill the running integral of a signal since the start of the test, row by row.

    ``start_second``, ``base_in`` and ``base_out`` hold one value per step: seconds before its
    first row, and the totals at its beginning. ``state`` carries the place of the step, the
    time, the step time and the signal of the row before, and both running sums.
    """
    place = int(state[0])
    for n in range(time.size):
        value = signal[n]
        if begins[n]:
            place += 1
            state[4] = max(value, 0.0) * start_second[place] if not np.isnan(value) else 0.0
            state[5] = max(-value, 0.0) * start_second[place] if not np.isnan(value) else 0.0
        else:
            seconds, _ = elapsed(time[n], state[1], step_time[n], state[2])
            if not np.isnan(value) and not np.isnan(state[3]):
                state[4] += area_above_zero(state[3], value, seconds)
                state[5] += area_above_zero(-state[3], -value, seconds)
        state[1], state[2], state[3] = time[n], step_time[n], value
        result_in[n] = base_in[place] + state[4] / 3600.0
        result_out[n] = base_out[place] + state[5] / 3600.0
    state[0] = place


@njit(nogil=True, cache=True)
def walk_counter(
    begins: Flags, values: Floats, net: bool, zero: Floats, base_in: Floats, base_out: Floats,
    outward: Flags, state: Floats, result_in: Floats, result_out: Floats,
) -> None:  # fmt: skip
    """Fill the totals since the start of the test from a counter, row by row.

    ``zero`` is the counter's reading at the beginning of each step, ``base_in`` and
    ``base_out`` the totals there, ``outward`` says which total a one-way counter feeds in
    each step. ``state`` carries the place of the step, the last reading, both sums and the
    reading from which a one-way counter counts now.
    """
    place = int(state[0])
    for n in range(values.size):
        if begins[n]:
            place += 1
            state[1], state[2], state[3], state[4] = zero[place], 0.0, 0.0, zero[place]
        value = values[n]
        if not np.isnan(value):
            before = state[1]
            if net:
                state[2] += max(value - before, 0.0)
                state[3] += max(before - value, 0.0)
            elif value < 0.5 * before and not begins[n]:
                state[2] += before - state[4]
                state[4] = 0.0
            state[1] = value
        one_way = state[2] + (state[1] - state[4])
        result_in[n] = base_in[place]
        result_out[n] = base_out[place]
        if net:
            result_in[n] += state[2]
            result_out[n] += state[3]
        elif outward[place]:
            result_out[n] += one_way
        else:
            result_in[n] += one_way
    state[0] = place


@njit(nogil=True, cache=True)
def widen(values: Floats, extremes: Floats) -> None:
    """Widen (least, largest) so that they hold all finite values."""
    for value in values:
        if value < extremes[0] and value > -np.inf:
            extremes[0] = value
        if value > extremes[1] and value < np.inf:
            extremes[1] = value

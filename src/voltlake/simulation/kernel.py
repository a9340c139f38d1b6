"""The equivalent circuit of a cell, integrated step by step: arrays only.

State of charge ``z``, voltage ``u`` across one RC branch, temperature ``T``; current
charging positive::

    V = OCV(z) + I·R0 + u
    dz/dt = η·I / (3600·Q)   (η only while charging)
    du/dt = (I·R1 - u) / τ
    C·dT/dt = I·(V - OCV) - k·(T - T_ambient)

At constant current all of it has a closed form: charge is ``I·t``, and energy is the
antiderivative of the OCV curve plus an exponential. Only a constant-voltage phase is
integrated numerically (Runge-Kutta of fourth order).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["PROGRAM_FIELDS", "ROW_FIELDS", "integrate_steps", "open_circuit_voltage"]

Array = NDArray[np.float64]

PROGRAM_FIELDS = (
    "current_ampere",  # charging positive; 0 is a rest
    "limit_volt",  # NaN: none
    "hold_volt",  # NaN: no constant-voltage phase
    "cutoff_ampere",  # magnitude at which a constant-voltage phase ends; NaN: never
    "duration_second",  # longest duration; inf: no limit
    "interval_second",
    "voltage_change_volt",  # inf: not used
    "current_change_ampere",  # inf: not used
    "first_row_second",
    "substeps",  # internal steps within one logging interval
    "capacity_ah",
    "ohmic_resistance_ohm",
    "branch_resistance_ohm",
)
ROW_FIELDS = (
    "position",
    "step_time_second",
    "voltage_volt",
    "current_ampere",
    "temperature_celsius",
    "step_charging_capacity_ah",
    "step_discharging_capacity_ah",
    "step_charging_energy_wh",
    "step_discharging_energy_wh",
)
_SUBSTEP_SECOND = 1.0
_BISECTIONS = 60

# Where the fixed parameters of a cell lie in the array ``fixed``.
_TAU, _ETA, _AMBIENT, _HEAT_CAPACITY, _CONDUCTANCE = 0, 1, 2, 3, 4


@njit(nogil=True, cache=True)
def _place(z: float, table: Array, first: float, width: float) -> tuple[int, float]:
    place = (z - first) / width
    index = min(max(int(np.floor(place)), 0), table.shape[0] - 2)
    return index, place - index


@njit(nogil=True, cache=True)
def _ocv(z: float, table: Array, first: float, width: float) -> float:
    """Cubic Hermite within the table (values, slopes), straight on beyond its ends."""
    i, s = _place(z, table, first, width)
    if s < 0.0:
        return float(table[i, 0] + s * width * table[i, 1])
    if s > 1.0:
        return float(table[i + 1, 0] + (s - 1.0) * width * table[i + 1, 1])
    a, b = table[i, 0], table[i + 1, 0]
    c, d = width * table[i, 1], width * table[i + 1, 1]
    return float(a + s * (c + s * (3 * (b - a) - 2 * c - d + s * (2 * (a - b) + c + d))))


@njit(nogil=True, cache=True)
def _ocv_integral(z: float, table: Array, first: float, width: float) -> float:
    """Antiderivative of :func:`_ocv`; column 2 of the table holds it at the knots."""
    i, s = _place(z, table, first, width)
    if s < 0.0:
        return float(table[i, 2] + s * width * (table[i, 0] + 0.5 * s * width * table[i, 1]))
    if s > 1.0:
        over = (s - 1.0) * width
        return float(table[i + 1, 2] + over * (table[i + 1, 0] + 0.5 * over * table[i + 1, 1]))
    a, b = table[i, 0], table[i + 1, 0]
    c, d = width * table[i, 1], width * table[i + 1, 1]
    inner = (3 * (b - a) - 2 * c - d) / 3 + s * (2 * (a - b) + c + d) / 4
    return float(table[i, 2] + width * s * (a + s * (c / 2 + s * inner)))


@njit(nogil=True, cache=True)
def open_circuit_voltage(z: Array, table: Array, first: float, width: float) -> Array:
    """Evaluate the OCV at many states of charge [V]."""
    out = np.empty_like(z)
    for i in range(z.size):
        out[i] = _ocv(z[i], table, first, width)
    return out


@njit(nogil=True, cache=True)
def _grown(rows: Array, count: int) -> Array:
    if count < rows.shape[0]:
        return rows
    larger = np.empty((2 * rows.shape[0], rows.shape[1]))
    larger[:count] = rows[:count]
    return larger


@njit(nogil=True, cache=True)
def _log(rows: Array, count: int, values: Array, charge_ah: float, energy_wh: float) -> Array:
    """Write one row: position, time, voltage, current, temperature, then the counters."""
    rows = _grown(rows, count)
    rows[count, :5] = values
    # Adding zero turns a negative zero into a plain one.
    rows[count, 5] = max(charge_ah, 0.0) + 0.0
    rows[count, 6] = max(-charge_ah, 0.0) + 0.0
    rows[count, 7] = max(energy_wh, 0.0) + 0.0
    rows[count, 8] = max(-energy_wh, 0.0) + 0.0
    return rows


@njit(nogil=True, cache=True)
def _warmed(temperature: float, heat_watt: float, duration: float, fixed: Array) -> float:
    """Temperature after ``duration`` of constant heat, exactly."""
    settled = fixed[_AMBIENT] + heat_watt / fixed[_CONDUCTANCE]
    decay = np.exp(-duration * fixed[_CONDUCTANCE] / fixed[_HEAT_CAPACITY])
    return float(settled + (temperature - settled) * decay)


@njit(nogil=True, cache=True)
def _z_u_at(t: float, z0: float, u0: float, step: Array, fixed: Array) -> tuple[float, float]:
    """State after ``t`` seconds of the step's constant current."""
    current = step[0]
    eta = fixed[_ETA] if current > 0.0 else 1.0
    settled = current * step[12]
    z = z0 + eta * current * t / (3600.0 * step[10])
    return z, settled + (u0 - settled) * np.exp(-t / fixed[_TAU])


@njit(nogil=True, cache=True)
def _voltage_at(
    t: float, z0: float, u0: float, step: Array, fixed: Array, table: Array, grid: Array
) -> float:
    z, u = _z_u_at(t, z0, u0, step, fixed)
    return float(_ocv(z, table, grid[0], grid[1]) + step[0] * step[11] + u)


@njit(nogil=True, cache=True)
def _energy_wh_at(
    t: float, z0: float, u0: float, step: Array, fixed: Array, table: Array, grid: Array
) -> float:
    """∫V·I dt of the first ``t`` seconds at constant current, in closed form [Wh]."""
    current = step[0]
    if current == 0.0:
        return 0.0
    eta = fixed[_ETA] if current > 0.0 else 1.0
    z, _ = _z_u_at(t, z0, u0, step, fixed)
    area = _ocv_integral(z, table, grid[0], grid[1]) - _ocv_integral(z0, table, grid[0], grid[1])
    settled = current * step[12]
    branch = settled * t + (u0 - settled) * fixed[_TAU] * (1.0 - np.exp(-t / fixed[_TAU]))
    return float(area * step[10] / eta + current * (current * step[11] * t + branch) / 3600.0)


@njit(nogil=True, cache=True)
def _moment_of_limit(
    early: float,
    late: float,
    z0: float,
    u0: float,
    step: Array,
    fixed: Array,
    table: Array,
    grid: Array,
) -> float:
    """Time at which the voltage reaches its limit, between ``early`` and ``late``."""
    direction = 1.0 if step[0] > 0.0 else -1.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (early + late)
        over = direction * (_voltage_at(middle, z0, u0, step, fixed, table, grid) - step[1])
        if over >= 0.0:
            late = middle
        else:
            early = middle
    return late


@njit(nogil=True, cache=True)
def _constant_current(
    position: int,
    step: Array,
    state: Array,
    fixed: Array,
    table: Array,
    grid: Array,
    rows: Array,
    count: int,
) -> tuple[Array, int, float, bool]:
    """Run one constant-current phase; return the rows, their number, its end and why it ended."""
    current, limit, duration, every = step[0], step[1], step[4], int(step[9])
    internal = step[5] / every
    direction = 1.0 if current > 0.0 else -1.0
    z0, u0 = state[0], state[1]
    before, logged_voltage, index = 0.0, np.nan, 0
    while True:
        t = step[8] if index == 0 else index * internal
        finished = t >= duration
        t = min(t, duration)
        voltage = _voltage_at(t, z0, u0, step, fixed, table, grid)
        limited = current != 0.0 and direction * (voltage - limit) >= 0.0
        if limited and index > 0:
            t = _moment_of_limit(before, t, z0, u0, step, fixed, table, grid)
            voltage = limit
        z, u = _z_u_at(t, z0, u0, step, fixed)
        heat = current * (current * step[11] + u)
        state[2] = _warmed(state[2], heat, t - before, fixed)
        due = index % every == 0 or abs(voltage - logged_voltage) >= step[6]
        # Where a constant-voltage phase follows, its first row is the next one due.
        held_next = limited and not np.isnan(step[2])
        if (due or finished or limited) and not held_next:
            values = np.array([position, t, voltage, current, state[2]])
            energy = _energy_wh_at(t, z0, u0, step, fixed, table, grid)
            rows = _log(rows, count, values, current * t / 3600.0, energy)
            count += 1
            logged_voltage = voltage
        if limited or finished:
            state[0], state[1] = z, u
            return rows, count, t, limited
        before = t
        index += 1


@njit(nogil=True, cache=True)
def _held_current(z: float, u: float, step: Array, table: Array, grid: Array) -> float:
    return float((step[2] - _ocv(z, table, grid[0], grid[1]) - u) / step[11])


@njit(nogil=True, cache=True)
def _held(
    h: float, z: float, u: float, step: Array, fixed: Array, table: Array, grid: Array
) -> tuple[float, float, float]:
    """One Runge-Kutta step at constant voltage: new ``z``, ``u`` and the charge moved [Ah]."""
    kz, ku, charge = np.zeros(4), np.zeros(4), 0.0
    for stage in range(4):
        share = 0.0 if stage == 0 else (1.0 if stage == 3 else 0.5)
        zs = z + share * h * kz[max(stage - 1, 0)]
        us = u + share * h * ku[max(stage - 1, 0)]
        current = _held_current(zs, us, step, table, grid)
        eta = fixed[_ETA] if current > 0.0 else 1.0
        kz[stage] = eta * current / (3600.0 * step[10])
        ku[stage] = (current * step[12] - us) / fixed[_TAU]
        charge += (1.0 if stage in (0, 3) else 2.0) * current
    dz = h * (kz[0] + 2 * kz[1] + 2 * kz[2] + kz[3]) / 6.0
    du = h * (ku[0] + 2 * ku[1] + 2 * ku[2] + ku[3]) / 6.0
    return z + dz, u + du, h * charge / 21600.0


@njit(nogil=True, cache=True)
def _last_part(
    h: float, z: float, u: float, step: Array, fixed: Array, table: Array, grid: Array
) -> float:
    """Length of the last integration step: at its end the current is the cut-off."""
    short, long = 0.0, h
    for _ in range(_BISECTIONS):
        middle = 0.5 * (short + long)
        z1, u1, _charge = _held(middle, z, u, step, fixed, table, grid)
        if abs(_held_current(z1, u1, step, table, grid)) <= step[3]:
            long = middle
        else:
            short = middle
    return long


@njit(nogil=True, cache=True)
def _constant_voltage(
    position: int,
    step: Array,
    start: float,
    moved_ah: float,
    energy_wh: float,
    state: Array,
    fixed: Array,
    table: Array,
    grid: Array,
    rows: Array,
    count: int,
) -> tuple[Array, int]:
    """Run one constant-voltage phase from ``start`` seconds into the step on."""
    hold, cutoff, duration, interval = step[2], step[3], step[4], step[5]
    substeps = max(int(np.ceil(interval / _SUBSTEP_SECOND)), 1)
    h = interval / substeps
    # Without a constant-current phase before it, this phase writes the step's first row.
    index = 0 if np.isnan(step[0]) else int(np.floor(start / h * (1 + 1e-12))) + 1
    t, z, u = start, state[0], state[1]
    current = _held_current(z, u, step, table, grid)
    logged_current = current
    while True:
        part = min(index * h if index > 0 else step[8], duration) - t
        z1, u1, charge = _held(part, z, u, step, fixed, table, grid)
        ended = abs(_held_current(z1, u1, step, table, grid)) <= cutoff
        if ended:
            part = _last_part(part, z, u, step, fixed, table, grid)
            z1, u1, charge = _held(part, z, u, step, fixed, table, grid)
        heat = current * (current * step[11] + u)
        z, u, t = z1, u1, t + part
        current = _held_current(z, u, step, table, grid)
        moved_ah += charge
        energy_wh += charge * hold
        state[2] = _warmed(state[2], heat, part, fixed)
        finished = ended or t >= duration
        if finished or index % substeps == 0 or abs(current - logged_current) >= step[7]:
            values = np.array([position, t, hold, current, state[2]])
            rows = _log(rows, count, values, moved_ah, energy_wh)
            count += 1
            logged_current = current
        if finished:
            state[0], state[1] = z, u
            return rows, count
        index += 1


@njit(nogil=True, cache=True)
def integrate_steps(program: Array, fixed: Array, table: Array, grid: Array, state: Array) -> Array:
    """Run a programme and return the logged rows.

    Parameters
    ----------
    program
        One row per step, columns ``PROGRAM_FIELDS``.
    fixed
        Time constant [s], coulombic efficiency, ambient temperature [°C], heat capacity
        [J/K], conductance to the surroundings [W/K].
    table, grid
        OCV over SOC: value [V], slope [V], integral [V] at equidistant knots; the first
        knot and the distance between knots.
    state
        ``z``, ``u`` [V], temperature [°C]; changed in place to the state at the end.

    Returns
    -------
    One row per logged sample, columns ``ROW_FIELDS``, in time order. Every step logs its
    last moment exactly at its end condition.
    """
    rows = np.empty((1024, 9))
    count = 0
    for position in range(program.shape[0]):
        step = program[position].copy()
        start, moved, energy, limited = 0.0, 0.0, 0.0, True
        z0, u0 = state[0], state[1]
        if not np.isnan(step[0]):
            if not np.isnan(step[2]):
                step[1] = step[2]
            rows, count, start, limited = _constant_current(
                position, step, state, fixed, table, grid, rows, count
            )
            moved = step[0] * start / 3600.0
            energy = _energy_wh_at(start, z0, u0, step, fixed, table, grid)
        if limited and not np.isnan(step[2]):
            rows, count = _constant_voltage(
                position, step, start, moved, energy, state, fixed, table, grid, rows, count
            )
    return rows[:count].copy()

"""The constant-voltage part of a step: where the voltage stands and the current tapers."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltlake.canonical.streams import TableStream
from voltlake.processing.boundaries import BoundaryRule, with_begins
from voltlake.processing.kernels import elapsed
from voltlake.processing.survey import floats

__all__ = ["TAPER_FIELDS", "find_tapers"]

TAPER_FIELDS = ("duration", "charge", "current_begin", "current_end", "charge_ahead", "ahead")
"""Seconds and |A·s| of the standing-voltage part at the end of a step, |A| at its begin and
end; |A·s| and seconds of what lies ahead of it."""

_STANDING_FRACTION = 3e-3
_FULL_CURRENT = 0.99
Floats = NDArray[np.float64]


@njit(nogil=True, cache=True)
def _walk(
    begins: NDArray[np.bool_], time: Floats, step_time: Floats, voltage: Floats, current: Floats,
    voltage_end: Floats, tolerance: float, state: Floats, tapers: Floats,
) -> None:  # fmt: skip
    """Follow each step; the run of rows near the final voltage restarts when it is left.

    ``state``: place, time, step time, |current| of the row before; seconds and charge since
    the step began; the same at the last row of full current, that current, largest in the run.
    """
    place = int(state[0])
    for n in range(time.size):
        magnitude = abs(current[n])
        if begins[n]:
            place += 1
            state[4], state[5] = 0.0, 0.0
            state[6], state[7], state[8], state[9] = 0.0, 0.0, magnitude, magnitude
        else:
            seconds, _ = elapsed(time[n], state[1], step_time[n], state[2])
            if not np.isnan(magnitude) and not np.isnan(state[3]):
                state[4] += seconds
                state[5] += 0.5 * (magnitude + state[3]) * seconds
        left = not abs(voltage[n] - voltage_end[place]) <= tolerance
        if left:
            state[9] = 0.0
        state[9] = max(state[9], magnitude)
        if left or magnitude >= _FULL_CURRENT * state[9]:
            state[6], state[7], state[8] = state[4], state[5], magnitude
        state[1], state[2], state[3] = time[n], step_time[n], magnitude
        tapers[place, 0] = state[4] - state[6]
        tapers[place, 1] = state[5] - state[7]
        tapers[place, 2] = state[8]
        tapers[place, 3] = magnitude
        tapers[place, 4] = state[7]
        tapers[place, 5] = state[6]
    state[0] = place


def find_tapers(
    samples: TableStream, rule: BoundaryRule, voltage_end: Floats, voltage_span_volt: float
) -> dict[str, Floats]:
    """Measure the standing-voltage part of each step (second walk over the samples).

    ``voltage_end`` is the last voltage of each step; a voltage stands while it is within
    0.3 % of the test's voltage span of it.
    """
    tapers = np.zeros((voltage_end.size, len(TAPER_FIELDS)))
    state = np.zeros(10)
    state[0] = -1.0
    columns = ["test_time_second", "step_time_second", "voltage_volt", "current_ampere"]
    for _, batch, begins in with_begins(samples, rule, columns):
        _walk(
            begins,
            floats(batch, "test_time_second"),
            floats(batch, "step_time_second"),
            floats(batch, "voltage_volt"),
            floats(batch, "current_ampere"),
            voltage_end,
            _STANDING_FRACTION * voltage_span_volt,
            state,
            tapers,
        )
    return {name: np.ascontiguousarray(tapers[:, n]) for n, name in enumerate(TAPER_FIELDS)}

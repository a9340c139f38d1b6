"""How a test goes on from record to record: step executions, test time, cycles, gaps.

All kernels run once over the rows of a batch and carry their state in a small array from
one batch to the next, so that a file of any size streams.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["ChangeCounter", "CycleRule", "StepClock", "TotalClock"]

_Ints = NDArray[np.int64]


@njit(nogil=True, cache=True)
def _count_changes(keys: _Ints, state: _Ints, out: _Ints) -> None:
    for row in range(keys.size):
        if state[0] == 0 or keys[row] != state[1]:
            state[0] += 1
            state[1] = keys[row]
        out[row] = state[0]


class ChangeCounter:
    """Numbers runs of equal keys from 1, across batches."""

    def __init__(self) -> None:
        self._state = np.zeros(2, np.int64)

    def count(self, keys: _Ints) -> _Ints:
        """Return the number of the run to which each key belongs."""
        out = np.empty(keys.size, np.int64)
        _count_changes(keys, self._state, out)
        return out


@njit(nogil=True, cache=True)
def _sum_step_times(steps: _Ints, ticks: _Ints, state: _Ints, out: _Ints) -> None:
    for row in range(steps.size):
        if steps[row] != state[0]:
            state[0] = steps[row]
            state[1] += state[2]
            state[2] = 0
        state[2] = max(state[2], ticks[row])
        out[row] = state[1] + ticks[row]


class StepClock:
    """Test time from step times: the sum of the finished steps' lengths plus the own time.

    This is the vendor's "total time"; ticks are integers, so the sum is exact.
    """

    def __init__(self) -> None:
        self._state = np.zeros(3, np.int64)

    def test_time(self, steps: _Ints, ticks: _Ints) -> _Ints:
        """Return the test time in ticks; ``steps`` are step counts, in row order."""
        out = np.empty(steps.size, np.int64)
        _sum_step_times(steps, ticks, self._state, out)
        return out


@njit(nogil=True, cache=True)
def _split_total_times(steps: _Ints, ticks: _Ints, state: _Ints, out: _Ints) -> None:
    for row in range(steps.size):
        if steps[row] != state[0]:
            state[0] = steps[row]
            state[1] = state[2]
        state[2] = max(state[2], ticks[row])
        out[row] = ticks[row] - state[1]


class TotalClock:
    """Step time from the total time, for records that hold no step time.

    A step's zero is the last total time of the step before it.
    """

    def __init__(self) -> None:
        self._state = np.zeros(3, np.int64)

    def step_time(self, steps: _Ints, ticks: _Ints) -> _Ints:
        """Return the step time in ticks; ``steps`` are step counts, in row order."""
        out = np.empty(steps.size, np.int64)
        _split_total_times(steps, ticks, self._state, out)
        return out


@njit(nogil=True, cache=True)
def _count_cycles(directions: NDArray[np.int8], begins: int, state: _Ints, out: _Ints) -> None:
    for row in range(directions.size):
        direction = directions[row]
        if direction != 0:
            if direction == begins and state[1] == -begins:
                state[0] += 1
            state[1] = direction
        out[row] = state[0]


class CycleRule:
    """The vendor's rule "a cycle begins with charge (discharge)".

    A new cycle begins at the first row of direction ``begins`` (+1 or -1) after a row of the
    other direction; rows without direction (rest, pulse) belong to the cycle in force.
    """

    def __init__(self, begins: int = 1) -> None:
        self._begins = begins
        self._state = np.array([1, 0], np.int64)

    def count(self, directions: NDArray[np.int8]) -> _Ints:
        """Return the cycle number of each row."""
        out = np.empty(directions.size, np.int64)
        _count_cycles(directions, self._begins, self._state, out)
        return out

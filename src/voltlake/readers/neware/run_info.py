"""``data_runInfo.ndc``: times and counters of some rows, from which the vendor fills the rest.

Since version 8 the main part holds voltage and current of every row, and the run
information only of some: the first row of a step, changes of the recording interval, about
one row in sixty. The vendor's program fills the rows between: time goes on by the last
recording interval, counters by the rectangle sum of the measured current. We fill likewise,
and flag those rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from voltlake.readers.neware.pages import Part, Rows
from voltlake.readers.neware.progress import ChangeCounter
from voltlake.readers.neware.single_precision import widened

__all__ = ["Filled", "RowFiller", "RunInfo", "RunInfoLayout", "read_run_info"]

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RunInfoLayout:
    """Where the fields of a run-information record lie.

    The step time (ms) is at byte 0 and four 32-bit floats (charge, discharge, charge energy,
    discharge energy) at bytes 5 to 20 in every version. ``interval`` is where the recording
    interval (ms) lies; epoch second, step and index follow it, then the epoch's milliseconds
    if ``has_milliseconds``. ``per_hour`` is 1 for Ah and Wh, 3,600,000 for mAs and mWs.
    """

    size: int
    interval: int
    has_milliseconds: bool
    per_hour: int


_MAS = 3_600_000
RUN_INFO_LAYOUTS: dict[int, RunInfoLayout] = {
    8: RunInfoLayout(42, 26, False, 1),
    9: RunInfoLayout(45, 29, False, _MAS),
    11: RunInfoLayout(47, 29, True, _MAS),
    12: RunInfoLayout(47, 29, True, 1),
    13: RunInfoLayout(55, 29, True, _MAS),
    14: RunInfoLayout(55, 29, True, 1),
    16: RunInfoLayout(100, 29, True, _MAS),
    17: RunInfoLayout(100, 29, True, 1),
}


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Run information of some rows, in index order; times in ms, counters in Ah and Wh."""

    index: _Ints
    step_ms: _Ints
    interval_ms: _Ints
    unix_ms: _Ints
    step_count: _Ints
    counters: _Floats

    def part(self, here: slice | NDArray[np.integer]) -> RunInfo:
        """Return some of the rows."""
        return RunInfo(
            self.index[here], self.step_ms[here], self.interval_ms[here], self.unix_ms[here],
            self.step_count[here], self.counters[here],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: list[RunInfo]) -> RunInfo:
        """Return the parts as one; at least one part is needed."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([each.index for each in parts]),
            np.concatenate([each.step_ms for each in parts]),
            np.concatenate([each.interval_ms for each in parts]),
            np.concatenate([each.unix_ms for each in parts]),
            np.concatenate([each.step_count for each in parts]),
            np.concatenate([each.counters for each in parts]),
        )


def _decode(rows: Rows, layout: RunInfoLayout, steps: ChangeCounter) -> RunInfo:
    records = rows.records

    def field(at: int, kind: str) -> NDArray[np.generic]:
        width = np.dtype(kind).itemsize
        view: NDArray[np.generic] = records[:, at : at + width].view(kind)[:, 0]
        return view

    at = layout.interval
    index = field(at + 12, "<u4").astype(np.int64)
    used = index != 0
    unix_ms = field(at + 4, "<u4").astype(np.int64) * 1000
    if layout.has_milliseconds:
        unix_ms += field(at + 16, "<u2").astype(np.int64)
    counters = np.empty((len(records), 4))
    for number in range(4):
        # Sums are no decimals: widened bit by bit they equal the vendor's export.
        counters[:, number] = np.abs(widened(field(5 + 4 * number, "<f4"))) / layout.per_hour
    whole = RunInfo(
        index,
        field(0, "<u4").astype(np.int64),
        field(at, "<i4").astype(np.int64),
        unix_ms,
        steps.count(field(at + 8, "<u4").astype(np.int64)),
        counters,
    )
    return whole if used.all() else whole.part(np.flatnonzero(used))


def read_run_info(part: Part, layout: RunInfoLayout, rows_at_once: int) -> Iterator[RunInfo]:
    """Iterate over the run information in file order; step executions are numbered from 1."""
    steps = ChangeCounter()
    for rows in part.rows(layout.size, rows_at_once):
        yield _decode(rows, layout, steps)


@dataclass(frozen=True, slots=True)
class Filled:
    """Times [s] and counters (rows of Ah, Ah, Wh, Wh) of every row of a batch.

    ``known`` is False before the first run information: everything is NaN there.
    ``interpolated`` marks the rows that the vendor's program fills in.
    """

    step_second: _Floats
    test_second: _Floats
    unix_second: _Floats
    counters: _Floats
    step_count: _Ints
    known: NDArray[np.bool_]
    interpolated: NDArray[np.bool_]


@njit(nogil=True, cache=True)
def _fill(
    index: _Ints,
    volt: _Floats,
    ampere: _Floats,
    info_index: _Ints,
    info_times: _Ints,
    info_counters: _Floats,
    state: _Ints,
    sums: _Floats,
    outputs: _Floats,
    steps: _Ints,
    flags: NDArray[np.uint8],
) -> None:
    """Walk rows and run information side by side.

    state: 0 anything known, 1 step ms, 2 interval ms, 3 unix ms, 4 step, 5 rows since,
    6 ms of finished steps, 7 longest ms of this step, 8 repeated, 9 first and 10 last
    repeated row, 11 rows done, 12 information without row.
    sums: 0-3 counters, 4 charge since, 5 energy since.
    outputs: 0 step, 1 test, 2 epoch seconds, 3-6 counters.
    """
    at = 0
    for row in range(index.size):
        while at < info_index.size and info_index[at] < index[row]:
            state[12] += 1
            at += 1
        if at < info_index.size and info_index[at] == index[row]:
            step = info_times[at, 3]
            if step != state[4]:
                state[6] += state[7]
                state[7] = 0
            state[0] = 1
            for number in range(4):
                state[1 + number] = info_times[at, number]
                sums[number] = info_counters[at, number]
            state[5] = 0
            sums[4] = 0.0
            sums[5] = 0.0
            at += 1
            while at < info_index.size and info_index[at] == index[row]:
                state[8] += 1
                if state[8] == 1:
                    state[9] = state[11]
                state[10] = state[11]
                at += 1
        else:
            state[5] += 1
            charge = state[2] * ampere[row] / 3_600_000.0
            sums[4] += charge
            sums[5] += charge * volt[row]
        ahead = state[5] * state[2]
        now = state[1] + ahead
        state[7] = max(state[7], now)
        steps[row] = state[4]
        flags[row] = state[0] + (2 if state[5] > 0 and state[0] else 0)
        if state[0] == 0:
            outputs[:, row] = np.nan
        else:
            outputs[0, row] = now / 1000.0
            outputs[1, row] = (state[6] + now) / 1000.0
            outputs[2, row] = (state[3] + ahead) / 1000.0
            outputs[3, row] = sums[0] + max(sums[4], 0.0)
            outputs[4, row] = sums[1] + max(-sums[4], 0.0)
            outputs[5, row] = sums[2] + max(sums[5], 0.0)
            outputs[6, row] = sums[3] + max(-sums[5], 0.0)
        state[11] += 1


class RowFiller:
    """Joins run information to the rows of the main part, batch by batch.

    ``source`` gives run information in index order; repeated indices are allowed, the first
    one counts. Rows must come in index order too.
    """

    def __init__(self, source: Iterator[RunInfo]) -> None:
        self._source = source
        self._waiting: list[RunInfo] = []
        self._ended = False
        self._state = np.zeros(13, np.int64)
        self._sums = np.zeros(6)

    @property
    def repeated(self) -> tuple[int, int, int]:
        """How many informations repeat an index, and the first and last such row (from 0)."""
        return int(self._state[8]), int(self._state[9]), int(self._state[10])

    @property
    def orphans(self) -> int:
        """Informations whose row is missing from the main part."""
        return int(self._state[12])

    def fill(self, index: _Ints, volt: _Floats, ampere: _Floats) -> Filled:
        """Return times and counters of these rows."""
        info = self._until(int(index[-1]))
        rows = len(index)
        outputs = np.empty((7, rows))
        steps = np.empty(rows, np.int64)
        flags = np.empty(rows, np.uint8)
        info_times = np.column_stack(
            [info.step_ms, info.interval_ms, info.unix_ms, info.step_count]
        )
        _fill(
            index, volt, ampere, info.index, info_times, info.counters, self._state, self._sums,
            outputs, steps, flags,
        )  # fmt: skip
        known = (flags & 1).astype(np.bool_)
        return Filled(outputs[0], outputs[1], outputs[2], outputs[3:], steps, known, flags == 3)

    def _until(self, last: int) -> RunInfo:
        """Take all information up to this index, the rest waits for the next batch."""
        while not self._ended and not (self._waiting and self._waiting[-1].index[-1] > last):
            block = next(self._source, None)
            if block is None:
                self._ended = True
            elif len(block.index):
                self._waiting.append(block)
        if not self._waiting:
            return _NOTHING
        whole = RunInfo.joined(self._waiting)
        cut = int(np.searchsorted(whole.index, last, side="right"))
        self._waiting = [whole.part(slice(cut, None))] if cut < len(whole.index) else []
        return whole.part(slice(0, cut))


_NO_NUMBERS = np.empty(0, np.int64)
_NOTHING = RunInfo(
    _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, np.empty((0, 4))
)

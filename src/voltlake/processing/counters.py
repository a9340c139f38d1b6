"""The cycler's counters: where they restart, and what they counted in each step.

What a step adds is its last reading minus the reading at which the step began: the last
reading of the step before, or zero where the counter restarted. Which of the two it was is
decided by the charge that can have flowed in between, so the answer needs no trust in the
declared scope and loses no first increment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltlake.canonical.columns import Scope
from voltlake.processing.records import StepRecords
from voltlake.processing.rounding import quantum_of

__all__ = ["CounterReading", "Flow", "read_counter"]

Floats = NDArray[np.float64]
Flow = str
"""``in``, ``out``, ``both`` (in plus out) or ``net`` (in minus out)."""

_SET_FRACTION = 0.05
_RARE = 0.05


@dataclass(frozen=True, slots=True)
class CounterReading:
    """One counter column, understood.

    Attributes
    ----------
    name, flow, is_energy
        The column; what it counts.
    zero
        Reading at the beginning of each step.
    added_in, added_out
        What each step put in and took out, in Ah or Wh; NaN where the counter does not say.
    scope
        Where it restarts; ``None`` where the data cannot tell.
    restarts
        How often it was seen to restart.
    evidence
        The restarts that were seen, in words and numbers.
    quantum
        The unit of the last printed digit; 0 where values are not rounded.
    forgotten
        First rows of steps at which it should have restarted and did not.
    unexpected
        First rows of steps at which a counter of the whole test restarted all the same.
    set_by_hand
        First rows of steps at which it jumped to a reading that no current explains.
    """

    name: str
    flow: Flow
    is_energy: bool
    zero: Floats
    added_in: Floats
    added_out: Floats
    scope: Scope | None
    restarts: int
    evidence: str
    quantum: float
    forgotten: list[int]
    unexpected: list[int]
    set_by_hand: list[int]


def flow_of(name: str) -> Flow:
    """Read the flow from a counter's BDF name."""
    if "discharging" in name:
        return "out"
    if "charging" in name:
        return "in"
    return "net" if "net_" in name else "both"


def read_counter(
    name: str,
    records: StepRecords,
    sums: dict[str, Floats],
    start_charge: Floats,
    declared: Scope | None,
) -> CounterReading:
    """Understand one counter.

    ``start_charge`` is what flowed into the cell before the first row of each step, signed,
    in the counter's unit (Ah or Wh).
    """
    fields = records.counters[name]
    flow = flow_of(name)
    word = "energy" if name.endswith("_wh") else "charge"
    largest_step = max(
        float(np.nanmax(sums[f"{word}_{way}"], initial=0.0)) / 3600.0 for way in ("in", "out")
    )
    expected = {
        "in": np.maximum(start_charge, 0.0),
        "out": np.maximum(-start_charge, 0.0),
        "both": np.abs(start_charge),
        "net": start_charge,
    }[flow]
    before = _last_reading_before(fields)
    zero, set_by_hand = _reading_at_begin(
        fields, before, np.nan_to_num(expected), flow, declared, largest_step
    )
    borders = _look_at_borders(fields, before, zero, records)
    scope, due = _scope_of(borders, declared)
    idle = (fields["rows"] <= 1) & (fields["first"] == before)
    forgotten = borders.forgotten(due, idle)
    unexpected = np.flatnonzero(borders.restarted) if scope is Scope.TEST else np.zeros(0, int)
    added_in, added_out = _added(fields, zero, flow, sums)
    rows = sums["row_first"]
    return CounterReading(
        name=name,
        flow=flow,
        is_energy=name.endswith("_wh"),
        zero=zero,
        added_in=added_in,
        added_out=added_out,
        scope=scope,
        restarts=borders.restarts,
        evidence=borders.evidence,
        quantum=quantum_of(fields["first"], fields["last"]),
        forgotten=[int(row) for row in rows[forgotten]],
        unexpected=[int(row) for row in rows[unexpected]],
        set_by_hand=[int(row) for row in rows[set_by_hand]],
    )


def _last_reading_before(fields: dict[str, Floats]) -> Floats:
    """Last known reading ahead of each step; NaN for the first step that has one."""
    last = fields["last"].copy()
    known = np.where(np.isnan(last), 0, np.arange(last.size))
    filled = last[np.maximum.accumulate(known)] if last.size else last
    return np.concatenate([[np.nan], filled[:-1]]) if last.size else last


def _reading_at_begin(
    fields: dict[str, Floats],
    before: Floats,
    expected: Floats,
    flow: Flow,
    declared: Scope | None,
    largest_step: float,
) -> tuple[Floats, NDArray[np.bool_]]:
    first = fields["first"]
    scale = np.nanmax(np.abs(fields["last"]), initial=0.0)
    most = max(np.nanmax(fields["rises"] + fields["falls"], initial=0.0), largest_step)
    allowed = np.maximum(_SET_FRACTION * most, 2.0 * np.abs(expected))
    off_restarted = np.abs(first - expected)
    # A file may begin with any reading: what was counted earlier is not of this test.
    earlier = np.where(off_restarted <= allowed, 0.0, first - expected)
    ahead = np.where(np.isnan(before), earlier, before)
    off_continued = np.abs(first - ahead - expected)
    if flow != "net":
        fell = first < ahead - 1e-9 * scale
        off_continued = np.where(fell & (first < 0.5 * ahead), np.inf, off_continued)
    prefers_zero = declared is Scope.STEP
    restarted = off_restarted <= off_continued if prefers_zero else off_restarted < off_continued
    zero = np.where(restarted, 0.0, ahead)
    zero = np.where(np.isnan(zero), 0.0, zero)
    by_hand = np.minimum(off_continued, off_restarted) > allowed
    by_hand &= ~np.isnan(before) & ~np.isnan(first)
    return np.where(by_hand, first - expected, zero), by_hand


@dataclass(frozen=True, slots=True)
class _Borders:
    """Step borders at which a restart would show: where they are, where one was seen."""

    telling: NDArray[np.bool_]
    new_cycle: NDArray[np.bool_]
    restarted: NDArray[np.bool_]
    inner_restarts: int

    @property
    def at_steps(self) -> tuple[int, int]:
        """Restarts and borders within a cycle."""
        within = self.telling & ~self.new_cycle
        return int((self.restarted & within).sum()), int(within.sum())

    @property
    def at_cycles(self) -> tuple[int, int]:
        """Restarts and borders between cycles."""
        return int((self.restarted & self.new_cycle).sum()), int(self.new_cycle.sum())

    @property
    def restarts(self) -> int:
        return self.at_steps[0] + self.at_cycles[0] + self.inner_restarts

    @property
    def evidence(self) -> str:
        (steps, steps_seen), (cycles, cycles_seen) = self.at_steps, self.at_cycles
        return (
            f"restarts at {steps} of {steps_seen} step borders within a cycle, at {cycles} of "
            f"{cycles_seen} cycle borders and {self.inner_restarts} times within a step"
        )

    def forgotten(self, due: str, idle: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the steps at which a restart was due (at all borders, or new cycles only).

        A single ``idle`` row that repeats the last reading is a status line, not a step.
        """
        nowhere = np.zeros_like(self.telling)
        expected = {"all": self.telling, "cycles": self.new_cycle}.get(due, nowhere)
        return np.flatnonzero(expected & ~self.restarted & ~idle)


def _look_at_borders(
    fields: dict[str, Floats], before: Floats, zero: Floats, records: StepRecords
) -> _Borders:
    scale = np.nanmax(np.abs(fields["last"]), initial=0.0)
    telling = ~np.isnan(before) & (np.abs(before) > 1e-6 * scale) & ~np.isnan(fields["first"])
    cycle = records.labels["cycle_count"]
    new_cycle = cycle.ne_missing(cycle.shift(1)).to_numpy() & telling
    new_cycle[:1] = False
    inner = int(fields["restarts"].sum())
    return _Borders(telling, new_cycle, telling & (zero == 0.0), inner)


def _scope_of(borders: _Borders, declared: Scope | None) -> tuple[Scope | None, str]:
    """Return the scope, and at which borders a missing restart is a forgotten one."""
    (at_steps, steps_seen), (at_cycles, cycles_seen) = borders.at_steps, borders.at_cycles
    seen, restarts = steps_seen + cycles_seen, at_steps + at_cycles
    if seen == 0:
        return None, ""
    if steps_seen and at_steps > 0.5 * steps_seen and restarts > 0.5 * seen:
        return Scope.STEP, "all"
    if at_cycles > 0.5 * cycles_seen and at_steps <= _RARE * steps_seen:
        if steps_seen == 0:
            # Every border is a cycle border: restarting at each fits both scopes.
            return (declared if declared in (Scope.STEP, Scope.CYCLE) else None), "all"
        return Scope.CYCLE, "cycles"
    if restarts == 0 and cycles_seen == 0:
        return (declared if declared is not Scope.STEP else None), ""
    if restarts <= _RARE * seen and declared is not Scope.SCHEDULE:
        return Scope.TEST, ""
    return Scope.SCHEDULE, ""


def _added(
    fields: dict[str, Floats], zero: Floats, flow: Flow, sums: dict[str, Floats]
) -> tuple[Floats, Floats]:
    unknown = np.full(zero.size, np.nan)
    known = fields["rows"] > 0
    start = fields["first"] - zero
    if flow == "net":
        one_way_up = (fields["falls"] == 0.0) & (start >= 0.0)
        one_way_down = (fields["rises"] == 0.0) & (start <= 0.0)
        change = fields["last"] - zero
        rises = np.where(one_way_up, change, fields["rises"] + np.maximum(start, 0.0))
        falls = np.where(one_way_down, 0.0 - change, fields["falls"] + np.maximum(-start, 0.0))
        return (
            np.where(known, np.where(one_way_down & ~one_way_up, 0.0, rises), np.nan),
            np.where(known, np.where(one_way_up & ~one_way_down, 0.0, falls), np.nan),
        )
    restarted = fields["restarts"] > 0
    plain = fields["last"] - zero
    added = np.where(restarted, fields["before_restart"] + start + fields["last"], plain)
    added = np.where(known, added, np.nan)
    if flow == "in":
        return added, unknown
    if flow == "out":
        return unknown, added
    inward = sums["charge_in"] >= sums["charge_out"]
    return np.where(inward, added, known * 0.0), np.where(inward, known * 0.0, added)

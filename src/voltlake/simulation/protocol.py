"""What a cycler does to a cell: steps as data.

Currents are given as C-rates of the nominal capacity, charging positive, so that one
protocol fits every size of cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, nan

from voltlake.errors import InvalidRequest

__all__ = [
    "Loop",
    "Protocol",
    "Step",
    "StepInCycle",
    "cc_charge",
    "cc_discharge",
    "cccv_charge",
    "cv_hold",
    "pulse",
    "rest",
    "unrolled",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction.

    ``c_rate`` is NaN for a pure constant-voltage step. ``limit_volt`` ends a
    constant-current step; ``hold_volt`` is the voltage of a constant-voltage phase, which
    ends at ``cutoff_c_rate``. ``duration_second`` ends any step.
    """

    step_type: str
    c_rate: float
    limit_volt: float = nan
    hold_volt: float = nan
    cutoff_c_rate: float = nan
    duration_second: float = inf

    def __post_init__(self) -> None:
        endless = not (
            self.limit_volt > 0 or self.cutoff_c_rate > 0 or 0 < self.duration_second < inf
        )
        if endless:
            raise InvalidRequest(
                f"a step '{self.step_type}' has nothing that ends it",
                remedy="Give it a voltage limit, a cut-off current or a duration",
            )


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps that are executed ``times`` times; each round is one cycle."""

    steps: tuple[Step, ...]
    times: int


Protocol = tuple[Step | Loop, ...]


@dataclass(frozen=True, slots=True)
class StepInCycle:
    """One execution: ``instruction`` is the step's number in the programme, from 1."""

    step: Step
    instruction: int
    cycle_count: int


def rest(duration_second: float) -> Step:
    """No current for a while."""
    return Step("REST", 0.0, duration_second=duration_second)


def cc_charge(c_rate: float, to_volt: float, *, duration_second: float = inf) -> Step:
    """Charge at constant current up to a voltage (or for a while)."""
    return Step("CC_CHG", abs(c_rate), limit_volt=to_volt, duration_second=duration_second)


def cc_discharge(c_rate: float, to_volt: float, *, duration_second: float = inf) -> Step:
    """Discharge at constant current down to a voltage (or for a while)."""
    return Step("CC_DCH", -abs(c_rate), limit_volt=to_volt, duration_second=duration_second)


def cccv_charge(c_rate: float, to_volt: float, cutoff_c_rate: float) -> Step:
    """Charge at constant current, then hold the voltage until the current has died down."""
    return Step("CCCV_CHG", abs(c_rate), hold_volt=to_volt, cutoff_c_rate=cutoff_c_rate)


def cv_hold(volt: float, cutoff_c_rate: float, *, duration_second: float = inf) -> Step:
    """Hold a voltage until the current has died down (or for a while)."""
    return Step(
        "CV_CHG", nan, hold_volt=volt, cutoff_c_rate=cutoff_c_rate, duration_second=duration_second
    )


def pulse(c_rate: float, duration_second: float, rest_second: float) -> tuple[Step, Step]:
    """A short current of either sign, and a rest after it."""
    kind = "PULSE_CHG" if c_rate > 0 else "PULSE_DCH"
    return Step(kind, c_rate, duration_second=duration_second), rest(rest_second)


def unrolled(protocol: Protocol) -> Iterator[StepInCycle]:
    """Yield every execution in order.

    Cycles count from 1 and each round of a loop ends one, so that steps before a loop
    belong to the cycle of its first round and steps after the last loop to one of their own.
    """
    instruction, cycle = 1, 1
    for part in protocol:
        if isinstance(part, Step):
            yield StepInCycle(part, instruction, cycle)
            instruction += 1
            continue
        for _ in range(part.times):
            for offset, step in enumerate(part.steps):
                yield StepInCycle(step, instruction + offset, cycle)
            cycle += 1
        instruction += len(part.steps)

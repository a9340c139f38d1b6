"""The sign of the current, judged by physics: while a cell is charged its voltage rises.

The level of the voltage says nothing (half cells, anodes), its change does, in every cell
configuration: within a step of steady current, and at once where the current jumps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltlake.canonical.certificate import Verdict
from voltlake.canonical.conventions import Detection, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.processing.records import StepRecords
from voltlake.processing.step_words import direction_of
from voltlake.processing.survey import Survey

__all__ = ["SignJudgement", "judge_sign", "turned"]

_AGREEMENT = 0.75
_FEWEST_VOTES = 3
_LONG_STEP = 20
_JUMP_FRACTION = 0.1
_VOLTAGE_FRACTION = 5e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SignJudgement:
    """Factor (+1 or -1) for the current of each step, and how it is known."""

    factors: Floats
    detection: Detection
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Votes:
    """+1, -1 or 0 per step: does the voltage move as a positive charging current asks?"""

    trend: Floats
    jump: Floats

    @property
    def both(self) -> Floats:
        return np.concatenate([self.trend, self.jump])

    def counts(self) -> tuple[int, int]:
        return int((self.both > 0).sum()), int((self.both < 0).sum())


def judge_sign(
    records: StepRecords, found: Survey, declared: Sign, chosen: str | None = None
) -> SignJudgement:
    """Say for each step whether its current must be turned round.

    ``chosen`` is the user's word: ``"as-is"`` or ``"reversed"``; it is followed, and the
    evidence is written beside it. A whole test is turned where at least three quarters of
    its votes say so, if there are three or a step of 20 rows among them; magnitudes without
    sign are turned step by step.
    """
    votes = _votes(records, found)
    agree, differ = votes.counts()
    evidence = (
        f"voltage follows a charge-positive current in {agree} and opposes it in {differ} of "
        f"{agree + differ} steady steps and current jumps"
    )
    ones = np.ones(len(records))
    if chosen is not None:
        factors = -ones if chosen == "reversed" else ones
        detection = Detection("current_sign", f"{chosen} by the user", evidence, Verdict.ASSUMED)
        return SignJudgement(factors, detection)
    if _looks_unsigned(records, found, declared, votes):
        return _by_step(records, votes, evidence)
    total = agree + differ
    enough = total >= _FEWEST_VOTES or _has_long_trend(records, votes)
    if total and agree >= _AGREEMENT * total:
        return SignJudgement(
            ones, Detection("current_sign", "charge positive", evidence, Verdict.VERIFIED)
        )
    if enough and differ >= _AGREEMENT * total:
        return _reversed(records, evidence)
    if found.current_scale_ampere == 0.0:
        evidence = "no current flows in this test"
    return _indeterminate(ones, evidence, found.current_scale_ampere > 0.0)


def turned(sums: dict[str, Floats], factors: Floats) -> dict[str, Floats]:
    """Return the step sums with the current of the marked steps turned round."""
    back = factors < 0
    if not back.any():
        return sums
    result = dict(sums)
    for name in ("current_first", "current_last", "current_area", "ohmic"):
        result[name] = np.where(back, -sums[name], sums[name])
    for one, other in (("charge_in", "charge_out"), ("energy_in", "energy_out")):
        result[one] = np.where(back, sums[other], sums[one])
        result[other] = np.where(back, sums[one], sums[other])
    for least, most in (("current_min", "current_max"), ("power_min", "power_max")):
        result[least] = np.where(back, -sums[most], sums[least])
        result[most] = np.where(back, -sums[least], sums[most])
    return result


def _votes(records: StepRecords, found: Survey) -> _Votes:
    sums = records.sums
    rest, noise = found.rest_current_ampere, _VOLTAGE_FRACTION * found.voltage_span_volt
    low, high = sums["current_min"], sums["current_max"]
    direction = np.where(low > rest, 1.0, 0.0) - np.where(high < -rest, 1.0, 0.0)
    rise = sums["voltage_last"] - sums["voltage_first"]
    trend = np.where(np.abs(rise) > noise, np.sign(rise) * direction, 0.0)
    crossing = (low < -rest) & (high > rest)
    trend = np.where(crossing, np.sign(sums["ohmic"]), trend)
    jump = np.zeros(len(records))
    change = sums["current_first"][1:] - sums["current_last"][:-1]
    step = sums["voltage_first"][1:] - sums["voltage_last"][:-1]
    clear = (np.abs(change) > _JUMP_FRACTION * found.current_scale_ampere) & (np.abs(step) > noise)
    jump[1:] = np.where(clear, np.sign(change) * np.sign(step), 0.0)
    return _Votes(np.nan_to_num(trend), np.nan_to_num(jump))


def _looks_unsigned(records: StepRecords, found: Survey, declared: Sign, votes: _Votes) -> bool:
    if declared is Sign.UNSIGNED:
        return True
    if declared is Sign.STATE_LABEL or not found.current_min_ampere >= -found.rest_current_ampere:
        return False
    rising, falling = int((votes.trend > 0).sum()), int((votes.trend < 0).sum())
    return min(rising, falling) > 0.1 * max(rising, falling)


def _has_long_trend(records: StepRecords, votes: _Votes) -> bool:
    rows = records.sums["row_last"] - records.sums["row_first"] + 1
    return bool(((rows >= _LONG_STEP) & (votes.trend != 0)).any())


def _by_step(records: StepRecords, votes: _Votes, evidence: str) -> SignJudgement:
    words = np.array([direction_of(text) for text in records.labels["step_type"]], dtype=float)
    factors = np.where(words != 0, words, np.where(votes.trend != 0, votes.trend, votes.jump))
    active = np.nan_to_num(records.sums["current_max"]) > 0
    unknown = int(((factors == 0) & active).sum())
    turned_steps = int((factors < 0).sum())
    evidence = (
        f"{turned_steps} steps are discharges, {int((words != 0).sum())} by their label, the "
        f"others by their voltage; {unknown} steps with current stay unclear; {evidence}"
    )
    finding = Finding(
        "CURRENT_UNSIGNED",
        Severity.INFO if unknown == 0 else Severity.WARNING,
        f"The current is written without sign; {evidence}",
        "Check the direction of the steps; give the sign if it is wrong",
        column="current_ampere",
        count=turned_steps,
    )
    verdict = Verdict.VERIFIED if unknown == 0 else Verdict.UNKNOWN
    detection = Detection("current_sign", "unsigned magnitudes", evidence, verdict)
    return SignJudgement(np.where(factors < 0, -1.0, 1.0), detection, (finding,))


def _reversed(records: StepRecords, evidence: str) -> SignJudgement:
    finding = Finding(
        "CURRENT_SIGN_REVERSED",
        Severity.WARNING,
        f"The current was turned round so that charging is positive: {evidence}",
        "Declare sign='as-is' if the file is right",
        column="current_ampere",
        row_first=0,
        row_last=int(records.sums["row_last"][-1]),
        count=int(records.sums["row_last"][-1]) + 1,
    )
    detection = Detection("current_sign", "discharge positive", evidence, Verdict.CONTRADICTED)
    return SignJudgement(-np.ones(len(records)), detection, (finding,))


def _indeterminate(ones: Floats, evidence: str, doubtful: bool) -> SignJudgement:
    finding = Finding(
        "CURRENT_SIGN_INDETERMINATE",
        Severity.WARNING,
        f"The data do not show which sign charging has: {evidence}",
        "Declare the sign, sign='as-is' or sign='reversed'",
        column="current_ampere",
        count=0,
    )
    detection = Detection("current_sign", "indeterminate", evidence, Verdict.UNKNOWN)
    return SignJudgement(ones, detection, (finding,) if doubtful else ())

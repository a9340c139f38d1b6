"""Which number is the capacity: the cycler's counter where it is proven, else the integral.

A counter is proven where it agrees with the integral of the current within 0.1 %, apart
from what sampling and rounding leave open: between two rows the current may have been
anything between both readings, or, in pulses and waveforms shorter than the sampling,
anything; and a printed value stands for all values that round to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltlake.canonical.certificate import Verdict
from voltlake.canonical.conventions import Detection
from voltlake.canonical.findings import Finding, Severity
from voltlake.processing.counters import CounterReading

__all__ = ["RESIDUAL_LIMIT", "Quantity", "choose_source"]

Floats = NDArray[np.float64]

RESIDUAL_LIMIT = 1e-3
"""Largest relative difference between counter and integral, beyond the sampling's share."""

_SCOPES = ("step_", "cycle_", "", "schedule_")


@dataclass(frozen=True, slots=True)
class Quantity:
    """Capacity (Ah) or energy (Wh) of each step, from both sources and the one in force.

    ``sources`` says ``counter`` or ``integral`` per step; ``counters`` are the readings behind
    the counter (one, or one for each direction), empty where there is none.
    """

    into: Floats
    out: Floats
    into_counter: Floats
    out_counter: Floats
    into_integrated: Floats
    out_integrated: Floats
    sources: NDArray[np.str_]
    counters: tuple[CounterReading, ...]
    is_proven: bool
    detection: Detection
    findings: tuple[Finding, ...]
    swapped: bool = False

    @property
    def outward(self) -> NDArray[np.bool_]:
        """True for steps in which a counter that does not know the direction counts out."""
        return np.asarray(self.out_integrated > self.into_integrated)

    @property
    def orientation(self) -> float:
        """-1 where a net counter counts the discharge as positive."""
        return -1.0 if self.swapped and self.counters[0].flow == "net" else 1.0

    def flow_of(self, counter: CounterReading) -> str:
        """Return what the counter counts in truth: in, out, net or both."""
        if self.swapped and counter.flow in ("in", "out"):
            return "out" if counter.flow == "in" else "in"
        return counter.flow


@dataclass(frozen=True, slots=True)
class _Candidate:
    counters: tuple[CounterReading, ...]
    into: Floats
    out: Floats
    relative: float
    blind: float
    moved: float
    swapped: bool


def choose_source(
    readings: list[CounterReading],
    into_integrated: Floats,
    out_integrated: Floats,
    open_share: Floats,
    rough_steps: NDArray[np.bool_],
    *,
    is_energy: bool,
) -> Quantity:
    """Choose between the counters and the integral.

    Parameters
    ----------
    readings
        The counters of this quantity.
    into_integrated, out_integrated
        What the integral says, per step.
    open_share
        By how much the integral of each step can be wrong because the signal moved between
        rows and was rounded, in the same unit.
    rough_steps
        Steps whose current is a pulse or a waveform: there only the counter can know.
    """
    candidates = [
        _judge(group, into_integrated, out_integrated, open_share, rough_steps)
        for group in _groups([each for each in readings if each.is_energy == is_energy])
    ]
    name = "energy" if is_energy else "capacity"
    nothing = np.full(into_integrated.size, np.nan)
    if not candidates:
        detection = Detection(
            f"integral:{name}", "integral", "the file holds no counter of it", Verdict.ASSUMED
        )
        return _quantity(None, nothing, nothing, into_integrated, out_integrated, detection, ())
    best = min(candidates, key=lambda each: (each.relative > RESIDUAL_LIMIT, 0.0))
    proven = best.relative <= RESIDUAL_LIMIT
    detection, findings = _verdict(best, proven, name, into_integrated, out_integrated)
    return _quantity(
        best if proven else None, best.into, best.out, into_integrated, out_integrated,
        detection, findings, best.counters,
    )  # fmt: skip


def _groups(readings: list[CounterReading]) -> list[tuple[CounterReading, ...]]:
    """Return the usable counters, the finest scope first: in with out, net, both."""
    groups: list[tuple[CounterReading, ...]] = []
    for flows in (("in", "out"), ("net",), ("both",)):
        for prefix in _SCOPES:
            group = tuple(
                each
                for each in readings
                if each.flow in flows and _prefix(each.name) == prefix and _speaks(each)
            )
            if group:
                groups.append(group)
    return groups


def _prefix(name: str) -> str:
    return next((scope for scope in ("step_", "cycle_", "schedule_") if name.startswith(scope)), "")


def _speaks(reading: CounterReading) -> bool:
    return bool(np.isfinite(reading.added_in).any() or np.isfinite(reading.added_out).any())


def _judge(
    group: tuple[CounterReading, ...],
    into_integrated: Floats,
    out_integrated: Floats,
    open_share: Floats,
    rough_steps: NDArray[np.bool_],
) -> _Candidate:
    into, out = _joined(group, "added_in"), _joined(group, "added_out")
    swapped = _is_swapped(into, out, into_integrated, out_integrated)
    if swapped:
        into, out = out, into
    smooth, blind, moved = 0.0, 0.0, 0.0
    for counted, integrated in ((into, into_integrated), (out, out_integrated)):
        known = np.isfinite(counted) & np.isfinite(integrated)
        rounded = open_share[known] + group[0].quantum
        off = np.maximum(np.abs(counted - integrated)[known] - rounded, 0.0)
        smooth += float(off[~rough_steps[known]].sum())
        blind += float(off[rough_steps[known]].sum())
        moved += float(np.maximum(counted, integrated)[known].sum())
    whole = moved if moved > 0.0 else 1.0
    return _Candidate(group, into, out, smooth / whole, blind / whole, moved, swapped)


def _joined(group: tuple[CounterReading, ...], field: str) -> Floats:
    joined: Floats = getattr(group[0], field)
    for reading in group[1:]:
        more: Floats = getattr(reading, field)
        joined = np.where(np.isnan(joined), more, joined)
    return joined


def _is_swapped(into: Floats, out: Floats, into_integrated: Floats, out_integrated: Floats) -> bool:
    straight = np.nansum(into * into_integrated) + np.nansum(out * out_integrated)
    crossed = np.nansum(into * out_integrated) + np.nansum(out * into_integrated)
    return bool(crossed > straight)


def _verdict(
    best: _Candidate, proven: bool, name: str, into_integrated: Floats, out_integrated: Floats
) -> tuple[Detection, tuple[Finding, ...]]:
    unit = "Wh" if name == "energy" else "Ah"
    counters = " and ".join(each.name for each in best.counters)
    parts, findings = [], []
    for word, counted, integrated in (
        ("charge", best.into, into_integrated),
        ("discharge", best.out, out_integrated),
    ):
        known = np.isfinite(counted)
        by_counter, by_integral = float(counted[known].sum()), float(integrated[known].sum())
        text = f"{word} {by_counter:.6g} {unit} counted, {by_integral:.6g} {unit} integrated"
        parts.append(text)
        if not proven and abs(by_counter - by_integral) > RESIDUAL_LIMIT * by_integral:
            findings.append(
                Finding(
                    f"{word.upper()}_{name.upper()}_INTEGRAL_MISMATCH",
                    Severity.WARNING,
                    f"{counters} disagrees with the integral of the current: {text}; "
                    f"the integral is used",
                    "Check the counter's scope and the time column",
                    column=counters.split(" and ")[0 if word == "charge" else -1],
                )
            )
    detection = Detection(
        f"integral:{name}",
        "counter" if proven else "integral",
        f"{counters}: {'; '.join(parts)}; {_shares(best)}",
        _verdict_of(best, proven),
    )
    return detection, tuple(findings)


def _shares(best: _Candidate) -> str:
    words = f"{best.relative:.2%} of it is not explained by sampling and rounding"
    if best.blind > RESIDUAL_LIMIT:
        words += f", {best.blind:.2%} lies in pulses and waveforms that only the counter can follow"
    return words + ("; in and out change places" if best.swapped else "")


def _verdict_of(best: _Candidate, proven: bool) -> Verdict:
    if not best.moved > 0.0:
        return Verdict.UNKNOWN
    if not proven:
        return Verdict.CONTRADICTED
    return Verdict.ASSUMED if best.blind > RESIDUAL_LIMIT else Verdict.VERIFIED


def _quantity(
    chosen: _Candidate | None,
    into_counter: Floats,
    out_counter: Floats,
    into_integrated: Floats,
    out_integrated: Floats,
    detection: Detection,
    findings: tuple[Finding, ...],
    counters: tuple[CounterReading, ...] = (),
) -> Quantity:
    into, out = into_integrated, out_integrated
    sources = np.full(into.size, "integral", dtype="<U8")
    if chosen is not None:
        into = np.where(np.isfinite(into_counter), into_counter, into_integrated)
        out = np.where(np.isfinite(out_counter), out_counter, out_integrated)
        counted = np.isfinite(into_counter) | np.isfinite(out_counter)
        sources = np.where(counted, "counter", sources)
    return Quantity(
        into, out, into_counter, out_counter, into_integrated, out_integrated, sources,
        counters, chosen is not None, detection, findings,
        chosen is not None and chosen.swapped,
    )  # fmt: skip

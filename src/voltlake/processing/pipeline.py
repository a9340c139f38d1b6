"""From samples to steps, cycles, detections and doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.certificate import Verdict
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Detection, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.streams import TableStream
from voltlake.processing.boundaries import BoundaryRule, choose_boundary_rule
from voltlake.processing.counter_verdicts import counter_findings, scope_detection, true_names
from voltlake.processing.counters import CounterReading, read_counter
from voltlake.processing.cycle_table import cycle_table
from voltlake.processing.cycles import number_cycles
from voltlake.processing.kinds import kinds_of_steps
from voltlake.processing.records import StepRecords, sum_steps, temperature_column
from voltlake.processing.rounding import left_open
from voltlake.processing.sample_columns import SampleColumns, enriched
from voltlake.processing.sign import SignJudgement, judge_sign, turned
from voltlake.processing.sources import RESIDUAL_LIMIT, Quantity, choose_source
from voltlake.processing.state_of_charge import with_proven_state_of_charge
from voltlake.processing.steps import seconds_before_first_row, step_table
from voltlake.processing.survey import Survey, survey
from voltlake.processing.taper import find_tapers
from voltlake.processing.time_base import judge_time_base

__all__ = ["Processed", "ProcessingOptions", "process"]

Floats = NDArray[np.float64]
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class ProcessingOptions:
    """What a person says about a test.

    ``nominal_capacity_ah`` gives C-rates and equivalent full cycles (null without);
    ``cycle_rule`` is one of ``cycles.CYCLE_RULES``; ``sign`` is ``"as-is"`` or
    ``"reversed"``, ``None`` judges by the evidence.
    """

    nominal_capacity_ah: float | None = None
    cycle_rule: str = "auto"
    sign: str | None = None


@dataclass(frozen=True, slots=True)
class Processed:
    """A test, understood.

    Attributes
    ----------
    samples
        The input's columns with the sign put right, plus ``step_count``, ``cycle_index``,
        ``half_cycle_index`` and the totals since the test began.
    steps, cycles
        ``STEPS_SCHEMA`` and ``CYCLES_SCHEMA``, in order of time.
    detections, findings
        What the data show, with the numbers; what is doubtful about it.
    """

    samples: TableStream
    steps: pl.DataFrame
    cycles: pl.DataFrame
    detections: tuple[Detection, ...]
    findings: tuple[Finding, ...]


def process(
    samples: TableStream,
    *,
    sign: Sign,
    scopes: Mapping[str, Scope],
    reported_cycles: pl.DataFrame | None = None,
    options: ProcessingOptions | None = None,
) -> Processed:
    """Detect sign, scopes and time base; cut into steps and cycles; measure them.

    Parameters
    ----------
    samples
        Canonical columns in file order; ``test_time_second``, ``voltage_volt`` and
        ``current_ampere`` may hold nulls. Read three times, always from the first row.
    sign, scopes
        What the reader declares of the current and of each counter column.
    reported_cycles
        The vendor's own cycle table; compared with ours where both name a cycle.
    """
    options = options or ProcessingOptions()
    test = _measure(samples, sign, scopes, options)
    tapers = find_tapers(
        samples, test.rule, test.sums["voltage_last"], test.found.voltage_span_volt
    )
    steps = step_table(
        test.records, test.sums, test.start_second, tapers, test.found, test.capacity,
        test.energy, options.nominal_capacity_ah,
    )  # fmt: skip
    numbers = number_cycles(steps, options.cycle_rule)
    steps = steps.with_columns(numbers.cycle_index, numbers.half_cycle_index)
    steps, soc = with_proven_state_of_charge(steps)
    cycles = cycle_table(steps, test.found.current_scale_ampere, options.nominal_capacity_ah)
    quantities = (test.capacity, test.energy)
    moved = true_names(test.readings, scopes, quantities, set(samples.schema))
    known = SampleColumns(
        test.rule, steps, test.judged.factors, test.start_second, *quantities, moved
    )
    later = [numbers.detection, soc, *_compared_with_reported(cycles, reported_cycles)]
    detections, findings = _evidence(test, scopes, later)
    return Processed(enriched(samples, known), steps, cycles, detections, findings)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A test after the first walks: sums per step with the sign put right, and both sources."""

    found: Survey
    rule: BoundaryRule
    temperature: str | None
    records: StepRecords
    judged: SignJudgement
    sums: dict[str, Floats]
    start_second: Floats
    readings: list[CounterReading]
    capacity: Quantity
    energy: Quantity


def _measure(
    samples: TableStream, sign: Sign, scopes: Mapping[str, Scope], options: ProcessingOptions
) -> _Measured:
    found = survey(samples)
    rule = choose_boundary_rule(samples, found.rest_current_ampere)
    temperature = temperature_column(samples)
    records = sum_steps(samples, rule, temperature)
    judged = judge_sign(records, found, sign, options.sign)
    sums = turned(records.sums, judged.factors)
    start_second = seconds_before_first_row(sums)
    readings = _read_counters(records, sums, start_second, scopes)
    kinds = kinds_of_steps(records, sums, found)
    capacity, energy = _quantities(sums, start_second, kinds, readings)
    return _Measured(
        found, rule, temperature, records, judged, sums, start_second, readings, capacity, energy
    )


def _evidence(
    test: _Measured, scopes: Mapping[str, Scope], later: list[Detection]
) -> tuple[tuple[Detection, ...], tuple[Finding, ...]]:
    time_base, time_findings = judge_time_base(test.records)
    detections = (
        test.judged.detection,
        time_base,
        _steps_detection(test.rule.name, len(test.records), test.found.rows),
        *(scope_detection(each, scopes.get(each.name)) for each in test.readings),
        test.capacity.detection,
        test.energy.detection,
        _temperature_detection(test.temperature),
        *later,
    )
    findings = (
        *test.judged.findings,
        *time_findings,
        *_cycle_change_findings(test.records),
        *counter_findings(test.readings, scopes),
        *test.capacity.findings,
        *test.energy.findings,
    )
    return detections, findings


def _read_counters(
    records: StepRecords, sums: dict[str, Floats], start_second: Floats, scopes: Mapping[str, Scope]
) -> list[CounterReading]:
    charge = np.nan_to_num(sums["current_first"]) * start_second / _SECONDS_PER_HOUR
    energy = charge * np.nan_to_num(sums["voltage_first"])
    return [
        read_counter(
            name, records, sums, energy if name.endswith("_wh") else charge, scopes.get(name)
        )
        for name in records.counters
        if (records.counters[name]["rows"] > 0).any()
    ]


def _quantities(
    sums: dict[str, Floats],
    start_second: Floats,
    kinds: NDArray[np.object_],
    readings: list[CounterReading],
) -> tuple[Quantity, Quantity]:
    rough = np.isin(kinds.astype(str), ("pulse", "waveform", "eis"))
    current = np.nan_to_num(sums["current_first"])
    power = current * np.nan_to_num(sums["voltage_first"])
    quantities = []
    for word, signal, is_energy in (("charge", current, False), ("energy", power, True)):
        start = signal * start_second
        into = (sums[f"{word}_in"] + np.maximum(start, 0.0)) / _SECONDS_PER_HOUR
        out = (sums[f"{word}_out"] + np.maximum(-start, 0.0)) / _SECONDS_PER_HOUR
        share = left_open(sums, start_second, is_energy=is_energy) / _SECONDS_PER_HOUR
        quantities.append(choose_source(readings, into, out, share, rough, is_energy=is_energy))
    return quantities[0], quantities[1]


def _compared_with_reported(cycles: pl.DataFrame, reported: pl.DataFrame | None) -> list[Detection]:
    """Compare discharge capacities with the vendor's own cycle table, cycle by cycle."""
    key, name = "cycle_count", "discharge_capacity_ah"
    if reported is None or key not in reported.columns or name not in reported.columns:
        return []
    both = cycles.join(reported.select(key, pl.col(name).alias("reported")), on=key).select(
        ((pl.col(name) - pl.col("reported")).abs() / pl.col("reported").abs()).alias("off")
    )
    off = both["off"].drop_nulls().drop_nans()
    if off.is_empty():
        return []
    worst = float(off.to_numpy().max())
    return [
        Detection(
            "reported_cycles",
            "agree" if worst <= RESIDUAL_LIMIT else "differ",
            f"discharge capacities of {off.len()} cycles differ by at most {worst:.3g}",
            Verdict.VERIFIED if worst <= RESIDUAL_LIMIT else Verdict.CONTRADICTED,
        )
    ]


def _steps_detection(rule: str, steps: int, rows: int) -> Detection:
    return Detection("rows", f"{rows} rows", f"{steps} steps by {rule}", Verdict.VERIFIED)


def _temperature_detection(name: str | None) -> Detection:
    if name is None:
        return Detection("temperature", "none", "the file holds no temperature", Verdict.UNKNOWN)
    return Detection("temperature", name, "the nearest to the cell in the file", Verdict.ASSUMED)


def _cycle_change_findings(records: StepRecords) -> list[Finding]:
    rows = records.cycle_changes_within
    if not rows:
        return []
    return [
        Finding(
            "CYCLE_CHANGES_WITHIN_STEP",
            Severity.WARNING,
            f"cycle_count changes {len(rows)} times in the middle of a step",
            "Choose another cycle rule if cycles are cut wrongly",
            column="cycle_count",
            row_first=rows[0],
            row_last=rows[-1],
            count=len(rows),
        )
    ]

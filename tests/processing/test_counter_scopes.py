"""Where counters restart, told from their readings alone."""

from __future__ import annotations

import polars as pl
import pytest

from support.samples import cycling, exported, run
from voltlake.canonical.certificate import Verdict
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.canonical.streams import TableStream
from voltlake.processing.pipeline import process


def detected(frame: pl.DataFrame, name: str, declared: Scope | None):
    scopes = {} if declared is None else {name: declared}
    result = process(TableStream.of(frame), sign=Sign.UNKNOWN, scopes=scopes)
    found = next(each for each in result.detections if each.subject == f"scope:{name}")
    return found.value, found.verdict, result


@pytest.mark.parametrize("scope", [Scope.STEP, Scope.CYCLE, Scope.TEST])
def test_a_scope_is_found_without_being_declared(scope):
    frame = exported(run(cycling(3)), scope, prefix="schedule_")
    name = "schedule_charging_capacity_ah"
    assert detected(frame, name, None)[:2] == (scope.value, Verdict.VERIFIED)
    # A schedule may restart its counters wherever it likes.
    assert detected(frame, name, Scope.SCHEDULE)[:2][1] is Verdict.VERIFIED


def test_one_cycle_cannot_tell_cycle_from_test():
    frame = exported(run(cycling(1)), Scope.TEST)
    value, verdict, _ = detected(frame, "charging_capacity_ah", None)
    assert (value, verdict) == ("not shown by the data", Verdict.UNKNOWN)
    assert detected(frame, "charging_capacity_ah", Scope.CYCLE)[:2] == ("cycle", Verdict.VERIFIED)


def test_restarts_here_and_there_are_a_schedules():
    # Four steps a cycle; the schedule restarts after every second step.
    truth = run(cycling(4)).with_columns(cycle_count=(pl.col("step_count") + 1) // 2)
    frame = exported(truth, Scope.CYCLE, prefix="")
    frame = frame.with_columns(cycle_count=(pl.col("step_count") + 3) // 4)
    value, verdict, result = detected(frame, "discharging_capacity_ah", Scope.TEST)
    assert (value, verdict) == ("cycle", Verdict.CONTRADICTED)
    value, verdict, result = detected(frame, "charging_capacity_ah", Scope.TEST)
    assert (value, verdict) == ("schedule", Verdict.CONTRADICTED)
    assert "schedule_charging_capacity_ah" in result.samples.schema
    assert result.cycles["charge_capacity_ah"].to_list() == pytest.approx([0.5] * 4)


def test_where_every_border_is_a_cycles_the_declaration_decides():
    steps = [cycling(1)[0], cycling(1)[2]] * 4
    frame = exported(run(steps, steps_a_cycle=1), Scope.STEP, prefix="cycle_")
    name = "cycle_charging_capacity_ah"
    assert detected(frame, name, Scope.CYCLE)[:2] == ("cycle", Verdict.VERIFIED)
    assert detected(frame, name, None)[:2][1] is Verdict.UNKNOWN


def test_a_net_counter_without_a_name_for_its_scope_keeps_its_own():
    truth = run(cycling(4)).with_columns(cycle_count=(pl.col("step_count") + 1) // 2)
    both = exported(truth, Scope.CYCLE, prefix="")
    net = pl.col("charging_capacity_ah") + pl.col("discharging_capacity_ah")
    frame = both.with_columns(
        cumulative_capacity_ah=net, cycle_count=(pl.col("step_count") + 3) // 4
    ).drop("charging_capacity_ah", "discharging_capacity_ah")
    _, verdict, result = detected(frame, "cumulative_capacity_ah", Scope.TEST)
    assert verdict is Verdict.CONTRADICTED
    assert "aux_reported_cumulative_capacity_ah" in result.samples.schema
    assert result.cycles["discharge_capacity_ah"].to_list() == pytest.approx([0.5] * 4)


def test_a_test_without_charge_proves_no_counter():
    frame = exported(
        run(cycling(1)).with_columns(true_in=pl.lit(0.0), true_out=pl.lit(0.0)), Scope.STEP
    )
    frame = frame.with_columns(current_ampere=pl.lit(0.0))
    result = process(TableStream.of(frame), sign=Sign.UNKNOWN, scopes={})
    found = next(each for each in result.detections if each.subject == "integral:capacity")
    assert found.verdict is Verdict.UNKNOWN


def test_a_waveform_that_only_the_counter_can_follow():
    frame = (
        run(cycling(1)[:1])
        .drop("true_in", "true_out")
        .with_columns(
            step_type=pl.lit("SIM"),
            step_charging_capacity_ah=pl.col("step_time_second") / 3600 * 0.4,
        )
    )
    result = process(TableStream.of(frame), sign=Sign.UNKNOWN, scopes={})
    found = next(each for each in result.detections if each.subject == "integral:capacity")
    assert (found.value, found.verdict) == ("counter", Verdict.ASSUMED)
    assert "only the counter can follow" in found.evidence

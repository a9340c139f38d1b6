"""The whole of ``process`` on tests whose truth is known by hand."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from support.samples import Instruction, cut, cycling, exported, run
from voltlake.canonical.certificate import Verdict
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.canonical.streams import TableStream
from voltlake.canonical.tables import CYCLES_SCHEMA, STEPS_SCHEMA
from voltlake.errors import InvalidRequest
from voltlake.processing.pipeline import Processed, ProcessingOptions, process

TRUE_NAMES = ["true_in", "true_out"]


def processed(frame: pl.DataFrame, scopes=None, **options) -> Processed:
    sign = options.pop("sign", Sign.CHARGE_POSITIVE)
    return process(
        TableStream.of(frame.drop(TRUE_NAMES, strict=False)),
        sign=sign,
        scopes=scopes or {},
        options=ProcessingOptions(**options),
    )


def detection(result: Processed, subject: str):
    return next(each for each in result.detections if each.subject == subject)


def codes(result: Processed) -> list[str]:
    return [finding.code for finding in result.findings]


def test_constant_current_for_an_hour_is_current_times_time():
    result = processed(run([Instruction(1.5, 3600.0)], capacity_ah=3.0))
    step = result.steps.row(0, named=True)
    assert step["step_type"] == "charge"
    assert step["control"] == "cc"
    assert step["charge_capacity_ah"] == pytest.approx(1.5, rel=1e-12)
    assert step["discharge_capacity_ah"] == 0.0
    assert step["duration_second"] == 3600.0
    assert step["capacity_source"] == "integral"
    assert step["current_mean_ampere"] == 1.5
    assert (step["row_first"], step["row_last"]) == (0, 359)


def test_tables_have_the_declared_columns_and_types():
    result = processed(run(cycling(2)))
    assert result.steps.schema == STEPS_SCHEMA
    assert result.cycles.schema == CYCLES_SCHEMA


def test_two_cycles_by_hand():
    result = processed(run(cycling(2)), nominal_capacity_ah=0.5)
    first, second = result.cycles.rows(named=True)
    # 1 A for half an hour each way; voltage 3.2 + 0.5 q + I R, R = 0.05 ohm.
    assert first["charge_capacity_ah"] == pytest.approx(0.5, rel=1e-12)
    assert first["discharge_capacity_ah"] == pytest.approx(0.5, rel=1e-12)
    assert first["coulombic_efficiency"] == pytest.approx(1.0, rel=1e-12)
    # Mean of the ramp 3.25 to 3.75 V; the first row already stands for its whole interval.
    assert first["mean_charge_voltage_volt"] == pytest.approx(3.5, abs=1e-4)
    assert first["mean_discharge_voltage_volt"] == pytest.approx(3.4, abs=1e-4)
    assert first["energy_efficiency"] == pytest.approx(3.4 / 3.5, abs=1e-4)
    assert first["charge_duration_second"] == 1800.0
    assert first["discharge_duration_second"] == 1800.0
    assert first["rest_duration_second"] == 1200.0
    assert first["duration_second"] == 4800.0
    assert first["voltage_min_volt"] == pytest.approx(3.15)
    assert first["voltage_max_volt"] == pytest.approx(3.75)
    assert (first["current_min_ampere"], first["current_max_ampere"]) == (-1.0, 1.0)
    assert first["temperature_mean_celsius"] == 25.0
    assert first["c_rate_charge"] == pytest.approx(2.0)
    assert first["c_rate_discharge"] == pytest.approx(2.0)
    assert first["charge_throughput_ah"] == pytest.approx(1.0)
    assert second["charge_throughput_ah"] == pytest.approx(2.0)
    assert second["equivalent_full_cycles"] == pytest.approx(2.0)
    assert second["discharge_capacity_retention"] == pytest.approx(1.0)
    assert second["start_unix_time_second"] == 1.7e9 + 4800.0
    assert [first["cycle_kind"], second["cycle_kind"]] == ["regular", "regular"]
    assert [first["regular_cycle_number"], second["regular_cycle_number"]] == [1, 2]
    # Rest to -1 A: the voltage falls by I R and by the charge of the first interval (2.8 mV).
    assert first["dc_internal_resistance_ohm"] == pytest.approx(0.05 + 1 / 360, rel=1e-9)


def test_unknown_nominal_capacity_gives_null_rates():
    result = processed(run(cycling(1)))
    assert result.cycles["c_rate_charge"].to_list() == [None]
    assert result.cycles["equivalent_full_cycles"].to_list() == [None]


def test_clean_test_raises_no_doubt_and_verifies_everything():
    result = processed(exported(run(cycling(3)), Scope.CYCLE))
    assert codes(result) == []
    assert detection(result, "current_sign").verdict is Verdict.VERIFIED
    assert detection(result, "time_base").verdict is Verdict.VERIFIED
    assert detection(result, "cycle_numbering").verdict is Verdict.VERIFIED
    assert detection(result, "integral:capacity").value == "counter"
    assert detection(result, "scope:cycle_charging_capacity_ah").value == "cycle"
    assert detection(result, "rows").value == "1440 rows"


def test_cycles_are_the_same_whatever_the_scope_the_sign_and_the_resets():
    truth = run(cycling(4))
    exports = {
        "step": exported(truth, Scope.STEP),
        "cycle": exported(truth, Scope.CYCLE),
        "test": exported(truth, Scope.TEST),
        "schedule": exported(truth, Scope.CYCLE, prefix="schedule_"),
        "forgotten": exported(truth, Scope.CYCLE, forget=[2]),
        "reversed": exported(truth, Scope.STEP).with_columns(-pl.col("current_ampere")),
        "none": truth.drop(TRUE_NAMES),
    }
    results = {name: processed(frame) for name, frame in exports.items()}
    reference = results["step"].cycles.drop("capacity_source", pl.selectors.contains("_counter_"))
    for result in results.values():
        cycles = result.cycles.select(reference.columns)
        assert_frame_equal(cycles, reference, rel_tol=1e-11, abs_tol=1e-11)
        totals = result.samples.collect(["charging_capacity_ah", "discharging_capacity_ah"])
        expected = truth.select(charging_capacity_ah="true_in", discharging_capacity_ah="true_out")
        assert_frame_equal(totals, expected, abs_tol=1e-11)
    assert codes(results["forgotten"]) == ["FORGOTTEN_RESET"] * 2
    assert codes(results["reversed"]) == ["CURRENT_SIGN_REVERSED"]
    sources = {name: set(result.cycles["capacity_source"]) for name, result in results.items()}
    assert sources.pop("none") == {"integral"}
    assert all(source == {"counter"} for source in sources.values())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_any_cutting_into_batches_gives_the_same_numbers(sizes):
    frame = exported(run(cycling(2)), Scope.CYCLE)
    whole = processed(frame)
    pieces = process(cut(frame, sizes), sign=Sign.CHARGE_POSITIVE, scopes={})
    assert_frame_equal(pieces.steps, whole.steps, check_exact=True)
    assert_frame_equal(pieces.cycles, whole.cycles, check_exact=True)
    assert_frame_equal(pieces.samples.collect(), whole.samples.collect(), check_exact=True)
    assert pieces.detections == whole.detections


@pytest.mark.parametrize("factor", [1e-9, 1e-6, 1e3])
@pytest.mark.parametrize("labels", [True, False])
def test_a_coin_cell_and_a_pack_are_cut_alike(factor, labels):
    def cell(scale: float) -> pl.DataFrame:
        steps = [
            Instruction(each.current_ampere * scale, each.seconds, word=each.word)
            for each in cycling(3)
        ]
        frame = run(steps, capacity_ah=scale, start_charge_ah=0.2 * scale).drop(TRUE_NAMES)
        numbers = ["step_count", "step_id", "step_type", "step_time_second", "cycle_count"]
        return frame if labels else frame.drop(numbers)

    small, usual = processed(cell(factor)), processed(cell(1.0))
    names = ["step_type", "control", "cycle_index", "half_cycle_index", "row_first", "row_last"]
    assert_frame_equal(small.steps.select(names), usual.steps.select(names))
    assert usual.cycles.height == 3
    assert small.cycles["discharge_capacity_ah"].to_list() == pytest.approx(
        [factor * value for value in usual.cycles["discharge_capacity_ah"]], rel=1e-9
    )


def test_without_step_numbers_the_current_cuts_the_steps():
    frame = run(cycling(2)).drop("step_count", "step_id", "step_type", "step_time_second")
    result = processed(frame.drop("cycle_count"))
    assert result.steps["step_type"].to_list() == ["charge", "rest", "discharge", "rest"] * 2
    assert result.steps["step_count"].to_list() == list(range(1, 9))
    samples = result.samples.collect()
    assert samples["step_count"].n_unique() == 8
    assert samples["cycle_index"].unique(maintain_order=True).to_list() == [1, 2]
    assert result.cycles["discharge_capacity_ah"].to_list() == pytest.approx([0.5, 0.5])


def test_repeated_step_ids_are_told_apart_by_their_time():
    steps = [Instruction(0.5, 600.0, step_id="7", word="CC_Chg")] * 3
    result = processed(run(steps).drop("step_count", "cycle_count"))
    assert result.steps["step_id"].to_list() == ["7", "7", "7"]
    assert result.steps["step_count"].to_list() == [1, 2, 3]


def test_a_counter_that_jumps_by_hand_adds_only_what_flowed():
    frame = exported(run(cycling(3)), Scope.TEST)
    name = "charging_capacity_ah"
    jumped = pl.when(pl.col("step_count") >= 6).then(pl.col(name) + 3.0).otherwise(pl.col(name))
    result = processed(frame.with_columns(jumped))
    assert result.cycles["charge_capacity_ah"].to_list() == pytest.approx([0.5] * 3, rel=1e-9)
    assert codes(result) == ["COUNTER_SET_BY_HAND"]
    # The column no longer is the charge since the start: it moves, ours takes its place.
    assert "aux_reported_charging_capacity_ah" in result.samples.schema
    assert result.samples.collect()[name][-1] == pytest.approx(1.5)


def test_a_test_may_begin_with_a_counter_that_is_not_zero():
    frame = exported(run(cycling(2)), Scope.TEST).with_columns(
        pl.col("charging_capacity_ah") + 0.88
    )
    result = processed(frame)
    assert result.cycles["charge_capacity_ah"].to_list() == pytest.approx([0.5, 0.5])


def test_a_scope_that_the_data_contradict_is_corrected_and_said_so():
    frame = exported(run(cycling(3)), Scope.STEP, prefix="")
    scopes = dict.fromkeys(("charging_capacity_ah", "discharging_capacity_ah"), Scope.TEST)
    result = processed(frame, scopes)
    assert codes(result) == ["COUNTER_SCOPE_CONTRADICTED"] * 2
    assert detection(result, "scope:charging_capacity_ah").verdict is Verdict.CONTRADICTED
    samples = result.samples.collect()
    assert samples["step_charging_capacity_ah"].max() == pytest.approx(0.5)
    assert samples["charging_capacity_ah"][-1] == pytest.approx(1.5)
    assert samples["step_charging_capacity_ah"].equals(frame["charging_capacity_ah"])


def test_a_wrong_counter_gives_way_to_the_integral():
    frame = exported(run(cycling(2)), Scope.STEP).with_columns(
        pl.col("step_discharging_capacity_ah") * 1.02
    )
    result = processed(frame)
    assert "DISCHARGE_CAPACITY_INTEGRAL_MISMATCH" in codes(result)
    cycle = result.cycles.row(0, named=True)
    assert cycle["capacity_source"] == "integral"
    assert cycle["discharge_capacity_ah"] == pytest.approx(0.5)
    assert cycle["discharge_capacity_counter_ah"] == pytest.approx(0.51)
    assert detection(result, "integral:capacity").verdict is Verdict.CONTRADICTED


def test_pulses_shorter_than_the_sampling_leave_the_counter_in_force():
    # -1.7 A for 76 ms in 462 ms, logged at the end of the pulse and just after it.
    count = 400
    time = [value for n in range(1, count + 1) for value in (0.462 * n, 0.462 * n + 0.004)]
    current = [-1.7, -0.1] * count
    per_pulse = 0.1382 / 3600
    net = [-per_pulse * n for n in range(1, count + 1) for _ in (0, 1)]
    frame = pl.DataFrame(
        {
            "test_time_second": time,
            "step_time_second": time,
            "voltage_volt": [4.03 - 1e-5 * n for n in range(2 * count)],
            "current_ampere": current,
            "step_type": ["Pulse Step"] * (2 * count),
            "step_id": ["1"] * (2 * count),
            "step_count": [1] * (2 * count),
            "cycle_count": [1] * (2 * count),
            "step_net_capacity_ah": net,
        }
    )
    result = processed(frame)
    step = result.steps.row(0, named=True)
    assert step["step_type"] == "pulse"
    assert step["discharge_capacity_ah"] == pytest.approx(per_pulse * count, rel=1e-12)
    assert step["discharge_capacity_integrated_ah"] > 2 * step["discharge_capacity_ah"]
    assert step["capacity_source"] == "counter"
    assert codes(result) == []


def test_net_and_cumulative_counters_give_both_directions():
    truth = run(cycling(2))
    net = truth["true_in"] - truth["true_out"]
    both = truth["true_in"] + truth["true_out"]
    for name, values in (("net_capacity_ah", net), ("cumulative_capacity_ah", both)):
        result = processed(truth.with_columns(values.alias(name)))
        for column in ("charge_capacity_counter_ah", "discharge_capacity_counter_ah"):
            assert result.cycles[column].to_list() == pytest.approx([0.5, 0.5], rel=1e-9), name
        samples = result.samples.collect(["charging_capacity_ah"])
        assert_frame_equal(samples, truth.select(charging_capacity_ah="true_in"), abs_tol=1e-11)
        assert codes(result) == []


def test_a_step_net_counter_gives_exactly_its_last_value():
    truth = run(cycling(1))
    last = 0.4987
    net = (
        pl.when(pl.col("step_count") == 1)
        .then(pl.col("step_time_second") / 1800.0 * last)
        .when(pl.col("step_count") == 3)
        .then(-pl.col("step_time_second") / 1800.0 * last)
        .otherwise(0)
    )
    frame = truth.with_columns(step_net_capacity_ah=net)
    frame = frame.with_columns(current_ampere=pl.col("current_ampere") * last / 0.5)
    result = processed(frame)
    assert result.steps["charge_capacity_ah"][0] == last
    assert result.steps["discharge_capacity_ah"][2] == last


def test_reversed_current_with_counters_that_follow_it():
    frame = exported(run(cycling(2)), Scope.STEP)
    swapped = frame.with_columns(
        current_ampere=-pl.col("current_ampere"),
        step_charging_capacity_ah="step_discharging_capacity_ah",
        step_discharging_capacity_ah="step_charging_capacity_ah",
    )
    assert_frame_equal(processed(swapped).cycles, processed(frame).cycles, abs_tol=1e-12)


@pytest.mark.parametrize(("sign", "charged_first"), [("as-is", False), ("reversed", True)])
def test_the_user_has_the_last_word_on_the_sign(sign, charged_first):
    frame = run(cycling(2)).with_columns(-pl.col("current_ampere"))
    result = processed(frame, sign=Sign.UNKNOWN, **{"cycle_rule": "reported"})
    assert codes(result) == ["CURRENT_SIGN_REVERSED"]
    chosen = process(
        TableStream.of(frame.drop(TRUE_NAMES)),
        sign=Sign.UNKNOWN,
        scopes={},
        options=ProcessingOptions(sign=sign),
    )
    assert (chosen.steps["step_type"][0] == "charge") is charged_first
    assert detection(chosen, "current_sign").verdict is Verdict.ASSUMED
    assert chosen.samples.collect()["current_ampere"][0] == (1.0 if charged_first else -1.0)


@pytest.mark.parametrize("words", [True, False])
def test_magnitudes_without_sign_are_turned_by_label_or_voltage(words):
    truth = run(cycling(2))
    frame = truth.with_columns(pl.col("current_ampere").abs())
    if not words:
        frame = frame.with_columns(step_type=pl.lit(None, pl.String))
    result = processed(frame, sign=Sign.UNSIGNED)
    assert result.steps["step_type"].to_list() == ["charge", "rest", "discharge", "rest"] * 2
    assert codes(result) == ["CURRENT_UNSIGNED"]
    assert result.samples.collect()["current_ampere"].equals(truth["current_ampere"])


def test_a_test_at_rest_has_no_cycle_of_its_own():
    result = processed(run([Instruction(0.0, 3600.0)]).drop("cycle_count"))
    assert result.cycles.height == 0
    assert result.samples.collect()["cycle_index"].null_count() == 360
    assert detection(result, "current_sign").value == "indeterminate"
    assert codes(result) == []


def test_pulses_alone_make_no_cycle():
    pulses = [Instruction(0.0, 600.0, word="Rest"), Instruction(-1.0, 10.0, 1.0, word="Pulse")] * 5
    result = processed(run(pulses).drop("cycle_count"))
    assert set(result.steps["step_type"]) == {"rest", "pulse"}
    assert result.cycles.height == 0


def test_an_empty_test_is_no_error():
    result = processed(run(cycling(1)).clear())
    assert result.steps.height == 0
    assert result.cycles.height == 0
    assert result.samples.collect().height == 0


def test_a_test_that_begins_with_a_discharge():
    steps = [each for _ in range(3) for each in (cycling(1)[2], cycling(1)[3], *cycling(1)[:2])]
    frame = run(steps, start_charge_ah=0.9).drop("cycle_count")
    auto = processed(frame)
    assert auto.cycles.height == 3
    assert detection(auto, "cycle_numbering").value == "computed, discharge-first"
    charge_first = processed(frame, cycle_rule="charge-first")
    assert charge_first.cycles["cycle_index"].to_list() == [1, 2, 3, 4]
    assert charge_first.cycles["coulombic_efficiency"][0] is None
    assert charge_first.cycles["cycle_kind"].to_list() == [None, "regular", "regular", "aborted"]


def test_a_part_of_a_discharge_ahead_is_a_cycle_of_its_own():
    steps = [Instruction(-1.0, 400.0), *cycling(3)]
    result = processed(run(steps, start_charge_ah=0.4).drop("cycle_count"))
    assert detection(result, "cycle_numbering").value == "computed, charge-first"
    assert result.cycles["charge_capacity_ah"].to_list() == pytest.approx([0, 0.5, 0.5, 0.5])


def test_reported_numbers_stay_even_where_they_begin_at_zero():
    frame = run(cycling(3)).with_columns(pl.col("cycle_count") - 1)
    result = processed(frame)
    assert result.cycles["cycle_index"].to_list() == [0, 1, 2]
    assert result.cycles["cycle_count"].to_list() == [0, 1, 2]


@pytest.mark.parametrize("numbers", [pl.lit(1), 10 - pl.col("cycle_count")])
def test_reported_numbers_that_do_not_fit_are_replaced(numbers):
    frame = run(cycling(3)).with_columns(numbers.cast(pl.Int64).alias("cycle_count"))
    result = processed(frame)
    assert result.cycles["cycle_index"].to_list() == [1, 2, 3]
    kept = processed(frame, cycle_rule="reported")
    assert detection(kept, "cycle_numbering").verdict is Verdict.CONTRADICTED


def test_an_unknown_cycle_rule_is_refused():
    with pytest.raises(InvalidRequest, match="no cycle rule 'weekly'"):
        processed(run(cycling(1)), cycle_rule="weekly")


def test_a_cycle_number_that_changes_within_a_step_is_a_doubt():
    frame = run(cycling(2)).with_columns(
        pl.when(pl.col("test_time_second") > 4900).then(2).otherwise(1).alias("cycle_count")
    )
    result = processed(frame)
    finding = next(each for each in result.findings if each.code == "CYCLE_CHANGES_WITHIN_STEP")
    assert finding.row_first == 490
    assert finding.count == 1


def test_constant_voltage_part():
    # 1 A up to 4 V, then a taper exp(-t / 600 s) for half an hour.
    time = pl.Series(range(10, 3610, 10), dtype=pl.Float64)
    ramp = pl.DataFrame({"test_time_second": time, "step_time_second": time})
    in_cv = pl.col("test_time_second") > 1800
    frame = ramp.with_columns(
        voltage_volt=pl.when(in_cv).then(4.0).otherwise(3 + pl.col("test_time_second") / 1800),
        current_ampere=pl.when(in_cv)
        .then((-(pl.col("test_time_second") - 1800) / 600).exp())
        .otherwise(1.0),
        step_count=pl.lit(1),
    )
    result = processed(frame, nominal_capacity_ah=1.0)
    step = result.steps.row(0, named=True)
    assert step["control"] == "cccv"
    assert step["cv_duration_second"] == 1800.0
    assert step["cv_capacity_ah"] == pytest.approx((1 - 2.718281828**-3) / 6, rel=1e-3)
    assert step["c_rate"] == pytest.approx(1.0)
    assert step["c_rate_end"] == pytest.approx(2.718281828**-3)


def test_constant_power():
    time = pl.Series(range(10, 3610, 10), dtype=pl.Float64)
    voltage = 4.0 - time / 3600
    frame = pl.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": -3.5 / voltage}
    )
    result = processed(frame)
    assert result.steps["control"].to_list() == ["cp"]
    assert result.steps["discharge_energy_wh"][0] == pytest.approx(3.5 * 359 / 360, rel=1e-12)


def test_a_waveform_counts_both_directions():
    swings = [Instruction(1.0 if n % 2 else -2.0, 50.0, 5.0) for n in range(20)]
    frame = run(swings, start_charge_ah=0.9).drop("step_time_second", "step_id", "cycle_count")
    frame = frame.with_columns(step_count=pl.lit(1))
    result = processed(frame)
    assert result.steps["step_type"].to_list() == ["waveform"]
    assert detection(result, "current_sign").verdict is Verdict.VERIFIED


def test_a_pause_within_a_step_moves_no_charge():
    frame = run([Instruction(1.0, 1800.0)])
    paused = frame.with_columns(
        pl.when(pl.col("step_time_second") > 900)
        .then(pl.col("test_time_second") + 5000)
        .otherwise(pl.col("test_time_second"))
        .alias("test_time_second")
    )
    result = processed(paused.drop("unix_time_second"))
    assert result.steps["charge_capacity_ah"][0] == pytest.approx(0.5, rel=1e-12)
    assert "5000 s of pauses" in detection(result, "time_base").evidence


@pytest.mark.parametrize(("factor", "unit"), [(1000, "milliseconds"), (1 / 60, "minutes")])
def test_a_test_time_in_another_unit_is_a_critical_doubt(factor, unit):
    frame = run(cycling(2)).with_columns(pl.col("test_time_second") * factor)
    result = processed(frame)
    assert "TIME_SCALE_MISMATCH" in codes(result)
    assert detection(result, "time_base").value == unit


def test_missing_values_interrupt_the_integral_and_nothing_else():
    frame = run([Instruction(1.0, 1800.0)]).with_columns(
        pl.when(pl.col("step_time_second") == 900)
        .then(None)
        .otherwise(pl.col("current_ampere"))
        .alias("current_ampere")
    )
    result = processed(frame)
    # The two intervals around the missing value, 10 s each, are not counted.
    assert result.steps["charge_capacity_ah"][0] == pytest.approx(1780 / 3600)


def test_the_vendors_cycle_table_is_compared():
    frame = run(cycling(2)).drop(TRUE_NAMES)
    for value, verdict in ((0.5, Verdict.VERIFIED), (0.6, Verdict.CONTRADICTED)):
        reported = pl.DataFrame({"cycle_count": [1, 2], "discharge_capacity_ah": [0.5, value]})
        result = process(
            TableStream.of(frame), sign=Sign.UNKNOWN, scopes={}, reported_cycles=reported
        )
        assert detection(result, "reported_cycles").verdict is verdict


def test_projection_of_the_samples():
    result = processed(exported(run(cycling(1)), Scope.STEP))
    assert result.samples.collect(["voltage_volt"]).columns == ["voltage_volt"]
    both = ["cycle_index", "current_ampere"]
    assert result.samples.collect(both).columns == both
    assert list(result.samples.schema) == result.samples.collect().columns


def test_a_gap_that_may_be_a_pause_does_not_refute_the_counter():
    frame = exported(run(cycling(3)), Scope.CYCLE)
    later = pl.int_range(pl.len()) >= 100
    shifted = [
        (pl.col(name) + pl.when(later & inside).then(90_000.0).otherwise(0.0)).alias(name)
        for name, inside in (
            ("test_time_second", True),
            ("unix_time_second", True),
            ("step_time_second", pl.col("step_count") == 1),
        )
    ]
    result = processed(frame.with_columns(shifted))
    assert result.cycles["charge_capacity_ah"].to_list() == pytest.approx([0.5] * 3)
    assert result.cycles["charge_capacity_integrated_ah"][0] == pytest.approx(25.5)
    assert set(result.cycles["capacity_source"]) == {"counter"}
    assert codes(result) == []

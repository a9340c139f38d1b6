"""The truth of a simulated test, checked by hand arithmetic and by laws."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from voltlake.canonical.columns import BY_NOTATION
from voltlake.errors import InvalidRequest
from voltlake.simulation.cell import CHEMISTRIES, Ageing, Cell, make_cell
from voltlake.simulation.protocol import (
    Loop,
    Step,
    cc_charge,
    cc_discharge,
    cccv_charge,
    cv_hold,
    pulse,
    rest,
    unrolled,
)
from voltlake.simulation.run import Cycler, run, stream

FULL_CYCLE = (cccv_charge(1.0, 3.6, 0.05), rest(600), cc_discharge(1.0, 2.0), rest(600))


def lfp(**options: object) -> Cell:
    return make_cell("X", "LFP", 1.1, **options)  # type: ignore[arg-type]


def test_an_hour_at_one_ampere_is_one_ampere_hour() -> None:
    cell = make_cell("X", "NMC", 2.0)
    test = run(cell, (cc_charge(0.5, 4.5, duration_second=3600),), start_soc=0.2)
    assert test.samples["current_ampere"].unique().to_list() == [1.0]
    assert test.samples["step_charging_capacity_ah"][-1] == 1.0
    assert test.samples["step_discharging_capacity_ah"].max() == 0.0


@given(
    c_rate=st.floats(0.05, 3),
    duration_second=st.integers(1, 1200),
    size_ah=st.sampled_from([0.002, 1.1, 50.0, 100.0]),
)
@settings(max_examples=40, deadline=None)
def test_discharged_charge_is_current_times_time_at_any_size(
    c_rate: float, duration_second: int, size_ah: float
) -> None:
    cell = make_cell("X", "NMC", size_ah)
    step = Step("CC_DCH", -c_rate, duration_second=float(duration_second))
    last = run(cell, (step,), start_soc=0.99).samples.row(-1, named=True)
    expected = c_rate * size_ah * duration_second / 3600
    assert last["step_discharging_capacity_ah"] == pytest.approx(expected, rel=1e-12)
    assert last["step_time_second"] == duration_second


@pytest.mark.parametrize("chemistry", CHEMISTRIES)
def test_energy_is_the_integral_of_voltage_times_current(chemistry: str) -> None:
    kind = CHEMISTRIES[chemistry]
    cell = make_cell("X", chemistry, 3.0)
    protocol = (
        cccv_charge(1.0, kind.upper_volt, 0.05),
        rest(300),
        cc_discharge(1.0, kind.lower_volt),
    )
    test = run(cell, protocol, cycler=Cycler(interval_second=0.25, first_row_second=0.0))
    for step in test.samples.partition_by("step_count", maintain_order=True):
        power = step["voltage_volt"].to_numpy() * step["current_ampere"].to_numpy()
        time = step["step_time_second"].to_numpy()
        integral = float(np.sum((power[1:] + power[:-1]) / 2 * np.diff(time))) / 3600
        last = step.row(-1, named=True)
        counted = last["step_charging_energy_wh"] - last["step_discharging_energy_wh"]
        assert counted == pytest.approx(integral, rel=2e-6, abs=1e-9)


def test_lost_energy_becomes_heat_and_charge_comes_back() -> None:
    cell = lfp()
    test = run(cell, (Loop(FULL_CYCLE, 3),), start_soc=0.1)
    cycles = test.cycles
    assert (cycles["charge_energy_wh"] > cycles["discharge_energy_wh"])[1:].all()
    assert test.samples["temperature_t1_celsius"].max() > 25.5
    efficiency = cycles["discharge_capacity_ah"] / cycles["charge_capacity_ah"]
    assert efficiency[1:].to_list() == pytest.approx([0.9995, 0.9995], abs=1e-6)


def test_temperature_settles_where_heat_and_cooling_balance() -> None:
    cell = lfp()
    long_pulse = Step("CC_DCH", -0.05, duration_second=36_000.0)
    test = run(cell, (long_pulse,), start_soc=0.9)
    current = 0.05 * 1.1
    heat = current**2 * (cell.ohmic_resistance_ohm + cell.branch_resistance_ohm)
    warmer = test.samples["temperature_t1_celsius"][-1] - 25.0
    assert warmer == pytest.approx(heat / cell.cooling_watt_per_kelvin, rel=1e-6)


def test_pulse_shows_both_resistances() -> None:
    cell = make_cell("X", "NMC", 2.0)
    test = run(
        cell, pulse(-1.0, 500.0, 60.0), start_soc=0.5, cycler=Cycler(500, first_row_second=0)
    )
    first, last = test.samples.row(0, named=True), test.samples.row(1, named=True)
    ocv = cell.ocv.volt(np.array([0.5, 0.5 - 1000 / 3600 / cell.capacity_ah]))
    assert (ocv[0] - first["voltage_volt"]) / 2.0 == pytest.approx(cell.ohmic_resistance_ohm)
    both = cell.ohmic_resistance_ohm + cell.branch_resistance_ohm * (1 - np.exp(-20))
    assert (ocv[1] - last["voltage_volt"]) / 2.0 == pytest.approx(both)


def test_steps_end_exactly_where_they_should() -> None:
    test = run(lfp(), FULL_CYCLE, start_soc=0.1)
    ends = test.samples.group_by("step_count", maintain_order=True).last()
    assert ends["voltage_volt"][0] == 3.6
    assert ends["current_ampere"][0] == pytest.approx(0.055, rel=1e-9)
    assert ends["step_time_second"][1] == 600.0
    assert ends["voltage_volt"][2] == 2.0
    assert test.steps["duration_second"].sum() == pytest.approx(
        test.samples["test_time_second"][-1]
    )


def test_held_voltage_may_end_by_time_and_needs_no_constant_current() -> None:
    test = run(lfp(), (cv_hold(3.5, 0.0001, duration_second=120),), start_soc=0.5)
    assert test.samples["voltage_volt"].unique().to_list() == [3.5]
    assert test.samples["step_time_second"][0] == 0.01
    assert test.samples["step_time_second"][-1] == 120.0
    assert test.samples["current_ampere"].is_sorted(descending=True)


def test_a_limit_already_passed_ends_the_step_at_once() -> None:
    test = run(lfp(), (cc_discharge(1.0, 3.4), cccv_charge(1.0, 3.2, 0.9)), start_soc=0.5)
    assert test.steps["rows"].to_list()[0] == 1
    assert test.samples.filter(pl.col("step_count") == 2)["voltage_volt"].unique().to_list() == [
        3.2
    ]


@given(
    root=st.floats(0, 0.02),
    linear=st.floats(0, 0.002),
    growth=st.floats(0, 0.01),
)
@settings(max_examples=20, deadline=None)
def test_fade_parameters_come_back(root: float, linear: float, growth: float) -> None:
    cell = make_cell("X", "NMC", 1.0, ageing=Ageing(root, linear, growth))
    cycle = (cccv_charge(1.0, 4.2, 0.05), cc_discharge(1.0, 2.8))
    cycles = run(cell, (Loop(cycle, 26),), cycler=Cycler(300)).cycles
    k = cycles["cycle_count"].to_numpy() - 1
    lost = 1 - cycles["capacity_ah"].to_numpy() / cell.capacity_ah
    found = np.linalg.lstsq(np.column_stack([np.sqrt(k), k]), lost, rcond=None)[0]
    assert found == pytest.approx([root, linear], abs=1e-9)
    grown = cycles["ohmic_resistance_ohm"].to_numpy() / cell.ohmic_resistance_ohm
    assert grown == pytest.approx(1 + growth * k)


def test_measured_capacity_fades_with_the_true_one() -> None:
    cell = lfp(ageing=Ageing(loss_per_cycle=0.002))
    cycles = run(cell, (Loop(FULL_CYCLE, 50),)).cycles
    measured = cycles["discharge_capacity_ah"][-1] / cycles["discharge_capacity_ah"][0]
    assert measured == pytest.approx(1 - 0.002 * 49, rel=2e-3)


def test_capacity_never_fades_to_nothing() -> None:
    assert Ageing(loss_per_cycle=0.1).capacity_share(1000) == 0.05


def test_counters_have_the_scope_that_their_name_says() -> None:
    samples = run(lfp(), (rest(60), Loop(FULL_CYCLE, 3)), start_soc=0.2).samples
    for flow in ("charging", "discharging"):
        for quantity in ("capacity_ah", "energy_wh"):
            step = samples[f"step_{flow}_{quantity}"]
            ends = samples.group_by("step_count", maintain_order=True).last()
            total = ends[f"step_{flow}_{quantity}"].sum()
            assert samples[f"{flow}_{quantity}"][-1] == pytest.approx(total, rel=1e-12)
            assert samples[f"{flow}_{quantity}"].is_sorted()
            cycle = samples.group_by("cycle_count", maintain_order=True)
            first = cycle.first()[f"cycle_{flow}_{quantity}"]
            assert first.max() < 1e-4
            assert step.min() == 0.0


def test_sample_columns_are_those_of_the_standard() -> None:
    samples = run(lfp(), (rest(60),)).samples
    assert set(samples.columns) <= set(BY_NOTATION)
    assert all(samples.schema[name] == BY_NOTATION[name].dtype for name in samples.columns)


def test_numbering_counts_rows_steps_and_cycles() -> None:
    samples = run(lfp(), (rest(60), Loop(FULL_CYCLE, 2), rest(60)), start_soc=0.2).samples
    assert samples["record_index"].to_list() == list(range(1, samples.height + 1))
    assert samples["step_count"].unique().sort().to_list() == list(range(1, 11))
    assert samples["step_id"].unique(maintain_order=True).to_list() == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
    ]
    assert samples["cycle_count"].unique().sort().to_list() == [1, 2, 3]
    first = samples.group_by("step_count", maintain_order=True).first()
    assert first["step_record_index"].unique().to_list() == [1]


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not() -> None:
    cycler = Cycler(voltage_noise_volt=1e-4, current_noise_c_rate=1e-4, temperature_noise_celsius=1)
    one, same, other = (
        run(lfp(), FULL_CYCLE, start_soc=0.1, cycler=cycler, seed=seed).samples
        for seed in (1, 1, 2)
    )
    assert_frame_equal(one, same, check_exact=True)
    assert (one["voltage_volt"] != other["voltage_volt"]).any()
    assert one.filter(pl.col("step_type") == "REST")["current_ampere"].unique().to_list() == [0.0]
    assert make_cell("A", seed=1) == make_cell("A", seed=1) != make_cell("A", seed=2)


def test_noise_has_the_promised_size_and_resolution() -> None:
    quiet = run(lfp(), FULL_CYCLE, start_soc=0.1, cycler=Cycler(1.0)).samples["voltage_volt"]
    noisy = run(lfp(), FULL_CYCLE, start_soc=0.1, cycler=Cycler(1.0, voltage_noise_volt=1e-3))
    assert float((noisy.samples["voltage_volt"] - quiet).std()) == pytest.approx(1e-3, rel=0.05)
    coarse = run(lfp(), FULL_CYCLE, start_soc=0.1, cycler=Cycler(1.0, voltage_resolution_volt=0.01))
    assert float((coarse.samples["voltage_volt"] - quiet).abs().max()) <= 0.005 + 1e-12  # type: ignore[arg-type]


def test_rows_come_by_time_and_by_change() -> None:
    by_time = run(lfp(), FULL_CYCLE, start_soc=0.1, cycler=Cycler(60)).samples
    assert by_time["step_time_second"].diff().max() <= 60 + 1e-9  # type: ignore[operator]
    discharge = by_time.filter(pl.col("step_type") == "CC_DCH")["step_time_second"]
    assert discharge.to_list()[:4] == [0.01, 60.0, 120.0, 180.0]
    changing = Cycler(60, voltage_step_volt=0.02, current_step_c_rate=0.05)
    dense = run(lfp(), FULL_CYCLE, start_soc=0.1, cycler=changing).samples
    discharge = dense.filter(pl.col("step_type") == "CC_DCH")["step_time_second"]
    assert discharge[-10:-1].diff().min() == pytest.approx(6.0)
    falling = dense.filter(pl.col("step_type") == "CCCV_CHG", pl.col("voltage_volt") == 3.6)
    assert falling["step_time_second"].diff().min() == pytest.approx(1.0)
    assert falling.height > by_time.filter(pl.col("voltage_volt") == 3.6).height


def test_streaming_gives_the_same_truth_in_any_batches() -> None:
    protocol = (rest(60), Loop(FULL_CYCLE, 5))
    whole = run(lfp(), protocol, start_soc=0.1).samples
    pieces = pl.concat(stream(lfp(), protocol, start_soc=0.1, cycles_per_batch=2))
    assert whole.height == pieces.height
    for name in ("voltage_volt", "test_time_second", "charging_capacity_ah", "record_index"):
        assert pieces[name].to_numpy() == pytest.approx(whole[name].to_numpy(), rel=1e-12)


@pytest.mark.parametrize("chemistry", CHEMISTRIES)
def test_open_circuit_voltage_rises_smoothly_between_the_limits(chemistry: str) -> None:
    cell = make_cell("X", chemistry)
    soc = np.linspace(-0.05, 1.05, 4001)
    volt = cell.ocv.volt(soc)
    assert (np.diff(volt) > 0).all()
    inside = soc[(soc > 0) & (soc < 1)]
    exact = cell.chemistry.ocv_volt(inside)
    assert cell.ocv.volt(inside) == pytest.approx(exact, abs=2e-5)
    assert (
        cell.chemistry.lower_volt - 0.06 < exact[0] < exact[-1] < cell.chemistry.upper_volt + 0.01
    )


def test_cold_cells_resist_more() -> None:
    cold, warm = (lfp(ambient_temperature_celsius=t).ohmic_resistance_ohm for t in (0.0, 40.0))
    assert cold / warm == pytest.approx(np.exp(30_000 / 8.314 * (1 / 273.15 - 1 / 313.15)))


def test_unknown_chemistries_and_endless_steps_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="no cell of chemistry 'LTO'"):
        make_cell("X", "LTO")
    with pytest.raises(InvalidRequest, match="nothing that ends it"):
        Step("CC_CHG", 1.0)


def test_each_round_of_a_loop_is_a_cycle() -> None:
    protocol = (rest(1), Loop((rest(2), rest(3)), 2), rest(4), Loop((rest(5),), 1))
    order = [(e.instruction, e.cycle_count) for e in unrolled(protocol)]
    assert order == [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (4, 3), (5, 3)]

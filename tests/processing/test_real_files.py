"""Steps, states of charge and counters of real files, against the cyclers' own numbers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from voltlake.processing.pipeline import Processed, process
from voltlake.processing.state_of_charge import state_of_charge
from voltlake.readers.contract import RawTest
from voltlake.readers.registry import installed_readers
from voltlake.readers.unpack import open_source


@cache
def understood(path: Path) -> tuple[RawTest, Processed]:
    with open_source(path) as source:
        _, raw = installed_readers().read(source)
        assert raw.samples is not None
        result = process(raw.samples, sign=raw.sign, scopes=raw.scopes)
    return raw, result


def of(shared_data: Path, name: str) -> tuple[RawTest, Processed]:
    return understood(next(shared_data.rglob(name)))


A123 = "A123_8Ah*_detail.csv"


def test_states_of_charge_of_the_a123_cell(shared_data):
    _, result = of(shared_data, A123)
    soc = dict(result.steps.select("step_count", "soc_end").iter_rows())
    per_cent = {step: round(100 * soc[step], 2) for step in (9, 11, 13, 17)}
    assert per_cent == {9: 100.03, 11: -0.16, 13: 99.97, 17: 99.91}
    assert soc[7] == 0.0
    assert soc[5] is None


def test_the_cycler_lost_its_total_and_we_did_not(shared_data):
    raw, result = of(shared_data, A123)
    steps, reported = result.steps, raw.reported_steps
    assert reported is not None
    by_vendor = state_of_charge(steps, 7, total_capacity_ah=reported["net_capacity_ah"])
    # The vendor's total restarts at step 57; read as it stands, 30 steps end below -3 %.
    assert round(100 * by_vendor["soc_end"].min(), 2) == -5.09
    assert (by_vendor["soc_end"] < -0.03).sum() == 30
    finding = next(each for each in result.findings if each.column == "net_capacity_ah")
    assert finding.code == "CUMULATIVE_VALUE_DECREASED"
    assert finding.row_first == steps["row_first"][56]
    # The cycler's own percentage, printed without decimals, sides with the sum over the steps.
    shown = reported["SOC"].str.strip_chars("%").cast(pl.Float64).to_numpy() / 100
    active = steps["step_type"].is_in(["charge", "discharge"]).to_numpy()
    active[:6] = False
    off = np.abs(steps["soc_end"].to_numpy() - shown)[active]
    assert off.size == 48
    assert off.max() < 0.0065


def test_steps_of_the_a123_cell_hold_the_cyclers_own_capacities(shared_data):
    raw, result = of(shared_data, A123)
    assert raw.reported_steps is not None
    net = result.steps["charge_capacity_ah"] - result.steps["discharge_capacity_ah"]
    assert net.to_list() == raw.reported_steps["step_net_capacity_ah"].to_list()
    assert net.len() == 116


def test_pulses_shorter_than_the_sampling(shared_data):
    _, result = of(shared_data, "2-1-6_61[[]07005012[]].nda")
    step = result.steps.row(0, named=True)
    assert step["step_type"] == "pulse"
    assert step["capacity_source"] == "counter"
    assert round(1000 * step["discharge_capacity_ah"], 1) == 299.9
    assert step["discharge_capacity_integrated_ah"] > 0.9
    assert result.findings == ()


@pytest.mark.parametrize(
    ("name", "steps", "cycles"),
    [
        ("batdata/arbin_example.csv", 12, 2),
        ("TESTCELL0001-B2-2025-M50T_NewareNDA_Investigation.ndax", 32, 7),
        ("TestFile.nda", 11, 3),
        ("xTESLADIAG_000019_CH70.070", 95, 3),
        ("PredictionDiagnostics_000109_tztest.010", 20, 4),
    ],
)
def test_clean_files_raise_no_doubt_and_prove_their_counters(shared_data, name, steps, cycles):
    _, result = of(shared_data, name)
    assert (result.steps.height, result.cycles.height) == (steps, cycles)
    assert result.findings == ()
    verdicts = {each.subject: each.verdict for each in result.detections}
    assert verdicts["current_sign"] == "verified"
    assert verdicts["time_base"] == "verified"
    assert verdicts["integral:capacity"] == "verified"
    samples = result.samples.collect(["charging_capacity_ah", "discharging_capacity_ah"])
    ends = result.steps["row_last"].to_numpy()
    for total, part in zip(samples.columns, ("charge", "discharge"), strict=True):
        per_step = result.steps[f"{part}_capacity_ah"].cum_sum().to_numpy()
        assert samples[total].to_numpy()[ends] == pytest.approx(per_step, rel=1e-9, abs=1e-12)

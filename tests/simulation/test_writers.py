"""Files as the vendors write them: headers, line ends, scopes, resolution."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from voltlake.canonical.columns import BY_LABEL
from voltlake.errors import InvalidRequest
from voltlake.simulation.cell import Ageing, make_cell
from voltlake.simulation.protocol import Loop, cc_discharge, cccv_charge, cv_hold, pulse, rest
from voltlake.simulation.run import Cycler, SimulatedTest, run
from voltlake.simulation.writers.arbin_csv import write_arbin_csv, write_arbin_metadata
from voltlake.simulation.writers.bdf_csv import write_bdf_csv
from voltlake.simulation.writers.beep_json import write_beep_json
from voltlake.simulation.writers.chroma_pair import write_chroma_pair
from voltlake.simulation.writers.maccor_text import VOLTAGE_BIT_VOLT, write_maccor_text
from voltlake.simulation.writers.neware_csv import write_neware_csv, write_neware_nested_csv


@pytest.fixture(scope="module")
def simulated() -> SimulatedTest:
    cell = make_cell("LFP_X", "LFP", 1.1, ageing=Ageing(0.004, 2e-4, 1e-3))
    steps = (
        cccv_charge(1.0, 3.6, 0.05),
        rest(600),
        cc_discharge(1.0, 2.0),
        rest(600),
    )
    pulses = (cv_hold(3.3, 0.02), *pulse(-1.0, 10, 60), *pulse(0.5, 10, 60))
    return run(
        cell,
        (rest(300), Loop(steps, 3), *pulses),
        start_soc=0.3,
        cycler=Cycler(60, first_row_second=0.0, voltage_noise_volt=2e-5),
    )


def header_of(path: Path, line: int = 0) -> str:
    return path.read_bytes().split(b"\n")[line].decode("utf-8-sig", errors="replace").rstrip("\r")


def test_arbin_mits_looks_like_the_exporters_file(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "pyprobe" / "arbin" / "sample_data_arbin.csv"
    made = write_arbin_csv(simulated.samples, tmp_path / "a.csv")
    assert header_of(made) == header_of(real)
    assert made.read_bytes()[:3] == real.read_bytes()[:3] == b"\xef\xbb\xbf"
    real_row, made_row = (header_of(path, 1).split(",") for path in (real, made))
    assert len(made_row) == len(real_row)
    assert [cell[:1] for cell in made_row[1:2]] == [cell[:1] for cell in real_row[1:2]] == ["\t"]


@pytest.mark.parametrize("name", ["batdata/arbin_example.csv", "beep/FastCharge_000025_CH8.csv"])
def test_arbin_tri_looks_like_the_matr_io_files(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path, name: str
) -> None:
    made = write_arbin_csv(simulated.samples, tmp_path / "a.csv", dialect="tri")
    assert header_of(made) == header_of(shared_data / name)
    assert made.read_bytes().count(b"\r\n") == simulated.samples.height + 1


def test_arbin_metadata_looks_like_the_matr_io_file(tmp_path: Path, shared_data: Path) -> None:
    made = write_arbin_metadata(
        tmp_path / "m.csv", barcode="EL1", schedule="s.sdu", channel=8, start_unix_time_second=1.0
    )
    real = shared_data / "beep" / "FastCharge_000025_CH8_Metadata.csv"
    assert header_of(made) == header_of(real)
    values = pl.read_csv(made).row(0, named=True)
    assert (values["item_id"], values["iv_ch_id"], values["schedule_file_name"]) == (
        "EL1",
        8,
        "s.sdu",
    )


@pytest.mark.parametrize(
    ("dialect", "separator", "current", "charge", "time"),
    [
        ("mits", ",", "Current (A)", "Charge Capacity (Ah)", "Test Time (s)"),
        ("tri", ",", "Current", "Charge_Capacity", "Test_Time"),
        ("sql", ";", "Current(A)", "Charge_Capacity(Ah)", "Test_Time(s)"),
    ],
)
def test_arbin_counters_restart_every_cycle_and_keep_seven_digits(
    simulated: SimulatedTest,
    tmp_path: Path,
    dialect: str,
    separator: str,
    current: str,
    charge: str,
    time: str,
) -> None:
    path = write_arbin_csv(simulated.samples, tmp_path / "a.csv", dialect=dialect)  # type: ignore[arg-type]
    table = pl.read_csv(path, separator=separator, infer_schema_length=None)
    truth = simulated.samples
    assert table.height == truth.height
    for column, name, digits in (
        (current, "current_ampere", 7),
        (charge, "cycle_charging_capacity_ah", 7),
    ):
        expected = truth[name].to_numpy()
        assert table[column].to_numpy() == pytest.approx(expected, rel=10.0 ** (1 - digits))
    assert table[time].to_numpy() == pytest.approx(truth["test_time_second"].to_numpy(), abs=5e-5)


def test_arbin_numbers_are_printed_as_net_prints_them(tmp_path: Path) -> None:
    cell = make_cell("X", "LFP", 0.002)
    samples = run(cell, (cccv_charge(0.01, 3.6, 0.005),), start_soc=0.5).samples.head(3)
    text = write_arbin_csv(samples, tmp_path / "a.csv").read_text("utf-8-sig")
    current = text.splitlines()[1].split(",")[9]
    assert current == "2E-05"


def test_unknown_dialect_is_refused(simulated: SimulatedTest, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no CSV dialect 'mts'"):
        write_arbin_csv(simulated.samples, tmp_path / "a.csv", dialect="mts")  # type: ignore[arg-type]


def test_wall_clock_is_that_of_the_cyclers_zone(simulated: SimulatedTest, tmp_path: Path) -> None:
    path = write_arbin_csv(simulated.samples, tmp_path / "a.csv", time_zone="America/New_York")
    assert header_of(path, 1).split(",")[1] == "\t01/05/2026 03:00:00.000"


def test_maccor_looks_like_a_mims_export(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "beep" / "xTESLADIAG_000019_CH70.070"
    made = write_maccor_text(simulated.samples, tmp_path / "x.070", comment="EXP")
    assert header_of(made, 1) == header_of(real, 1)
    words = ("Today's Date ", "Date of Test:\t", "Filename:\t", "Procedure: ", "Comment/Barcode: ")
    assert all(word in header_of(path, 0) for word in words for path in (real, made))
    real_row, made_row = (header_of(path, 2).split("\t") for path in (real, made))
    decimals = [[len(cell.partition(".")[2]) for cell in row] for row in (real_row, made_row)]
    assert decimals[0] == decimals[1]


def test_maccor_says_direction_by_letters_and_restarts_at_each_step(
    simulated: SimulatedTest, tmp_path: Path
) -> None:
    truth = simulated.samples
    path = write_maccor_text([truth.head(100), truth.slice(100)], tmp_path / "x.070")
    table = pl.read_csv(path, separator="\t", skip_rows=1)
    assert table["Amps"].min() == 0.0
    letters = table.group_by("Step", "State").len().sort("Step")
    assert letters["State"].to_list() == list("RCRDRCDRCR")
    assert table["Cyc#"].min() == 0
    charge = truth["step_charging_capacity_ah"] + truth["step_discharging_capacity_ah"]
    assert table["Amp-hr"].to_numpy() == pytest.approx(charge.to_numpy(), abs=5.1e-11)
    bits = table["Volts"].to_numpy() / VOLTAGE_BIT_VOLT
    assert bits == pytest.approx(np.round(bits), abs=2e-4)
    last = table.filter(pl.col("ES") >= 128)
    assert last.height == simulated.steps.height - 1 + 1
    assert last["ES"].to_list()[:5] == [129, 132, 129, 133, 129]
    signed = write_maccor_text(truth, tmp_path / "y.070", signed_current=True)
    assert pl.read_csv(signed, separator="\t", skip_rows=1)["Amps"].min() < 0  # type: ignore[operator]


def test_chroma_pair_looks_like_the_vendors(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    folder = shared_data / "chromalex" / "history" / "example_csv_chromaLex"
    real = folder / "EVE_M41_CLC_FCV_M-table_Peak_charge_60s_0220"
    pair = write_chroma_pair(simulated.samples, tmp_path, "P", line_end="\r\n")
    for made, kind in ((pair.detail, "Detail"), (pair.step, "Step")):
        vendors = real.with_name(f"{real.name}_{kind}.csv")
        assert header_of(made) == header_of(vendors)
        assert made.read_bytes()[:3] == vendors.read_bytes()[:3]
        assert len(header_of(made, 1).split(",")) == len(header_of(vendors, 1).split(","))


def test_english_chroma_pair_looks_like_the_vendors(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "chromalex" / "history" / "uploads"
    pair = write_chroma_pair(simulated.samples, tmp_path, "P", language="en")
    assert header_of(pair.detail) == header_of(real / "Detail.csv")
    assert header_of(pair.step) == header_of(real / "Step.csv")
    steps = pl.read_csv(pair.step)
    assert steps["Step Index"].to_list() == list(range(1, simulated.steps.height + 1))
    lasts = steps["End DateTime [s]"] - steps["Start DateTime [s]"]
    assert lasts.to_numpy() == pytest.approx(
        simulated.steps["duration_second"].to_numpy(), abs=1e-3
    )


def test_chroma_step_capacity_is_the_last_of_its_rows(
    simulated: SimulatedTest, tmp_path: Path
) -> None:
    pair = write_chroma_pair(simulated.samples, tmp_path, "P")
    detail, step = (
        pl.read_csv(path, encoding="utf8", infer_schema=False) for path in (pair.detail, pair.step)
    )
    last = detail.group_by("工步", maintain_order=True).last()
    assert last["電量(Ah)"].to_list() == step["截止電量(Ah)"].to_list()
    assert last["狀態"].to_list() == step["狀態"].to_list()
    assert all(state.startswith("StepFinishByCut_") for state in step["狀態"])
    net = (
        simulated.steps["step_charging_capacity_ah"]
        - simulated.steps["step_discharging_capacity_ah"]
    )
    printed = step["截止電量(Ah)"].cast(pl.Float64).to_numpy()
    assert printed == pytest.approx(net.to_numpy(), rel=1e-6)
    total = step["總電量(Ah)"].cast(pl.Float64).to_numpy()
    assert total == pytest.approx(np.cumsum(net.to_numpy()), rel=1e-5, abs=1e-6)


def test_neware_flat_looks_like_btsdas(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "cellpy" / "examples" / "data" / "neware_uio.csv"
    made = write_neware_csv(simulated.samples, tmp_path / "n.csv")
    assert header_of(made) == header_of(real)
    chinese = write_neware_csv(simulated.samples, tmp_path / "z.csv", language="zh")
    assert header_of(chinese).split(",")[:5] == ["数据序号", "循环号", "工步号", "工步类型", "时间"]
    assert len(header_of(chinese).split(",")) == len(header_of(made).split(","))
    table = pl.read_csv(made)
    kinds = table["Step Type"].unique().sort().to_list()
    assert kinds == ["CC Chg", "CC DChg", "CCCV Chg", "CV Chg", "Rest"]
    ends = table.filter(pl.col("Time").shift(-1) == "00:00:00")["Chg. Cap.(Ah)"]
    truth = simulated.steps["step_charging_capacity_ah"][:-1]
    assert ends.to_numpy() == pytest.approx(truth.to_numpy(), abs=5.1e-9)


def test_neware_durations_go_beyond_a_day(tmp_path: Path) -> None:
    samples = run(make_cell("X"), (rest(100_000.0),), cycler=Cycler(50_000)).samples
    table = pl.read_csv(write_neware_csv(samples, tmp_path / "n.csv"))
    assert table["Cumulative Time"].to_list() == ["00:00:00", "13:53:20", "27:46:40"]


def test_neware_nested_looks_like_btsdas(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "cellpy" / "testdata" / "data" / "nw_regular_export_ife_example.csv"
    made = write_neware_nested_csv(simulated.samples, tmp_path / "n.csv")
    for line in range(3):
        vendors, ours = header_of(real, line).split(","), header_of(made, line).split(",")
        assert set(ours) <= set(vendors)
        assert ours[:6] == vendors[:6]
    lines = made.read_text().splitlines()
    assert sum(line.startswith(",,") for line in lines) == simulated.samples.height + 1
    cycles = [line for line in lines[3:] if not line.startswith(",")]
    assert len(cycles) == simulated.cycles.height
    truth = simulated.cycles.row(1, named=True)
    assert cycles[1].split(",")[:3] == [
        "2", f"{truth['charge_capacity_ah']:.5f}", f"{truth['discharge_capacity_ah']:.5f}"
    ]  # fmt: skip
    seconds = sum(
        int(n) * unit
        for n, unit in zip(cycles[1].split(",")[6].split(":"), (3600, 60, 1), strict=True)
    )
    charge = simulated.steps.filter(pl.col("cycle_count") == 2, pl.col("step_type") == "CCCV_CHG")
    assert seconds == pytest.approx(charge["duration_second"][0], abs=1)


def test_bdf_text_is_the_truth_itself(simulated: SimulatedTest, tmp_path: Path) -> None:
    table = pl.read_csv(write_bdf_csv(simulated.samples, tmp_path / "x.bdf.csv"))
    for label in table.columns:
        truth = simulated.samples[BY_LABEL[label].notation]
        assert table[label].cast(truth.dtype).equals(truth)
    few = write_bdf_csv(simulated.samples, tmp_path / "y.csv", columns=("voltage_volt",))
    assert header_of(few) == "Voltage / V"


def test_beep_json_has_the_keys_of_the_real_one(
    simulated: SimulatedTest, tmp_path: Path, shared_data: Path
) -> None:
    path = shared_data / "beep" / "PreDiag_000233_00021F_truncated_structure.json"
    real = json.loads(path.read_text())
    made = json.loads(write_beep_json(simulated, tmp_path / "x.json").read_text())
    assert set(made) == set(real)
    assert set(made["summary"]) == set(real["summary"])
    assert made["@class"] == real["@class"]


def test_beep_flattened_curves_are_the_measured_ones(
    simulated: SimulatedTest, tmp_path: Path
) -> None:
    path = write_beep_json(simulated, tmp_path / "x_structure.json.gz", points=200)
    text = gzip.decompress(path.read_bytes()).decode()
    assert "NaN" in text
    curves = json.loads(text)["cycles_interpolated"]
    assert "time" not in curves
    assert "test_time" not in curves
    lengths = {len(values) for values in curves.values()}
    assert lengths == {2 * 200 * simulated.cycles.height}
    table = pl.DataFrame(curves, strict=False)
    discharge = table.filter(pl.col("cycle_index") == 1, pl.col("step_type") == "discharge")
    assert discharge["voltage"].to_list() == pytest.approx(np.linspace(2.8, 3.5, 200).tolist())
    measured = simulated.samples.filter(
        pl.col("cycle_count") == 2, pl.col("step_type") == "CC_DCH"
    ).sort("voltage_volt")
    expected = np.interp(3.2, measured["voltage_volt"], measured["cycle_discharging_capacity_ah"])
    known = discharge.filter(pl.col("discharge_capacity").is_not_nan())
    found = np.interp(3.2, known["voltage"], known["discharge_capacity"])
    assert found == pytest.approx(expected, abs=1e-3)


def test_beep_nested_has_time_in_order(simulated: SimulatedTest, tmp_path: Path) -> None:
    path = write_beep_json(simulated, tmp_path / "x.json", shape="nested", points=100)
    cycles = json.loads(path.read_text())["cycles_interpolated"]
    assert list(cycles) == [str(n) for n in range(simulated.cycles.height)]
    for cycle in cycles.values():
        assert cycle["time"] == sorted(cycle["time"])
        assert len({len(values) for values in cycle.values()}) == 1


def test_beep_summary_follows_its_definitions(simulated: SimulatedTest, tmp_path: Path) -> None:
    summary = json.loads(write_beep_json(simulated, tmp_path / "x.json").read_text())["summary"]
    truth = simulated.cycles
    assert summary["cycle_index"] == [0, 1, 2, 3]
    assert summary["discharge_capacity"] == pytest.approx(truth["discharge_capacity_ah"].to_list())
    assert summary["charge_throughput"][2] == pytest.approx(truth["charge_capacity_ah"][:3].sum())
    ratio = truth["discharge_energy_wh"][1] / truth["charge_energy_wh"][1]
    assert summary["energy_efficiency"][1] == pytest.approx(ratio)
    assert summary["date_time_iso"][0] == "2026-01-05T08:00:00+00:00"
    # 0.8 · 1.1 Ah at 1.1 A take 48 minutes, and rows come every minute.
    assert summary["charge_duration"][1] == pytest.approx(2880, abs=61)
    assert math.isnan(summary["charge_duration"][3])
    minutes = truth["duration_second"][1] / 60
    assert summary["time_temperature_integrated"][1] == pytest.approx(26 * minutes, rel=0.03)
    assert summary["paused"] == [0, 0, 0, 0]

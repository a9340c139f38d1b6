"""Chroma's pair: both files, every layout, their agreement, and the state of charge."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.errors import ContradictoryContent, MissingColumns, NoSamples, UnreadableValue
from voltlake.readers.contract import Claim, RawTest, ReadOptions
from voltlake.readers.formats.chroma_pair import READER
from voltlake.readers.unpack import open_source

DETAIL_HEADER = (
    "循環,迴圈,子循環,子迴圈,MR編號,子工步編號,工步編號,工步,工步種類,實際開始時間,執行時間(秒),"
    "工步執行時間(秒),電壓(V),電流(A),功率(W),電量(Ah),能量(Wh),總電量(Ah),狀態,Aux T1,溫箱溫度,"
    "Aux T2,Aux T3"
)
STEP_HEADER = (
    "循環,迴圈,子循環,子迴圈,MR編號,子配方編號,工步編號,工步,工步種類,日期時間,工步執行時間(秒),"
    "工步時間,截止電壓(V),截止電流(A),能量(Wh),截止電量(Ah),功率(W),總電量(Ah),狀態,Aux T1,"
    "溫箱溫度,恆電流段電量(Ah),平均電壓(V),Var01,SOC"
)
# (step, kind, clock, test time, step time, V, A, step Ah, step Wh, total Ah, status)
ROWS = (
    (1, "靜置", "02/20/2025 09:20:54", 0.01, 0.01, 3.49, 0, 0, 0, 0, "StepRunning"),
    (1, "靜置", "02/20/2025 09:21:54", 60, 60, 3.5, 0, 0, 0, 0, "StepFinishByCut_T"),
    (2, "CC充電", "02/20/2025 09:22:54", 120, 60, 3.6, 2, 0.03, 0.1, 0.03, "StepFinishByCut_V"),
    (3, "CC放電", "02/20/2025 09:23:54", 180, 60, 3.4, -2, -0.05, -0.2, -0.02, "StepFinishByCut_V"),
)


def detail_text(rows=ROWS, chamber: object = 25) -> str:
    lines = [
        f"1,1,1,{step},1,1,{step + 10},{step},{kind},{clock},{time},{since},{volt},{ampere},0,"
        f"{ah},{wh},{total},{status},25.2,{chamber},24.7,24.6"
        for step, kind, clock, time, since, volt, ampere, ah, wh, total, status in rows
    ]
    return "\ufeff" + "\n".join([DETAIL_HEADER, *lines, ""])


def step_text(rows=ROWS) -> str:
    last = {row[0]: row for row in rows}
    lines = [
        f"1,1,1,{step},1,1,{step + 10},{step},{kind},{clock},{since},00:00:01:00.000,{volt},"
        f"{ampere},{wh},{ah},0,{total},{status},25.2,25,-600000,0,9.09,1%"
        for step, kind, clock, _, since, volt, ampere, ah, wh, total, status in last.values()
    ]
    return "\ufeff" + "\n".join([STEP_HEADER, *lines, ""])


def pair(folder: Path, detail: str, step: str | None, stem: str = "A1_") -> Path:
    path = folder / f"{stem}Detail.csv"
    path.write_text(detail, encoding="utf-8")
    if step is not None:
        (folder / f"{stem}Step.csv").write_text(step, encoding="utf-8")
    return path


def read(path: Path, **options: object) -> RawTest:
    with open_source(path) as source:
        return READER.read(source, ReadOptions(**options))


def claim(path: Path) -> Claim | None:
    with open_source(path) as source:
        return READER.claim(source)


def beside(path: Path) -> tuple[tuple[Path, ...], Path | None]:
    with open_source(path) as source:
        return READER.companions(source), READER.primary(source)


def codes(test: RawTest) -> list[str]:
    return [finding.code for finding in test.findings]


def test_a_pair_gives_rows_and_the_vendors_steps(tmp_path):
    test = read(pair(tmp_path, detail_text(), step_text()), timezone="Asia/Taipei", batch_rows=3)
    samples = test.samples.collect()
    assert samples["step_count"].to_list() == [1, 1, 2, 3]
    assert samples["step_id"].to_list() == ["11", "11", "12", "13"]
    assert samples["cycle_count"].to_list() == [1] * 4
    assert samples["aux_sub_loop_count"].to_list() == [1, 1, 2, 3]
    assert samples["step_type"].to_list() == ["靜置", "靜置", "CC充電", "CC放電"]
    assert samples["test_time_second"].to_list() == [0.01, 60, 120, 180]
    assert samples["step_net_capacity_ah"].to_list() == [0, 0, 0.03, -0.05]
    assert samples["net_capacity_ah"].to_list() == [0, 0, 0.03, -0.02]
    assert samples["ambient_temperature_celsius"].to_list() == [25.0] * 4
    assert samples["temperature_t2_celsius"].to_list() == [24.7] * 4
    assert samples["aux_status_text"][1] == "StepFinishByCut_T"
    # 2025-02-20 09:20:54 in Taipei is 01:20:54 UTC; the clock advances from row to row.
    assert samples["unix_time_second"].to_list() == [1740014454 + 60 * n for n in range(4)]
    assert test.sign is Sign.CHARGE_POSITIVE
    assert test.scopes["step_net_capacity_ah"] is Scope.STEP
    assert test.scopes["net_capacity_ah"] is Scope.TEST
    assert test.metadata.test_name == "A1"
    assert [path.name for path in test.companions] == ["A1_Step.csv"]
    steps = test.reported_steps
    assert steps["step_count"].to_list() == [1, 2, 3]
    assert steps["vendor_step_type"].to_list() == ["靜置", "CC充電", "CC放電"]
    assert steps["duration_second"].to_list() == [60, 60, 60]
    assert steps["voltage_end_volt"].to_list() == [3.5, 3.6, 3.4]
    assert steps["工步時間"][0] == "00:00:01:00.000"
    assert steps["恆電流段電量_ah"].null_count() == 3
    assert steps["SOC"].to_list() == ["1%"] * 3
    assert "voltage_mean_volt" not in steps.columns
    assert codes(test) == ["SENTINEL_VALUES"]
    assert "Step file: 3 values of -600000" in test.findings[0].message


def test_a_channel_that_is_not_measured_is_unknown(tmp_path):
    test = read(pair(tmp_path, detail_text(chamber=-600000), None))
    samples = test.samples.collect(["ambient_temperature_celsius"])
    assert samples["ambient_temperature_celsius"].null_count() == 4
    assert "SENTINEL_VALUES" in codes(test)
    assert "STEP_FILE_MISSING" in codes(test)
    assert test.reported_steps is None


def test_one_unfinished_step_more_in_the_rows_is_said_once(tmp_path):
    path = pair(tmp_path, detail_text(), step_text(ROWS[:3]))
    test = read(path)
    test.samples.collect()
    test.samples.collect()
    assert codes(test).count("UNFINISHED_STEP") == 1
    assert test.samples.collect(["voltage_volt"]).shape == (4, 1)


@pytest.mark.parametrize(
    ("detail", "step"),
    [(ROWS[:2], ROWS), (ROWS, ROWS[:2]), (ROWS, ROWS[2:])],
    ids=["steps without rows", "two steps without a line", "an early step without a line"],
)
def test_files_of_other_tests_contradict_each_other(tmp_path, detail, step):
    test = read(pair(tmp_path, detail_text(detail), step_text(step)))
    with pytest.raises(ContradictoryContent, match=r"A1_Step\.csv"):
        test.samples.collect()


def test_another_capacity_in_the_step_file_is_a_doubt(tmp_path):
    step = step_text().replace("-0.05", "-0.25")
    test = read(pair(tmp_path, detail_text(), step))
    test.samples.collect()
    (doubt,) = [each for each in test.findings if each.code == "STEP_CAPACITY_DIFFERS"]
    assert doubt.count == 1
    assert "0.2 Ah" in doubt.message


def test_each_file_finds_the_other(tmp_path):
    detail = pair(tmp_path, detail_text(), step_text())
    step = tmp_path / "A1_Step.csv"
    assert beside(detail) == ((step,), None)
    assert beside(step) == ((), detail)
    assert claim(detail).confidence == claim(step).confidence == 80


def test_names_match_in_any_case_without_a_prefix_and_packed(tmp_path):
    detail = tmp_path / "DETAIL.csv"
    detail.write_text(detail_text(), encoding="utf-8")
    packed = tmp_path / "step.CSV.gz"
    packed.write_bytes(gzip.compress(step_text().encode()))
    assert beside(detail) == ((packed,), None)
    test = read(detail)
    assert test.reported_steps.height == 3
    assert test.metadata.test_name is None


def test_a_partner_is_known_by_content_and_not_by_name(tmp_path):
    detail = pair(tmp_path, detail_text(), "not,a,step\n1,2,3\n")
    assert beside(detail) == ((), None)
    (tmp_path / "A1_Step.csv").unlink()
    (tmp_path / "A1_Step.csv.gz").write_bytes(b"\x1f\x8b damaged")
    assert beside(detail) == ((), None)
    (tmp_path / "B_Step.csv").write_text(step_text(), encoding="utf-8")
    assert beside(detail) == ((), None)


def test_a_step_file_alone_gives_the_steps_only(tmp_path):
    path = tmp_path / "A1_Step.csv"
    path.write_text(step_text(), encoding="utf-8")
    test = read(path)
    assert test.samples is None
    assert test.reported_steps.height == 3
    assert "DETAIL_FILE_MISSING" in codes(test)
    assert beside(path) == ((), None)
    pair(tmp_path, detail_text(), None)
    assert "SAMPLES_IN_DETAIL_FILE" in codes(read(path))


def test_a_file_under_any_name_is_read_without_a_partner(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(detail_text(), encoding="utf-8")
    assert claim(path).confidence == 80
    assert read(path).samples.collect().height == 4


def test_the_rows_settle_the_order_of_dates_for_both_files(tmp_path):
    """Days up to 12 leave the Step file undecided; a day of elapsed time decides the rows."""
    times = [("03/04/2025 00:00:00", 0), ("03/05/2025 00:00:00", 86_400)]
    rows = [(1, "靜置", clock, time, time, 3, 0, 0, 0, 0, "x") for clock, time in times]
    test = read(pair(tmp_path, detail_text(rows), step_text(rows)))
    assert test.reported_steps["start_unix_time_second"].to_list() == [1741132800]
    assert "DATE_ORDER_ASSUMED" not in codes(test)


def test_an_undecided_order_of_dates_is_said_once(tmp_path):
    rows = [(1, "靜置", "03/04/2025 00:00:00", 0, 0, 3, 0, 0, 0, 0, "x")]
    assert (
        codes(read(pair(tmp_path, detail_text(rows), step_text(rows)))).count("DATE_ORDER_ASSUMED")
        == 1
    )


ENGLISH_DETAIL = """Step Index,DateTime [s],Voltage [V],Current [A],Aux T1 [oC],Capacity [Ah]
1,1714503600,3.80,0.00,25.1,0.00
2,1714503660.25,3.85,1.00,25.5,0.50
"""
ENGLISH_STEP = """Step Index,Step Type,Start DateTime [s],End DateTime [s],End Voltage [V]
1,Rest,1714503600,1714503600,3.8
2,CC_Chg,1714503600,1714503660,3.85
"""


def test_the_english_layout_counts_its_time_from_the_first_clock(tmp_path):
    detail = pair(tmp_path, ENGLISH_DETAIL, ENGLISH_STEP, stem="")
    assert claim(detail).confidence == 60
    assert claim(tmp_path / "Step.csv").confidence == 60
    test = read(detail, batch_rows=1)
    samples = test.samples.collect()
    assert samples["test_time_second"].to_list() == [0, 60.25]
    assert samples["unix_time_second"].to_list() == [1714503600, 1714503660.25]
    assert test.reported_steps["end_unix_time_second"].to_list() == [1714503600, 1714503660]
    assert codes(test) == ["TEST_TIME_FROM_CLOCK"]
    assert test.samples.collect(["test_time_second"]).columns == ["test_time_second"]
    (tmp_path / "Step.csv").unlink()
    assert claim(detail).confidence == 55


GENERIC_DETAIL = """Step_Index,Date_Time,Voltage,Current
1,02/20/2025 09:20:54,3.8,0
2,02/20/2025 09:21:54,3.9,1
"""
GENERIC_STEP = "Step_Index,Step_Type,Step_Name,Status\n1,Rest,first,done\n2,CC_Chg,second,done\n"


def test_the_generic_layout_is_known_only_as_a_pair(tmp_path):
    detail = pair(tmp_path, GENERIC_DETAIL, GENERIC_STEP)
    assert claim(detail).confidence == 60
    test = read(detail)
    assert test.samples.collect()["test_time_second"].to_list() == [0, 60]
    assert test.reported_steps["step_name"].to_list() == ["first", "second"]
    (tmp_path / "A1_Step.csv").unlink()
    assert claim(detail) is None


@pytest.mark.parametrize(
    "text",
    [
        "Row,Time,Cell_Voltage,Cell_Current\n1,2,3,4\n",
        "Data_Point,Test_Time(s),Date_Time,Step_Index,Cycle_Index,Current(A),Voltage(V)\n",
        "made by hand\nStep Index,DateTime [s],Voltage [V],Current [A]\n1,1714503600,3.8,0\n",
        "{}",
        "",
    ],
)
def test_other_tables_are_not_claimed(tmp_path, text):
    path = tmp_path / "A1_Detail.csv"
    path.write_text(text)
    assert claim(path) is None
    assert beside(path) == ((), None)


def test_damage_is_an_error_with_its_place(tmp_path):
    with pytest.raises(NoSamples):
        read(pair(tmp_path, "\ufeff" + DETAIL_HEADER + "\n", None))
    with pytest.raises(UnreadableValue, match="row 3"):
        read(pair(tmp_path, detail_text().replace(",3.6,", ",3.x6,"), None)).samples.collect()
    with pytest.raises(MissingColumns, match="neither a test time nor a clock"):
        read(pair(tmp_path, "Step Index,Voltage,Current\n1,3.8,0\n", None))


REAL_PAIRS = {
    "A123_8Ah_Ch-Dch C-rate test+1C Dch VarT_detail.csv": 116,
    "history/example_csv_chromaLex/EVE_M41_CLC_FCV_M-table_Peak_charge_60s_0220_Detail.csv": 18,
}


@pytest.mark.parametrize("name", REAL_PAIRS)
def test_each_steps_capacity_in_the_rows_is_the_vendors_exactly(shared_data, name):
    test = read(shared_data / "chromalex" / name)
    last = (
        test.samples.collect()
        .group_by("step_count")
        .agg(pl.col("step_net_capacity_ah", "step_net_energy_wh", "step_time_second").last())
    )
    both = test.reported_steps.join(last, on="step_count", suffix="_of_rows", validate="1:1")
    assert both.height == REAL_PAIRS[name]
    for quantity in ("step_net_capacity_ah", "step_net_energy_wh"):
        assert (both[quantity] - both[f"{quantity}_of_rows"]).abs().max() == 0.0
    assert (both["duration_second"] - both["step_time_second"]).abs().max() == 0.0
    assert both["step_net_capacity_ah"].abs().max() > 9
    assert "STEP_CAPACITY_DIFFERS" not in codes(test)


def state_of_charge_percent(steps: pl.DataFrame, reference: int) -> dict[int, float]:
    """SOC at the end of each step: 100 (total - total of the reference) / |its capacity|."""
    row = steps.row(by_predicate=pl.col("step_count") == reference, named=True)
    gone = steps["net_capacity_ah"] - row["net_capacity_ah"]
    soc = 100 * gone / abs(row["step_net_capacity_ah"])
    return dict(zip(steps["step_count"], soc.round(2), strict=True))


def test_the_state_of_charge_of_the_a123_file_is_the_known_one(shared_data):
    steps = read(shared_data / "chromalex" / next(iter(REAL_PAIRS))).reported_steps
    discharges = steps.filter(pl.col("vendor_step_type") == "CC放電")
    assert discharges["step_count"][1] == 7
    assert discharges["step_net_capacity_ah"][1] == -9.092679
    soc = state_of_charge_percent(steps, 7)
    assert {step: soc[step] for step in (9, 11, 13, 17)} == {
        9: 100.03, 11: -0.16, 13: 99.97, 17: 99.91,
    }  # fmt: skip
    after = [value for step, value in soc.items() if step >= 7]
    assert min(after) == -5.09
    assert sum(value < -3 for value in after) == 30


def test_the_real_rows_charge_with_a_positive_current(shared_data):
    samples = read(shared_data / "chromalex" / next(iter(REAL_PAIRS))).samples.collect()
    assert samples.height == 23_038
    charging = samples.filter(pl.col("step_type") == "CC-CV充電")["current_ampere"]
    discharging = samples.filter(pl.col("step_type") == "CC放電")["current_ampere"]
    assert charging.min() > 0
    assert discharging.max() < 0
    clock = samples["unix_time_second"] - samples["test_time_second"]
    # The clock advances from row to row; the computer's runs 3.5 s apart in 4.6 days.
    assert clock.max() - clock.min() < 5


def test_the_orphan_step_file_and_the_wrong_headers(shared_data):
    folder = shared_data / "chromalex"
    orphan = read(folder / "EVE_M41_RFQ for BMW 0402_Step.csv")
    assert orphan.samples is None
    assert orphan.reported_steps.height == 235
    assert {"SENTINEL_VALUES", "DETAIL_FILE_MISSING"} <= set(codes(orphan))
    assert claim(folder / "history/example_csv_chromaLex/Bad_Headers.csv") is None


def test_the_hand_made_english_pair_is_read_and_its_contradiction_said(shared_data):
    test = read(shared_data / "chromalex/history/uploads/Detail.csv")
    assert test.samples.collect()["test_time_second"].to_list()[-1] == 9000
    assert "STEP_CAPACITY_DIFFERS" in codes(test)


def test_no_other_real_file_is_claimed(shared_data):
    texts = [
        path
        for pattern in ("*.csv", "*.txt", "*.[0-9][0-9][0-9]")
        for path in sorted(shared_data.rglob(pattern))
        if "chromalex" not in path.parts and path.stat().st_size < 20e6
    ]
    assert len(texts) > 50
    assert [path.name for path in texts if claim(path) is not None] == []

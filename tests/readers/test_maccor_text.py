"""Maccor text against other programs' readings of the same files, and its traps by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.text_files import codes, read, source
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.errors import ContradictoryContent, UnreadableValue
from voltlake.readers.formats.maccor_text import READER
from voltlake.readers.unpack import open_source

HEADER = (
    "Rec#\tCyc#\tStep\tTest (Sec)\tStep (Sec)\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time"
)
TOP = (
    "Today's Date 04/20/2016  Date of Test:\t04/19/2016\t Filename:\tC:\\a b\\cell_1.001 "
    "Procedure: F.000Form\tComment/Barcode: X1\n"
)
ROWS = (
    "1\t0\t1\t0.0\t0.0\t0\t0\t0.0\t3.3\tR\t0\t04/19/2016 16:05:31",
    "2\t0\t2\t1.0\t1.0\t0.1\t0.3\t0.5\t3.4\tC\t1\t04/19/2016 16:05:32",
    "3\t0\t3\t2.0\t1.0\t0.1\t0.3\t0.5\t3.3\tD\t1\t04/19/2016 16:05:33",
    "4\t0\t4\t3.0\t1.0\t0.1\t0.3\t0.2\t3.3\tP\t1\t04/19/2016 16:05:34",
)


def maccor_text(header: str = HEADER, rows: tuple[str, ...] = ROWS) -> str:
    return TOP + "\n".join((header, *rows)) + "\n"


@pytest.mark.shared_data
def test_every_value_of_cellpys_golden(shared_data: Path) -> None:
    golden = pl.read_parquet(
        shared_data / "cellpy/tests/data/goldens/loader_maccor_txt/raw.parquet"
    )
    with open_source(shared_data / "cellpy/testdata/data/maccor_001.txt") as opened:
        frame = read(READER, opened)[0]
    assert frame.height == golden.height == 6704
    pairs = {
        "record_index": "data_point", "voltage_volt": "voltage", "step_type": "State",
        "aux_es_count": "ES", "ac_internal_resistance_ohm": "ac_impedance",
        "dc_internal_resistance_ohm": "internal_resistance",
        **{f"aux_{n}_celsius": f"Aux #{n}" for n in range(1, 17)},
        **{f"aux_var{n}_count": f"VAR{n}" for n in range(1, 16)},
    }  # fmt: skip
    compared = 0
    for ours, theirs in pairs.items():
        assert (frame[ours] == golden[theirs]).all(), ours
        compared += frame.height
    # cellpy runs the counter on by direction, adds up durations in floats and numbers from 1.
    either = golden["charge_capacity"].to_numpy() + golden["discharge_capacity"].to_numpy()
    counter = frame["step_cumulative_capacity_ah"].to_numpy()
    same_step = np.diff(frame["step_id"].cast(pl.Int64).to_numpy()) == 0
    moving = frame["step_type"].is_in(["C", "D"]).to_numpy()
    inside = same_step & moving[1:] & moving[:-1]
    assert np.abs(np.diff(counter) - np.diff(either))[inside].max() < 1e-9
    assert inside.sum() > 1000
    assert np.abs((frame["test_time_second"] - golden["test_time"]).to_numpy()).max() < 1e-6
    assert np.abs((frame["step_time_second"] - golden["step_time"]).to_numpy()).max() < 1e-6
    assert (frame["current_ampere"].abs() == golden["current"].abs()).all()
    assert (frame["cycle_count"] + 1 == golden["cycle_index"]).all()
    clock = golden["date_time"].dt.epoch("us") / 1e6
    assert (frame["unix_time_second"] == clock).all()
    assert compared > 200_000


@pytest.mark.shared_data
def test_the_end_of_summer_time_against_beep(shared_data: Path) -> None:
    """BEEP takes both passes of the hour for the first one; the test time shows it."""
    beep = pl.read_csv(shared_data / "beep/BEEPDatapath_maccor_parameterized_memloaded.csv")
    utc = beep["date_time_iso"].str.to_datetime("%Y-%m-%dT%H:%M:%S%z").dt.epoch("s")
    path = shared_data / "beep/PredictionDiagnostics_000109_tztest.010"
    with open_source(path) as opened:
        frame, raw = read(READER, opened, timezone="America/Los_Angeles")
    ours = frame["unix_time_second"].to_numpy()
    difference = ours - utc.to_numpy()
    second_pass = (ours >= 1572771600.0 - 3600.0) & (difference != 0)
    assert (difference == 0).sum() == 1835
    assert set(difference[difference != 0]) == {3600.0}
    again = (beep["date_time"].str.slice(11, 2) == "01").to_numpy()
    assert (again | (difference == 0)).all()
    elapsed = frame["test_time_second"].to_numpy()
    assert np.abs(np.diff(ours) - np.diff(elapsed)).max() <= 1.0
    assert np.abs(np.diff(utc.to_numpy()) - np.diff(elapsed)).max() > 3500
    assert second_pass.sum() == 330
    assert "DST_SHIFT" in codes(raw)


def test_the_state_gives_the_sign(tmp_path: Path) -> None:
    frame, raw = read(READER, source(tmp_path, maccor_text()))
    assert frame["current_ampere"].to_list() == [0.0, 0.5, -0.5, 0.2]
    assert raw.sign is Sign.STATE_LABEL
    assert raw.scopes["step_cumulative_capacity_ah"] is Scope.STEP
    assert "SIGN_NOT_SAID" in codes(raw)
    assert raw.metadata.test_name == "cell_1.001"
    assert (raw.metadata.protocol, raw.metadata.description) == ("F.000", "X1")


def test_a_sign_against_the_state_is_said(tmp_path: Path) -> None:
    rows = (ROWS[0], ROWS[1].replace("\t0.5\t", "\t-0.5\t"), ROWS[2])
    frame, raw = read(READER, source(tmp_path, maccor_text(rows=rows)))
    assert frame["current_ampere"].to_list() == [0.0, 0.5, -0.5]
    finding = next(each for each in raw.findings if each.code == "STATE_CONTRADICTS_SIGN")
    assert (finding.row_first, finding.count) == (1, 1)


def test_millivolts_only_if_the_header_says_so(tmp_path: Path) -> None:
    header = HEADER.replace("Volts", "Volts (mV)")
    assert read(READER, source(tmp_path, maccor_text(header)))[0]["voltage_volt"][0] == 0.0033


def test_clock_times_without_date_roll_over_at_midnight(tmp_path: Path) -> None:
    rows = tuple(
        row.replace("04/19/2016 16:05:3", "").rsplit("\t", 1)[0] + f"\t{clock}"
        for row, clock in zip(ROWS, ("23:59:58", "23:59:59", "0:00:00", "0:00:01"), strict=True)
    )
    frame, raw = read(READER, source(tmp_path, maccor_text(rows=rows)))
    assert frame["unix_time_second"].diff().drop_nulls().to_list() == [1.0, 1.0, 1.0]
    assert frame["unix_time_second"][0] == 1461110398.0
    assert any(each.subject == "date" and each.assumed for each in raw.declarations)
    bare = maccor_text(rows=rows).replace(TOP, "")
    frame, raw = read(READER, source(tmp_path, bare))
    assert "unix_time_second" not in frame.columns
    assert "CLOCK_NOT_UNDERSTOOD" in codes(raw)


def test_a_channels_unit_stands_beside_it(tmp_path: Path) -> None:
    header = HEADER + "\tAux #1\t Units\tAux #2\t Units"
    rows = tuple(f"{row}\t25.0\t C \t12\t bananas" for row in ROWS)
    frame, raw = read(READER, source(tmp_path, maccor_text(header, rows)))
    assert frame["aux_1_celsius"].to_list() == [25.0] * 4
    assert "UNIT_NOT_UNDERSTOOD" in codes(raw)
    changing = (*rows[:3], rows[3].replace(" C ", " V "))
    with pytest.raises(ContradictoryContent, match="changes from 'C' to 'V'") as caught:
        read(READER, source(tmp_path, maccor_text(header, changing)))
    assert caught.value.row == 4


def test_a_date_against_the_order_of_the_others(tmp_path: Path) -> None:
    rows = (*ROWS[:3], ROWS[3].replace("04/19/2016", "19/04/2016"))
    with pytest.raises(UnreadableValue, match="with the month first") as caught:
        read(READER, source(tmp_path, maccor_text(rows=rows)))
    assert caught.value.row == 4


def test_the_impedance_companion_and_a_part_of_the_columns(tmp_path: Path) -> None:
    assert READER.claim(source(tmp_path, "MACCOR, INC.    AC Impedance Test\nLine 4\n")) is None
    part = READER.claim(source(tmp_path, maccor_text(HEADER.replace("Volts", "x"))))
    assert part is not None
    assert part.confidence == 60

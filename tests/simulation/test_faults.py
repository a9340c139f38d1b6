"""Faults lie where they were promised, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from voltlake.errors import InvalidRequest
from voltlake.simulation import faults
from voltlake.simulation.cell import make_cell
from voltlake.simulation.protocol import Loop, cc_discharge, cccv_charge, rest
from voltlake.simulation.run import run


@pytest.fixture(scope="module")
def samples() -> pl.DataFrame:
    steps = (cccv_charge(1.0, 4.2, 0.05), rest(300), cc_discharge(1.0, 2.8))
    return run(make_cell("X", "NMC", 2.0), (Loop(steps, 4),), start_soc=0.1).samples


def untouched(before: pl.DataFrame, after: pl.DataFrame, *changed: str) -> None:
    assert_frame_equal(before.drop(changed), after.drop(changed), check_exact=True)


def test_reversed_sign_turns_only_the_current(samples: pl.DataFrame) -> None:
    planted, fault = faults.reverse_sign(samples)
    assert (planted["current_ampere"] + samples["current_ampere"]).abs().max() == 0
    untouched(samples, planted, "current_ampere")
    assert (fault.row_first, fault.row_last) == (0, samples.height - 1)


def test_forgotten_reset_counts_on_in_one_cycle(samples: pl.DataFrame) -> None:
    planted, fault = faults.forget_reset(samples, 3)
    name = "cycle_discharging_capacity_ah"
    before = samples[name][fault.row_first - 1]
    gained = (planted[name] - samples[name]).to_list()
    inside = set(range(fault.row_first, fault.row_last + 1))
    assert all(
        gain == pytest.approx(before if row in inside else 0.0, abs=1e-12)
        for row, gain in enumerate(gained)
    )
    assert samples["cycle_count"][fault.row_first : fault.row_last + 1].unique().to_list() == [3]
    untouched(samples, planted, *faults._CYCLE_COUNTERS)


def test_only_a_later_existing_cycle_can_forget(samples: pl.DataFrame) -> None:
    with pytest.raises(InvalidRequest, match="first cycle has no reset"):
        faults.forget_reset(samples, 1)
    with pytest.raises(InvalidRequest, match="no cycle 9"):
        faults.forget_reset(samples, 9)


def test_pause_delays_everything_after_it(samples: pl.DataFrame) -> None:
    planted, fault = faults.pause(samples, 2, 7200.0)
    gaps = planted["test_time_second"].diff()
    usual = samples["test_time_second"].diff()
    assert gaps[fault.row_last] == pytest.approx(usual[fault.row_last] + 7200.0)
    assert (gaps - usual).fill_null(0).abs().gt(1e-6).sum() == 1
    assert planted["test_time_second"][-1] == samples["test_time_second"][-1] + 7200.0
    step = samples["step_count"][fault.row_last]
    later = planted.filter(pl.col("step_count") == step + 1)["step_time_second"]
    assert later[0] == pytest.approx(0.01)


def test_duplicated_rows_follow_once_more(samples: pl.DataFrame) -> None:
    planted, fault = faults.duplicate_rows(samples, 50, 10)
    copy = planted[fault.row_first : fault.row_last + 1]
    assert_frame_equal(copy, samples[50:60])
    assert_frame_equal(planted.unique(maintain_order=True), samples)


def test_dropped_rows_leave_a_hole_in_the_record_numbers(samples: pl.DataFrame) -> None:
    planted, fault = faults.drop_rows(samples, 50, 10)
    assert planted.height == samples.height - 10
    jump = planted["record_index"].diff()
    assert jump[fault.row_last] == 11
    assert (jump == 1).sum() == planted.height - 2


def test_disconnected_thermocouple_reads_nonsense_to_the_end(samples: pl.DataFrame) -> None:
    planted, fault = faults.disconnect_thermocouple(samples, 100)
    broken = (planted["temperature_t1_celsius"] == -200.0).arg_true()
    assert (broken[0], broken[-1]) == (fault.row_first, fault.row_last) == (100, samples.height - 1)
    untouched(samples, planted, "temperature_t1_celsius")


def test_clock_jump_moves_the_clock_and_not_the_test_time(samples: pl.DataFrame) -> None:
    planted, fault = faults.jump_clock(samples, 200, -3600.0)
    moved = (planted["unix_time_second"] - samples["unix_time_second"]).to_list()
    assert moved[: fault.row_first] == [0.0] * 200
    assert set(moved[fault.row_first :]) == {-3600.0}
    untouched(samples, planted, "unix_time_second")


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_truncated_file_ends_within_a_line(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a.csv"
    lines = ["a,b", *(f"{n},{n * n}" for n in range(100))]
    whole = ("\r\n".join(lines) + "\r\n").encode()
    path.write_bytes(whole)
    fault = faults.truncate_file(path, share)
    left = path.read_bytes()
    assert whole.startswith(left)
    assert not left.endswith((b"\r", b"\n"))
    assert whole[len(left) : len(left) + 1] not in (b"\r", b"\n")
    broken = left.decode().splitlines()[-1]
    assert f"{fault.row_last},{fault.row_last**2}".startswith(broken)

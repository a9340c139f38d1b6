"""States of charge counted from a reference discharge."""

from __future__ import annotations

import polars as pl
import pytest

from voltlake.errors import InvalidRequest
from voltlake.processing.state_of_charge import (
    default_reference,
    state_of_charge,
    with_proven_state_of_charge,
)


def steps(kinds: str, ends: list[float] | None = None) -> pl.DataFrame:
    """Letters c, d, r with 2 Ah each; the first discharge moves 1 Ah only."""
    words = {"c": "charge", "d": "discharge", "r": "rest"}
    out = [2.0 if kind == "d" else 0.0 for kind in kinds]
    if "d" in kinds:
        out[kinds.index("d")] = 1.0
    return pl.DataFrame(
        {
            "step_count": list(range(1, len(kinds) + 1)),
            "step_type": [words[kind] for kind in kinds],
            "charge_capacity_ah": [2.0 if kind == "c" else 0.0 for kind in kinds],
            "discharge_capacity_ah": out,
            "voltage_end_volt": ends or [2.5 if kind == "d" else 4.2 for kind in kinds],
            "voltage_max_volt": [4.2] * len(kinds),
        }
    )


def test_the_second_discharge_is_the_reference():
    table = state_of_charge(steps("drcrdrcr"))
    assert table["soc_end"].to_list() == [None] * 4 + [0.0, 0.0, 1.0, 1.0]
    assert table["soc_start"].to_list() == [None] * 4 + [1.0, 0.0, 0.0, 1.0]


def test_the_only_discharge_is_the_reference():
    assert default_reference(steps("crdr")) == 2
    table = state_of_charge(steps("d"))
    assert table["soc_start"].to_list() == [1.0]
    assert table["soc_end"].to_list() == [0.0]


def test_a_chosen_reference():
    table = state_of_charge(steps("dcd"), 1)
    assert table["soc_end"].to_list() == [0.0, 2.0, 0.0]


def test_no_discharge_no_state():
    assert default_reference(steps("crc")) is None
    assert "soc_end" not in state_of_charge(steps("crc")).columns


def test_a_discharge_that_moves_nothing_is_no_reference():
    table = steps("d").with_columns(discharge_capacity_ah=pl.lit(0.0))
    assert "soc_end" not in state_of_charge(table).columns


@pytest.mark.parametrize(("step", "reason"), [(9, "has no step 9"), (2, "is a charge, not")])
def test_a_reference_must_be_a_discharge_of_the_test(step, reason):
    with pytest.raises(InvalidRequest, match=reason):
        state_of_charge(steps("dcd"), step)


def test_only_a_full_discharge_is_taken_unasked():
    table, detection = with_proven_state_of_charge(steps("drcrdr"))
    assert detection.value == "step 5"
    assert table["soc_end"][-1] == 0.0
    part = steps("dcd", [2.5, 4.2, 3.4])
    table, detection = with_proven_state_of_charge(part)
    assert detection.value == "none"
    assert "ends at 3.4 V" in detection.evidence
    assert "soc_end" not in table.columns

"""Outside programs, in environments of their own, read what our writers wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.interoperability import CASES, Case, compare, truth

from voltlake.simulation.run import SimulatedTest

pytestmark = pytest.mark.slow
"""The peers' environments are installed where they are missing."""


@pytest.fixture(scope="module")
def written() -> SimulatedTest:
    return truth()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.program}-{case.layout}")
def test_a_peer_reads_the_values_that_were_written(
    case: Case, written: SimulatedTest, tmp_path: Path
) -> None:
    found = compare(case, written, tmp_path)
    assert found.rows_read == found.rows_expected
    assert found.values_compared >= 10_000
    assert not found.disagreeing, found.largest_difference

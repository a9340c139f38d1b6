"""Simulated files in the layouts of four vendors, faults and all, against their known truth."""

from __future__ import annotations

import pytest

from voltlake.processing.pipeline import Processed, process
from voltlake.quality.validate import find_doubts
from voltlake.readers.registry import installed_readers
from voltlake.readers.unpack import open_source
from voltlake.simulation.examples import ExampleFile, write_example_files

FOUND_BY = {
    "forgotten reset": "FORGOTTEN_RESET",
    "pause": "TIME_GAP_TOO_LARGE",
    "disconnected thermocouple": "RANGE_TEMPERATURE",
    "dropped rows": "MISSING_RECORDS",
    "duplicated rows": "OUT_OF_ORDER",
    "reversed sign": "CURRENT_SIGN_REVERSED",
}


@pytest.fixture(scope="module")
def understood(tmp_path_factory) -> list[tuple[ExampleFile, Processed, list]]:
    results = []
    for example in write_example_files(tmp_path_factory.mktemp("examples")):
        with open_source(example.path) as source:
            _, raw = installed_readers().read(source)
            if raw.samples is None:
                continue
            result = process(raw.samples, sign=raw.sign, scopes=raw.scopes)
            doubts = find_doubts(result.samples, result.steps, result.cycles)
        results.append((example, result, [*result.findings, *doubts]))
    return results


def test_capacities_are_those_that_were_simulated(understood):
    for example, result, _ in understood:
        kinds = {fault.kind for fault in example.planted_faults}
        if kinds & {"dropped rows", "duplicated rows"}:
            continue
        truth = example.truth.cycles
        assert result.cycles.height == truth.height, example.path.name
        for name in ("charge_capacity_ah", "discharge_capacity_ah"):
            found, true = result.cycles[name].to_list(), truth[name].to_list()
            assert found == pytest.approx(true, rel=2e-5), example.path.name


def test_planted_faults_are_found_and_nothing_else_is(understood):
    planted = 0
    for example, _, findings in understood:
        codes = {finding.code for finding in findings}
        expected = {FOUND_BY[fault.kind] for fault in example.planted_faults}
        assert expected <= codes, example.path.name
        planted += len(expected)
        if not expected:
            assert codes == set(), example.path.name
    assert planted >= 6

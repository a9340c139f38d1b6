"""The demo's files and the files of any size."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from voltlake.errors import InvalidRequest
from voltlake.simulation.examples import ExampleFile, write_example_files
from voltlake.simulation.large import (
    large_samples,
    write_large_arbin_csv,
    write_large_structured_json,
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[ExampleFile]:
    return write_example_files(tmp_path_factory.mktemp("examples"))


def test_examples_are_many_kinds_of_file_and_small(examples: list[ExampleFile]) -> None:
    assert len(examples) >= 8
    assert len({example.path.name for example in examples}) == len(examples)
    assert len({example.cell_name for example in examples}) == len(examples)
    folder = examples[0].path.parent
    assert sum(file.stat().st_size for file in folder.iterdir()) < 40e6
    assert len({example.path.suffix for example in examples}) >= 4


def test_every_example_fades_and_no_two_alike(examples: list[ExampleFile]) -> None:
    ends = []
    for example in examples:
        capacity = example.truth.cycles["capacity_ah"].to_numpy()
        assert 20 <= capacity.size <= 300
        ends.append(capacity[-1] / capacity[0])
    assert max(ends) < 0.97
    assert len(set(np.round(ends, 4))) == len(ends)


def test_some_examples_carry_faults_of_different_kinds(examples: list[ExampleFile]) -> None:
    kinds = [fault.kind for example in examples for fault in example.planted_faults]
    assert len(kinds) >= 5
    assert len(set(kinds)) == len(kinds)
    assert any(not example.planted_faults for example in examples)


def test_examples_are_made_byte_for_byte_again(examples: list[ExampleFile], tmp_path: Path) -> None:
    again = write_example_files(tmp_path)
    for one, other in zip(examples, again, strict=True):
        assert sha256(one.path.read_bytes()).digest() == sha256(other.path.read_bytes()).digest()
        assert one.planted_faults == other.planted_faults


@pytest.mark.parametrize(("rows", "cycles"), [(20_000, 20), (12_345, 7), (4_000, 200)])
def test_large_files_have_exactly_the_rows_asked_for(
    tmp_path: Path, rows: int, cycles: int
) -> None:
    path = write_large_arbin_csv(tmp_path / "l.csv", rows, cycles)
    table = pl.read_csv(path, infer_schema_length=None)
    assert table.height == rows
    assert table["Data Point"].to_list() == list(range(1, rows + 1))
    reached = table["Cycle Index"].max()
    assert isinstance(reached, int)
    assert 0.8 * cycles <= reached <= cycles


def test_large_files_refuse_what_cannot_be() -> None:
    with pytest.raises(InvalidRequest, match="too few"):
        next(large_samples(100, 50))


@pytest.mark.parametrize("shape", ["flattened", "nested"])
def test_large_json_is_as_large_as_asked_and_valid(tmp_path: Path, shape: str) -> None:
    path = write_large_structured_json(tmp_path / "l.json", 3.0, shape)  # type: ignore[arg-type]
    assert 3.0e6 <= path.stat().st_size < 4.0e6
    content = json.loads(path.read_text())
    curves = content["cycles_interpolated"]
    cycles = len(content["summary"]["cycle_index"])
    if shape == "nested":
        assert len(curves) == cycles
    else:
        assert max(curves["cycle_index"]) == cycles - 1
    assert [file.name for file in tmp_path.iterdir()] == ["l.json"]

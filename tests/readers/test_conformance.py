"""The check of readers finds what a careless reader does wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from support.text_files import arbin_text, source
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import CorruptFile
from voltlake.readers.cells import CellPlace, as_integers, in_unit
from voltlake.readers.conformance import check_reader
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.formats.arbin_csv import READER
from voltlake.units import parse_unit


def _with(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Reader:
    def read(from_source: Source, options: ReadOptions) -> RawTest:
        raw = READER.read(from_source, options)
        assert raw.samples is not None
        frame = change(raw.samples.collect())
        stream = TableStream(frame.schema, lambda c: iter(
            [batch.select(c or frame.columns) for batch in frame.iter_slices(options.batch_rows)]
        ))  # fmt: skip
        return replace(raw, samples=stream)

    return replace(READER, read=read)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda f: f.rename({"voltage_volt": "volts"}), "'volts' is no column of the language"),
        (lambda f: f.with_columns(pl.col("cycle_count").cast(pl.Float64)), "is Float64, not Int64"),
        (lambda f: f.with_columns(voltage_volt=pl.lit(float("nan"))), "holds NaN"),
        (lambda f: f.with_columns(voltage_volt=pl.lit(float("inf"))), "holds infinity"),
        (lambda f: f.with_columns(cycle_charging_energy_wh=pl.lit(0.0)), "declare the scope"),
        (lambda f: f.clear(), "table without rows"),
    ],
)
def test_careless_tables(
    change: Callable[[pl.DataFrame], pl.DataFrame], problem: str, tmp_path: Path
) -> None:
    path = source(tmp_path, arbin_text() + "\n" * 9).path
    problems = check_reader(_with(change), path, batch_rows=2)
    assert any(problem in each for each in problems)


def test_careless_readers(tmp_path: Path) -> None:
    path = source(tmp_path, arbin_text()).path
    greedy = replace(READER, claim=lambda _: Claim(1, "everything"))
    assert "claims foreign content: prose" in check_reader(greedy, path)
    by_name = replace(READER, claim=lambda s: Claim(1, "x") if s.name == "cell.csv" else None)
    assert "claims by the file's name instead of its content" in check_reader(by_name, path)
    shy = replace(READER, claim=lambda _: None)
    assert "does not claim the file" in check_reader(shy, path)
    silent = replace(READER, read=lambda s, o: replace(READER.read(s, o), declarations=()))
    assert "does not declare the time zone of the clock" in check_reader(silent, path)
    empty = replace(READER, read=lambda *_: RawTest(TestMetadata()))
    assert any("neither samples" in each for each in check_reader(empty, path))

    def vandal(from_source: Source, options: ReadOptions) -> RawTest:
        raw = READER.read(from_source, options)
        from_source.path.write_text(arbin_text() + "\n")
        return raw

    assert "changes the file that it reads" in check_reader(replace(READER, read=vandal), path)

    def broken(*_: object) -> RawTest:
        raise CorruptFile("torn")

    assert any("torn" in each for each in check_reader(replace(READER, read=broken), path))


def test_unsteady_streams(tmp_path: Path) -> None:
    def read(from_source: Source, options: ReadOptions) -> RawTest:
        raw = READER.read(from_source, options)
        assert raw.samples is not None
        frame = raw.samples.collect()
        turn = 0

        def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
            nonlocal turn
            turn += 1
            shown = frame.with_columns(pl.col("voltage_volt") + turn + options.batch_rows)
            yield shown if columns is None else shown.select(columns)

        return replace(raw, samples=TableStream(frame.schema, batches))

    path = source(tmp_path, arbin_text()).path
    problems = check_reader(replace(READER, read=read), path, batch_rows=2)
    assert "returns other rows when read a second time" in problems
    assert "returns batches with more rows than asked for" in problems
    assert "returns other rows at another batch size" in problems
    assert "returns other columns than asked for" in problems


def test_cells_by_hand() -> None:
    place = CellPlace("a.csv", "T", 1)
    kelvin = in_unit(pl.Series([300.05, 273.15, float("nan")]).to_numpy(), parse_unit("K"))
    assert kelvin[:2].tolist() == [26.9, 0.0]
    assert in_unit(pl.Series([1 / 3]).to_numpy(), parse_unit("K"))[0] == 1 / 3 - 273.15
    assert as_integers(pl.Series([1.0, None, 3.0]), place).to_list() == [1, None, 3]

"""BDF on disk: what is written and read again is the same table, bit by bit."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from support.text_files import codes, read, source
from voltlake.canonical.bdf import header_meaning, write_bdf_csv, write_bdf_parquet
from voltlake.canonical.columns import BDF_COLUMNS, SAMPLE_COLUMNS
from voltlake.canonical.streams import TableStream
from voltlake.errors import ContradictoryContent, CorruptFile, MissingColumns, NoSamples
from voltlake.readers.conformance import check_reader
from voltlake.readers.formats import bdf_csv, bdf_parquet
from voltlake.readers.unpack import open_source

_FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.none()
_WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1) | st.none()


def _values(dtype: pl.DataType) -> st.SearchStrategy[object]:
    if dtype == pl.Int64:
        return st.integers(-(2**62), 2**62) | st.none()
    if dtype == pl.Boolean:
        return st.booleans() | st.none()
    return _WORDS if dtype == pl.String else _FLOATS


_OPTIONAL = [each for each in SAMPLE_COLUMNS if each.replaced_by is None][3:]


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    chosen = draw(st.lists(st.sampled_from(_OPTIONAL), unique_by=lambda each: each.notation))
    height = draw(st.integers(1, 5))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    data: dict[str, pl.Series] = {}
    for name in ("test_time_second", "voltage_volt", "current_ampere"):
        values = draw(st.lists(finite, min_size=height, max_size=height))
        data[name] = pl.Series(values, dtype=pl.Float64)
    for each in chosen:
        values = draw(st.lists(_values(each.dtype), min_size=height - 1, max_size=height - 1))
        # A column without a single value is left out on reading, so one is there.
        sure = draw(_values(each.dtype).filter(lambda value: value is not None))
        data[each.notation] = pl.Series([sure, *values], dtype=each.dtype)
    extra = draw(st.lists(finite, min_size=height, max_size=height))
    data["aux_t_cell_3_celsius"] = pl.Series(extra, dtype=pl.Float64)
    data["aux_mode_text"] = pl.Series(["01"] * height)
    data["aux_dv_count"] = pl.Series(extra, dtype=pl.Float64)
    return pl.DataFrame(data)


_ANY_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)


@given(table=tables())
@_ANY_FOLDER
def test_text_gives_the_same_table_back(table: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "cell.bdf.csv"
    assert write_bdf_csv(TableStream.of(table), path) == table.height
    with open_source(path) as opened:
        # Words such as "nan" mean nothing in a column of numbers, and are words among words.
        assert_frame_equal(read(bdf_csv.READER, opened)[0], table, check_exact=True)


@given(table=tables())
@_ANY_FOLDER
def test_parquet_gives_the_same_table_back(table: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "cell.bdf.parquet"
    assert write_bdf_parquet(TableStream.of(table), path) == table.height
    with open_source(path) as opened:
        assert_frame_equal(read(bdf_parquet.READER, opened)[0], table, check_exact=True)
    assert check_reader(bdf_parquet.READER, path) == []


def test_text_carries_the_preferred_labels(tmp_path: Path) -> None:
    table = pl.DataFrame({
        "test_time_second": [0.0, 1e-7], "voltage_volt": [3.7, 0.1 + 0.2],
        "current_ampere": [-0.0, None], "cycle_count": [1, 2],
    })  # fmt: skip
    path = tmp_path / "x.bdf.csv"
    write_bdf_csv(TableStream.of(table), path)
    lines = path.read_text().splitlines()
    assert lines[0] == "Test Time / s,Voltage / V,Current / A,Cycle Count / 1"
    assert [float(cell) for cell in lines[2].split(",")[:2]] == [1e-7, 0.30000000000000004]
    with open_source(path) as opened:
        back = read(bdf_csv.READER, opened)[0]
    assert math.copysign(1, back["current_ampere"][0]) == -1
    assert back["current_ampere"][1] is None


@pytest.mark.parametrize("each", BDF_COLUMNS, ids=lambda each: each.notation)
def test_every_term_is_known_by_label_and_notation(each) -> None:  # type: ignore[no-untyped-def]
    for spelling in (each.label, each.notation, each.label.upper(), f" {each.label} "):
        meaning = header_meaning(spelling)
        assert meaning is not None
        assert meaning.notation == (each.replaced_by or each.notation)
        assert meaning.deprecated == (each.replaced_by is not None)


@pytest.mark.parametrize(
    ("header", "notation", "unit"),
    [
        ("charging_capacity_ampere_hour", "charging_capacity_ah", "Ah"),
        ("cycle_net_energy_watt_hour", "cycle_net_energy_wh", "Wh"),
        ("ambient_temperature_degc", "ambient_temperature_celsius", "degC"),
        ("test_time_millisecond", "test_time_second", "ms"),
        ("Unix Time / ms", "unix_time_second", "ms"),
        ("Test Time / h", "test_time_second", "h"),
        ("Current / mA", "current_ampere", "mA"),
        ("aux_t_cell_3_celsius", "aux_t_cell_3_celsius", "degC"),
        ("Aux t cell 3 / degC", "aux_t_cell_3_celsius", "degC"),
        ("Aux mode", "aux_mode_text", ""),
        ("Cycle Count", "cycle_count", ""),
    ],
)
def test_aliases_and_other_units(header: str, notation: str, unit: str) -> None:
    meaning = header_meaning(header)
    assert meaning is not None
    assert (meaning.notation, meaning.unit) == (notation, unit)


@pytest.mark.parametrize(
    "header", ["Voltage(V)", "Voltage", "Cycle_Index", "Current / V", "Voltage / x", "Aux a / x"]
)
def test_what_is_not_bdf(header: str) -> None:
    assert header_meaning(header) is None


def test_milliseconds_hours_and_gzip(tmp_path: Path) -> None:
    text = (
        "test_time_millisecond,Voltage / mV,current_ampere,unix_time_millisecond,Step Capacity / Ah"
        "\n1500,3700,0.1,1726821154500,0.5\n2500,3710,0.1,1726821155500,0.6\n"
    )
    path = tmp_path / "cell.bdf.gz"
    path.write_bytes(gzip.compress(text.encode()))
    (tmp_path / "cell.bdf.metadata.json").write_text(
        json.dumps({"cell": {"name": "A1", "mass": None}, "cycles": 3})
    )
    with open_source(path) as opened:
        frame, raw = read(bdf_csv.READER, opened)
    assert frame.row(0) == (1.5, 3.7, 0.1, 1726821154.5, 0.5)
    assert frame.columns[-1] == "step_cumulative_capacity_ah"
    assert raw.metadata.extra == {"cell.name": "A1", "cycles": "3"}
    assert len(raw.companions) == 1
    assert codes(raw) == {"DEPRECATED_TERM", "NON_CANONICAL_UNIT"}


def test_a_broken_metadata_file_is_said(tmp_path: Path) -> None:
    data = source(tmp_path, "Test Time / s,Voltage / V,Current / A\n0,1,2\n", "a.bdf.csv")
    (tmp_path / "a.bdf.metadata.json").write_text("{")
    with pytest.raises(ContradictoryContent, match="no JSON"):
        read(bdf_csv.READER, data)


def test_step_index_counts_records_or_names_steps(tmp_path: Path) -> None:
    head = "test_time_second,voltage_volt,current_ampere,step_index\n"
    counts = "".join(f"{n},3.7,0.1,{n + 1}\n" for n in range(5))
    names = "".join(f"{n},3.7,0.1,{n // 4}\n" for n in range(5))
    frame, raw = read(bdf_csv.READER, source(tmp_path, head + counts))
    assert frame["step_record_index"].to_list() == [1, 2, 3, 4, 5]
    assert codes(raw) == {"DEPRECATED_TERM"}
    frame, raw = read(bdf_csv.READER, source(tmp_path, head + names))
    assert frame["step_id"].to_list() == ["0", "0", "0", "0", "1"]
    assert codes(raw) == {"STEP_INDEX_IS_STEP"}


def test_a_word_that_is_neither_true_nor_false(tmp_path: Path) -> None:
    text = "Test Time / s,Voltage / V,Current / A,Interpolated\n0,1,2,true\n1,1,2,perhaps\n"
    with pytest.raises(ContradictoryContent, match="perhaps"):
        read(bdf_csv.READER, source(tmp_path, text))


def test_bdf_text_named_by_the_user_needs_its_columns(tmp_path: Path) -> None:
    with pytest.raises(MissingColumns):
        read(bdf_csv.READER, source(tmp_path, "a,b\n1,2\n"))


def test_parquet_that_is_damaged_empty_or_foreign(tmp_path: Path) -> None:
    table = pl.DataFrame({"test_time_second": [1.0], "voltage_volt": [3.7], "Current / mA": [5]})
    path = tmp_path / "a.parquet"
    table.with_columns(pl.lit("x").alias("Note"), pl.lit(2).alias("Mode")).write_parquet(path)
    with open_source(path) as opened:
        frame, raw = read(bdf_parquet.READER, opened)
    assert frame["current_ampere"].to_list() == [0.005]
    assert frame["aux_note_text"].to_list() == ["x"]
    assert frame["aux_mode_count"].to_list() == [2.0]
    assert codes(raw) == {"NON_CANONICAL_UNIT"}
    table.clear().write_parquet(path)
    with open_source(path) as opened, pytest.raises(NoSamples):
        read(bdf_parquet.READER, opened)
    pl.DataFrame({"price": [1]}).write_parquet(path)
    with open_source(path) as opened:
        assert bdf_parquet.READER.claim(opened) is None
        with pytest.raises(MissingColumns):
            read(bdf_parquet.READER, opened)
    broken = source(tmp_path, b"PAR1" + b"\x01" * 100, "b.parquet")
    assert bdf_parquet.READER.claim(broken) is None
    with pytest.raises(CorruptFile):
        read(bdf_parquet.READER, broken)

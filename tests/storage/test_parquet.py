"""Stored tables: the very same values, plain decimals to others, the same bytes each time."""

from __future__ import annotations

import decimal
import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltlake.canonical.streams import TableStream
from voltlake.errors import NotFound, ObjectCorrupted
from voltlake.storage.parquet import (
    ROWS_PER_GROUP,
    metadata_of,
    read_table,
    rows_of,
    scan_table,
    write_table,
)

AWKWARD = [
    0.0, -0.0, 0.1, 0.2, 0.3, 1e-12, 1e-13, 5e-324, -1.7976931348623157e308, 3.3000000000000003,
    2.0**53, 2.0**53 + 2, 9007199254740991.0, 900719925474.0991, 9007.199254740991, 1 / 3,
    0.1 + 0.2, 123456.789012, float("nan"), float("inf"), float("-inf"), None,
]  # fmt: skip


def bits(values: pl.Series) -> list[bytes | None]:
    return [None if value is None else np.float64(value).tobytes() for value in values]


def round_trip(values: Sequence[float | None], decimals: dict[str, int] | None = None):
    frame = pl.DataFrame({"voltage_volt": pl.Series(values, dtype=pl.Float64)})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write_table(TableStream.of(frame), path, decimals=decimals)
        return bits(read_table(path)["voltage_volt"]), pq.read_schema(path).field(0).type


printed_decimals = st.builds(
    lambda digits, places: digits / 10.0**places,
    st.integers(-(2**53), 2**53),
    st.integers(0, 12),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), printed_decimals, st.floats(), st.sampled_from(AWKWARD))))
def test_any_doubles_come_back_bit_for_bit(values: list[float | None]) -> None:
    found, _ = round_trip(values)
    assert found == bits(pl.Series(values, dtype=pl.Float64))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9)), min_size=1), st.integers(0, 6))
def test_printed_decimals_are_stored_as_decimals(digits: list[int | None], places: int) -> None:
    values = [None if each is None else each / 10**places for each in digits]
    found, kind = round_trip(values)
    assert found == bits(pl.Series(values, dtype=pl.Float64))
    assert pa.types.is_decimal(kind)
    assert kind.scale <= places


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(AWKWARD), min_size=1), st.integers(0, 12))
def test_a_wrong_estimate_never_costs_a_bit(values: list[float | None], places: int) -> None:
    found, _ = round_trip(values, {"voltage_volt": places})
    assert found == bits(pl.Series(values, dtype=pl.Float64))


@pytest.mark.parametrize("value", [-0.0, float("nan"), float("inf"), 1 / 3, 2.0**53 * 2])
def test_what_a_decimal_cannot_say_stays_a_float(value: float) -> None:
    for estimate in (None, {"voltage_volt": 3}):
        found, kind = round_trip([3.7, value, None], estimate)
        assert kind == pa.float64()
        assert found == bits(pl.Series([3.7, value, None]))


def test_every_scale_reads_exactly(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    frame = pl.DataFrame(
        {f"c{n}": random.integers(-(10**15), 10**15, 20_000) / 10.0**n for n in range(13)}
    )
    write_table(
        TableStream.of(frame), tmp_path / "t.parquet", decimals={f"c{n}": n for n in range(13)}
    )
    kinds = pq.read_schema(tmp_path / "t.parquet").types
    assert [kind.scale for kind in kinds] == list(range(13))
    assert read_table(tmp_path / "t.parquet").equals(frame)


def samples(rows: int) -> pl.DataFrame:
    """A test as cyclers print it: decimals, counters, texts, a full float, gaps."""
    row = np.arange(rows)
    return pl.DataFrame(
        {
            "test_time_second": row * 0.5,
            "voltage_volt": np.round(3.6 + 0.4 * np.sin(row / 900), 4),
            "current_ampere": pl.Series(np.round(np.cos(row / 900), 3) + 0.0).set(
                pl.Series(row % 11 == 0), None
            ),
            "step_count": row // 700,
            "step_type": pl.Series(row // 700 % 3).cast(pl.String),
            "net_energy_wh": np.cumsum(np.sin(row / 7.0)),
            "is_interpolated": row % 5 == 0,
        }
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory):
    frame = samples(100_001)
    batches = [frame.slice(first, 7_919) for first in range(0, frame.height, 7_919)]

    def open_batches(columns):
        for batch in batches:
            yield batch if columns is None else batch.select(columns)

    path = tmp_path_factory.mktemp("table") / "samples.parquet"
    stream = TableStream(frame.schema, open_batches)
    return frame, write_table(stream, path, metadata={"origin": "a test"})


def test_the_table_comes_back(stored) -> None:
    frame, written = stored
    assert read_table(written.path).equals(frame)
    assert read_table(written.path).schema == frame.schema
    assert written.rows == rows_of(written.path) == frame.height
    assert written.bytes == written.path.stat().st_size


def test_row_groups_are_exact_whatever_the_batches(stored) -> None:
    frame, written = stored
    footer = pq.read_metadata(written.path)
    groups = [footer.row_group(n).num_rows for n in range(footer.num_row_groups)]
    assert groups == [ROWS_PER_GROUP] * 3 + [frame.height - 3 * ROWS_PER_GROUP]


def test_nulls_stay_in_their_rows_however_the_batches_are_cut(tmp_path: Path) -> None:
    rows = 3 * ROWS_PER_GROUP
    values = [None if row % 11 == 3 else row / 100 for row in range(rows)]
    frame = pl.DataFrame({"voltage_volt": values})
    cuts = [0, 4099, 30_001, 70_003, rows]
    batches = [frame.slice(a, b - a) for a, b in itertools.pairwise(cuts)]
    stream = TableStream(frame.schema, lambda _: iter(batches))
    written = write_table(stream, tmp_path / "nulls.parquet", decimals={"voltage_volt": 2})
    assert read_table(written.path).equals(frame)


def test_the_same_table_gives_the_same_bytes(stored, tmp_path: Path) -> None:
    frame, written = stored
    again = write_table(TableStream.of(frame), tmp_path / "b", metadata={"origin": "a test"})
    assert again.sha256 == written.sha256


def test_other_programs_see_true_decimals(stored) -> None:
    frame, written = stored
    found = pq.read_table(written.path)
    assert found.schema.field("voltage_volt").type == pa.decimal128(18, 4)
    printed = [decimal.Decimal(f"{value:.4f}") for value in frame["voltage_volt"][:2000]]
    assert found["voltage_volt"].slice(0, 2000).to_pylist() == printed
    assert found["current_ampere"].null_count == frame["current_ampere"].null_count()
    assert found.schema.field("net_energy_wh").type == pa.float64()


def test_columns_carry_name_unit_and_label(stored) -> None:
    _, written = stored
    schema = pq.read_schema(written.path)
    assert schema.field("voltage_volt").metadata == {
        b"notation": b"voltage_volt", b"unit": b"V", b"label": b"Voltage / V",
    }  # fmt: skip
    assert metadata_of(written.path)["origin"] == "a test"


def test_each_kind_of_column_has_its_encoding(stored) -> None:
    _, written = stored
    group = pq.read_metadata(written.path).row_group(0)
    found = {}
    for number in range(group.num_columns):
        column = group.column(number)
        found[column.path_in_schema] = (column.physical_type, set(column.encodings))
        assert column.compression == "ZSTD"
    assert found["voltage_volt"] == ("INT64", {"RLE", "DELTA_BINARY_PACKED"})
    assert found["step_count"] == ("INT64", {"RLE", "DELTA_BINARY_PACKED"})
    assert found["net_energy_wh"] == ("DOUBLE", {"RLE", "BYTE_STREAM_SPLIT"})
    assert "RLE_DICTIONARY" in found["step_type"][1]


def test_statistics_are_those_of_the_table(stored) -> None:
    frame, written = stored
    stats = written.stats()
    assert stats["voltage_volt"]["minimum"] == frame["voltage_volt"].min()
    assert stats["current_ampere"]["null_count"] == frame["current_ampere"].null_count()
    assert {name: each["places"] for name, each in stats.items()} == {
        "test_time_second": 1, "voltage_volt": 4, "current_ampere": 3, "step_count": None,
        "step_type": None, "net_energy_wh": None, "is_interpolated": None,
    }  # fmt: skip


@pytest.mark.parametrize("rows", [(0, 0), (0, 1), (32_000, 2_000), (99_999, 50), (200_000, 5)])
def test_a_slice_is_a_slice(stored, rows: tuple[int, int]) -> None:
    frame, written = stored
    wanted = ["step_count", "voltage_volt"]
    assert read_table(written.path, wanted, rows).equals(frame.select(wanted).slice(*rows))


def test_a_stored_table_streams(stored) -> None:
    frame, written = stored
    stream = scan_table(written.path, 30_000)
    assert stream.schema == frame.schema
    assert [batch.height for batch in stream.batches(["step_count"])] == [30_000] * 3 + [10_001]
    assert stream.collect().equals(frame)


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    empty = samples(0)
    written = write_table(TableStream.of(empty), tmp_path / "empty.parquet")
    assert written.rows == 0
    assert read_table(written.path).columns == empty.columns
    assert read_table(written.path)["voltage_volt"].dtype == pl.Float64


def test_a_column_that_is_not_there_is_named(stored) -> None:
    with pytest.raises(NotFound, match="no column 'volt'"):
        read_table(stored[1].path, ["volt"])


def test_damage_is_an_error_of_ours(stored, tmp_path: Path) -> None:
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(stored[1].path.read_bytes()[:5000])
    for ask in (read_table, rows_of, metadata_of, scan_table):
        with pytest.raises(ObjectCorrupted, match="not a readable"):
            ask(cut)
        with pytest.raises(ObjectCorrupted, match="missing"):
            ask(tmp_path / "nowhere.parquet")

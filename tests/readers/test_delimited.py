"""The declarative reader: the same table whatever the file's marks, or an error that says where."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from support.text_files import ARBIN_HEADER, ARBIN_ROWS, arbin_text, codes, read, source
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.errors import (
    CorruptFile,
    MissingColumns,
    NoSamples,
    UnknownUnit,
    UnreadableValue,
)
from voltlake.readers import table_plan, text_blocks
from voltlake.readers.contract import ReadOptions
from voltlake.readers.formats.arbin_csv import READER


@pytest.fixture
def plain(tmp_path: Path) -> pl.DataFrame:
    return read(READER, source(tmp_path, arbin_text(), "plain.csv"))[0]


def _delimited(text: str, delimiter: str, decimal: str = ".") -> str:
    lines = text.splitlines()
    body = [
        delimiter.join(
            cell if ":" in cell else cell.replace(".", decimal) for cell in line.split(",")
        )
        for line in lines[1:]
    ]
    return "\n".join([lines[0].replace(",", delimiter), *body]) + "\n"


def test_a_plain_file_by_hand(plain: pl.DataFrame, tmp_path: Path) -> None:
    assert plain["voltage_volt"].to_list() == [3.7, 3.71, 3.69]
    assert plain["current_ampere"].to_list() == [0.5, 0.5, -0.25]
    assert plain["unix_time_second"].to_list() == [1726821154.5, 1726821155.5, 1726821156.5]
    assert plain["step_id"].to_list() == ["1", "1", "2"]
    assert plain["temperature_t1_celsius"].to_list() == [25.1, 25.2, 25.3]
    raw = read(READER, source(tmp_path, arbin_text()))[1]
    assert raw.scopes == {"schedule_charging_capacity_ah": Scope.SCHEDULE}
    assert raw.sign is Sign.CHARGE_POSITIVE
    assert codes(raw) == {"TZ_ASSUMED"}
    declared = {each.subject: each for each in raw.declarations}
    assert declared["unit:voltage_volt"].where == "header 'Voltage(V)'"
    assert declared["time_zone"].assumed


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r").encode(), id="old Mac"),
        pytest.param(lambda text: text.encode("utf-8-sig"), id="byte-order mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="utf-16 with mark"),
        pytest.param(lambda text: text.encode("utf-16-le"), id="utf-16-le without mark"),
        pytest.param(lambda text: text.encode("utf-16-be"), id="utf-16-be without mark"),
        pytest.param(lambda text: text.replace("(C)", "(°C)").encode("cp1252"), id="cp1252"),
        pytest.param(lambda text: text.replace("(C)", "(℃)").encode("gb18030"), id="gb18030"),
        pytest.param(lambda text: text.replace("(C)", "(°C)").encode(), id="utf-8"),
        pytest.param(lambda text: _delimited(text, "\t").encode(), id="tabs"),
        pytest.param(lambda text: _delimited(text, ";").encode(), id="semicolons"),
        pytest.param(lambda text: _delimited(text, ";", ",").encode(), id="decimal comma"),
        pytest.param(lambda text: text[:-1].encode(), id="no last line end"),
        pytest.param(lambda text: (text + "\n\n").encode(), id="blank lines at the end"),
        pytest.param(lambda text: text.replace(",3.7", ', "3.7"').encode()
                     if False else text.replace(",3.7,", ',"3.7",').encode(), id="quotes"),
        pytest.param(lambda text: text.replace(",3.7,", ", 3.7 ,").encode(), id="spaces"),
        pytest.param(lambda text: text.upper().encode(), id="upper case"),
        pytest.param(lambda text: text.replace("_", "  ").encode(), id="spaces in headers"),
        pytest.param(lambda text: b"Channel,7\nOperator:,me\n\n" + text.encode(), id="preamble"),
        pytest.param(
            lambda text: text.replace("Voltage(V)", "Voltage(mV)")
            .replace(",3.7,", ",3700,").replace(",3.71,", ",3710,").replace(",3.69,", ",3690,")
            .encode(),
            id="millivolts",
        ),
    ],
)  # fmt: skip
def test_the_same_table_however_it_is_written(change, plain: pl.DataFrame, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    changed = source(tmp_path, change(arbin_text()), "whatever.bin")
    assert READER.claim(changed) is not None
    assert_frame_equal(read(READER, changed)[0], plain, check_exact=True)


def test_columns_may_stand_in_any_order(plain: pl.DataFrame, tmp_path: Path) -> None:
    cells = [line.split(",") for line in arbin_text().splitlines()]
    order = list(range(len(cells[0])))
    random.Random(3).shuffle(order)
    text = "\n".join(",".join(row[place] for place in order) for row in cells)
    frame = read(READER, source(tmp_path, text))[0]
    assert_frame_equal(frame.select(plain.columns), plain, check_exact=True)


def test_a_bad_cell_is_named_by_row_and_header(tmp_path: Path) -> None:
    bad = arbin_text().replace("3.71", "3.7x1")
    with pytest.raises(UnreadableValue) as caught:
        read(READER, source(tmp_path, bad))
    assert (caught.value.row, caught.value.column) == (2, "Voltage(V)")
    assert "'3.7x1' is not a number" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "text"),
    [
        ("3,09/20/2024", "3.5,09/20/2024", 3, "Data_Point", "whole number"),
        ("2,09/20/2024 08:32:35.500", "2,soon", 2, "Date_Time", "'soon' is not a date"),
        (",1.5,1.5,", ",1:5:x,1.5,", 2, "Test_Time(s)", "not a number"),
    ],
)
def test_other_bad_cells(
    old: str, new: str, row: int, column: str, text: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableValue, match=text) as caught:
        read(READER, source(tmp_path, arbin_text().replace(old, new)))
    assert (caught.value.row, caught.value.column) == (row, column)


def test_missing_columns_and_what_was_found(tmp_path: Path) -> None:
    header = ARBIN_HEADER.replace("Voltage(V)", "Comment")
    lacking = source(tmp_path, arbin_text(header))
    claim = READER.claim(lacking)
    assert claim is not None
    assert claim.confidence == 60
    with pytest.raises(MissingColumns, match=r"no column for voltage_volt; found Data_Point"):
        read(READER, lacking)


def test_no_rows(tmp_path: Path) -> None:
    for text in (ARBIN_HEADER + "\n", ARBIN_HEADER, ARBIN_HEADER + "\n,,,,,,,,,\n\n"):
        with pytest.raises(NoSamples):
            read(READER, source(tmp_path, text))


@pytest.mark.parametrize("unit", ["bananas", "s"])
def test_a_unit_that_is_not_understood_stops_the_file(unit: str, tmp_path: Path) -> None:
    text = arbin_text(ARBIN_HEADER.replace("Voltage(V)", f"Voltage({unit})"))
    with pytest.raises(UnknownUnit):
        read(READER, source(tmp_path, text))


def test_undeclared_columns_are_kept(tmp_path: Path) -> None:
    header = ARBIN_HEADER + ",Pressure(kPa),pressure(kPa),Note,mAh/g,dQ/dV(Ah/V),"
    rows = tuple(f"{row},101.3,99,ok{turn},7,8,9" for turn, row in enumerate(ARBIN_ROWS))
    frame, raw = read(READER, source(tmp_path, arbin_text(header, rows)))
    assert frame["aux_pressure_pa"].to_list() == [101_300.0] * 3
    assert frame["aux_pressure_2_pa"].to_list() == [99_000.0] * 3
    assert frame["aux_note_text"].to_list() == ["ok0", "ok1", "ok2"]
    assert frame["aux_mah_g_count"].to_list() == [7.0] * 3
    assert frame["aux_dq_dv_ah_v_count"].to_list() == [8.0] * 3
    assert frame["aux_column_16_count"].to_list() == [9.0] * 3
    assert "UNIT_NOT_UNDERSTOOD" in codes(raw)


def test_two_headers_for_one_quantity_both_survive(tmp_path: Path) -> None:
    header = ARBIN_HEADER + ",VOLTAGE(V)"
    rows = tuple(f"{row},4.2" for row in ARBIN_ROWS)
    frame = read(READER, source(tmp_path, arbin_text(header, rows)))[0]
    assert frame["voltage_volt"][0] == 3.7
    assert frame["aux_voltage_volt"].to_list() == [4.2] * 3


def test_empty_columns_and_words_for_nothing(tmp_path: Path) -> None:
    header = ARBIN_HEADER + ",ACR(Ohm),Internal_Resistance(Ohm)"
    rows = (f"{ARBIN_ROWS[0]},N/A,", f"{ARBIN_ROWS[1]},N/A,NaN", f"{ARBIN_ROWS[2]},,0.017")
    frame, raw = read(READER, source(tmp_path, arbin_text(header, rows)))
    assert frame["internal_resistance_ohm"].to_list() == [None, None, 0.017]
    assert "ac_internal_resistance_ohm" not in frame.columns
    assert "EMPTY_COLUMNS" in codes(raw)


def test_infinity_is_unknown_and_said(tmp_path: Path) -> None:
    frame, raw = read(READER, source(tmp_path, arbin_text().replace("3.71", "inf")))
    assert frame["voltage_volt"].to_list() == [3.7, None, 3.69]
    finding = next(each for each in raw.findings if each.code == "NOT_FINITE")
    assert (finding.row_first, finding.row_last, finding.count) == (1, 1, 1)


def test_a_half_written_last_row_is_left_out_and_said(tmp_path: Path) -> None:
    cut = arbin_text() + "4,09/20/2024 08:32:37.500,3.5"
    frame, raw = read(READER, source(tmp_path, cut))
    assert frame.height == 3
    assert "TRUNCATED_LAST_ROW" in codes(raw)


def test_a_short_row_is_kept_and_said(tmp_path: Path) -> None:
    rows = (ARBIN_ROWS[0].rsplit(",", 2)[0], ARBIN_ROWS[1].rsplit(",", 2)[0], ARBIN_ROWS[2])
    frame, raw = read(READER, source(tmp_path, arbin_text(rows=rows)))
    assert frame["temperature_t1_celsius"].to_list() == [None, None, 25.3]
    finding = next(each for each in raw.findings if each.code == "SHORT_ROWS")
    assert (finding.row_first, finding.row_last, finding.count) == (0, 1, 2)


def test_a_row_with_too_many_cells_stops_the_file(tmp_path: Path) -> None:
    rows = (ARBIN_ROWS[0], ARBIN_ROWS[1].replace("3.71", "3,71"), ARBIN_ROWS[2])
    with pytest.raises(CorruptFile, match=r"row 2: the row has 11 cells, the header 10"):
        read(READER, source(tmp_path, arbin_text(rows=rows)))


def test_lines_after_the_data_are_said(tmp_path: Path) -> None:
    frame, raw = read(READER, source(tmp_path, arbin_text() + "End of test\n"))
    assert frame.height == 3
    assert "FOOTER_LINES" in codes(raw)


def test_rows_without_cells_are_left_out_and_said(tmp_path: Path) -> None:
    rows = (ARBIN_ROWS[0], ",,,,,,,,,", *ARBIN_ROWS[1:])
    frame, raw = read(READER, source(tmp_path, arbin_text(rows=rows)))
    assert frame.height == 3
    assert "EMPTY_ROWS" in codes(raw)


def test_grouped_thousands(tmp_path: Path) -> None:
    rows = tuple(row.replace(",2.5,0.0,", ',"1,002.5",0.0,') for row in ARBIN_ROWS)
    frame, raw = read(READER, source(tmp_path, arbin_text(rows=rows)))
    assert frame["test_time_second"].to_list() == [0.5, 1.5, 1002.5]
    assert "THOUSANDS_SEPARATORS" in codes(raw)


def test_reading_twice_does_not_double_the_findings(tmp_path: Path) -> None:
    raw = read(READER, source(tmp_path, arbin_text().replace("3.71", "inf")))[1]
    before = list(raw.findings)
    assert raw.samples is not None
    raw.samples.collect()
    assert raw.findings == before


def test_the_users_sign_reverses_the_current(plain: pl.DataFrame, tmp_path: Path) -> None:
    frame, raw = read(READER, source(tmp_path, arbin_text()), sign="reversed")
    assert frame["current_ampere"].to_list() == [-0.5, -0.5, 0.25]
    assert any(each.subject == "current_sign" for each in raw.declarations)


def test_files_of_many_blocks_read_like_small_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(
        f'{n},09/{10 + n // 400}/2024 08:{n // 60 % 60:02}:{n % 60:02},{n}.5,1,1,1,"0.5",3.{n},0,25'
        for n in range(3000)
    )
    whole = source(tmp_path, arbin_text(rows=rows), "whole.csv")
    expected, _ = read(READER, whole)
    default = text_blocks.text_blocks
    monkeypatch.setattr(
        "voltlake.readers.table_stream.text_blocks",
        lambda path, encoding, skip_bytes: default(
            path, encoding, skip_bytes=skip_bytes, block_bytes=5000
        ),
    )
    monkeypatch.setattr(table_plan, "WHOLE_BYTES", 10_000)
    monkeypatch.setattr(table_plan, "_PROBE_BYTES", 2000)
    for encoding in ("utf-8", "utf-16"):
        pieces = source(tmp_path, arbin_text(rows=rows).encode(encoding), "pieces.csv")
        frame, _ = read(READER, pieces, batch_rows=100)
        assert_frame_equal(frame, expected, check_exact=True)


def test_too_many_columns_and_too_long_rows(tmp_path: Path) -> None:
    header = ARBIN_HEADER + "".join(f",x{n}" for n in range(2001))
    with pytest.raises(CorruptFile, match="2011 columns"):
        read(READER, source(tmp_path, header + "\n1\n"))
    endless = ARBIN_HEADER + "\n" + "1" * (text_blocks.BLOCK_BYTES + 2_000_000)
    with pytest.raises(CorruptFile, match="longer than"):
        read(READER, source(tmp_path, endless))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1726821154.5", 1726821154.5),
        ("1726821154500", 1726821154.5),
        ("45555.355954861", 1726821154.5),
    ],
)
def test_clocks_that_count(stamp: str, expected: float, tmp_path: Path) -> None:
    rows = tuple(row.replace(row.split(",")[1], stamp) for row in ARBIN_ROWS)
    frame = read(READER, source(tmp_path, arbin_text(rows=rows)))[0]
    assert frame["unix_time_second"][0] == pytest.approx(expected, abs=1e-4)


def test_a_clock_in_a_named_zone(tmp_path: Path) -> None:
    frame, raw = read(READER, source(tmp_path, arbin_text()), timezone="America/New_York")
    assert frame["unix_time_second"][0] == 1726821154.5 + 4 * 3600
    assert "TZ_ASSUMED" not in codes(raw)


def test_the_decimal_mark_may_be_given(tmp_path: Path) -> None:
    text = _delimited(arbin_text(), ";", ",")
    assert read(READER, source(tmp_path, text), decimal=",")[0]["voltage_volt"][1] == 3.71
    with pytest.raises(UnreadableValue):
        read(READER, source(tmp_path, text), decimal=".")
    assert ReadOptions().decimal is None

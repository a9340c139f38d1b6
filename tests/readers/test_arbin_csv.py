"""Arbin CSV: dialects, the metadata file beside the data, aux channels."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.text_files import ARBIN_HEADER, arbin_text, read, source
from voltlake.errors import NoSamples
from voltlake.readers.formats.arbin_csv import READER

SIDECAR = (
    ",test_id,device_id,iv_ch_id,first_start_datetime,schedule_file_name,item_id\n"
    "0,153,60369369,7,1494645214,a\\b.SDU,EL15\n"
)


@pytest.mark.parametrize(
    ("header", "delimiter", "dialect"),
    [
        (ARBIN_HEADER, ",", "MITS 7 / Pro"),
        (ARBIN_HEADER.replace("_", " ").replace("(", " ("), ",", "MITS X"),
        (ARBIN_HEADER.replace(",", ";"), ";", "Arbin-SQL export"),
        (
            "Data_Point,DateTime,Test_Time,Step_Time,Cycle_Index,Step_Index,Current,Voltage,"
            "Charge_Capacity,Temperature",
            ",",
            "matr.io (units not in the header)",
        ),
    ],
)
def test_dialects(header: str, delimiter: str, dialect: str, tmp_path: Path) -> None:
    text = arbin_text(header).replace(",", delimiter)
    made = source(tmp_path, text)
    claim = READER.claim(made)
    assert claim is not None
    assert claim.dialect == dialect
    frame, raw = read(READER, made)
    assert frame["voltage_volt"].to_list() == [3.7, 3.71, 3.69]
    assert any(each.value == dialect for each in raw.declarations)


def test_the_metadata_file_beside_the_data(tmp_path: Path) -> None:
    beside = source(tmp_path, SIDECAR, "cell_Metadata.csv")
    assert READER.primary(beside) is None
    claim = READER.claim(beside)
    assert claim is not None
    assert claim.dialect == "sidecar"
    with pytest.raises(NoSamples, match="metadata file"):
        read(READER, beside)
    data = source(tmp_path, arbin_text())
    assert READER.primary(beside) == data.path
    assert READER.primary(data) is None
    raw = read(READER, data)[1]
    assert raw.companions == (beside.path,)
    assert raw.metadata.channel == "7"
    assert raw.metadata.cell.barcode == "EL15"
    assert raw.metadata.start_time == datetime(2017, 5, 13, 3, 13, 34, tzinfo=UTC)


def test_what_stands_above_the_header(tmp_path: Path) -> None:
    raw = read(READER, source(tmp_path, "Channel:,7\nUser,me\n" + arbin_text()))[1]
    assert raw.metadata.extra == {"Channel": "7", "User": "me"}


def test_neware_words_are_not_arbins(tmp_path: Path) -> None:
    text = (
        "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(A),Voltage(V)\n"
        "1,1,1,Rest,0,0,0,3\n"
    )
    assert READER.claim(source(tmp_path, text)) is None

"""Synthetic ``.nda`` files of every version, decoded to numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.neware_files import nda_bytes, records
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.errors import (
    CorruptFile,
    NoSamples,
    SourceChanged,
    UnknownUnit,
    UnsupportedVersion,
    VoltlakeError,
)
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.formats import neware_nda
from voltlake.readers.formats.neware_nda import READER
from voltlake.readers.unpack import open_source

SPLIT = (14, 16, 17, 19, 20, 22, 23, 24, 26, 28, 29)
SINGLE = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18, 25, 27)
MILLISECONDS = (11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28, 29)
WITHOUT_CLOCK = (1, 2, 3, 4)
START = "2024-01-02 03:04:05"
START_SECOND = 1_704_164_645


def read(content: bytes, folder: Path, **options: object) -> tuple[RawTest, pl.DataFrame]:
    path = folder / "test.bin"
    path.write_bytes(content)
    with open_source(path) as source:
        assert READER.claim(source) is not None
        raw = READER.read(source, ReadOptions(**options))  # type: ignore[arg-type]
        assert raw.samples is not None
        return raw, raw.samples.collect()


def four_rows(version: int) -> dict[str, object]:
    """Rest, charge, charge, discharge: 3.6 V to 3.7012 V, ±2 A on a range of 6 A."""
    columns: dict[str, object] = {
        "index": [1, 2, 3, 4],
        "cycle": [0, 0, 0, 0] if version not in (6, 8) else [1, 1, 1, 1],
        "step_id": [1, 2, 2, 3],
        "step_type": [4, 1, 1, 2],
        "ticks": np.array([0, 1, 11, 5]) * (1000 if version in MILLISECONDS else 1),
        "voltage": [36_000, 36_500, 37_012, 36_900],
        "current": [0, 20_000, 20_000, -20_000],
        "mark": 0x55,
    }
    if version in SPLIT:
        columns |= {
            "charge": [0, 72_000, 36_000_000, 0],
            "discharge": [0, 0, 0, 18_000_000],
            "charge_energy": [0, 288_000, 144_000_000, 0],
            "discharge_energy": [0, 0, 0, 72_000_000],
        }
    else:
        columns["capacity"] = [0, 72_000, 36_000_000, 18_000_000]
        if version not in WITHOUT_CLOCK:
            columns["energy"] = [0, 288_000, 144_000_000, 72_000_000]
    if version in (26, 28, 29):
        clock = {"year": 2024, "month": 1, "day": 2, "hour": 3, "minute": 4}
        columns |= {**clock, "second": [5, 6, 16, 21]}
    elif version not in WITHOUT_CLOCK:
        columns["unix"] = START_SECOND + np.array([0, 1, 11, 16])
    if version in MILLISECONDS:
        columns["range"] = [0, 6000, 6000, 6000]
    return columns


def a_file(version: int, columns: Mapping[str, object] | None = None, **more: object) -> bytes:
    content = records(f"nda {version}", columns or four_rows(version))
    return nda_bytes(
        version,
        content,
        current_range=6000,
        texts={"start_time": START, "creator": "Ada", "remarks": "备注", "sn": "S1"},
        mass_microgram=12_500,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("version", sorted((*SPLIT, *SINGLE)))
def test_every_version_gives_the_numbers_of_the_file(version: int, tmp_path: Path) -> None:
    raw, frame = read(a_file(version), tmp_path)
    assert frame["record_index"].to_list() == [1, 2, 3, 4]
    assert frame["voltage_volt"].to_list() == [3.6, 3.65, 3.7012, 3.69]
    assert frame["current_ampere"].to_list() == [0.0, 2.0, 2.0, -2.0]
    assert frame["step_time_second"].to_list() == [0.0, 1.0, 11.0, 5.0]
    assert frame["test_time_second"].to_list() == [0.0, 1.0, 11.0, 16.0]
    assert frame["step_count"].to_list() == [1, 2, 2, 3]
    assert frame["cycle_count"].to_list() == [1, 1, 1, 1]
    assert frame["step_id"].to_list() == ["1", "2", "2", "3"]
    assert frame["step_type"].to_list() == ["Rest", "CC_Chg", "CC_Chg", "CC_DChg"]
    assert frame["step_charging_capacity_ah"].to_list() == [0.0, 0.002, 1.0, 0.0]
    assert frame["step_discharging_capacity_ah"].to_list() == [0.0, 0.0, 0.0, 0.5]
    assert frame["unix_time_second"].to_list() == [START_SECOND + t for t in (0, 1, 11, 16)]
    assert not frame["is_interpolated"].any()
    if version not in (3, 4):
        assert frame["step_charging_energy_wh"].to_list() == [0.0, 0.008, 4.0, 0.0]
        assert frame["step_discharging_energy_wh"].to_list() == [0.0, 0.0, 0.0, 2.0]
    assert raw.sign is Sign.CHARGE_POSITIVE
    assert raw.scopes["step_charging_capacity_ah"] is Scope.STEP
    assert raw.metadata.operator == "Ada"
    assert raw.metadata.description == "备注"
    assert raw.metadata.start_time == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_version_1_has_no_marks_and_other_step_codes(tmp_path: Path) -> None:
    columns = {k: v for k, v in four_rows(3).items() if k != "mark"}
    columns["step_type"] = [5, 2, 2, 4]
    columns["capacity"] = [0, 72_000, 36_000_000, 18_000_000]
    columns["cycle"] = [0, 65_536, 65_536, 65_536]
    content = records("nda 1", columns)
    _, frame = read(nda_bytes(1, content, current_range=6000), tmp_path)
    assert frame["step_type"].to_list() == ["Rest", "CV_Chg", "CV_Chg", "CC_DChg"]
    assert frame["cycle_count"].to_list() == [1, 2, 2, 2]
    assert frame["unix_time_second"].null_count() == 4


def test_version_2_numbers_its_rows_itself(tmp_path: Path) -> None:
    columns = {k: v for k, v in four_rows(3).items() if k not in ("index", "mark")}
    columns |= {"mark": [0, 255, 0, 0], "cycle": 1}
    raw, frame = read(nda_bytes(2, records("nda 2", columns), current_range=6000), tmp_path)
    assert frame["record_index"].to_list() == [1, 2, 3]
    assert frame["voltage_volt"].to_list() == [3.6, 3.7012, 3.69]
    assert "UNKNOWN_RECORDS" not in [finding.code for finding in raw.findings]


def test_metadata_of_the_newest_header(tmp_path: Path) -> None:
    content = records("nda 29", four_rows(29))
    texts = {"start_time": START, "barcode": "B-7", "test_name": "ageing", "step_name": "s.xml"}
    raw, _ = read(nda_bytes(29, content, texts=texts, mass_microgram=12_500), tmp_path)
    assert raw.metadata.cell.barcode == "B-7"
    assert raw.metadata.cell.active_mass_gram == 0.0125
    assert (raw.metadata.test_name, raw.metadata.protocol) == ("ageing", "s.xml")
    assert raw.metadata.extra["nda_version"] == "29"


def test_clock_times_take_the_given_zone(tmp_path: Path) -> None:
    raw, frame = read(a_file(29), tmp_path, timezone="Europe/Zurich")
    assert frame["unix_time_second"][0] == START_SECOND - 3600
    assert raw.metadata.start_time == datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert raw.findings == []
    zone = next(each for each in raw.declarations if each.subject == "time_zone")
    assert (zone.value, zone.assumed) == ("Europe/Zurich", False)


def test_clock_times_without_zone_are_utc_and_said_so(tmp_path: Path) -> None:
    raw, _ = read(a_file(29), tmp_path)
    assert [finding.code for finding in raw.findings] == ["TZ_ASSUMED"]
    zone = next(each for each in raw.declarations if each.subject == "time_zone")
    assert (zone.value, zone.assumed) == ("UTC", True)


def test_batches_join_to_the_same_table(tmp_path: Path) -> None:
    whole = read(a_file(29), tmp_path)[1]
    raw, parts = read(a_file(29), tmp_path, batch_rows=1)
    assert parts.equals(whole)
    assert raw.samples is not None
    assert raw.samples.collect(["voltage_volt"]).columns == ["voltage_volt"]


def test_extra_channels_between_the_records(tmp_path: Path) -> None:
    main = records("nda 29", four_rows(29))
    first = {"mark": 0x65, "channel": 1, "index": [1, 2, 4], "temperature": [251, 252, 254]}
    second = {"mark": 0x65, "channel": 7, "index": [2, 3], "temperature": [-50, 0], "voltage": 12}
    mixed = np.concatenate(
        [main[:2], records("nda 29", first), main[2:], records("nda 29", second)]
    )
    _, frame = read(nda_bytes(29, mixed), tmp_path)
    assert frame["temperature_t1_celsius"].to_list() == [25.1, 25.2, None, 25.4]
    assert frame["aux_t7_celsius"].to_list() == [None, -5.0, 0.0, None]
    assert frame["aux_v7_volt"].to_list() == [None, 0.0012, 0.0012, None]


@pytest.mark.parametrize("version", [11, 22])
def test_extra_channels_in_a_block_of_their_own(version: int, tmp_path: Path) -> None:
    extra = {"mark": 0x65, "channel": 2, "index": [1, 2, 3, 4], "temperature": [1, 2, 3, 4]}
    content = a_file(version, auxiliary=records(f"nda {version}", extra))
    _, frame = read(content, tmp_path)
    assert frame["temperature_t2_celsius"].to_list() == [0.1, 0.2, 0.3, 0.4]


def test_repeated_and_unordered_records_are_put_in_order_and_said_so(tmp_path: Path) -> None:
    content = records("nda 29", four_rows(29))
    shuffled = np.concatenate([content[[0, 2, 1, 3]], content[[3]]])
    raw, frame = read(nda_bytes(29, shuffled), tmp_path, batch_rows=3)
    assert frame["record_index"].to_list() == [1, 2, 3, 4]
    assert frame["voltage_volt"].to_list() == [3.6, 3.65, 3.7012, 3.69]
    codes = {finding.code: finding for finding in raw.findings}
    assert codes["DUPLICATE_RECORDS"].count == 1
    assert codes["DUPLICATE_RECORDS"].row_first == 3
    assert codes["RECORDS_OUT_OF_ORDER"].count == 1


def test_missing_records_stay_missing(tmp_path: Path) -> None:
    columns = four_rows(29) | {"index": [1, 2, 7, 8]}
    raw, frame = read(a_file(29, columns), tmp_path)
    assert len(frame) == 4
    assert next(f for f in raw.findings if f.code == "MISSING_RECORDS").count == 4


def test_unknown_records_are_passed_over_and_counted(tmp_path: Path) -> None:
    content = np.concatenate(
        [records("nda 29", four_rows(29)), records("nda 29", {"mark": [0x33], "index": [9]})]
    )
    raw, frame = read(nda_bytes(29, content), tmp_path)
    assert len(frame) == 4
    assert next(f for f in raw.findings if f.code == "UNKNOWN_RECORDS").count == 1


def test_doubts_of_the_rows_are_findings_after_the_reading(tmp_path: Path) -> None:
    columns = four_rows(29) | {"step_type": [4, 1, 99, 2], "month": [1, 1, 1, 13]}
    raw, frame = read(a_file(29, columns), tmp_path, timezone="UTC")
    assert frame["step_type"].to_list()[2] == "code 99"
    assert frame["unix_time_second"].to_list()[3] is None
    assert [f.code for f in raw.findings] == ["UNKNOWN_STEP_TYPE", "IMPOSSIBLE_DATE"]
    assert raw.samples is not None
    raw.samples.collect()
    assert len(raw.findings) == 2


def test_a_single_counter_of_a_pulse_step_has_no_direction(tmp_path: Path) -> None:
    columns = four_rows(8) | {"step_type": [4, 16, 16, 2]}
    raw, frame = read(a_file(8, columns), tmp_path)
    assert frame["step_charging_capacity_ah"].to_list() == [0.0, None, None, 0.0]
    assert frame["step_discharging_capacity_ah"].to_list() == [0.0, None, None, 0.5]
    assert raw.findings[-1].code == "COUNTER_WITHOUT_DIRECTION"


def test_an_unknown_range_stops_the_file(tmp_path: Path) -> None:
    with pytest.raises(UnknownUnit, match="range 777 mA"):
        read(a_file(29, four_rows(29) | {"range": 777}), tmp_path)


def test_step_jumps_separate_equal_steps(tmp_path: Path) -> None:
    columns = four_rows(29) | {"step_id": [1, 2, 2, 2], "jump": [0, 1, 2, 2]}
    _, frame = read(a_file(29, columns), tmp_path)
    assert frame["step_count"].to_list() == [1, 2, 3, 3]


# --- BTS 9 -----------------------------------------------------------------------------------


def test_bts_9_0_has_microseconds_and_two_counters(tmp_path: Path) -> None:
    columns = {
        "mark": 0x55, "index": [1, 2, 3], "step_id": [1, 1, 2], "step_type": [16, 16, 2],
        "ticks": [463_075, 1_000_000, 10], "voltage": [4.0297, 4.03, 4.0],
        "current": [-1700.5, -100.0, -50.0], "charge": [0.0, 3.6, 0.0],
        "discharge": [-138.2, -200.0, 7.2], "charge_energy": [0.0, 14.4, 0.0],
        "discharge_energy": [556.9, 806.0, 28.8], "unix": 1_461_068_461_483_000,
    }  # fmt: skip
    raw, frame = read(nda_bytes(130, records("bts9 88", columns)), tmp_path)
    assert frame["step_time_second"].to_list() == [0.463075, 1.0, 0.00001]
    assert frame["test_time_second"].to_list() == [0.463075, 1.0, 1.00001]
    assert frame["voltage_volt"].to_list() == [4.0297, 4.03, 4.0]
    assert frame["current_ampere"].to_list() == [-1.7005, -0.1, -0.05]
    assert frame["step_discharging_capacity_ah"].to_list() == pytest.approx(
        [138.2 / 3.6e6, 200 / 3.6e6, 7.2 / 3.6e6], rel=1e-7
    )
    assert frame["step_charging_capacity_ah"][1] == pytest.approx(1e-6, rel=1e-7)
    assert frame["unix_time_second"][0] == 1_461_068_461.483
    cycles = next(each for each in raw.declarations if each.subject == "cycle_numbering")
    assert cycles.assumed
    assert raw.metadata.start_time == datetime(2016, 4, 19, 12, 21, 1, 483_000, tzinfo=UTC)


@pytest.mark.parametrize("width", [52, 56, 60])
def test_bts_9_1_has_the_total_time_and_one_signed_counter(width: int, tmp_path: Path) -> None:
    columns: dict[str, object] = {
        "mark": 0x55, "index": [1, 2, 3, 4], "step_id": [1, 2, 3, 4], "step_type": [1, 2, 17, 4],
        "ticks": [10, 20, 30, 40], "nanoseconds": [0, 500_000_000, 10_000_000, 0],
        "current": [1500.0, -1500.0, -2.5, 0.0], "voltage": [4.1, 4.0, 3.9, 3.8],
        "capacity": [3600.0, -1800.0, -900.0, 0.0], "energy": [7200.0, -3600.0, -1800.0, 0.0],
        "cycle": [0, 0, 1, 1], "unix": 1_716_796_973, "unix_nano": 970_000_000,
    }  # fmt: skip
    if width > 52:
        columns["temperature"] = [23.5, 23.6, 23.7, 23.8]
    content = nda_bytes(130, records(f"bts9 {width}", columns), record_version=19)
    raw, frame = read(content, tmp_path)
    assert frame["test_time_second"].to_list() == [10.0, 20.5, 30.01, 40.0]
    assert frame["step_time_second"].to_list() == [10.0, 10.5, 9.51, 9.99]
    assert frame["cycle_count"].to_list() == [1, 1, 2, 2]
    assert frame["step_net_capacity_ah"].to_list() == [0.001, -0.0005, -0.00025, 0.0]
    assert frame["step_charging_capacity_ah"].to_list() == [0.001, 0.0, None, 0.0]
    assert frame["step_discharging_capacity_ah"].to_list() == [0.0, 0.0005, None, 0.0]
    assert frame["unix_time_second"][0] == 1_716_796_973.97
    if width > 52:
        assert frame["temperature_t1_celsius"].to_list() == [23.5, 23.6, 23.7, 23.8]
    assert raw.findings[-1].code == "COUNTER_WITHOUT_DIRECTION"


def chained_bts9(parts: list[bytes]) -> bytes:
    """A summary header, then one header per block, each with its pointer to the next one."""
    content = bytearray(1024)
    content[0:6], content[14] = b"NEWARE", 130
    content[90:98] = sum(len(part) for part in parts).to_bytes(8, "little")
    for part in parts:
        here = len(content)
        head = bytearray(1024)
        head[0:6] = b"NEWARE"
        head[82:90], head[90:98] = (
            (here + 1024).to_bytes(8, "little"),
            len(part).to_bytes(8, "little"),
        )
        head[242:250] = (here + 1024 + len(part)).to_bytes(8, "little")
        content += head + part
    return bytes(content)


def bts9_rows(index: list[int]) -> bytes:
    return records(
        "bts9 88", {"mark": 0x55, "index": index, "step_type": 4, "step_id": 1, "voltage": 3.5}
    ).tobytes()


def test_a_chain_of_bts_9_blocks_is_one_table(tmp_path: Path) -> None:
    _, frame = read(chained_bts9([bts9_rows([1, 2]), bts9_rows([3])]), tmp_path)
    assert frame["record_index"].to_list() == [1, 2, 3]
    with pytest.raises(NoSamples):
        read(chained_bts9([]) + bytearray(b"NEWARE").ljust(1024, b"\0"), tmp_path)


# --- what cannot be read ---------------------------------------------------------------------


def refused(content: bytes, folder: Path) -> VoltlakeError:
    with pytest.raises(VoltlakeError) as caught:
        read(content, folder)
    assert caught.value.file is not None
    return caught.value


def test_an_unknown_version_is_named(tmp_path: Path) -> None:
    content = bytearray(a_file(29))
    content[14] = 77
    error = refused(bytes(content), tmp_path)
    assert isinstance(error, UnsupportedVersion)
    assert "77" in error.message


@pytest.mark.parametrize("kept", [16, 70, 127, 200, 2048, 2100, 4095, 4096, 4097, 4200, -1, -86])
def test_a_file_that_breaks_off_is_corrupt(kept: int, tmp_path: Path) -> None:
    assert isinstance(refused(a_file(29)[:kept], tmp_path), CorruptFile)


def test_a_bts_9_file_that_breaks_off_is_corrupt(tmp_path: Path) -> None:
    content = nda_bytes(130, records("bts9 88", {"mark": 0x55, "index": [1, 2]}))
    for kept in (80, 99, 4000, 4096, 4100, len(content) - 1):
        assert isinstance(refused(content[:kept], tmp_path), CorruptFile)


def test_records_of_unknown_width_are_refused(tmp_path: Path) -> None:
    content = nda_bytes(130, np.zeros((3, 77), np.uint8))
    assert isinstance(refused(content, tmp_path), UnsupportedVersion)


def test_zero_records_are_no_samples(tmp_path: Path) -> None:
    assert isinstance(refused(nda_bytes(8, np.zeros((0, 59), np.uint8)), tmp_path), NoSamples)
    empty = records("nda 29", {"mark": [0xAA, 0xAA]})
    assert isinstance(refused(nda_bytes(29, empty), tmp_path), NoSamples)
    assert isinstance(refused(nda_bytes(130, np.zeros((0, 88), np.uint8)), tmp_path), NoSamples)


def test_garbage_after_the_header_is_corrupt(tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 0x50, (40, 86), np.uint8)
    assert isinstance(refused(nda_bytes(29, noise), tmp_path), CorruptFile)
    assert isinstance(refused(nda_bytes(22, noise[:, :85]), tmp_path), CorruptFile)


def test_records_are_found_where_the_header_does_not_point_to_them(tmp_path: Path) -> None:
    content = bytearray(nda_bytes(29, records("nda 29", four_rows(29))))
    content[64:72] = bytes(8)
    assert len(read(bytes(content), tmp_path)[1]) == 4


def test_a_block_without_length_reaches_to_the_end(tmp_path: Path) -> None:
    content = bytearray(a_file(8))
    content[68:72] = bytes(4)
    assert len(read(bytes(content), tmp_path)[1]) == 4


def test_other_files_are_not_claimed(tmp_path: Path) -> None:
    path = tmp_path / "other.nda"
    for content in (b"NEWARE", b"NEWARD" * 10, b"DataPoint,Cycle"):
        path.write_bytes(content)
        with open_source(path) as source:
            assert READER.claim(source) is None


def test_files_too_large_to_keep_are_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(a_file(29), tmp_path)[1]
    monkeypatch.setattr(neware_nda, "_KEPT_BYTES", 0)
    raw, frame = read(a_file(29), tmp_path, batch_rows=3)
    assert frame.equals(whole)
    assert raw.samples is not None
    path = tmp_path / "test.bin"
    path.write_bytes(path.read_bytes()[:-86])
    with pytest.raises(SourceChanged):
        raw.samples.collect()


def test_a_moment_beyond_the_calendar_is_unknown(tmp_path: Path) -> None:
    columns = {"mark": 0x55, "index": [1], "unix": 2**62, "step_type": 4}
    raw, _ = read(nda_bytes(130, records("bts9 88", columns)), tmp_path)
    assert raw.metadata.start_time is None

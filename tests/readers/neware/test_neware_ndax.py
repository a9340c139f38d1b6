"""Synthetic ``.ndax`` archives of every version, decoded to numbers worked out by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.neware_files import NdaxParts, ndax_bytes, ndc_bytes, records, steps_of
from voltlake.canonical.conventions import Sign
from voltlake.errors import (
    CorruptFile,
    NoSamples,
    SuspiciousArchive,
    UnknownUnit,
    UnsupportedVersion,
    VoltlakeError,
)
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.formats.neware_ndax import READER
from voltlake.readers.neware import archive as archives
from voltlake.readers.unpack import open_source

START_SECOND = 1_704_164_645
TENTHS = (9, 11, 13, 16)
"""Versions that count in 0.1 mV, mA, mAs and mWs; the others in V, A, Ah and Wh."""


def read(parts: NdaxParts, folder: Path, **options: object) -> tuple[RawTest, pl.DataFrame]:
    path = parts.write(folder / "test without extension")
    with open_source(path) as source:
        assert READER.claim(source) is not None
        raw = READER.read(source, ReadOptions(**options))  # type: ignore[arg-type]
        assert raw.samples is not None
        return raw, raw.samples.collect()


def refused(parts: NdaxParts, folder: Path) -> VoltlakeError:
    with pytest.raises(VoltlakeError) as caught:
        read(parts, folder)
    assert caught.value.file is not None
    return caught.value


def information(version: int, **changes: object) -> dict[str, object]:
    """Rest from row 1, 2 A of charge from row 3 (every second), discharge from row 6."""
    unit = 3_600_000.0 if version in TENTHS else 1.0
    columns: dict[str, object] = {
        "index": [1, 2, 3, 6],
        "step": [9, 9, 10, 11],
        "ms": [0, 10_000, 0, 500],
        "interval": [0, 10_000, 1000, 1000],
        "unix": [START_SECOND, START_SECOND + 10, START_SECOND + 10, START_SECOND + 13],
        "charge": np.array([0, 0, 0.5, 0]) * unit,
        "discharge": np.array([0, 0, 0, 0.25]) * unit,
        "charge_energy": np.array([0, 0, 2.0, 0]) * unit,
        "discharge_energy": np.array([0, 0, 0, 1.0]) * unit,
    }
    if version > 9:
        columns["unix_ms"] = [0, 250, 250, 750]
    return columns | dict(changes)


STEPS = steps_of((0, 1, 4), (0, 2, 1), (1, 3, 2))


def a_test(
    version: int,
    *,
    info: Mapping[str, object] | None = None,
    steps: Mapping[str, object] = STEPS,
    rows: int = 7,
    **more: object,
) -> NdaxParts:
    volt = np.array([3.5, 3.5, 3.6, 3.6, 3.7012, 3.7, 3.5][:rows])
    ampere = np.array([0, 0, 2, 2, 2, -1.8, -1.8][:rows])
    if version in TENTHS:
        volt, ampere = volt * 10_000, ampere * 1000
    if version in (16, 17):
        steps = {**steps, "index": [1, 3, 6][: len(steps["step_id"])]}  # type: ignore[arg-type]
    return ndax_bytes(version, volt, ampere, info or information(version), steps, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [8, 9, 11, 12, 13, 14, 16, 17])
def test_every_version_gives_the_numbers_of_the_file(version: int, tmp_path: Path) -> None:
    raw, frame = read(a_test(version), tmp_path)
    assert frame["record_index"].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert frame["voltage_volt"].to_list() == [3.5, 3.5, 3.6, 3.6, 3.7012, 3.7, 3.5]
    assert frame["current_ampere"].to_list() == [0, 0, 2, 2, 2, -1.8, -1.8]
    assert frame["step_time_second"].to_list() == [0, 10, 0, 1, 2, 0.5, 1.5]
    assert frame["test_time_second"].to_list() == [0, 10, 10, 11, 12, 12.5, 13.5]
    milli = 0.0 if version in (8, 9) else 0.25
    assert frame["unix_time_second"][3] == START_SECOND + 11 + milli
    assert frame["is_interpolated"].to_list() == [False, False, False, True, True, False, True]
    assert frame["step_count"].to_list() == [1, 1, 2, 2, 2, 3, 3]
    assert frame["step_id"].to_list() == ["1", "1", "2", "2", "2", "3", "3"]
    assert frame["step_type"][6] == "CC_DChg"
    assert frame["cycle_count"].to_list() == [1, 1, 1, 1, 1, 2, 2]
    # 2 A for 1 s are 2/3600 Ah; 1.8 A for 1 s are 0.0005 Ah.
    assert frame["step_charging_capacity_ah"].to_list()[2:5] == pytest.approx(
        [0.5, 0.5 + 2 / 3600, 0.5 + 4 / 3600], abs=1e-12
    )
    assert frame["step_discharging_capacity_ah"][6] == pytest.approx(0.2505, abs=1e-12)
    assert frame["step_charging_energy_wh"][4] == pytest.approx(2 + 2 * 7.3012 / 3600, abs=1e-12)
    assert frame["step_discharging_energy_wh"][6] == pytest.approx(1 + 0.0005 * 3.5, abs=1e-12)
    codes = {finding.code: finding for finding in raw.findings}
    assert codes["INTERPOLATED_POINTS"].count == 3
    assert ("UNPROVEN_VERSION" in codes) == (version not in (11, 14, 16, 17))
    assert raw.sign is Sign.CHARGE_POSITIVE


def test_metadata_come_from_the_xml_parts(tmp_path: Path) -> None:
    about = {"Barcode": "B-7", "StartTime": "2024-01-02 04:04:00", "Remark": "高温 45°"}
    raw, _ = read(a_test(14, test_attributes=about), tmp_path)
    metadata = raw.metadata
    assert (metadata.operator, metadata.protocol) == ("Ada", "recipe.xml")
    assert (metadata.machine, metadata.channel) == ("7", "0-3")
    assert (metadata.description, metadata.cell.barcode) == ("高温 45°", "B-7")
    zone = timezone(timedelta(hours=1))
    assert metadata.start_time == datetime(2024, 1, 2, 4, 4, 0, tzinfo=zone)
    assert metadata.time_zone == "UTC+01:00"
    assert metadata.extra["VersionInfo.SvrVer"] == "BTSServer 8.0.0"
    assert metadata.extra["Step.Remark"] == "备注"


@pytest.mark.parametrize(("mode", "cycles"), [("0", [1, 1, 2]), ("1", [1, 1, 1]), ("2", [1, 1, 2])])
def test_the_cycle_rule_of_the_vendors_program_is_followed(
    mode: str, cycles: list[int], tmp_path: Path
) -> None:
    raw, frame = read(a_test(17, cycle_mode=mode), tmp_path)
    assert frame["cycle_count"].to_numpy()[[0, 2, 6]].tolist() == cycles
    rule = next(each for each in raw.declarations if each.subject == "cycle_numbering")
    assert (rule.where == "NdaxConfig.xml") == (mode != "0")


@pytest.mark.parametrize("batch_rows", [1, 500, 600])
def test_batches_join_to_the_same_table(batch_rows: int, tmp_path: Path) -> None:
    parts = long_test(2000)
    whole = read(parts, tmp_path)[1]
    assert read(parts, tmp_path, batch_rows=batch_rows)[1].equals(whole)
    assert whole["aux_t9_celsius"].to_list() == pytest.approx(np.arange(2000) / 4)


def long_test(rows: int) -> NdaxParts:
    """Rows over several pages; run information every seventh row, a new step every 70th."""
    at = np.arange(0, rows, 7)
    step = at // 70
    info = {
        "index": at + 1, "step": step, "ms": (at - step * 70) * 1000, "interval": 1000,
        "unix": START_SECOND + at, "charge": at / 100, "discharge": 0.0,
    }  # fmt: skip
    count = int(step.max()) + 1
    steps = {"cycle": np.arange(count), "step_id": np.arange(count) + 1, "step_type": [1] * count}
    values = records("aux 17", {"value": np.arange(rows) / 4})
    about = {"AuxID": "9", "RealChlID": "225", "ChlType": "103"}
    return ndax_bytes(
        17, np.full(rows, 3.3), np.full(rows, 0.5), info, steps,
        auxiliary={"data_AUX_225_3_1.ndc": (values, about)},
    )  # fmt: skip


def test_parts_are_inflated_anew_where_they_are_too_large_to_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(long_test(3000), tmp_path)[1]
    monkeypatch.setattr(archives, "_KEPT_BYTES", 0)
    assert read(long_test(3000), tmp_path, batch_rows=700)[1].equals(whole)


def test_rows_before_the_first_information_have_no_time(tmp_path: Path) -> None:
    info = {key: np.asarray(values)[2:] for key, values in information(14).items()}
    _, frame = read(a_test(14, info=info), tmp_path)
    assert frame["test_time_second"].to_list()[:3] == [None, None, 0.0]
    assert frame["step_count"].to_list()[:3] == [None, None, 1]
    assert frame["step_type"].to_list()[:3] == [None, None, "Rest"]
    assert frame["cycle_count"].to_list()[:3] == [None, None, 1]
    assert frame["step_charging_capacity_ah"].to_list()[0] is None
    assert frame["is_interpolated"].to_list()[:2] == [False, False]


def test_repeated_information_keeps_the_first_and_says_so(tmp_path: Path) -> None:
    info = information(14, index=[1, 1, 3, 6], ms=[0, 100, 0, 500], interval=[1000, 0, 1000, 1000])
    raw, frame = read(a_test(14, info=info), tmp_path)
    assert frame["step_time_second"].to_list()[:2] == [0.0, 1.0]
    found = next(f for f in raw.findings if f.code == "DUPLICATE_RECORDS")
    assert (found.count, found.row_first, found.row_last) == (1, 0, 0)
    filled = next(f for f in raw.findings if f.code == "INTERPOLATED_POINTS")
    assert filled.count == frame["is_interpolated"].sum() == 4


def test_unordered_information_is_put_in_order(tmp_path: Path) -> None:
    columns = {key: np.asarray(values)[[0, 2, 1, 3]] for key, values in information(14).items()}
    columns["step"] = np.array([9, 9, 9, 9])
    _, frame = read(a_test(14, info=columns), tmp_path)
    assert frame["step_time_second"].to_list() == [0, 10, 0, 1, 2, 0.5, 1.5]


def test_holes_between_the_rows_stay_holes(tmp_path: Path) -> None:
    used = np.array([True, True, True, False, False, True, True])
    raw, frame = read(a_test(14, used=used), tmp_path)
    assert frame["record_index"].to_list() == [1, 2, 3, 6, 7]
    found = next(f for f in raw.findings if f.code == "MISSING_RECORDS")
    assert (found.count, found.row_first) == (2, 3)


def test_information_without_its_row_is_left_out_and_said_so(tmp_path: Path) -> None:
    used = np.array([True, True, False, True, True, True, True])
    raw, frame = read(a_test(14, used=used), tmp_path)
    assert len(frame) == 6
    assert next(f for f in raw.findings if f.code == "ROWS_WITHOUT_MEASUREMENT").count == 1


def test_steps_that_are_not_described_stay_unknown(tmp_path: Path) -> None:
    raw, frame = read(a_test(14, steps=steps_of((0, 1, 4), (0, 2, 99))), tmp_path)
    assert frame["step_type"].to_list()[1:] == ["Rest"] + ["code 99"] * 3 + [None, None]
    codes = [finding.code for finding in raw.findings]
    assert "MISSING_STEPS" in codes
    assert "UNKNOWN_STEP_TYPE" in codes
    none = steps_of((0, 0, 0))
    assert read(a_test(14, steps=none), tmp_path)[1]["step_type"].null_count() == 7


# --- extra channels --------------------------------------------------------------------------


def test_extra_channels_meet_their_declarations(tmp_path: Path) -> None:
    def part(*values: float) -> np.ndarray:
        return records("aux 14", {"value": values})

    extra = {
        "data_AUX_12_0_0.ndc": (part(25.5), {"AuxID": "2", "RealChlID": "12", "ChlType": "103"}),
        "data_AUX_9_0_0.ndc": (part(1.5), {"AuxID": "1", "RealChlID": "9", "ChlType": "104"}),
        "data_AUX_10_0_0.ndc": (part(2.5), {"AuxID": "3", "RealChlID": "10", "ChlType": "117"}),
        "data_AUX_11_0_0.ndc": (part(7.0), {"AuxID": "4", "RealChlID": "11", "ChlType": "116"}),
    }
    raw, frame = read(a_test(14, auxiliary=extra), tmp_path)
    assert frame["temperature_t2_celsius"].to_list() == [25.5, *[None] * 6]
    assert frame["aux_i1_ampere"][0] == 1.5
    assert frame["aux_pressure_3_pa"][0] == 250_000.0
    assert frame["aux_kind_116_4_count"][0] == 7.0
    assert [f.column for f in raw.findings if f.code == "UNKNOWN_CHANNEL"] == [
        "aux_kind_116_4_count"
    ]


def test_channels_without_a_declaration_are_kept(tmp_path: Path) -> None:
    parts = a_test(14)
    parts.parts["data_AUX_1_0_0.ndc"] = ndc_bytes(5, 14, records("aux 14", {"value": [1.0, 2.0]}))
    _, frame = read(parts, tmp_path)
    assert frame["aux_unnamed_1_count"].to_list()[:3] == [1.0, 2.0, None]


def test_marked_channels_hold_voltage_and_temperature(tmp_path: Path) -> None:
    columns = {"mark": 0x65, "voltage": [36_000.0, 36_500.0], "temperature": [251, 252]}
    extra = {"data_AUX_1_0_0.ndc": (records("aux 11 65", columns), {"AuxID": "1"})}
    _, frame = read(a_test(16, auxiliary=extra), tmp_path)
    assert frame["temperature_t1_celsius"].to_list()[:3] == [25.1, 25.2, None]
    assert frame["aux_v1_volt"].to_list()[:2] == [3.6, 3.65]


def test_marked_channels_may_carry_their_index(tmp_path: Path) -> None:
    columns = {"mark": 0x74, "index": [2, 2, 5], "temperature": [251, 999, 253]}
    extra = {"data_AUX_1_0_0.ndc": (records("aux 11 74", columns), {"AuxID": "6"})}
    _, frame = read(a_test(11, auxiliary=extra), tmp_path)
    assert frame["aux_t6_celsius"].to_list() == [None, 25.1, None, None, 25.3, None, None]


def test_a_probe_of_one_quantity_has_one_column(tmp_path: Path) -> None:
    columns = {"mark": 0x65, "voltage": 0.0, "temperature": [251, 252]}
    extra = {"data_AUX_1_0_0.ndc": (records("aux 11 65", columns), {"AuxID": "1"})}
    _, frame = read(a_test(16, auxiliary=extra), tmp_path)
    assert "aux_v1_volt" not in frame.columns
    silent = {"data_AUX_1_0_0.ndc": (records("aux 11 65", {"mark": [0x65]}), {"AuxID": "1"})}
    _, frame = read(a_test(16, auxiliary=silent), tmp_path)
    assert frame["temperature_t1_celsius"].to_list()[:2] == [0.0, None]


def test_an_unknown_mark_is_refused(tmp_path: Path) -> None:
    columns = records("aux 11 65", {"mark": 0x66, "temperature": [1]})
    extra = {"data_AUX_1_0_0.ndc": (columns, {"AuxID": "1"})}
    assert isinstance(refused(a_test(11, auxiliary=extra), tmp_path), UnsupportedVersion)


def test_two_parts_of_one_channel_exclude_each_other(tmp_path: Path) -> None:
    about = {"AuxID": "1", "RealChlID": "5", "ChlType": "103"}
    content = records("aux 14", {"value": [1.0]})
    extra = {"data_AUX_5_0_0.ndc": (content, about), "data_AUX_5_0_1.ndc": (content, about)}
    assert isinstance(refused(a_test(14, auxiliary=extra), tmp_path), CorruptFile)


# --- versions 1 to 5: complete records -------------------------------------------------------


def a_record_test(version: int, **changes: object) -> NdaxParts:
    columns: dict[str, object] = {
        "mark": 0x55, "index": [1, 2, 3], "cycle": [0, 0, 1], "step_id": [1, 2, 2],
        "step_type": [4, 1, 1], "ticks": [0, 500, 1500], "voltage": [36_000, 37_012, 37_013],
        "current": [0, 20_000, 20_000], "charge": [0, 36_000_000, 72_000_000],
        "charge_energy": [0, 144_000_000, 288_000_000], "year": 2024, "month": 1, "day": 2,
        "hour": 3, "minute": 4, "second": [5, 6, 7], "range": [0, 6000, 6000],
    }  # fmt: skip
    content = records(f"ndc {version}", columns | dict(changes))
    parts = NdaxParts({"data.ndc": ndc_bytes(1, version, content)})
    parts.parts["TestInfo.xml"] = (
        b'<root><config><TestInfo><Aux1 AuxID="1" RealChlID="5"/></TestInfo></config></root>'
    )
    return parts


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_older_versions_keep_everything_in_one_part(version: int, tmp_path: Path) -> None:
    raw, frame = read(a_record_test(version), tmp_path)
    assert frame["voltage_volt"].to_list() == [3.6, 3.7012, 3.7013]
    assert frame["current_ampere"].to_list() == [0.0, 2.0, 2.0]
    assert frame["test_time_second"].to_list() == [0.0, 0.5, 1.5]
    assert frame["cycle_count"].to_list() == [1, 1, 2]
    assert frame["step_charging_capacity_ah"].to_list() == [0.0, 1.0, 2.0]
    assert frame["unix_time_second"].to_list() == [START_SECOND, START_SECOND + 1, START_SECOND + 2]
    codes = [finding.code for finding in raw.findings]
    assert "TZ_ASSUMED" in codes
    assert ("UNPROVEN_VERSION" in codes) == (version not in (2, 5))


@pytest.mark.parametrize("version", [2, 5])
def test_older_extra_channels(version: int, tmp_path: Path) -> None:
    parts = a_record_test(version)
    columns = {
        "mark": 0x74, "index": [1, 3], "voltage": [100, 200], "temperature": [-15, 16],
        "setpoint": [250, 250],
    }  # fmt: skip
    parts.parts["data_AUX_5_0_0.ndc"] = ndc_bytes(5, version, records(f"aux {version}", columns))
    _, frame = read(parts, tmp_path, timezone="UTC")
    assert frame["temperature_t1_celsius"].to_list() == [-1.5, None, 1.6]
    assert frame["aux_v1_volt"].to_list() == [0.01, None, 0.02]
    assert frame["aux_temperature_setpoint_1_celsius"].to_list() == [25.0, None, 25.0]


def test_older_records_out_of_order(tmp_path: Path) -> None:
    raw, frame = read(a_record_test(5, index=[2, 1, 2]), tmp_path)
    assert frame["record_index"].to_list() == [1, 2]
    assert frame["voltage_volt"].to_list() == [3.7012, 3.6]
    assert "DUPLICATE_RECORDS" in [finding.code for finding in raw.findings]


def test_an_unknown_range_stops_the_file(tmp_path: Path) -> None:
    assert isinstance(refused(a_record_test(5, range=[0, 777, 777]), tmp_path), UnknownUnit)


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize("version", [7, 10, 18, 255])
def test_an_unknown_version_is_named(version: int, tmp_path: Path) -> None:
    parts = a_test(14)
    content = bytearray(parts.parts["data.ndc"])
    content[2] = version
    parts.parts["data.ndc"] = bytes(content)
    error = refused(parts, tmp_path)
    assert isinstance(error, UnsupportedVersion)
    assert str(version) in error.message


def test_no_rows_are_no_samples(tmp_path: Path) -> None:
    parts = a_test(14)
    parts.parts["data.ndc"] = parts.parts["data.ndc"][:4096]
    assert isinstance(refused(parts, tmp_path), NoSamples)
    assert isinstance(refused(a_test(14, used=np.zeros(7, np.bool_)), tmp_path), NoSamples)
    assert isinstance(refused(a_record_test(5, index=0), tmp_path), NoSamples)


@pytest.mark.parametrize("part", ["data.ndc", "data_runInfo.ndc", "data_step.ndc"])
@pytest.mark.parametrize("kept", [0, 3, 511, 4097, 8191])
def test_a_part_that_breaks_off_is_corrupt(part: str, kept: int, tmp_path: Path) -> None:
    parts = a_test(14)
    parts.parts[part] = parts.parts[part][:kept]
    assert isinstance(refused(parts, tmp_path), CorruptFile)


@pytest.mark.parametrize("part", ["data_runInfo.ndc", "data_step.ndc"])
def test_a_missing_part_is_named(part: str, tmp_path: Path) -> None:
    parts = a_test(14)
    del parts.parts[part]
    error = refused(parts, tmp_path)
    assert isinstance(error, CorruptFile)
    assert part in error.message


def test_information_without_times_or_of_another_version_is_corrupt(tmp_path: Path) -> None:
    parts = a_test(14)
    parts.parts["data_runInfo.ndc"] = parts.parts["data_runInfo.ndc"][:4096]
    assert isinstance(refused(parts, tmp_path), CorruptFile)
    parts.parts["data_runInfo.ndc"] = a_test(17).parts["data_runInfo.ndc"]
    assert isinstance(refused(parts, tmp_path), CorruptFile)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><root/>', SuspiciousArchive),
        (b"<root><config>", CorruptFile),
        (b'<?xml version="1.0" encoding="klingon"?><root/>', CorruptFile),
        (b"", CorruptFile),
    ],
)
def test_xml_that_harms_or_breaks_is_refused(
    text: bytes, kind: type[VoltlakeError], tmp_path: Path
) -> None:
    parts = a_test(14)
    parts.parts["TestInfo.xml"] = text
    assert isinstance(refused(parts, tmp_path), kind)


def test_an_archive_without_xml_is_read(tmp_path: Path) -> None:
    parts = a_test(14)
    for name in [name for name in parts.parts if name.endswith(".xml")]:
        del parts.parts[name]
    raw, frame = read(parts, tmp_path)
    assert len(frame) == 7
    assert raw.metadata.operator is None


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = a_test(14)
    parts.parts["data_log.ndc"] = bytes(50_000_000)
    assert isinstance(refused(parts, tmp_path), SuspiciousArchive)
    del parts.parts["data_log.ndc"]
    monkeypatch.setattr(archives, "MAX_INFLATED_BYTES", 1000)
    assert isinstance(refused(parts, tmp_path), SuspiciousArchive)


def test_too_many_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_test(14).write(tmp_path / "x.ndax")
    monkeypatch.setattr(archives, "MAX_ENTRIES", 5)
    assert archives.part_names(path) is None
    with pytest.raises(SuspiciousArchive):
        archives.open_archive(path, "x.ndax")


def test_large_xml_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = a_test(14)
    parts.parts["TestInfo.xml"] = np.random.default_rng(1).bytes(2000)
    path = parts.write(tmp_path / "x.ndax")
    archive = archives.open_archive(path, "x.ndax")
    with pytest.raises(SuspiciousArchive):
        archive.read("TestInfo.xml", limit=1000)


def test_a_part_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = a_test(14).write(tmp_path / "x.ndax")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("data.ndc", b"again")
    with pytest.raises(SuspiciousArchive):
        archives.open_archive(path, "x.ndax")


def test_a_lying_size_is_corrupt(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.ndc", b"\x01\x00\x0e" + bytes(20_000))
    content = bytearray(buffer.getvalue())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (30_000).to_bytes(4, "little")
    path = tmp_path / "x.ndax"
    path.write_bytes(content)
    opened = archives.open_archive(path, "x.ndax")
    with pytest.raises(CorruptFile):
        list(opened.chunks("data.ndc", 4096))


def test_other_zips_are_not_claimed(tmp_path: Path) -> None:
    path = NdaxParts({"xl/workbook.xml": b"<a/>", "b": b""}).write(tmp_path / "x.ndax")
    with open_source(path) as source:
        assert READER.claim(source) is None
    path.write_bytes(b"NEWARE" + bytes(100))
    with open_source(path) as source:
        assert READER.claim(source) is None


def test_damaged_archives_are_claimed_by_the_names_of_their_parts(tmp_path: Path) -> None:
    path = a_test(14).write(tmp_path / "x.ndax")
    with open_source(path) as source:
        path.write_bytes(path.read_bytes()[:-40])
        assert READER.claim(source) is not None
        with pytest.raises(CorruptFile):
            READER.read(source, ReadOptions())
        path.unlink()
        with pytest.raises(VoltlakeError):
            READER.read(source, ReadOptions())


def test_an_archive_without_rows_part_is_corrupt(tmp_path: Path) -> None:
    path = NdaxParts({"Step.xml": b"<a/>", "b": b""}).write(tmp_path / "x.ndax")
    with open_source(path) as source, pytest.raises(CorruptFile, match=r"data\.ndc"):
        READER.read(source, ReadOptions())

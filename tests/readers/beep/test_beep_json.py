"""Structured JSON of BEEP: both shapes, with and without time, and what may be wrong."""

from __future__ import annotations

import gzip
import json
import math
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from support.structured_json import COLUMNS, GRID_POINTS, curve_value, write
from support.structured_json import summary as made_summary
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.canonical.tables import CURVES_SCHEMA
from voltlake.errors import CorruptFile, NoSamples
from voltlake.readers.contract import Claim, RawTest, ReadOptions
from voltlake.readers.formats.beep_json import READER
from voltlake.readers.unpack import open_source

HEAD = {"@module": "beep.structure", "@class": "ProcessedCyclerRun", "barcode": "b"}


def read(path: Path, **options: object) -> RawTest:
    with open_source(path) as source:
        return READER.read(source, ReadOptions(**options))


def claim(path: Path) -> Claim | None:
    with open_source(path) as source:
        return READER.claim(source)


def made(tmp_path: Path, document: object, name: str = "made_structure.json") -> Path:
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def codes(test: RawTest) -> list[str]:
    return [finding.code for finding in test.findings]


def finding(test: RawTest, code: str):
    (found,) = [each for each in test.findings if each.code == code]
    return found


@pytest.fixture(params=["flattened", "nested"])
def structured(request, tmp_path) -> Path:
    return write(tmp_path / "made_structure.json", cycles=3, nested=request.param == "nested")


def test_both_shapes_give_every_point_sorted_by_cycle_and_direction(structured):
    test = read(structured, batch_rows=777)
    curves = test.reported_curves.collect()
    assert curves.schema == CURVES_SCHEMA
    assert curves.height == 3 * 2 * GRID_POINTS
    assert curves["cycle_index"].to_list() == [n for n in range(3) for _ in range(2 * GRID_POINTS)]
    expected = {
        "voltage_volt": "voltage",
        "charge_capacity_ah": "charge_capacity",
        "discharge_capacity_ah": "discharge_capacity",
        "current_ampere": "current",
        "temperature_celsius": "temperature",
        "internal_resistance_ohm": "internal_resistance",
        "direction": "step_type",
    }
    for ours, theirs in expected.items():
        values = [
            curve_value(theirs, cycle, direction, point)
            for cycle in range(3)
            for direction in ("charge", "discharge")
            for point in range(GRID_POINTS)
        ]
        unknown = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
        assert curves[ours].to_list() == unknown, ours
    assert curves["test_time_second"].null_count() == curves.height


def test_without_time_there_are_no_samples_and_it_is_said(structured):
    test = read(structured)
    assert test.samples is None
    assert codes(test) == ["NO_TIME"]


def test_curves_can_be_read_again_and_by_column_after_the_source_is_gone(structured):
    test = read(structured)
    structured.unlink()
    whole = test.reported_curves.collect()
    assert test.reported_curves.collect(["direction", "voltage_volt"]).equals(
        whole.select("direction", "voltage_volt")
    )


def test_the_summary_keeps_its_own_words_where_the_meaning_differs(structured):
    cycles = read(structured).reported_cycles
    values = made_summary(3)
    assert cycles["cycle_index"].to_list() == [0, 1, 2]
    assert cycles["discharge_capacity_ah"].to_list() == values["discharge_capacity"]
    assert cycles["temperature_max_celsius"].to_list() == [None, 35.0, 35.0]
    assert cycles["charge_duration"].to_list() == [None, 600.0, 600.0]
    assert cycles["start_unix_time_second"].to_list() == [1523491200 + 3600 * n for n in range(3)]
    assert {"paused", "time_temperature_integrated"} <= set(cycles.columns)
    assert "charge_duration_second" not in cycles.columns


def test_metadata_come_from_the_document(structured):
    metadata = read(structured).metadata
    assert metadata.cell.barcode == "el150800737381"
    assert metadata.channel == "7"
    assert metadata.protocol == "2018-04-12_batch8\\20180412-5C_67per_4C_newstructure.sdu"
    assert metadata.extra["charge_policy"] == "5C_67per_4C"
    assert metadata.start_time.isoformat() == "2018-04-12T00:00:00+00:00"


def test_packed_and_plain_are_the_same_test(structured):
    packed = structured.with_name("made_structure.json.gz")
    packed.write_bytes(gzip.compress(structured.read_bytes()))
    assert claim(packed) == claim(structured)
    assert read(packed).reported_curves.collect().equals(read(structured).reported_curves.collect())


def test_newer_files_give_recorded_rows_as_samples(tmp_path):
    raw = {
        "data_point": [0, 1, 2],
        "test_time": [0.0, 1.5, 3.0],
        "date_time_iso": ["2020-01-01T00:00:00+00:00", "2020-01-01T01:00:01.5+01:00", None],
        "cycle_index": [0, 0, 1],
        "step_index": [1, 1, 2],
        "current": [0.0, 1.1, -1.1],
        "voltage": [3.0, 3.1, float("inf")],
        "charge_capacity": [0.0, 0.25, 0.0],
        "note": ["x", None, "y"],
        "unheard_of": [1, 2, 3],
    }
    test = read(made(tmp_path, HEAD | {"raw_data": raw, "metadata": {"channel_id": 3}}))
    samples = test.samples.collect()
    assert samples["test_time_second"].to_list() == [0.0, 1.5, 3.0]
    assert samples["unix_time_second"].to_list() == [1577836800.0, 1577836801.5, None]
    assert samples["cycle_count"].to_list() == [0, 0, 1]
    assert samples["record_index"].to_list() == [0, 1, 2]
    assert samples["step_id"].to_list() == ["1", "1", "2"]
    assert samples["voltage_volt"].to_list() == [3.0, 3.1, None]
    assert samples["aux_note_text"].to_list() == ["x", None, "y"]
    assert samples["aux_unheard_of_count"].to_list() == [1.0, 2.0, 3.0]
    assert "is_interpolated" not in samples.columns
    assert test.scopes == {"cycle_charging_capacity_ah": Scope.CYCLE}
    assert test.sign is Sign.CHARGE_POSITIVE
    assert finding(test, "INFINITE_VALUES").count == 1
    assert finding(test, "UNIT_NOT_KNOWN").count == 2
    assert test.metadata.channel == "3"
    assert test.samples.collect(["voltage_volt"]).columns == ["voltage_volt"]


def timed(**changes: object) -> dict[str, object]:
    """Two cycles, all discharges before all charges, as BEEP of 2022 writes them."""
    table = {
        "test_time": [float("nan"), 10.0, 11.0, 30.0, 1.0, 2.0, 21.0, 22.0],
        "voltage": [3.5, 3.4, 3.3, 3.2, 3.0, 3.1, 3.0, 3.1],
        "current": [None, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0],
        "cycle_index": [0, 0, 0, 1, 0, 0, 1, 1],
        "step_type": ["discharge"] * 4 + ["charge"] * 4,
    }
    return HEAD | {"structured_data": table | changes}


def test_points_with_a_time_become_flagged_samples_in_the_order_of_time(tmp_path):
    test = read(made(tmp_path, timed()))
    samples = test.samples.collect()
    assert samples["test_time_second"].to_list() == [1, 2, 10, 11, 21, 22, 30]
    assert samples["cycle_count"].to_list() == [0, 0, 0, 0, 1, 1, 1]
    assert samples["step_type"].to_list()[:3] == ["charge", "charge", "discharge"]
    assert samples["is_interpolated"].all()
    assert finding(test, "GRID_POINTS_WITHOUT_TIME").count == 1
    assert "ROWS_REORDERED" in codes(test)
    assert test.reported_curves.collect().height == 8


def test_time_alone_is_taken_where_there_is_no_test_time(tmp_path):
    nested = {
        "0": {"time": [0, 1], "voltage": [3, 3.1], "current": [1, 1]},
        "1": {"time": [0, 1], "voltage": [3, 3.1], "current": [1, 1]},
    }
    test = read(made(tmp_path, HEAD | {"cycles_interpolated": nested}))
    samples = test.samples.collect()
    assert samples["cycle_count"].to_list() == [0, 0, 1, 1]
    assert samples["test_time_second"].to_list() == [0, 1, 0, 1]
    assert "ROWS_REORDERED" not in codes(test)
    assert finding(test, "DIRECTION_MISSING").count == 4
    assert test.reported_curves.collect()["direction"].null_count() == 4


def test_recorded_rows_win_over_interpolated_points(tmp_path):
    raw = {"test_time": [0.0], "voltage": [3.0], "current": [0.0]}
    test = read(made(tmp_path, timed() | {"raw_data": raw}))
    assert test.samples.collect().height == 1


def test_a_time_that_is_never_known_gives_no_samples(tmp_path):
    assert read(made(tmp_path, timed(test_time=[None] * 8))).samples is None


def test_raw_rows_without_current_are_refused_and_said(tmp_path):
    raw = {"test_time": [0.0], "voltage": [3.0]}
    test = read(made(tmp_path, timed() | {"raw_data": raw}))
    assert "current_ampere" in finding(test, "RAW_DATA_NOT_READ").message
    assert test.samples is None


def test_arrays_of_different_length_lose_nothing(tmp_path):
    test = read(made(tmp_path, timed(voltage=[3.5, 3.4])))
    assert "voltage 2 of 8" in finding(test, "ARRAY_LENGTHS_DIFFER").message
    voltages = test.reported_curves.collect()["voltage_volt"]
    assert voltages.len() == 8
    assert sorted(voltages.drop_nulls()) == [3.4, 3.5]


def test_odd_cycles_and_columns_are_named_and_the_rest_is_read(tmp_path):
    nested = {
        "0": {"voltage": [3.0, 3.1], "step_type": ["charge"] * 2, "current": 5},
        "1": None,
        "2": {"voltage": [3.2], "cycle_index": [7], "step_type": ["discharge"]},
        "formation": {"voltage": [3.3], "temperature": [25.0]},
        "4": {},
        "voltage_note": "text",
        "current": {"0": 1.0},
    }
    test = read(made(tmp_path, HEAD | {"cycles_interpolated": nested}))
    curves = test.reported_curves.collect()
    assert curves["cycle_index"].to_list() == [0, 0, 7, None]
    assert curves["voltage_volt"].to_list() == [3.0, 3.1, 3.2, 3.3]
    assert curves["temperature_celsius"].to_list() == [None, None, None, 25.0]
    assert sorted(codes(test)) == [
        "COLUMN_NOT_READABLE", "COLUMN_NOT_READABLE", "CYCLE_EMPTY", "CYCLE_INDEX_CONTRADICTED",
        "CYCLE_INDEX_MISSING", "CYCLE_INDEX_MISSING", "CYCLE_NOT_READABLE", "CYCLE_NOT_READABLE",
        "DIRECTION_MISSING", "NO_TIME",
    ]  # fmt: skip


def test_points_without_any_cycle_number_are_kept(tmp_path):
    table = {"voltage": [3.0, 3.1], "step_type": [0, 1], "step_index": [1, 1]}
    test = read(made(tmp_path, HEAD | {"cycles_interpolated": table}))
    assert test.reported_curves.collect()["cycle_index"].to_list() == [None, None]
    assert finding(test, "CYCLE_INDEX_MISSING").count == 2
    assert "step_index" in finding(test, "COLUMNS_NOT_READ").message


def test_words_in_a_column_of_numbers_become_null(tmp_path):
    test = read(made(tmp_path, timed(voltage=[3.5, "3,4", True, 3.2, 3.0, 3.1, 3.0, 3.1])))
    assert finding(test, "ODD_VALUES").count == 2
    assert test.reported_curves.collect()["voltage_volt"].null_count() == 2


def test_a_repeated_key_is_read_once(tmp_path):
    text = (
        '{"@module": "beep.structure", "summary": {"cycle_index": [0], "cycle_index": [9]}, '
        '"summary": {"cycle_index": [5]}} tail'
    )
    test = read(made(tmp_path, text))
    assert test.reported_cycles["cycle_index"].to_list() == [0]
    assert codes(test) == ["DUPLICATE_KEY", "DUPLICATE_KEY", "TRAILING_BYTES", "NO_TIME"]


def test_diagnostic_cycles_join_the_summary(tmp_path):
    document = HEAD | {
        "structured_summary": {"cycle_index": [0, 1], "charge_capacity": [1.0, None]},
        "diagnostic_summary": {
            "cycle_index": [3, 1, 0],
            "charge_capacity": [3.5, 2.5, 9.0],
            "cycle_type": ["hppc", "reset", "odd"],
        },
        "diagnostic_interpolated": {"voltage": [3.0], "step_type": [0]},
    }
    test = read(made(tmp_path, document))
    assert test.reported_cycles["cycle_index"].to_list() == [0, 1, 3]
    assert test.reported_cycles["charge_capacity_ah"].to_list() == [1.0, 2.5, 3.5]
    assert test.reported_cycles["cycle_type"].to_list() == ["odd", "reset", "hppc"]
    assert finding(test, "SUMMARIES_DIFFER").count == 1
    assert "DIAGNOSTIC_CURVES_NOT_READ" in codes(test)


def test_diagnostics_that_repeat_a_cycle_do_not_multiply_the_summary(tmp_path):
    document = HEAD | {
        "summary": {"cycle_index": [0, 1]},
        "diagnostic_summary": {"cycle_index": [1, 1], "cycle_type": ["a", "b"]},
    }
    test = read(made(tmp_path, document))
    assert test.reported_cycles.height == 2
    assert "DIAGNOSTIC_SUMMARY_NOT_READ" in codes(test)


def test_diagnostics_alone_are_the_cycles(tmp_path):
    document = HEAD | {"diagnostic_summary": {"cycle_type": ["reset"]}, "summary": [1]}
    test = read(made(tmp_path, document))
    assert test.reported_cycles["cycle_index"].to_list() == [None]
    assert codes(test) == ["TABLE_NOT_READABLE", "CYCLE_INDEX_MISSING", "NO_TIME"]


def test_clock_times_without_a_zone_take_the_declared_one(tmp_path):
    document = HEAD | {
        "summary": {"cycle_index": [0, 1], "date_time_iso": ["2020-07-01T02:00:00", "never"]}
    }
    path = made(tmp_path, document)
    berlin = read(path, timezone="Europe/Berlin")
    assert berlin.reported_cycles["start_unix_time_second"].to_list() == [1593561600.0, None]
    assert berlin.metadata.time_zone == "Europe/Berlin"
    (zone,) = [each for each in read(path).declarations if each.subject == "time_zone"]
    assert (zone.value, zone.assumed) == ("UTC", True)


@pytest.mark.parametrize(
    "document",
    [HEAD, HEAD | {"summary": None, "cycles_interpolated": {}}, HEAD | {"raw_data": {}}],
)
def test_a_document_without_data_is_refused(tmp_path, document):
    with pytest.raises(NoSamples):
        read(made(tmp_path, document))


def test_a_document_cut_short_is_ours_and_corrupt(structured):
    whole = structured.read_bytes()
    structured.write_bytes(whole[: len(whole) // 2])
    assert claim(structured).confidence == 100
    with pytest.raises(CorruptFile, match="ends inside"):
        read(structured)


def test_keys_are_enough_also_beyond_the_head(tmp_path):
    document = {
        "barcode": "b",
        "summary": {"cycle_index": list(range(40_000))},
        "cycles_interpolated": {column: [] for column in COLUMNS},
    }
    path = made(tmp_path, document)
    assert path.stat().st_size > 65_536 * 2
    assert claim(path).confidence == 80
    path.write_text(path.read_text()[:-40])
    assert claim(path).confidence == 80


@pytest.mark.parametrize(
    "text",
    [
        '{"@module": "beep.features.featurizer", "summary": {}, "cycles_interpolated": {}}',
        '{"@module": 3, "cycles_interpolated": {}, "summary": {}}',
        '{"summary": {"a": 1}, "other": 2}',
        '{"summary": "' + "x" * 70_000 + '"}',
        '{"other": "' + "x" * 70_000 + '", "cycles_interpolated": {}, "summary": {}}',
        '{"other": ',
        "[1, 2]",
        "Cycle,Voltage\n1,2\n",
    ],
)
def test_other_json_is_not_claimed(tmp_path, text):
    assert claim(made(tmp_path, text)) is None


def test_no_foreign_json_of_the_real_files_is_claimed(shared_data):
    foreign = [
        path
        for path in sorted(shared_data.rglob("*.json"))
        if not path.name.endswith("_truncated_structure.json")
    ]
    assert len(foreign) > 50
    assert [path.name for path in foreign if claim(path) is not None] == []


def test_the_real_file_gives_what_json_loads_gives(shared_data):
    path = shared_data / "beep" / "PreDiag_000233_00021F_truncated_structure.json"
    vendor = json.loads(path.read_text())
    assert claim(path).confidence == 100
    test = read(path)
    cycles = test.reported_cycles
    first = cycles.head(1612)
    pairs = {
        "discharge_capacity": "discharge_capacity_ah",
        "charge_capacity": "charge_capacity_ah",
        "discharge_energy": "discharge_energy_wh",
        "charge_energy": "charge_energy_wh",
        "energy_efficiency": "energy_efficiency",
        "charge_throughput": "charge_throughput_ah",
        "energy_throughput": "energy_throughput_wh",
    }
    for theirs, ours in pairs.items():
        assert first[ours].to_list() == vendor["summary"][theirs]
    assert cycles.height == 1613
    assert cycles["cycle_type"].drop_nulls().to_list() == vendor["diagnostic_summary"]["cycle_type"]
    throughput = pl.Series(vendor["summary"]["charge_capacity"]).cum_sum()
    assert (throughput - first["charge_throughput_ah"]).abs().max() < 0.01
    assert (test.metadata.cell.barcode, test.metadata.channel) == ("00021F", "38")
    assert test.samples is None


MEASURE = """
import resource, sys
from pathlib import Path
from voltlake.readers.contract import ReadOptions
from voltlake.readers.formats.beep_json import READER
from voltlake.readers.unpack import open_source

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak_mb()
with open_source(Path(sys.argv[1])) as source:
    test = READER.read(source, ReadOptions())
rows = sum(batch.height for batch in test.reported_curves.batches())
print(rows, peak_mb() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("nested", [False, True])
def test_a_file_of_250_mb_adds_at_most_200_mb(tmp_path, nested):
    path = write(tmp_path / "big.json", cycles=1100, nested=nested)
    assert path.stat().st_size > 240e6
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    rows, added_mb = run.stdout.split()
    assert int(rows) == 1100 * 2 * GRID_POINTS
    assert float(added_mb) < 200

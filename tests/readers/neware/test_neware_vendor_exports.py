"""Every real Neware file against the vendor's own export (BTSDA) of the same test.

The exports hold integers of µA, mV, mAs and mWs where the vendor's program has them, kept as
32-bit floats; the one of BTS 9.0 prints six significant digits. A value passes when it differs
by no more than one step of what the export can show there, and every column must have been
compared in every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from voltlake.errors import NoSamples
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.formats import neware_nda, neware_ndax
from voltlake.readers.unpack import open_source

pytestmark = pytest.mark.shared_data

_EXPORTS = "fastnda/test_data"
_OLDER_EXPORTS = "newarenda/history/tests/reference_btsda"


@dataclass(frozen=True)
class Pair:
    """A file, the stem of its exports, and what is particular about them."""

    path: str
    stem: str
    utc_offset_hours: int
    digits: int | None = None
    older: bool = False


_NEW = "newarenda/nda"
_B2 = "TESTCELL0001-B2-2025-M50T_NewareNDA_Investigation"
_NDC17 = "TESTCELL0001-Test_Data_Collection_Ndc17"
_PULSE = "2-1-6_61_07005012"
PAIRS = [
    Pair("fastnda/test_data/2-1-6_61_07005012.nda.zip", _PULSE, 2, digits=6),
    Pair(f"{_NEW}/mediafire/2-1-6_61[07005012].nda", _PULSE, 2, digits=6),
    Pair("fastnda/test_data/TestFile.nda.zip", "TestFile", 2, digits=6, older=True),
    Pair(f"{_NEW}/github/Issue72/TestFile.nda", "TestFile", 2, digits=6, older=True),
    Pair("fastnda/test_data/new_nda_file.nda.zip", "new_nda_file", 0, older=True),
    Pair(f"{_NEW}/neware_reader/new_nda_file.nda", "new_nda_file", 0, older=True),
    Pair("fastnda/test_data/21_10_7_85.ndax", "21_10_7_85", 1),
    Pair("fastnda/test_data/interp-test.ndax", "interp-test", 1),
    Pair(f"{_NEW}/github/PR28/{_B2}.ndax", _B2, 0, older=True),
    Pair(f"{_NEW}/github/PR28/{_NDC17}.ndax", _NDC17, 0, older=True),
    Pair(f"{_NEW}/github/Issue5/test_2.ndax", "test_2", 1, older=True),
]
CASES = [
    pytest.param(pair, folder, id=f"{pair.path.rsplit('/', 1)[-1]}-{name}")
    for pair in PAIRS
    for name, folder in (("export", _EXPORTS), ("older-export", _OLDER_EXPORTS))
    if pair.older or folder == _EXPORTS
]


def _read(path: Path) -> tuple[RawTest, pl.DataFrame]:
    with open_source(path) as source:
        for reader in (neware_nda.READER, neware_ndax.READER):
            if reader.claim(source) is not None:
                raw = reader.read(source, ReadOptions())
                assert raw.samples is not None
                return raw, raw.samples.collect()
    raise AssertionError(f"nobody claims {path.name}")


def _one_step(
    export: np.ndarray, integer: float, digits: int | None, per_hour: float
) -> np.ndarray:
    """Return the smallest difference that the export shows at each value."""
    steps = np.maximum(integer, np.spacing(np.abs(export).astype(np.float32)).astype(np.float64))
    if digits is None:
        return steps
    # Printed in V, mA, mAh, mWh with so many digits, then multiplied into the small unit.
    printed = np.maximum(np.abs(export) / per_hour, 1e-12)
    return np.maximum(steps, 10 ** (np.floor(np.log10(printed)) - digits + 1) * per_hour)


def _compare(ours: pl.DataFrame, export: pl.DataFrame, pair: Pair) -> dict[str, tuple[int, float]]:
    """Return, per quantity, how many values were compared and the largest difference in steps."""

    def column(expression: pl.Expr) -> np.ndarray:
        values = ours.select(expression).to_series()
        assert values.null_count() == 0
        return values.to_numpy()

    def net(quantity: str) -> np.ndarray:
        into = column(pl.col(f"step_charging_{quantity}"))
        return into + column(pl.col(f"step_discharging_{quantity}"))

    pairs: dict[str, tuple[np.ndarray, str, float, float]] = {
        "voltage": (column(pl.col("voltage_volt")) * 1e3, "Voltage(mV)", 0.1, 1e3),
        "current": (column(pl.col("current_ampere")) * 1e6, "Current(uA)", 1.0, 1e3),
        "capacity": (net("capacity_ah") * 3.6e6, "Capacity(mAs)", 1.0, 3600.0),
        "energy": (net("energy_wh") * 3.6e6, "Energy(mWs)", 1.0, 3600.0),
        "step time": (column(pl.col("step_time_second")), "Time", 0.001, 1.0),
        "test time": (column(pl.col("test_time_second")), "Total Time", 0.001, 1.0),
    }
    found: dict[str, tuple[int, float]] = {}
    for name, (values, label, integer, per_hour) in pairs.items():
        wanted = export[label].to_numpy().astype(np.float64)
        if name in ("capacity", "energy"):
            wanted = np.abs(wanted)
        digits = pair.digits if name not in ("step time", "test time") else None
        steps = np.abs(values - wanted) / _one_step(wanted, integer, digits, per_hour)
        found[name] = (len(values), float(steps.max()))
    for name in (name for name in export.columns if name.startswith("T1")):
        values = column(pl.col("temperature_t1_celsius"))
        shown = 0.1 if name == "T1(?)" else 0.001
        difference = np.abs(values - export[name].to_numpy().astype(np.float64)) / shown
        found["temperature"] = (len(values), float(difference.max()))
    stamps = export["Date"].cast(pl.Int64).to_numpy() / 1000 - pair.utc_offset_hours * 3600
    late = np.abs(column(pl.col("unix_time_second")) - stamps) / 0.001
    found["unix time"] = (len(stamps), float(late.max()))
    return found


@pytest.mark.parametrize(("pair", "folder"), CASES)
def test_rows_equal_the_vendors_export(pair: Pair, folder: str, shared_data: Path) -> None:
    _, ours = _read(shared_data / pair.path)
    export = pl.read_parquet(shared_data / folder / f"{pair.stem}.parquet")
    assert len(ours) == len(export)
    assert ours["cycle_count"].to_list() == export["Cycle Index"].to_list()
    assert ours["step_id"].to_list() == export["Step Index"].cast(pl.String).to_list()
    assert ours["step_count"].to_list() == export["Step Count"].to_list()
    found = _compare(ours, export, pair)
    for name, (count, steps) in found.items():
        print(f"{pair.stem}: {name}: {count} values, largest difference {steps:.3f} steps")
    compared = sum(count for count, _ in found.values()) + 3 * len(ours)
    print(f"{pair.stem}: {compared} values compared")
    assert compared >= 9 * len(export) > 0
    assert {name: steps for name, (_, steps) in found.items() if steps > 1.0 + 1e-6} == {}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.path.rsplit("/", 1)[-1])
def test_step_types_are_the_vendors_words(pair: Pair, shared_data: Path) -> None:
    _, ours = _read(shared_data / pair.path)
    export = pl.read_parquet(shared_data / _EXPORTS / f"{pair.stem}.parquet")
    words = export["Step Type"].cast(pl.String).str.replace(" Step", "").str.replace_all(" ", "_")
    assert ours["step_type"].to_list() == words.to_list()


def test_an_archive_without_rows_says_so(shared_data: Path) -> None:
    with pytest.raises(NoSamples):
        _read(shared_data / "fastnda/test_data/empty.ndax")
    assert len(pl.read_parquet(shared_data / "fastnda/test_data/empty.parquet")) == 0


def test_interpolated_points_are_those_without_recorded_times(shared_data: Path) -> None:
    raw, ours = _read(shared_data / "fastnda/test_data/interp-test.ndax")
    # The run information of this file describes rows 1, 2, 23, 44, 65 … (66 of 333).
    recorded = ours.filter(~pl.col("is_interpolated"))["record_index"].to_list()
    assert len(recorded) == 66
    assert recorded[:5] == [1, 2, 23, 44, 65]
    assert next(f for f in raw.findings if f.code == "INTERPOLATED_POINTS").count == 333 - 66


def test_the_detailed_export_of_the_interpolated_test_agrees(shared_data: Path) -> None:
    _, ours = _read(shared_data / "fastnda/test_data/interp-test.ndax")
    export = pl.read_csv(
        shared_data / "fastnda/test_data/interp-test.csv", encoding="cp1252", infer_schema=False
    )
    assert export["DataPoint"].cast(pl.Int64).to_list() == ours["record_index"].to_list()

    def seconds(column: str) -> list[float]:
        parts = export[column].str.split(":")
        hours, minutes, rest = (parts.list.get(n).cast(pl.Float64) for n in range(3))
        return (hours * 3600 + minutes * 60 + rest).round(3).to_list()

    assert seconds("Total Time") == ours["test_time_second"].to_list()
    assert seconds("Time") == ours["step_time_second"].to_list()
    volt = export["Voltage(mV)"].cast(pl.Float64).to_numpy() / 1000
    assert np.abs(volt - ours["voltage_volt"].to_numpy()).max() <= 5e-5 + 1e-12


def test_the_pulse_files_counter_stays_as_the_cycler_counted(shared_data: Path) -> None:
    """The integral of its samples is -1,687 mAh: it logs only the switching points."""
    _, ours = _read(shared_data / "newarenda/nda/mediafire/2-1-6_61[07005012].nda")
    assert ours["step_discharging_capacity_ah"][-1] == pytest.approx(0.29986, abs=1e-5)
    assert ours["step_charging_capacity_ah"][-1] == 0.0
    assert (ours["current_ampere"] < 0).all()

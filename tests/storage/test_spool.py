"""A spool gives back what was put in, as often and as narrow as wanted."""

from __future__ import annotations

import errno
from pathlib import Path

import polars as pl
import pytest

from voltlake.errors import OutOfSpace
from voltlake.storage import spool as spool_module
from voltlake.storage.spool import Spool

BATCHES = [
    pl.DataFrame(
        {
            "voltage_volt": [3.71, None, 3.7125],
            "current_ampere": [0.1, float("nan"), -0.0],
            "step_count": [1, 1, None],
            "step_type": ["CC", None, "℃"],
            "is_interpolated": [True, False, None],
        }
    ),
    pl.DataFrame(
        {
            "voltage_volt": [4.2],
            "current_ampere": [float("inf")],
            "step_count": [-7],
            "step_type": [""],
            "is_interpolated": [True],
        }
    ),
]
SCHEMA = BATCHES[0].schema


@pytest.fixture
def filled(tmp_path: Path):
    with Spool(tmp_path, SCHEMA) as spool:
        for batch in BATCHES:
            spool.add(batch)
        spool.add(BATCHES[0].clear())
        spool.finish()
        yield spool


def test_batches_come_back_as_they_were(filled: Spool) -> None:
    for _ in range(2):
        for found, put in zip(filled.stream().batches(), BATCHES, strict=True):
            assert found.equals(put)
            assert found.schema == SCHEMA
    assert filled.rows == 4
    assert str(filled.stream().collect()["current_ampere"][2]) == "-0.0"


def test_only_the_wanted_columns_in_the_wanted_order(filled: Spool) -> None:
    wanted = ["step_type", "voltage_volt"]
    assert filled.stream().collect(wanted).equals(pl.concat(BATCHES).select(wanted))
    assert filled.stream().collect([]).width == 0


def test_statistics_are_collected_on_the_way(filled: Spool) -> None:
    found = filled.statistics()
    voltage = found["voltage_volt"]
    assert (voltage.minimum, voltage.maximum, voltage.null_count) == (3.71, 4.2, 1)
    assert voltage.places == 4
    assert found["current_ampere"].nan_count == 1
    assert found["current_ampere"].as_dict() == {
        "minimum": -0.0, "maximum": None, "null_count": 0, "nan_count": 1, "places": None,
    }  # fmt: skip
    assert (found["step_count"].minimum, found["step_count"].maximum) == (-7, 1)
    assert found["step_type"].minimum is None
    assert filled.decimals == {"voltage_volt": 4}


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    with Spool(tmp_path, SCHEMA) as spool:
        table = spool.finish()
        assert table.collect().schema == SCHEMA
        assert table.collect().is_empty()
        assert spool.statistics()["voltage_volt"].minimum is None


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    def read_until_it_fails() -> None:
        with Spool(tmp_path, SCHEMA) as spool:
            spool.add(BATCHES[0])
            raise KeyError("a reader failed")

    with pytest.raises(KeyError):
        read_until_it_fails()
    assert list(tmp_path.iterdir()) == []


def test_misuse_is_refused(tmp_path: Path) -> None:
    unopened = Spool(tmp_path, SCHEMA)
    with pytest.raises(ValueError, match="not open"):
        unopened.add(BATCHES[0])
    with unopened as spool:
        with pytest.raises(ValueError, match="a batch has"):
            spool.add(BATCHES[0].drop("step_count"))
        with pytest.raises(ValueError, match="still being written"):
            spool.stream()


def test_a_full_disk_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Spool(tmp_path, SCHEMA) as spool:
        monkeypatch.setattr(spool_module, "_to_arrow", full)
        with pytest.raises(OutOfSpace):
            spool.add(BATCHES[0])

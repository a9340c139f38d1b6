"""Every card under tests/cases: the file it names is read as it expects.

A card holds a path (below the folder of real files, or beside the card), a hash, rows,
cycles and sums. Sums written as text are exact: the printed decimals were added up from the
text itself, and the doubles that a reader returns must be those very decimals.
"""

from __future__ import annotations

import hashlib
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from voltlake.readers.conformance import check_reader
from voltlake.readers.contract import RawTest, ReadOptions
from voltlake.readers.registry import installed_readers
from voltlake.readers.unpack import open_source

CASES = Path(__file__).resolve().parent.parent / "cases"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CARDS = sorted(CASES.glob("*/*/card.toml"))


def _parameter(card: Path) -> Any:
    beside = _load(card)["file"]["path"]
    marks = [] if (card.parent / beside).is_file() else [pytest.mark.shared_data]
    return pytest.param(card, marks=marks, id=f"{card.parent.parent.name}-{card.parent.name}")


def _load(card: Path) -> dict[str, Any]:
    return tomllib.loads(card.read_text(encoding="utf-8"))


def _path(card: Path) -> Path:
    name = _load(card)["file"]["path"]
    beside = card.parent / name
    return beside if beside.is_file() else SHARED / name


def _options(expect: dict[str, Any]) -> ReadOptions:
    zone = expect.get("time_zone")
    return ReadOptions(timezone=zone if zone != "UTC" else None)


def _sum(values: pl.Series) -> Decimal:
    return sum((Decimal(repr(value)) for value in values.drop_nulls()), Decimal(0))


def _check_sums(frame: pl.DataFrame, sums: dict[str, str | float]) -> None:
    for name, expected in sums.items():
        column = name.removeprefix("abs_")
        values = frame[column].abs() if name != column else frame[column]
        if isinstance(expected, str):
            assert _sum(values) == Decimal(expected), name
        else:
            assert float(_sum(values)) == pytest.approx(expected, rel=1e-12, abs=1e-9), name


@pytest.mark.parametrize("card", [_parameter(card) for card in CARDS])
def test_the_file_is_read_as_its_card_expects(card: Path) -> None:
    said = _load(card)
    expect = said["expect"]
    path = _path(card)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == said["file"]["sha256"]
    with open_source(path) as source:
        identified, raw = installed_readers().read(source, _options(expect))
        assert identified.reader.name == expect["reader"] == card.parent.parent.name
        frame = raw.samples.collect() if raw.samples is not None else pl.DataFrame()
        _check_expectations(raw, frame, expect)
        _check_sums(frame, expect.get("sums", {}))


def _check_expectations(raw: RawTest, frame: pl.DataFrame, expect: dict[str, Any]) -> None:
    assert frame.height == expect["rows"]
    assert _cycles(raw, frame) == expect["cycles"]
    if "max_abs_current_ampere" in expect:
        assert frame["current_ampere"].abs().max() == expect["max_abs_current_ampere"]
    if "columns" in expect:
        assert set(expect["columns"]) <= set(frame.columns)
    if "time_zone" in expect:
        declared = {each.subject: each.value for each in raw.declarations}
        assert declared["time_zone"] == expect["time_zone"]
    if "companions" in expect:
        assert len(raw.companions) == expect["companions"]
    if "sign" in expect:
        assert raw.sign.value == expect["sign"]
    if "findings" in expect:
        assert set(expect["findings"]) <= {each.code for each in raw.findings}


def _cycles(raw: RawTest, frame: pl.DataFrame) -> int:
    if "cycle_count" in frame.columns:
        return frame["cycle_count"].drop_nulls().n_unique()
    return raw.reported_cycles.height if raw.reported_cycles is not None else 0


@pytest.mark.parametrize("card", [_parameter(card) for card in CARDS])
def test_the_reader_conforms_on_the_file(card: Path) -> None:
    expect = _load(card)["expect"]
    if expect["rows"] == 0 and expect["cycles"] == 0:
        # A companion that is read as part of another file has nothing of its own to check.
        return
    reader = installed_readers().named(expect["reader"])
    assert check_reader(reader, _path(card), options=_options(expect)) == []


def test_every_installed_reader_can_be_imported() -> None:
    assert installed_readers().broken == ()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: f"{card.parent.name}")
def test_every_card_says_where_its_file_comes_from(card: Path) -> None:
    said = _load(card)
    assert set(said) <= {"file", "origin", "expect", "odd"}
    assert said["origin"]["repository"] or said["origin"].get("made_by")
    assert said["odd"]["notes"]

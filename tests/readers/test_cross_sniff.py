"""No reader claims another format's files; files are known by content, not by name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from voltlake.errors import AmbiguousFormat, UnknownFormat, VoltlakeError
from voltlake.readers.conformance import FOREIGN_HEADS
from voltlake.readers.contract import Claim, Reader, Source
from voltlake.readers.registry import Readers, installed_readers
from voltlake.readers.unpack import open_source

CASES = Path(__file__).resolve().parent.parent / "cases"


def _expected() -> dict[str, str]:
    cards = [tomllib.loads(card.read_text("utf-8")) for card in CASES.glob("*/*/card.toml")]
    return {card["file"]["path"]: card["expect"]["reader"] for card in cards}


def _claims(path: Path) -> list[str]:
    try:
        with open_source(path) as source:
            return [each.reader.name for each in installed_readers().claims(source)]
    except VoltlakeError:
        return []


@pytest.mark.shared_data
def test_each_real_file_is_claimed_by_its_own_reader_and_no_other(shared_data: Path) -> None:
    expected = _expected()
    seen = 0
    for path in sorted(each for each in shared_data.rglob("*") if each.is_file()):
        name = path.relative_to(shared_data).as_posix()
        claims = _claims(path)
        seen += 1
        if name in expected:
            assert claims == [expected[name]], name
        elif ".nda" in path.name:
            assert len(claims) <= 1, name
            assert all(claim.startswith("neware_nda") for claim in claims), name
        elif name.endswith("FastCharge_000025_CH8_Metadata.csv"):
            assert claims == ["arbin_csv"]
        else:
            assert claims == [] or claims == ["beep_json"], name
            assert not claims or name.startswith("beep/"), name
    assert seen > 500


def _source(head: bytes) -> Source:
    return Source(Path("x.csv"), "x.csv", head, len(head), Path())


@pytest.mark.parametrize("name", FOREIGN_HEADS)
def test_nobody_claims_what_no_cycler_wrote(name: str) -> None:
    readers = installed_readers()
    with pytest.raises(UnknownFormat):
        readers.identify(_source(FOREIGN_HEADS[name]) if any(FOREIGN_HEADS[name].strip(b"\0"))
                         else _source(b"nothing"))  # fmt: skip


def test_a_tie_names_the_candidates() -> None:
    def reader(name: str) -> Reader:
        return Reader(
            name, "1", name, "", (), lambda _: Claim(50, "shared header"), lambda *_: None  # type: ignore[arg-type, return-value]
        )  # fmt: skip

    readers = Readers((reader("one"), reader("two")))
    with pytest.raises(AmbiguousFormat, match=r"one .*two"):
        readers.identify(_source(b"a,b"))

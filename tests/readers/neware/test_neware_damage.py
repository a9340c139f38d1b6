"""Cut and flipped files: only our own errors escape, whatever the bytes say."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from test_neware_nda import four_rows
from test_neware_ndax import a_record_test, a_test, long_test

from support.neware_files import NdaxParts, nda_bytes, records
from voltlake.errors import VoltlakeError
from voltlake.readers.contract import Reader, ReadOptions, Source
from voltlake.readers.formats import neware_nda, neware_ndax

SEED = 20_240_102


def _attempt(reader: Reader, content: bytes, path: Path) -> str:
    path.write_bytes(content)
    source = Source(path, path.name, content[:65_536], len(content), path.parent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if reader.claim(source) is None:
                return "not claimed"
            raw = reader.read(source, ReadOptions(batch_rows=1000))
            assert raw.samples is not None
            raw.samples.collect()
    except VoltlakeError as error:
        return error.slug
    return "read"


def _damaged(content: bytes, random: np.random.Generator) -> bytes:
    """Cut, flip, overwrite or blow up a number; each file gets one to four wounds."""
    wounded = bytearray(content)
    for _ in range(int(random.integers(1, 5))):
        kind = int(random.integers(0, 4))
        at = int(random.integers(0, max(len(wounded), 1)))
        if kind == 0:
            del wounded[at:]
        elif kind == 1 and at < len(wounded):
            wounded[at] ^= 1 << int(random.integers(0, 8))
        elif kind == 2:
            wounded[at : at + 8] = random.bytes(min(8, len(wounded) - at))
        else:
            wounded[at : at + 4] = b"\xff" * min(4, len(wounded) - at)
    return bytes(wounded)


NDA = {
    "nda 8": nda_bytes(8, records("nda 8", four_rows(8)), current_range=6000),
    "nda 22": nda_bytes(22, records("nda 22", four_rows(22)), current_range=6000),
    "nda 29": nda_bytes(
        29,
        np.concatenate(
            [
                records("nda 29", four_rows(29)),
                records("nda 29", {"mark": 0x65, "index": [1, 2], "temperature": 250}),
            ]
        ),
        texts={"start_time": "2024-01-02 03:04:05"},
    ),
    "bts9 88": nda_bytes(130, records("bts9 88", {"mark": 0x55, "index": [1, 2, 3]})),
    "bts9 56": nda_bytes(130, records("bts9 56", {"mark": 0x55, "index": [1, 2, 3]})),
}
NDAX: dict[str, NdaxParts] = {
    "ndc 2": a_record_test(2), "ndc 5": a_record_test(5), "ndc 11": a_test(11),
    "ndc 14": a_test(14), "ndc 17": long_test(1500),
}  # fmt: skip


@pytest.mark.parametrize("name", NDA)
def test_wounded_nda_files(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(SEED)
    seen = {
        _attempt(neware_nda.READER, _damaged(NDA[name], random), tmp_path / "wounded.nda")
        for _ in range(150)
    }
    assert seen & {"corrupt-file", "unsupported-version", "unknown-unit"}


@pytest.mark.parametrize("name", NDAX)
def test_wounded_archives(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(SEED)
    content = NDAX[name].zipped()
    seen = {
        _attempt(neware_ndax.READER, _damaged(content, random), tmp_path / "wounded.ndax")
        for _ in range(150)
    }
    assert "corrupt-file" in seen


@pytest.mark.parametrize("name", NDAX)
def test_wounded_parts_in_a_sound_archive(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(SEED)
    seen = set()
    for _ in range(150):
        parts = NdaxParts(dict(NDAX[name].parts))
        victim = sorted(parts.parts)[int(random.integers(0, len(parts.parts)))]
        parts.parts[victim] = _damaged(parts.parts[victim], random)
        seen.add(_attempt(neware_ndax.READER, parts.zipped(), tmp_path / "wounded.ndax"))
    assert len(seen) > 1


def test_headers_of_noise(tmp_path: Path) -> None:
    random = np.random.default_rng(SEED)
    for version in range(256):
        content = b"NEWARE20240101" + bytes([version]) + random.bytes(6000)
        assert _attempt(neware_nda.READER, content, tmp_path / "noise.nda") != "read"


@pytest.mark.shared_data
def test_wounded_real_files(shared_data: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(SEED)
    folder = shared_data / "newarenda" / "nda"
    for path in sorted(each for each in folder.rglob("*.nda*") if each.stat().st_size < 600_000):
        reader = neware_nda.READER if path.suffix == ".nda" else neware_ndax.READER
        content = path.read_bytes()
        seen = {
            _attempt(reader, _damaged(content, random), tmp_path / path.name) for _ in range(12)
        }
        assert seen - {"not claimed"}

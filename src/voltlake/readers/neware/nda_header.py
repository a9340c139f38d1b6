"""The header of an ``.nda``: version, where the records lie, and who tested what."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from pathlib import Path

from voltlake.errors import CorruptFile, NoSamples, UnsupportedVersion
from voltlake.readers.neware.layouts import BTS9_RECORDS, BTS9_TOTALS, NDA_LAYOUTS, Layout

__all__ = ["MAGIC", "Block", "NdaHeader", "read_header"]

MAGIC = b"NEWARE"
_VERSION_AT, _RECORD_VERSION_AT = 14, 16
_BTS9 = (129, 130)
_FIRST_RECORD = b"\x55\x00\x01\x00\x00\x00"
_RECORD_KINDS = (0x55, 0x65, 0xAA)


@dataclass(frozen=True, slots=True)
class Block:
    """A run of records: where it begins and how many bytes it has."""

    begin: int
    size: int


@dataclass(frozen=True, slots=True)
class NdaHeader:
    """What the header says.

    Attributes
    ----------
    version, layout
        File version, and the layout of its records.
    blocks, auxiliary
        Where measurements and records of extra channels lie; in newer versions both kinds
        are mixed in ``blocks``.
    fixed_range
        The channel's current range [mA], 0 if not said.
    texts
        ``start_time``, ``creator``, ``sn``, ``remarks``, ``barcode``, ``test_name``,
        ``step_name``, ``server_version`` … as far as they are there.
    active_mass_microgram
        0 where none was entered.
    """

    version: int
    layout: Layout
    blocks: tuple[Block, ...]
    auxiliary: tuple[Block, ...] = ()
    fixed_range: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    active_mass_microgram: int = 0


class _Bytes:
    """Random access that names the file where it is too short."""

    def __init__(self, content: mmap.mmap, name: str) -> None:
        self.content, self.name, self.size = content, name, len(content)

    def number(self, at: int, width: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(at, width), "little", signed=signed)

    def take(self, at: int, width: int) -> bytes:
        if at < 0 or at + width > self.size:
            raise CorruptFile(
                f"the file ends at byte {self.size}, where its header points to "
                f"bytes {at} to {at + width}",
                file=self.name,
            )
        return self.content[at : at + width]


def read_header(path: Path, name: str) -> NdaHeader:
    """Read the header.

    Raises ``CorruptFile`` where it points outside the file or to no records, ``NoSamples``
    where it declares no records at all, ``UnsupportedVersion``.
    """
    with path.open("rb") as stream:
        if stream.seek(0, 2) < 128:
            raise CorruptFile("the file ends within its header", file=name)
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            source = _Bytes(content, name)
            version = source.number(_VERSION_AT, 1)
            if version in _BTS9:
                return _read_bts9(source, version)
            if version not in NDA_LAYOUTS:
                raise UnsupportedVersion(f"nda version {version} is not known", file=name)
            return _read_bts8(source, version)


def _read_bts8(source: _Bytes, version: int) -> NdaHeader:
    layout = NDA_LAYOUTS[version]
    block = Block(source.number(64, 4), source.number(68, 4))
    if version >= 26 and not _points_to_records(source, block):
        found = source.content.find(_FIRST_RECORD)
        if found < 0:
            raise CorruptFile("the header points to no records", file=source.name)
        block = Block(found, (source.size - found) // layout.size * layout.size)
    block = _check(source, block, layout)
    auxiliary: tuple[Block, ...] = ()
    if "aux_temperature" in layout.fields:
        extra = Block(source.number(72, 4), source.number(76, 4))
        if extra.size and extra.begin >= block.begin + block.size:
            auxiliary = (_check(source, extra, layout),)
    device = source.number(16, 4)
    mass_at = 152 if version >= 9 else 144 if version == 8 else 80
    return NdaHeader(
        version,
        layout,
        (block,),
        auxiliary,
        fixed_range=source.number(device + 26, 4, signed=True) if device else 0,
        texts=_test_information(source, version) | _program_versions(source),
        active_mass_microgram=source.number(mass_at, 4),
    )


def _points_to_records(source: _Bytes, block: Block) -> bool:
    inside = 128 <= block.begin < source.size
    return inside and block.size > 0 and source.content[block.begin] in _RECORD_KINDS


def _check(source: _Bytes, block: Block, layout: Layout) -> Block:
    """Hold the block against the file's length; a block of length 0 reaches to the end."""
    if block.begin < 72 or block.begin > source.size:
        raise CorruptFile(f"the records should begin at byte {block.begin}", file=source.name)
    if block.size == 0:
        rest = source.size - block.begin
        block = Block(block.begin, rest // layout.size * layout.size)
    if block.size == 0:
        raise NoSamples("the header declares no records", file=source.name)
    if block.begin + block.size > source.size:
        held = source.size - block.begin
        raise CorruptFile(
            f"the file is cut short: {held} of {block.size} bytes of records are there",
            file=source.name,
        )
    if block.size % layout.size:
        raise CorruptFile(
            f"{block.size} bytes are no whole number of records of {layout.size} bytes",
            file=source.name,
        )
    return block


_INFORMATION_11 = {
    "start_time": (37, 20), "creator": (77, 60), "sn": (137, 90), "remarks": (227, 100),
}  # fmt: skip
_INFORMATION_17 = {**_INFORMATION_11, "barcode": (343, 40)}
_INFORMATION = (
    (29, 503, {**_INFORMATION_17, "test_name": (383, 60), "step_name": (443, 60)}),
    (17, 383, _INFORMATION_17),
    (16, 343, _INFORMATION_11),
    (11, 327, _INFORMATION_11),
    (1, 211, {"start_time": (36, 20), "creator": (76, 15), "sn": (91, 20), "remarks": (111, 100)}),
)


def _test_information(source: _Bytes, version: int) -> dict[str, str]:
    """Read the last test-information record: fixed-width GB2312 texts that end with a NUL."""
    size, fields = next((size, fields) for least, size, fields in _INFORMATION if version >= least)
    begin, length = source.number(24, 4), source.number(28, 4)
    count = length // size
    if not begin or not count:
        return {}
    record = source.take(begin + (count - 1) * size, size)
    texts = {key: _text(record[at : at + width]) for key, (at, width) in fields.items()}
    return {key: text for key, text in texts.items() if text}


def _text(raw: bytes) -> str:
    return raw.split(b"\x00", 1)[0].decode("gb18030", errors="replace").strip()


def _program_versions(source: _Bytes) -> dict[str, str]:
    at = source.content.find(b"BTSServer", 0, 65_536)
    if at < 0:
        return {}
    texts = {
        "server_version": _text(source.content[at : at + 50]),
        "client_version": _text(source.content[at + 100 : at + 150]),
    }
    return {key: text for key, text in texts.items() if text}


def _read_bts9(source: _Bytes, version: int) -> NdaHeader:
    record_version = source.number(_RECORD_VERSION_AT, 2)
    blocks = _bts9_blocks(source)
    layout = _bts9_layout(source, blocks)
    texts = {"record_version": str(record_version)}
    found = re.search(rb"\d+(?:\.[\dA-Za-z]+){4,}", source.content[: min(2048, source.size)])
    if found:
        texts["bts_version"] = found.group().decode("ascii")
    return NdaHeader(version, layout, tuple(blocks), texts=texts)


def _bts9_blocks(source: _Bytes) -> list[Block]:
    """Follow the header to its block, or the chain of headers that each have one."""
    begin, size = source.number(82, 8), source.number(90, 8)
    if begin or source.content[1024:1030] != MAGIC:
        return [_inside(source, Block(begin, size))]
    blocks: list[Block] = []
    head, seen = 1024, set()
    while head not in seen and source.content[head : head + 6] == MAGIC:
        seen.add(head)
        block = Block(source.number(head + 82, 8), source.number(head + 90, 8))
        if block.size:
            blocks.append(_inside(source, block))
        head = source.number(head + 242, 8) + source.number(head + 250, 8)
    if not blocks:
        raise NoSamples("none of the headers declares records", file=source.name)
    return blocks


def _inside(source: _Bytes, block: Block) -> Block:
    if block.size == 0:
        raise NoSamples("the header declares no records", file=source.name)
    if block.begin < 98 or block.begin + block.size > source.size:
        raise CorruptFile(
            f"the file is cut short: its records should lie at bytes {block.begin} to "
            f"{block.begin + block.size} of {source.size}",
            file=source.name,
        )
    return block


def _bts9_layout(source: _Bytes, blocks: list[Block]) -> Layout:
    """Find the layout whose width makes every record begin with the identifier."""
    for layout in (BTS9_RECORDS, *BTS9_TOTALS.values()):
        if all(_fits(source, block, layout) for block in blocks):
            return layout
    raise UnsupportedVersion(
        "the records of this BTS 9 file have no known layout", file=source.name
    )


def _fits(source: _Bytes, block: Block, layout: Layout) -> bool:
    if block.size % layout.size:
        return False
    byte = layout.identifier[0] if layout.identifier else 0
    probe = min(block.size, layout.size * 64)
    marks = source.content[block.begin + byte : block.begin + probe : layout.size]
    return len(marks) > 0 and all(mark in _RECORD_KINDS for mark in marks)

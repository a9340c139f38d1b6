"""Text files of any size as UTF-8 blocks that end at the end of a row.

The encoding is decided by content: a byte-order mark, then valid UTF-8, then whether the
high bytes come in pairs (gb18030) or alone (cp1252: the degree sign, the micro sign).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from voltlake.errors import CorruptFile

__all__ = ["BLOCK_BYTES", "Encoding", "detect_encoding", "text_blocks"]

BLOCK_BYTES = 6 * 1024**2
MAX_ROW_BYTES = 1024**2
"""No cycler writes a row of a mebibyte: such a file is no table of text."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python, the length of the byte-order mark, and how it is known."""

    codec: str
    mark_bytes: int
    because: str

    @property
    def is_utf8(self) -> bool:
        """True where the bytes need no decoding."""
        return self.codec == "utf-8"

    def decode(self, data: bytes) -> str:
        """Decode; bytes that are none of this encoding become U+FFFD."""
        return data.decode(self.codec, errors="replace")


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAIRED = re.compile(rb"[\x81-\xfe][\x80-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")


def detect_encoding(head: bytes) -> Encoding:
    """Decide how the text of a file is encoded, from its first bytes."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, len(mark), "byte-order mark")
    sample = head[:4096]
    if sample[1::2].count(0) > len(sample) // 4:
        return Encoding("utf-16-le", 0, "every second byte is zero")
    if sample[::2].count(0) > len(sample) // 4:
        return Encoding("utf-16-be", 0, "every second byte is zero")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _one_or_two_bytes(head)
    high = len(_HIGH.findall(head))
    return Encoding("utf-8", 0, f"{high} bytes beyond ASCII are valid UTF-8" if high else "ASCII")


def _one_or_two_bytes(head: bytes) -> Encoding:
    paired = len(_PAIRED.findall(head))
    high = len(_HIGH.findall(head))
    if 2 * paired >= 0.8 * high:
        return Encoding("gb18030", 0, f"{2 * paired} of {high} high bytes come in pairs")
    try:
        head.decode("cp1252")
    except UnicodeDecodeError:
        return Encoding("latin-1", 0, f"{high} high bytes, not all of them known to cp1252")
    return Encoding("cp1252", 0, f"{high - 2 * paired} of {high} high bytes stand alone")


def text_blocks(
    path: Path, encoding: Encoding, *, skip_bytes: int = 0, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[bytes, bool]]:
    """Yield UTF-8 blocks of whole rows, and whether each is the last.

    Only the last block may lack its line end. ``skip_bytes`` counts from the start of the
    file in the file's own encoding and must fall on the start of a row. Raises
    ``CorruptFile`` where a row is longer than ``MAX_ROW_BYTES``.
    """
    rest = b""
    for piece, is_last in _utf8_pieces(path, encoding, skip_bytes, block_bytes):
        block = rest + piece if rest else piece
        end = len(block) if is_last else _end_of_rows(block)
        if len(block) - block.rfind(b"\n") > MAX_ROW_BYTES and b"\n" not in block:
            raise CorruptFile(
                f"a row is longer than {MAX_ROW_BYTES} bytes: this is no table", file=path
            )
        rest = block[end:]
        if end:
            yield (block if end == len(block) else block[:end]), is_last


def _utf8_pieces(
    path: Path, encoding: Encoding, skip_bytes: int, block_bytes: int
) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces that end with a line where the bytes allow it, and whether each is the last."""
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors="replace")
    with path.open("rb") as stream:
        stream.seek(skip_bytes)
        old_mac = _only_carriage_returns(stream.read(65_536), encoding)
        stream.seek(skip_bytes)
        while True:
            piece = stream.read(block_bytes)
            is_last = len(piece) < block_bytes
            if not is_last and encoding.is_utf8:
                piece += stream.readline(MAX_ROW_BYTES)
            if not encoding.is_utf8:
                piece = decoder.decode(piece, is_last).encode("utf-8")
            yield (piece.replace(b"\r", b"\n") if old_mac else piece), is_last
            if is_last:
                return


def _only_carriage_returns(sample: bytes, encoding: Encoding) -> bool:
    text = encoding.decode(sample)
    return "\r" in text and "\n" not in text


def _end_of_rows(block: bytes) -> int:
    """Return where the last whole row ends; a line break inside quotes ends no row."""
    end = block.rfind(b"\n") + 1
    if b'"' not in block:
        return end
    quotes = block.count(b'"', 0, end)
    while quotes % 2 and end:
        earlier = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(b'"', earlier, end)
        end = earlier
    # Quotes that never pair are letters like others (5" cells), so every line is a row.
    return end or block.rfind(b"\n") + 1

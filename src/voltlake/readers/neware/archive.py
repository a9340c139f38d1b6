"""Opens the zip of an ``.ndax`` with limits: entries, sizes and ratios, bytes as they inflate."""

from __future__ import annotations

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from voltlake.errors import CorruptFile, SuspiciousArchive, UnreadableFile

__all__ = ["MAIN_PART", "Archive", "open_archive", "part_names"]

MAIN_PART = "data.ndc"
MAX_ENTRIES = 10_000
MAX_INFLATED_BYTES = 4 * 1024**3
MAX_RATIO = 500
MAX_XML_BYTES = 16 * 1024**2
_SMALL_BYTES = 1 << 20
_KEPT_BYTES = 64 * 1024**2
_END_RECORD = struct.Struct("<4s4H2LH")
_END64_RECORD = struct.Struct("<4sQ2H2L4Q")
_ZIP_TROUBLE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error,
    ValueError, KeyError, OverflowError, IndexError,
)  # fmt: skip


@contextmanager
def _as_our_errors(name: str) -> Iterator[None]:
    try:
        yield
    except _ZIP_TROUBLE as reason:
        raise CorruptFile(f"the zip archive is damaged: {reason}", file=name) from reason
    except OSError as reason:
        # A damaged directory points before the file's beginning: a seek that makes no sense.
        if reason.errno in (None, errno.EINVAL):
            raise CorruptFile(f"the zip archive is damaged: {reason}", file=name) from reason
        raise UnreadableFile(reason.strerror or str(reason), file=name) from reason


def _declared_entries(path: Path) -> int:
    """Return the number of entries that the end record declares, without reading them."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - 65_557, 0))
        tail = stream.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + _END_RECORD.size > len(tail):
            raise zipfile.BadZipFile("no end-of-archive record")
        entries = int(_END_RECORD.unpack_from(tail, at)[4])
        locator = tail[at - 20 : at] if at >= 20 else b""
        if locator[:4] == b"PK\x06\x07":
            stream.seek(min(int.from_bytes(locator[8:16], "little"), size))
            record = stream.read(_END64_RECORD.size)
            if len(record) == _END64_RECORD.size:
                entries = max(entries, int(_END64_RECORD.unpack(record)[7]))
    return entries


@dataclass(frozen=True, slots=True)
class Archive:
    """A checked archive. Parts are inflated anew at each reading, never onto the disk.

    Attributes
    ----------
    path, name
        Where the zip lies, and the name that errors show.
    sizes
        Declared inflated size of each part, in archive order.
    """

    path: Path
    name: str
    sizes: dict[str, int]

    def keeps(self) -> bool:
        """Say whether all binary parts together are small enough to be kept in memory."""
        return sum(size for part, size in self.sizes.items() if part.endswith(".ndc")) <= (
            _KEPT_BYTES
        )

    def read(self, part: str, limit: int = MAX_XML_BYTES) -> bytes:
        """Return a whole part of at most ``limit`` bytes."""
        if self.sizes[part] > limit:
            raise SuspiciousArchive(
                f"the part {part} declares {self.sizes[part]} bytes", file=self.name
            )
        return b"".join(self.chunks(part, max(self.sizes[part], 1)))

    def chunks(self, part: str, chunk_bytes: int) -> Iterator[bytes]:
        """Iterate over a part in pieces of ``chunk_bytes``, the last one shorter.

        Raises ``CorruptFile`` where the bytes break off or fail their check sum.
        """
        with _as_our_errors(self.name):
            counted = 0
            with zipfile.ZipFile(self.path) as archive, archive.open(part) as packed:
                while chunk := packed.read(chunk_bytes):
                    counted += len(chunk)
                    if counted > self.sizes[part]:
                        raise SuspiciousArchive(
                            f"the part {part} grows beyond its declared size", file=self.name
                        )
                    yield chunk
            if counted != self.sizes[part]:
                raise CorruptFile(f"the part {part} breaks off", file=self.name)


def part_names(path: Path) -> list[str] | None:
    """Return the names of the parts, or ``None`` where the zip's directory is unreadable."""
    try:
        if _declared_entries(path) > MAX_ENTRIES:
            return None
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (*_ZIP_TROUBLE, OSError):
        return None


def open_archive(path: Path, name: str) -> Archive:
    """Open and check the directory of an ``.ndax``.

    Raises ``CorruptFile`` for a damaged directory, ``SuspiciousArchive`` for more than 10,000
    entries, 4 GiB inflated, a ratio above 500 or a part that occurs twice.
    """
    with _as_our_errors(name):
        entries = _declared_entries(path)
        if entries > MAX_ENTRIES:
            raise SuspiciousArchive(f"the archive declares {entries} parts", file=name)
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    _check_sizes(members, name)
    return Archive(path, name, {member.filename: member.file_size for member in members})


def _check_sizes(members: list[zipfile.ZipInfo], name: str) -> None:
    total = 0
    for member in members:
        total += member.file_size
        allowed = max(member.compress_size * MAX_RATIO, _SMALL_BYTES)
        if member.file_size > allowed or total > MAX_INFLATED_BYTES:
            raise SuspiciousArchive(
                f"the part {member.filename} declares {member.file_size} bytes out of "
                f"{member.compress_size} packed ones",
                file=name,
            )
    if len({member.filename for member in members}) != len(members):
        raise SuspiciousArchive("a part occurs twice in the archive", file=name)

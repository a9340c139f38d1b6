"""Opens a path as a :class:`Source`: plain bytes, whatever they were wrapped in.

``.gz`` files and zips that hold exactly one file are unpacked to a scratch folder, so that
the same test is recognised in any wrapping. An archive that would grow absurdly is refused
while it is being unpacked: headers lie.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from voltlake.errors import (
    CorruptFile,
    FileVanished,
    NotAFile,
    OutOfSpace,
    SourceChanged,
    SuspiciousArchive,
    UnreadableFile,
    VoltlakeError,
)
from voltlake.readers.contract import Source

__all__ = ["HEAD_BYTES", "open_source"]

HEAD_BYTES = 65_536
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 500
"""Text of a resting cell shrinks 100-fold by deflate; beyond 500-fold it is no measurement."""
_CHUNK = 1 << 20
_DAMAGED_ZIP = (
    zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError,
)  # fmt: skip


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Yield the file as a source; unpacked bytes are removed afterwards.

    Raises ``NotAFile``, ``FileVanished``, ``UnreadableFile``, ``CorruptFile`` (a damaged
    archive) or ``SuspiciousArchive``; at the end ``SourceChanged``, where the file was
    written to in the meantime: then what was read of it, or failed to be, counts for nothing.
    """
    head = _head(path)
    before = _stamp(path)
    try:
        yield from _unwrapped(path, head)
    except VoltlakeError as error:
        if _changed_since(path, before):
            raise _changed(path) from error
        raise
    if _changed_since(path, before):
        raise _changed(path)


def _unwrapped(path: Path, head: bytes) -> Iterator[Source]:
    with tempfile.TemporaryDirectory(prefix="voltlake-unpack-") as scratch:
        plain, name = path, path.name
        if head[:2] == b"\x1f\x8b":
            plain, name = _gunzip(path, Path(scratch))
        elif head[:4] == b"PK\x03\x04":
            plain, name = _unzip_single(path, Path(scratch))
        if plain is not path:
            head = _head(plain)
        yield Source(plain, name, head, plain.stat().st_size, path.parent)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written to; ``None`` where there is no file any more."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _changed_since(path: Path, before: tuple[int, int] | None) -> bool:
    # A file that was moved away after it was read has been read all the same.
    return _stamp(path) not in (before, None)


def _changed(path: Path) -> SourceChanged:
    return SourceChanged("the file changed while it was read", file=path)


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise NotAFile("this is a directory", file=path)
    try:
        if not path.exists():
            raise FileVanished("there is no such file", file=path)
        if not path.is_file():
            raise NotAFile("this is a device or a pipe", file=path)
        with path.open("rb") as stream:
            return stream.read(HEAD_BYTES)
    except OSError as reason:
        raise UnreadableFile(reason.strerror or str(reason), file=path) from reason


def _gunzip(path: Path, scratch: Path) -> tuple[Path, str]:
    name = path.stem if path.suffix.lower() in (".gz", ".gzip") else path.name
    try:
        with gzip.open(path, "rb") as packed:
            return _inflate(packed, scratch / "content", path), name
    except (EOFError, gzip.BadGzipFile, zlib.error) as reason:
        raise CorruptFile(f"the gzip data are damaged: {reason}", file=path) from reason


def _unzip_single(path: Path, scratch: Path) -> tuple[Path, str]:
    """Unpack a zip of one file; zips of several parts (xlsx, ndax) are formats of their own."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1 or path.suffix.lower() != ".zip":
                return path, path.name
            with archive.open(members[0]) as packed:
                # The member's own name is shown, never used as a path.
                name = members[0].filename.replace("\\", "/").rsplit("/", 1)[-1]
                return _inflate(packed, scratch / "content", path), name or path.stem
    except _DAMAGED_ZIP as reason:
        raise CorruptFile(f"the zip archive is damaged: {reason}", file=path) from reason


def _inflate(packed: IO[bytes] | gzip.GzipFile, target: Path, path: Path) -> Path:
    packed_bytes = path.stat().st_size
    limit = min(MAX_UNPACKED_BYTES, max(packed_bytes, _CHUNK) * MAX_RATIO)
    try:
        written = _write_unpacked(packed, target, limit)
    except OSError as reason:
        raise _explained(reason, path) from reason
    if written > limit:
        shutil.rmtree(target.parent, ignore_errors=True)
        raise SuspiciousArchive(f"{packed_bytes} packed bytes grow beyond {limit} bytes", file=path)
    return target


def _write_unpacked(packed: IO[bytes] | gzip.GzipFile, target: Path, limit: int) -> int:
    """Unpack until the end, or until the limit is passed; return the bytes there were."""
    written = 0
    with target.open("wb") as plain:
        while written <= limit and (chunk := packed.read(_CHUNK)):
            written += plain.write(chunk)
    return written


def _explained(reason: OSError, path: Path) -> VoltlakeError:
    """Tell a damaged archive from a full disk and from bytes that cannot be had."""
    if isinstance(reason, gzip.BadGzipFile) or reason.errno is None:  # bz2 gives no number
        return CorruptFile(f"the packed data are damaged: {reason}", file=path)
    if reason.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutOfSpace(f"no space left to unpack the file ({reason.strerror})", file=path)
    return UnreadableFile(reason.strerror or str(reason), file=path)

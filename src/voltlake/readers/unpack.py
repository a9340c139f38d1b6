"""Opens a path as a :class:`Source`: plain bytes, whatever they were wrapped in.

``.gz`` files and zips that hold exactly one file are unpacked to a scratch folder, so that
the same test is recognised in any wrapping. An archive that would grow absurdly is refused
while it is being unpacked: headers lie.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from voltlake.errors import CorruptFile, FileVanished, NotAFile, SuspiciousArchive, UnreadableFile
from voltlake.readers.contract import Source

__all__ = ["HEAD_BYTES", "open_source"]

HEAD_BYTES = 65_536
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 500
"""Text of a resting cell shrinks 100-fold by deflate; beyond 500-fold it is no measurement."""
_CHUNK = 1 << 20


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Yield the file as a source; unpacked bytes are removed afterwards.

    Raises ``NotAFile``, ``FileVanished``, ``UnreadableFile``, ``CorruptFile`` (a damaged
    archive) or ``SuspiciousArchive``.
    """
    head = _head(path)
    with tempfile.TemporaryDirectory(prefix="voltlake-unpack-") as scratch:
        plain, name = path, path.name
        if head[:2] == b"\x1f\x8b":
            plain, name = _gunzip(path, Path(scratch))
        elif head[:4] == b"PK\x03\x04":
            plain, name = _unzip_single(path, Path(scratch))
        if plain is not path:
            head = _head(plain)
        yield Source(plain, name, head, plain.stat().st_size, path.parent)


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise NotAFile("this is a directory", file=path)
    try:
        if not path.is_file():
            raise (NotAFile if path.exists() else FileVanished)("there is no such file", file=path)
        with path.open("rb") as stream:
            return stream.read(HEAD_BYTES)
    except OSError as reason:
        raise UnreadableFile(reason.strerror or str(reason), file=path) from reason


def _gunzip(path: Path, scratch: Path) -> tuple[Path, str]:
    name = path.stem if path.suffix.lower() in (".gz", ".gzip") else path.name
    try:
        with gzip.open(path, "rb") as packed:
            return _inflate(packed, scratch / "content", path), name
    except (EOFError, OSError, zlib.error) as reason:
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
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as reason:
        raise CorruptFile(f"the zip archive is damaged: {reason}", file=path) from reason


def _inflate(packed: IO[bytes] | gzip.GzipFile, target: Path, path: Path) -> Path:
    packed_bytes = path.stat().st_size
    limit = min(MAX_UNPACKED_BYTES, max(packed_bytes, _CHUNK) * MAX_RATIO)
    written = 0
    with target.open("wb") as plain:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > limit:
                shutil.rmtree(target.parent, ignore_errors=True)
                raise SuspiciousArchive(
                    f"{packed_bytes} packed bytes grow beyond {limit} bytes", file=path
                )
            plain.write(chunk)
    return target

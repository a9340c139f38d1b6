"""Bytes are the same in any wrapping; damage, bombs and growth are told apart."""

from __future__ import annotations

import errno
import gzip
import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from voltlake.errors import (
    CorruptFile,
    FileVanished,
    NotAFile,
    OutOfSpace,
    SourceChanged,
    SuspiciousArchive,
    UnknownFormat,
    UnreadableFile,
    VoltlakeError,
)
from voltlake.readers import unpack
from voltlake.readers.unpack import HEAD_BYTES, open_source

CONTENT = bytes(range(256)) * 400  # 102,400 bytes, more than the head


def zipped(
    members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED, folder: str | None = None
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        if folder is not None:
            archive.mkdir(folder)
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file_name", "wrap", "name"),
    [
        ("a.csv", lambda: CONTENT, "a.csv"),
        ("a.csv.gz", lambda: gzip.compress(CONTENT), "a.csv"),
        ("a.GZ", lambda: gzip.compress(CONTENT), "a"),
        ("a.csv", lambda: gzip.compress(CONTENT), "a.csv"),  # the name does not say so
        ("a.zip", lambda: zipped({"b.csv": CONTENT}), "b.csv"),
        ("a.ZIP", lambda: zipped({"deep/er/b.csv": CONTENT}, folder="deep"), "b.csv"),
        ("a.zip", lambda: zipped({"deep\\b.csv": CONTENT}), "b.csv"),
        ("a.zip", lambda: zipped({"../../etc/passwd": CONTENT}), "passwd"),
        ("a.zip", lambda: zipped({"b.csv": CONTENT}, zipfile.ZIP_LZMA), "b.csv"),
        ("a.zip", lambda: zipped({"b.csv": CONTENT}, zipfile.ZIP_BZIP2), "b.csv"),
    ],
)
def test_the_content_is_the_same_in_any_wrapping(
    tmp_path: Path, file_name: str, wrap: Callable[[], bytes], name: str
) -> None:
    path = tmp_path / file_name
    path.write_bytes(wrap())
    with open_source(path) as source:
        unpacked = source.path
        assert source.path.read_bytes() == CONTENT
        assert source.head == CONTENT[:HEAD_BYTES]
        assert (source.name, source.size, source.folder) == (name, len(CONTENT), tmp_path)
    assert unpacked == path or not unpacked.exists()


@pytest.mark.parametrize("members", [{"a": b"1", "b": b"2"}, {}])
def test_a_zip_of_parts_is_a_format_of_its_own(tmp_path: Path, members: dict[str, bytes]) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(
        zipped(members) if members else b"PK\x03\x04" + zipped({"a": b"", "b": b""})[4:]
    )
    with open_source(path) as source:
        assert (source.path, source.name) == (path, "a.zip")


def test_a_zip_with_another_ending_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.ndax"
    path.write_bytes(zipped({"data.ndc": CONTENT}))
    with open_source(path) as source:
        assert source.path == path


def wounded(content: bytes, at: int) -> bytes:
    return content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + 8]) + content[at + 8 :]


def encrypted() -> bytes:
    """Set the flag that says so in both headers of the member."""
    content = bytearray(zipped({"b.csv": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "damaged"),
    [
        ("a.gz", lambda: gzip.compress(os.urandom(9000))[:5000]),
        ("a.gz", lambda: wounded(gzip.compress(os.urandom(9000)), 5000)),
        ("a.gz", lambda: b"\x1f\x8b\x09" + bytes(50)),  # an unknown method
        ("a.zip", lambda: zipped({"b": os.urandom(9000)})[:5000]),
        ("a.zip", lambda: wounded(zipped({"b": os.urandom(9000)}), 5000)),
        ("a.zip", lambda: wounded(zipped({"b": os.urandom(9000)}, zipfile.ZIP_BZIP2), 500)),
        ("a.zip", lambda: wounded(zipped({"b": os.urandom(9000)}, zipfile.ZIP_LZMA), 50)),
        ("a.zip", encrypted),
    ],
)
def test_a_damaged_archive_is_corrupt(
    tmp_path: Path, name: str, damaged: Callable[[], bytes]
) -> None:
    (tmp_path / name).write_bytes(damaged())
    with pytest.raises(CorruptFile, match="damaged") as caught, open_source(tmp_path / name):
        pytest.fail("a damaged archive was opened")
    assert caught.value.place == name


@pytest.mark.parametrize("wrap", [gzip.compress, lambda content: zipped({"b": content})])
def test_a_bomb_is_refused_while_it_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrap: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 3 << 20)
    path = tmp_path / "a.zip"
    path.write_bytes(wrap(bytes(3 << 20)))
    with open_source(path) as source:  # exactly at the limit
        assert source.size == 3 << 20
    path.write_bytes(wrap(bytes((3 << 20) + 1)))
    with pytest.raises(SuspiciousArchive, match="grow beyond 3145728 bytes"), open_source(path):
        pytest.fail("a bomb was opened")


def test_nothing_of_a_refused_archive_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(unpack, "MAX_RATIO", 1)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(3 << 20)))
    with pytest.raises(SuspiciousArchive), open_source(path):
        pytest.fail("a bomb was opened")
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, OutOfSpace), (errno.EIO, UnreadableFile)]
)
@pytest.mark.parametrize("wrap", [gzip.compress, lambda content: zipped({"b": content})])
def test_a_full_disk_is_not_the_fault_of_the_archive(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[VoltlakeError],
    wrap: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(wrap(CONTENT))
    real = Path.open

    def full(self: Path, mode: str = "r", *arguments: object) -> object:
        if "w" in mode:
            raise OSError(number, os.strerror(number))
        return real(self, mode, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(kind) as caught, open_source(path):
        pytest.fail("there was no space")
    assert caught.value.transient


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in (
        (tmp_path, NotAFile),
        (tmp_path / "pipe", NotAFile),
        (tmp_path / "gone", FileVanished),
    ):
        with pytest.raises(kind), open_source(path):
            pytest.fail("this is no file")


def test_a_file_that_is_written_to_while_it_is_open_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    with pytest.raises(SourceChanged, match=r"a\.csv: the file changed"), open_source(path):
        path.write_bytes(CONTENT + b"x")


def test_the_error_of_a_half_written_file_is_that_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)

    def read_half() -> None:
        with open_source(path):
            path.write_bytes(CONTENT + b"x")
            raise UnknownFormat("half a line", file=path)

    with pytest.raises(SourceChanged) as caught:
        read_half()
    assert isinstance(caught.value.__cause__, UnknownFormat)


def test_other_errors_pass_and_a_file_may_be_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    with pytest.raises(UnknownFormat), open_source(path):
        raise UnknownFormat("prose", file=path)
    with open_source(path):
        path.unlink()

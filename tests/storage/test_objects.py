"""Objects appear whole, once, and are only swept when nobody can need them."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from pathlib import Path

import pytest

from voltlake.errors import NotFound, ObjectCorrupted, OutOfSpace
from voltlake.storage import disk
from voltlake.storage.layout import open_lake_folder, raw_key
from voltlake.storage.objects import LocalObjects, sha256_of

CONTENT = b"Record,Voltage(V)\n1,3.7\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = raw_key(SHA256)
DAY = 24 * 3600.0


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    open_lake_folder(tmp_path / "lake")
    return LocalObjects(tmp_path / "lake")


def publish(objects: LocalObjects, content: bytes = CONTENT, key: str = KEY) -> None:
    temporary = objects.new_temporary(".csv")
    temporary.write_bytes(content)
    objects.publish(temporary, key)
    assert not temporary.exists()


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_published_object_has_its_bytes(objects: LocalObjects) -> None:
    publish(objects)
    assert objects.exists(KEY)
    assert objects.size(KEY) == len(CONTENT)
    with objects.open(KEY) as file:
        assert file.read() == CONTENT
    assert sha256_of(objects.path(KEY)) == SHA256
    objects.verify(KEY)
    assert list(objects.keys()) == [KEY]


def test_publishing_again_changes_nothing_but_the_age(objects: LocalObjects) -> None:
    publish(objects)
    before = objects.path(KEY).stat()
    age(objects.path(KEY), 10 * DAY)
    publish(objects)
    after = objects.path(KEY).stat()
    assert after.st_ino == before.st_ino
    assert time.time() - after.st_mtime < DAY
    assert list((objects.root / "tmp").iterdir()) == []


def test_publishing_mends_an_object_that_was_cut_short(objects: LocalObjects) -> None:
    publish(objects)
    objects.path(KEY).write_bytes(CONTENT[:5])
    publish(objects)
    objects.verify(KEY)


def test_a_damaged_or_missing_object_is_noticed(objects: LocalObjects) -> None:
    publish(objects)
    objects.path(KEY).write_bytes(CONTENT.replace(b"3", b"4"))
    with pytest.raises(ObjectCorrupted, match="hash to"):
        objects.verify(KEY)
    objects.path(KEY).unlink()
    for ask in (objects.verify, objects.open, objects.size):
        with pytest.raises(ObjectCorrupted, match="is missing"):
            ask(KEY)


@pytest.mark.parametrize("key", ["", "raw/ab", "tmp/ab/c", "raw/../voltlake.json", "/etc/a/b"])
def test_only_our_own_keys_have_a_place(objects: LocalObjects, key: str) -> None:
    with pytest.raises(NotFound):
        objects.path(key)


def test_a_sweep_takes_old_garbage_only(objects: LocalObjects) -> None:
    contents = {name: name.encode() for name in ("needed", "garbage", "fresh")}
    keys = {name: raw_key(hashlib.sha256(data).hexdigest()) for name, data in contents.items()}
    for name, data in contents.items():
        publish(objects, data, keys[name])
    left_behind, in_use = objects.new_temporary(".parquet"), objects.new_temporary(".parquet")
    for path in (left_behind, in_use):
        path.write_bytes(b"half a tab")
    for path in (objects.path(keys["needed"]), objects.path(keys["garbage"]), left_behind):
        age(path, 2 * DAY)

    removed = objects.sweep({keys["needed"]}, DAY)

    assert set(removed) == {keys["garbage"], f"tmp/{left_behind.name}"}
    assert set(objects.keys()) == {keys["needed"], keys["fresh"]}
    assert in_use.exists()
    assert objects.sweep({keys["needed"]}, DAY) == []


def test_a_copy_with_the_age_of_its_original_is_young(objects: LocalObjects) -> None:
    temporary = objects.new_temporary()
    temporary.write_bytes(CONTENT)
    age(temporary, 300 * DAY)
    objects.publish(temporary, KEY)
    assert objects.sweep(set(), DAY) == []


def test_garbage_that_is_published_again_survives_the_sweep(objects: LocalObjects) -> None:
    publish(objects)
    age(objects.path(KEY), 2 * DAY)
    publish(objects)  # its row is not committed yet
    assert objects.sweep(set(), DAY) == []
    objects.verify(KEY)


def test_a_full_disk_is_said_in_words(
    objects: LocalObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    temporary = objects.new_temporary()
    temporary.write_bytes(CONTENT)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutOfSpace, match="no space left while writing"):
        objects.publish(temporary, KEY)
    assert not objects.exists(KEY)
    assert temporary.exists()


def test_other_disk_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk.full_disk_explained(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")

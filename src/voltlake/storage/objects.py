"""Immutable objects in a local folder, named by the hash of their content.

An object appears whole or not at all: it is written under ``tmp/``, flushed to the disk
and then renamed. An object that no catalogue row names is garbage, never data.
"""

from __future__ import annotations

import fcntl
import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from voltlake.errors import NotFound, ObjectCorrupted
from voltlake.storage.disk import full_disk_explained, sync_file, sync_folder
from voltlake.storage.layout import LOCK_FILE, OBJECT_FOLDERS, TEMPORARY_FOLDER

__all__ = ["GRACE_SECOND", "LocalObjects", "sha256_of"]

GRACE_SECOND = 24 * 3600.0
"""Younger objects are never swept: their catalogue row may not be committed yet."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LocalObjects:
    """The objects of a lake folder.

    ``root`` is the lake folder; keys are those of :mod:`voltlake.storage.layout`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._temporary = root / TEMPORARY_FOLDER

    def new_temporary(self, suffix: str = "") -> Path:
        """Return a fresh path inside the lake's ``tmp``; no file is made yet."""
        self._temporary.mkdir(parents=True, exist_ok=True)
        return self._temporary / f"{uuid.uuid4().hex}{suffix}"

    def path(self, key: str) -> Path:
        """Return where the object lies; ``NotFound`` for a key that is none of ours."""
        parts = key.split("/")
        if len(parts) != 3 or parts[0] not in OBJECT_FOLDERS or ".." in parts:
            raise NotFound(f"'{key}' is not the key of an object")
        return self.root / key

    def exists(self, key: str) -> bool:
        """Say whether the object is there."""
        return self.path(key).is_file()

    def size(self, key: str) -> int:
        """Return the number of bytes; ``ObjectCorrupted`` where the object is missing."""
        try:
            return self.path(key).stat().st_size
        except FileNotFoundError:
            raise _missing(key) from None

    def open(self, key: str) -> BinaryIO:
        """Open the object for reading; ``ObjectCorrupted`` where it is missing."""
        try:
            return self.path(key).open("rb")
        except FileNotFoundError:
            raise _missing(key) from None

    def publish(self, temporary: Path, key: str) -> None:
        """Move a finished temporary file to its content address, durably.

        Publishing the same content again changes nothing but the object's age, so that a
        sweep leaves it alone until its new row is committed. Returns only when file and
        names are on the disk; raises ``OutOfSpace`` where the disk is full.
        """
        target = self.path(key)
        with full_disk_explained(target):
            sync_file(temporary)
            _make_folder(target.parent)
            with self._lock(fcntl.LOCK_SH):
                if target.is_file() and target.stat().st_size == temporary.stat().st_size:
                    target.touch()
                    temporary.unlink()
                else:
                    temporary.touch()  # a copy may carry the age of its original
                    temporary.replace(target)
            sync_folder(target.parent)

    def verify(self, key: str) -> None:
        """Hash the object again; ``ObjectCorrupted`` where it is missing or altered."""
        path = self.path(key)
        if not path.is_file():
            raise _missing(key)
        found, wanted = sha256_of(path), path.stem
        if found != wanted:
            raise ObjectCorrupted(
                f"the object's bytes hash to {found[:12]}…, not {wanted[:12]}…", file=path
            )

    def keys(self) -> Iterator[str]:
        """Iterate over the keys of all objects, referenced or not, in the order of their names."""
        for folder in OBJECT_FOLDERS:
            for path in sorted((self.root / folder).glob("??/*")):
                yield path.relative_to(self.root).as_posix()

    def sweep(self, referenced: set[str], grace_second: float = GRACE_SECOND) -> list[str]:
        """Delete what nobody needs and return its keys.

        That is every object not in ``referenced`` and every temporary file, unless it
        changed within the last ``grace_second``: a live worker may be about to commit it.
        """
        limit = time.time() - grace_second
        removed = []
        for key in self.keys():
            if key not in referenced and self._remove_if_older(self.root / key, limit):
                removed.append(key)
        for path in sorted(self._temporary.glob("*")):
            if path.is_file() and self._remove_if_older(path, limit):
                removed.append(path.relative_to(self.root).as_posix())
        return removed

    def _remove_if_older(self, path: Path, limit: float) -> bool:
        # Under the lock a publisher has either refreshed the age already, or finds it gone.
        with self._lock(fcntl.LOCK_EX):
            if not path.is_file() or path.stat().st_mtime > limit:
                return False
            path.unlink()
            return True

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        self._temporary.mkdir(parents=True, exist_ok=True)
        with (self.root / LOCK_FILE).open("ab") as file:
            fcntl.flock(file, kind)
            yield


def _missing(key: str) -> ObjectCorrupted:
    return ObjectCorrupted(f"the object {key} is missing")


def _make_folder(folder: Path) -> None:
    """Make ``folder`` and put its name on the disk, and its parent's."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        sync_folder(folder.parent.parent)

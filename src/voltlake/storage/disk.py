"""Makes writes durable, and says in words when the disk is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voltlake.errors import OutOfSpace

__all__ = ["full_disk_explained", "sync_file", "sync_folder"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Turn "no space left" while writing ``path`` into ``OutOfSpace``; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise OutOfSpace(
                f"no space left while writing ({error.strerror})", file=path
            ) from error
        raise


def sync_file(path: Path) -> None:
    """Return when the bytes of ``path`` are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Return when the names in the folder ``path`` are on the disk."""
    sync_file(path)

"""What lies where in a lake folder.

::

    lake/
    ├── voltlake.json         lake id and format version
    ├── catalogue.sqlite3     the truth (unless a server keeps it)
    ├── raw/ab/<sha256>       source files, byte for byte
    ├── series/cd/<sha256>.parquet
    └── tmp/                  what is being written; nothing here is data
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from voltlake.errors import WrongLake
from voltlake.storage.disk import full_disk_explained, sync_folder

__all__ = [
    "CATALOGUE_FILE",
    "FORMAT_VERSION",
    "IDENTITY_FILE",
    "LakeIdentity",
    "catalogue_path",
    "open_lake_folder",
    "raw_key",
    "read_identity",
    "series_key",
]

FORMAT_VERSION = 1
IDENTITY_FILE = "voltlake.json"
CATALOGUE_FILE = "catalogue.sqlite3"
LOCK_FILE = "objects.lock"
OBJECT_FOLDERS = ("raw", "series")
TEMPORARY_FOLDER = "tmp"


@dataclass(frozen=True, slots=True)
class LakeIdentity:
    """Who a lake folder is: a random id, the layout's version, the day it was made."""

    lake_id: str
    format_version: int
    created: str


def raw_key(sha256: str) -> str:
    """Return the key of a source file: ``raw/ab/abcd…``."""
    return f"raw/{sha256[:2]}/{sha256}"


def series_key(sha256: str) -> str:
    """Return the key of a Parquet table: ``series/ab/abcd….parquet``."""
    return f"series/{sha256[:2]}/{sha256}.parquet"


def catalogue_path(root: Path) -> Path:
    """Return where the lake's own SQLite catalogue lies."""
    return root / CATALOGUE_FILE


def open_lake_folder(root: Path) -> LakeIdentity:
    """Return the identity of the lake at ``root``; make the lake where there is none.

    A new lake may begin in an absent or empty folder, or in one that holds nothing but a
    catalogue. Any other folder without ``voltlake.json`` raises ``WrongLake``, so that no
    one's documents become a lake by a slip of the keyboard.
    """
    root.mkdir(parents=True, exist_ok=True)
    if not (root / IDENTITY_FILE).exists():
        _refuse_foreign_folder(root)
        _write_identity(root)
    identity = read_identity(root)
    for folder in (*OBJECT_FOLDERS, TEMPORARY_FOLDER):
        (root / folder).mkdir(exist_ok=True)
    return identity


def read_identity(root: Path) -> LakeIdentity:
    """Return the identity of an existing lake; ``WrongLake`` where ``root`` is none."""
    path = root / IDENTITY_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise WrongLake(f"'{root}' is not a lake: it has no {IDENTITY_FILE}") from None
    try:
        identity = LakeIdentity(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise WrongLake(f"the lake's identity cannot be read ({error})", file=path) from error
    if identity.format_version > FORMAT_VERSION:
        raise WrongLake(
            f"the lake has format {identity.format_version}, this Voltlake knows {FORMAT_VERSION}",
            file=path,
            remedy="Install the newer Voltlake",
        )
    return identity


def _refuse_foreign_folder(root: Path) -> None:
    folders = {*OBJECT_FOLDERS, TEMPORARY_FOLDER}
    files = (CATALOGUE_FILE, IDENTITY_FILE, LOCK_FILE)
    names = [entry.name for entry in root.iterdir()]
    foreign = [name for name in names if name not in folders and not name.startswith(files)]
    if foreign:
        raise WrongLake(
            f"'{root}' is not a lake and not empty (it holds '{min(foreign)}')",
            remedy="Give an empty folder, or one that does not exist yet",
        )


def _write_identity(root: Path) -> None:
    """Write ``voltlake.json`` whole; of several writers at once, the first one counts."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    identity = LakeIdentity(uuid.uuid4().hex, FORMAT_VERSION, created)
    draft = root / f"{IDENTITY_FILE}.{uuid.uuid4().hex}"
    with full_disk_explained(draft), draft.open("x", encoding="utf-8") as file:
        json.dump(asdict(identity), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, fails where another process was faster.
        os.link(draft, root / IDENTITY_FILE)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_folder(root)

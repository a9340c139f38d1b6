"""What the tests of the house look at: the files that are kept, as git lists them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

__all__ = ["PACKAGE", "ROOT", "kept_files", "text_of"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "voltlake"


@cache
def kept_files() -> tuple[Path, ...]:
    """Return every file that git keeps and that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    paths = tuple(ROOT / name for name in listed if name and (ROOT / name).is_file())
    assert len(paths) > 100
    return paths


@cache
def text_of(path: Path) -> str:
    """Return a file's text; empty where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""

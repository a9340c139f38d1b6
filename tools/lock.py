"""Renews the pins under requirements/: one file per set of extras, with hashes and no hosts.

Needs ``uv`` on the path. Universal locks, so that one file serves every Python and system.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "core": [],
    "dashboard": ["dashboard"],
    "test": ["test"],
    "dev": ["dev"],
    "docs": ["docs"],
    "postgres": ["postgres"],
    "s3": ["s3"],
    "cluster": ["cluster"],
    "sql": ["sql"],
    "oidc": ["oidc"],
    "learning": ["learning"],
    "tracking": ["tracking"],
    "all": ["all"],
}


def lock(name: str, extras: list[str]) -> None:
    """Compile one set of pins into ``requirements/<name>.txt``."""
    chosen = [part for extra in extras for part in ("--extra", extra)]
    command = [
        "uv", "pip", "compile", "pyproject.toml", *chosen, "--universal",
        "--python-version", "3.11",
        "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header",
        "--no-annotate", "--quiet", "--output-file", f"requirements/{name}.txt",
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    for name, extras in SETS.items():
        lock(name, extras)
        print(f"requirements/{name}.txt")

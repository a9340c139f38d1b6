"""One virtual environment per peer, from its pinned requirements."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["ENVIRONMENTS", "PEERS", "REPOSITORY", "python_of"]

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENTS = REPOSITORY / "benchmarks" / "environments"
PEERS = ("pyprobe", "beep", "cellpy", "fastnda")


def python_of(name: str) -> Path:
    """Return the interpreter for a peer, making its environment where it is missing or old.

    ``voltlake`` and ``polars`` run in the interpreter that runs the benchmark. Raises
    ``subprocess.CalledProcessError`` where the installation fails.
    """
    if name not in PEERS:
        return Path(sys.executable)
    requirements = REPOSITORY / "requirements" / "benchmarks" / f"{name}.txt"
    environment = ENVIRONMENTS / name
    python = environment / "bin" / "python"
    stamp = environment / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {name} into its own environment", file=sys.stderr)
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", requirements], check=True)
        stamp.write_text(wanted)
    return python

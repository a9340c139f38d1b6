"""Opens the workspace that a command's options name."""

from __future__ import annotations

from pathlib import Path

from voltlake.bootstrap import open_workspace
from voltlake.services.workspace import Workspace
from voltlake.settings import Settings

__all__ = ["opened", "settings_for"]


def settings_for(lake: Path | None) -> Settings:
    """Return the settings, with ``--lake`` in the place of the environment's lake."""
    return Settings() if lake is None else Settings(lake=lake)


def opened(lake: Path | None, *, create: bool = False) -> Workspace:
    """Open the lake that ``--lake`` or the environment names."""
    return open_workspace(settings_for(lake), create=create)

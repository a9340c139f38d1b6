"""Opens the workspace that a command's options name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from voltlake.settings import Settings

if TYPE_CHECKING:
    from voltlake.services.workspace import Workspace

__all__ = ["opened", "settings_for"]


def settings_for(lake: Path | None) -> Settings:
    """Return the settings, with ``--lake`` in the place of the environment's lake."""
    return Settings() if lake is None else Settings(lake=lake)


def opened(lake: Path | None, *, create: bool = False) -> Workspace:
    """Open the lake that ``--lake`` or the environment names.

    The program behind it is loaded here and not before: `--help` must answer at once.
    """
    from voltlake.bootstrap import open_workspace

    return open_workspace(settings_for(lake), create=create)

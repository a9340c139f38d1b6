"""The workspace: everything that a use case needs, built once by ``bootstrap``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voltlake.catalogue.session import Catalogue
from voltlake.execution.contract import Limits
from voltlake.readers.registry import Readers
from voltlake.storage.objects import LocalObjects

__all__ = ["Workspace"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """One lake, opened.

    Attributes
    ----------
    root
        The lake's folder.
    catalogue, objects
        The only truth, and the immutable bytes that it points to.
    readers
        The formats that can be read.
    limits, workers, max_attempts
        What reading one file may use, how many are read at once, how often one is tried.
    time_zone
        Zone of clock times that name none; ``None`` means UTC, with a finding.
    """

    root: Path
    catalogue: Catalogue
    objects: LocalObjects
    readers: Readers
    limits: Limits
    workers: int
    max_attempts: int
    time_zone: str | None

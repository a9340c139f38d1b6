"""Findings that grow while a file streams by, and stay right when it is read again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from voltlake.canonical.findings import Finding, Severity

__all__ = ["Doubts", "Tally"]


@dataclass(slots=True)
class Doubts:
    """The findings of one file: the list that ``RawTest.findings`` shows.

    Doubts met before the stream are added once; those met in a pass over the rows replace
    the ones of the pass before, so that reading a file twice does not double them.
    """

    findings: list[Finding] = field(default_factory=list)
    _places: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Put a finding in, or in the place of the one with the same code and column."""
        key = (finding.code, finding.column)
        if key in self._places:
            self.findings[self._places[key]] = finding
        else:
            self._places[key] = len(self.findings)
            self.findings.append(finding)

    def tally(self) -> Tally:
        """Begin a pass over the rows."""
        return Tally(self)


@dataclass(slots=True)
class Tally:
    """What one pass over the rows has met so far.

    ``first_row`` is the stored row number, from 0, of the first row of the present batch.
    """

    doubts: Doubts
    first_row: int = 0
    _seen: dict[tuple[str, str | None], tuple[int, int, int]] = field(default_factory=dict)

    def note(
        self,
        code: str,
        severity: Severity,
        message: str,
        rows: np.typing.ArrayLike,
        *,
        column: str | None = None,
        remedy: str = "",
    ) -> None:
        """Note rows of the present batch (counted from 0 within it); no rows, no finding.

        ``{count}`` in the message becomes the number of rows of the whole pass.
        """
        places = np.asarray(rows, dtype=np.int64)
        if places.size == 0:
            return
        key = (code, column)
        low, high = int(places.min()) + self.first_row, int(places.max()) + self.first_row
        count, first, last = self._seen.get(key, (0, low, high))
        count, first, last = count + places.size, min(first, low), max(last, high)
        self._seen[key] = (count, first, last)
        text = message.replace("{count}", f"{count:,}")
        self.doubts.add(Finding(code, severity, text, remedy, column, first, last, count))

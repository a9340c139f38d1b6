"""The declaration of a quality rule: code, severity, reason and remedy in one place.

The documentation, `voltlake check` and the tests read this list.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.findings import Finding, Severity
from voltlake.quality.settings import QualitySettings

__all__ = ["Doubt", "Places", "Rule", "SampleWatch", "rule", "rules"]

_THEMES = ("time", "rows", "ranges", "signals", "steps", "cycles")


@dataclass(slots=True)
class Doubt:
    """What a rule saw: a message with its numbers, and the rows."""

    message: str
    column: str | None = None
    row_first: int | None = None
    row_last: int | None = None
    count: int = 1


@dataclass(slots=True)
class Places:
    """Rows that share a doubt: the first, the last and how many."""

    first: int | None = None
    last: int = 0
    count: int = 0

    def add(self, rows: NDArray[np.int64]) -> None:
        """Take in more rows, in rising order."""
        if rows.size:
            self.first = int(rows[0]) if self.first is None else self.first
            self.last = int(rows[-1])
            self.count += int(rows.size)

    def doubt(self, message: str, column: str | None) -> Iterator[Doubt]:
        """One doubt for all rows, if there are any; ``{count}`` in the message is filled in."""
        if self.first is not None:
            text = message.format(count=self.count)
            yield Doubt(text, column, self.first, self.last, self.count)


class SampleWatch:
    """A rule that watches the samples go by, batch by batch.

    ``columns`` are what it looks at (those that the table lacks are left out); ``see`` gets
    each batch with one row ahead of it where there is one, and the number of the first row
    that it gets; ``doubts`` is asked at the end.
    """

    columns: tuple[str, ...] = ()

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        self.settings = settings
        self.steps = steps

    def begins(self, first_row: int, count: int) -> NDArray[np.bool_]:
        """Say for each of ``count`` rows from ``first_row`` on whether it begins a step."""
        flags = np.zeros(count, dtype=bool)
        starts = self.steps["row_first"].to_numpy()
        low, high = np.searchsorted(starts, [first_row, first_row + count])
        flags[starts[low:high] - first_row] = True
        return flags

    def largest_magnitude(self, name: str) -> float:
        """Return the largest |value| of a column of the step table; 0 where it has none."""
        values = np.abs(self.steps[name].cast(pl.Float64).to_numpy())
        return float(np.nanmax(values, initial=0.0)) if values.size else 0.0

    @staticmethod
    def floats(rows: pl.DataFrame, name: str) -> NDArray[np.float64]:
        """Return a column as doubles, NaN where it is null or missing."""
        if name not in rows.columns:
            return np.full(rows.height, np.nan)
        return rows.get_column(name).cast(pl.Float64).to_numpy()

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Take in the next rows; ``is_carried`` where the first was in the batch before."""
        raise NotImplementedError

    def doubts(self) -> Iterator[Doubt]:
        """Say what was seen."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared rule; ``check`` is a :class:`SampleWatch` class or a function on a table."""

    code: str
    severity: Severity
    because: str
    remedy: str
    needs: str
    check: Callable[..., Any]
    columns: tuple[str, ...] = field(default=())

    def finding(self, doubt: Doubt) -> Finding:
        """Return the doubt as a finding of this rule."""
        return Finding(
            self.code,
            self.severity,
            doubt.message,
            self.remedy,
            doubt.column,
            doubt.row_first,
            doubt.row_last,
            doubt.count,
        )


_DECLARED: dict[str, Rule] = {}


def rule(
    code: str, severity: Severity, *, because: str, remedy: str, needs: str = "samples"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a rule.

    ``needs`` is ``"samples"`` for a :class:`SampleWatch`, ``"steps"`` or ``"cycles"`` for a
    function ``(table, settings) -> iterator of Doubt``.
    """

    def declare(check: Callable[..., Any]) -> Callable[..., Any]:
        columns = getattr(check, "columns", ())
        _DECLARED[code] = Rule(code, severity, because, remedy, needs, check, columns)
        return check

    return declare


def rules() -> tuple[Rule, ...]:
    """Return all declared rules, theme by theme, whichever file was loaded first."""
    for theme in _THEMES:
        importlib.import_module(f"voltlake.quality.rules.{theme}")
    return tuple(sorted(_DECLARED.values(), key=lambda rule: _THEMES.index(_theme_of(rule))))


def _theme_of(rule: Rule) -> str:
    """Return the name of the file in which a rule is declared."""
    return str(rule.check.__module__).rsplit(".", 1)[1]

"""The declaration of a cycle metric: name, unit, definition, source and expression at once.

Tables, documentation, API and axis menus read this list.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

__all__ = ["CycleMetric", "cycle_metric", "cycle_metrics"]

_THEMES = ("life", "voltage", "efficiency", "duration", "resistance", "ageing")
"""Modules of this package, in the order in which their metrics are computed."""


@dataclass(frozen=True, slots=True)
class CycleMetric:
    """A declared metric; ``expression()`` works on the sums per cycle and earlier metrics."""

    name: str
    unit: str
    definition: str
    source: str
    expression: Callable[[], pl.Expr]


_DECLARED: dict[str, CycleMetric] = {}


def cycle_metric(
    *, unit: str, definition: str, source: str = ""
) -> Callable[[Callable[[], pl.Expr]], Callable[[], pl.Expr]]:
    """Declare a metric of a cycle; the function's name becomes the column's."""

    def declare(expression: Callable[[], pl.Expr]) -> Callable[[], pl.Expr]:
        name = expression.__name__
        _DECLARED[name] = CycleMetric(name, unit, definition, source, expression)
        return expression

    return declare


def cycle_metrics() -> tuple[CycleMetric, ...]:
    """Return all metrics in the order in which they are computed."""
    for theme in _THEMES:
        importlib.import_module(f"voltlake.processing.metrics.{theme}")
    return tuple(_DECLARED.values())

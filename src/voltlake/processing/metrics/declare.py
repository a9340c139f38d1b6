"""The declaration of a cycle metric: name, unit, definition, source and expression at once.

Tables, documentation, API and axis menus read this list.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

__all__ = ["CycleMetric", "cycle_metric", "cycle_metrics"]


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


@functools.cache
def cycle_metrics() -> tuple[CycleMetric, ...]:
    """Return all metrics, each after those whose columns it uses, else by name.

    Every file of this folder is loaded: a new metric is one new function.
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{__package__}.{module.name}")
    waiting = dict(sorted(_DECLARED.items()))
    ordered: list[CycleMetric] = []
    while waiting:
        ready = [
            metric
            for metric in waiting.values()
            if not (set(metric.expression().meta.root_names()) - {metric.name}) & set(waiting)
        ]
        if not ready:
            raise ValueError(f"these metrics use one another: {', '.join(waiting)}")
        for metric in ready:
            ordered.append(waiting.pop(metric.name))
    return tuple(ordered)

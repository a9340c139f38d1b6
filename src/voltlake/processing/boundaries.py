"""Where steps begin: by the cycler's own numbers, else by the state of the current."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.streams import TableStream
from voltlake.processing.survey import floats

__all__ = ["BoundaryRule", "choose_boundary_rule", "with_begins"]

_LABELS = ("step_id", "cycle_count", "step_type")


@dataclass(frozen=True, slots=True)
class BoundaryRule:
    """How the executions of steps are told apart.

    Attributes
    ----------
    name
        In words, for the certificate.
    changes
        Columns whose change begins a step.
    by_step_time
        True where a fall of ``step_time_second`` begins a step too.
    rest_current_ampere
        Where set, a change between charge, discharge and no current (up to this magnitude)
        begins a step too.
    """

    name: str
    changes: tuple[str, ...]
    by_step_time: bool = False
    rest_current_ampere: float | None = None

    @property
    def columns(self) -> list[str]:
        """Columns that the rule looks at."""
        return [
            *self.changes,
            *(["step_time_second"] if self.by_step_time else []),
            *(["current_ampere"] if self.rest_current_ampere is not None else []),
        ]

    def begins(self, rows: pl.DataFrame, before: pl.DataFrame | None) -> NDArray[np.bool_]:
        """Say for each row whether it begins a step; ``before`` is the row ahead of them."""
        keys = self._keys(rows)
        joined = keys if before is None else pl.concat([self._keys(before), keys])
        changed = [pl.col(name).ne_missing(pl.col(name).shift(1)) for name in keys.columns]
        if self.by_step_time:
            changed[-1] = (pl.col("step_time") < pl.col("step_time").shift(1)).fill_null(False)
        flags = joined.select(pl.any_horizontal(changed)).to_series().to_numpy(writable=True)
        if before is None:
            flags[:1] = True
            return flags
        return flags[1:]

    def _keys(self, rows: pl.DataFrame) -> pl.DataFrame:
        keys = [rows.get_column(name) for name in self.changes]
        if self.rest_current_ampere is not None:
            keys.append(pl.Series("state", _state(rows, self.rest_current_ampere)))
        if self.by_step_time:
            keys.append(rows.get_column("step_time_second").alias("step_time"))
        return pl.DataFrame(keys)


def _state(rows: pl.DataFrame, rest_current_ampere: float) -> NDArray[np.int8]:
    current = floats(rows, "current_ampere")
    above = (current > rest_current_ampere).astype(np.int8)
    return above - (current < -rest_current_ampere).astype(np.int8)


def choose_boundary_rule(samples: TableStream, rest_current_ampere: float) -> BoundaryRule:
    """Choose by what the file holds: ``step_count``, else labels, else the current itself.

    A column counts as held where its first batch with rows is not all null.
    """
    held = _held(samples, ("step_count", *_LABELS, "step_time_second"))
    if "step_count" in held:
        return BoundaryRule("change of step_count", ("step_count",))
    changes = tuple(name for name in _LABELS if name in held)
    by_step_time = "step_time_second" in held
    if "step_id" in held or "step_type" in held or by_step_time:
        words = [f"change of {name}" for name in changes]
        words += ["fall of step_time_second"] if by_step_time else []
        return BoundaryRule(" or ".join(words), changes, by_step_time)
    words = [f"change of {name}" for name in changes]
    return BoundaryRule(
        " or ".join([*words, "change between charge, discharge and no current"]),
        changes,
        rest_current_ampere=rest_current_ampere,
    )


def _held(samples: TableStream, names: tuple[str, ...]) -> set[str]:
    present = [name for name in names if name in samples.schema]
    if not present:
        return set()
    for batch in samples.batches(present):
        if batch.height:
            return {name for name in present if batch.get_column(name).null_count() < batch.height}
    return set()


def with_begins(
    samples: TableStream, rule: BoundaryRule, columns: list[str]
) -> Iterator[tuple[int, pl.DataFrame, NDArray[np.bool_]]]:
    """Iterate over (number of the first row, batch, begins) of the wanted columns."""
    wanted = list(dict.fromkeys([*columns, *rule.columns]))
    before: pl.DataFrame | None = None
    row = 0
    for batch in samples.batches([name for name in wanted if name in samples.schema]):
        if not batch.height:
            continue
        yield row, batch, rule.begins(batch, before)
        before = batch.tail(1)
        row += batch.height

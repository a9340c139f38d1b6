"""The samples again, with the sign put right and the columns that only a whole test gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.columns import BY_NOTATION
from voltlake.canonical.streams import TableStream
from voltlake.processing import kernels
from voltlake.processing.boundaries import BoundaryRule
from voltlake.processing.sources import Quantity
from voltlake.processing.survey import floats

__all__ = ["SampleColumns", "enriched"]

Floats = NDArray[np.float64]

_ADDED = (
    "step_count", "cycle_index", "half_cycle_index", "charging_capacity_ah",
    "discharging_capacity_ah", "charging_energy_wh", "discharging_energy_wh",
)  # fmt: skip
_SIGNED = ("current_ampere", "power_watt")


@dataclass(frozen=True, slots=True)
class SampleColumns:
    """What is known of each step and is written into its rows.

    ``factors`` turn the current, ``start_second`` is the time before each step's first row,
    ``moved`` gives the true name of each counter column whose declared scope is contradicted.
    """

    rule: BoundaryRule
    steps: pl.DataFrame
    factors: Floats
    start_second: Floats
    capacity: Quantity
    energy: Quantity
    moved: Mapping[str, str]


def enriched(samples: TableStream, known: SampleColumns) -> TableStream:
    """Return the samples with ``step_count``, cycle numbers and totals since the test began.

    Every column of the input stays, a moved one under its true name. Totals that the file
    holds stay as they are unless they are moved.
    """
    schema = {known.moved.get(name, name): dtype for name, dtype in samples.schema.items()}
    for name in _added_names(samples, known):
        schema[name] = BY_NOTATION[name].dtype

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        wanted = list(schema) if columns is None else list(columns)
        yield from _walk(samples, known, wanted)

    return TableStream(pl.Schema(schema), batches)


def _added_names(samples: TableStream, known: SampleColumns) -> list[str]:
    """Names that we write: not those that the file itself fills rightly."""
    ours = ("cycle_index", "half_cycle_index")
    own = set(samples.schema) - set(known.moved)
    return [name for name in _ADDED if name in ours or name not in own]


def _walk(samples: TableStream, known: SampleColumns, wanted: list[str]) -> Iterator[pl.DataFrame]:
    added = [name for name in _added_names(samples, known) if name in wanted]
    raw_names = {new: old for old, new in known.moved.items()}
    own = [raw_names.get(name, name) for name in wanted if name not in added]
    totals = [
        _Total(quantity, unit, known)
        for quantity, unit in ((known.capacity, "ah"), (known.energy, "wh"))
        if set(_total_names(unit)) & set(added)
    ]
    plain = not added and not set(own) & set(_SIGNED)
    needed = own + ([] if plain else known.rule.columns)
    for total in totals:
        needed += total.columns
    needed = [name for name in dict.fromkeys(needed) if name in samples.schema]
    before: pl.DataFrame | None = None
    place = -1
    for batch in samples.batches(needed):
        if not batch.height:
            continue
        if plain:
            yield batch.rename(known.moved, strict=False).select(wanted)
            continue
        begins = known.rule.begins(batch, before)
        before = batch.tail(1)
        steps = place + np.cumsum(begins)
        place = int(steps[-1])
        new = _new_columns(batch, begins, steps, known, totals)
        kept = batch.rename(known.moved, strict=False)
        yield kept.with_columns(
            series for name, series in new.items() if name in added or name in _SIGNED
        ).select(wanted)


def _new_columns(
    batch: pl.DataFrame,
    begins: NDArray[np.bool_],
    steps: NDArray[np.int64],
    known: SampleColumns,
    totals: list[_Total],
) -> dict[str, pl.Series]:
    new = {
        name: known.steps[name].gather(steps)
        for name in ("step_count", "cycle_index", "half_cycle_index")
    }
    factors = known.factors[steps]
    if (factors < 0).any():
        turned = pl.Series(factors)
        new |= {name: batch[name] * turned for name in _SIGNED if name in batch.columns}
    for total in totals:
        new |= {series.name: series for series in total.of(batch, begins)}
    return new


def _total_names(unit: str) -> tuple[str, str]:
    return (
        ("charging_capacity_ah", "discharging_capacity_ah")
        if unit == "ah"
        else ("charging_energy_wh", "discharging_energy_wh")
    )


class _Total:
    """Running totals of one quantity, from its counters or from the integral."""

    def __init__(self, quantity: Quantity, unit: str, known: SampleColumns) -> None:
        self.quantity, self.unit, self.known = quantity, unit, known
        self.base_in, self.base_out = _bases(quantity.into), _bases(quantity.out)
        self.states = [np.full(6, -1.0) for _ in range(max(1, len(quantity.counters)))]
        self.counters = quantity.counters if quantity.is_proven else ()

    @property
    def columns(self) -> list[str]:
        if self.counters:
            return [each.name for each in self.counters]
        names = ["test_time_second", "step_time_second", "current_ampere"]
        return [*names, "voltage_volt"] if self.unit == "wh" else names

    def of(self, batch: pl.DataFrame, begins: NDArray[np.bool_]) -> list[pl.Series]:
        name_in, name_out = _total_names(self.unit)
        if not self.counters:
            into, out = self._by_integral(batch, begins)
        else:
            into, out = self._by_counters(batch, begins)
        return [pl.Series(name_in, into), pl.Series(name_out, out)]

    def _by_integral(self, batch: pl.DataFrame, begins: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        signal = floats(batch, "current_ampere")
        if self.unit == "wh":
            signal = signal * floats(batch, "voltage_volt")
        into, out = np.empty(batch.height), np.empty(batch.height)
        kernels.walk_integral(
            begins,
            floats(batch, "test_time_second"),
            floats(batch, "step_time_second"),
            signal,
            self.known.start_second,
            self.base_in,
            self.base_out,
            self.states[0],
            into,
            out,
        )
        return into, out

    def _by_counters(self, batch: pl.DataFrame, begins: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        results: dict[str, Floats] = {}
        outward = self.quantity.outward
        for counter, state in zip(self.counters, self.states, strict=True):
            into, out = np.empty(batch.height), np.empty(batch.height)
            flow = self.quantity.flow_of(counter)
            kernels.walk_counter(
                begins,
                floats(batch, counter.name) * self.quantity.orientation,
                flow == "net",
                counter.zero * self.quantity.orientation,
                self.base_in,
                self.base_out,
                outward if flow == "both" else np.full(outward.size, flow == "out"),
                state,
                into,
                out,
            )
            if flow != "out":
                results["in"] = into
            if flow != "in":
                results["out"] = out
        return results["in"], results["out"]


def _bases(per_step: Floats) -> Floats:
    total = np.cumsum(np.nan_to_num(per_step))
    return np.concatenate([[0.0], total[:-1]]) if total.size else total

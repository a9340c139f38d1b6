"""Fixed-width records to canonical columns: strided decoding, no row is touched in Python."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltlake.readers.neware.clocks import civil_seconds, naive_to_utc
from voltlake.readers.neware.layouts import Layout
from voltlake.readers.neware.progress import ChangeCounter, CycleRule, StepClock, TotalClock
from voltlake.readers.neware.ranges import current_divisors
from voltlake.readers.neware.samples import Columns, step_id_texts
from voltlake.readers.neware.single_precision import shortest_decimals, widened
from voltlake.readers.neware.step_types import DIRECTION_BY_CODE, is_known, step_type_names

__all__ = ["RecordTranslator", "field_of", "is_measurement"]

Bytes2D = NDArray[np.uint8]
Floats = NDArray[np.float64]
_MAS_PER_AH = 3_600_000.0
_COUNTERS = (
    ("charge", "step_charging_capacity_ah"),
    ("discharge", "step_discharging_capacity_ah"),
    ("charge_energy", "step_charging_energy_wh"),
    ("discharge_energy", "step_discharging_energy_wh"),
)
_NET = (
    ("capacity", "capacity_ah"),
    ("energy", "energy_wh"),
)


def field_of(records: Bytes2D, layout: Layout, name: str) -> NDArray[np.generic]:
    """Return one field of all records as a strided view (no copy)."""
    offset, kind = layout.fields[name]
    dtype = np.dtype(kind)
    view: NDArray[np.generic] = records[:, offset : offset + dtype.itemsize].view(dtype)[:, 0]
    return view


def is_measurement(records: Bytes2D, layout: Layout) -> NDArray[np.bool_]:
    """Say which records hold a measurement: the identifier fits and the index is not 0."""
    use = np.ones(len(records), np.bool_)
    if layout.identifier is not None:
        byte, accepted = layout.identifier
        marks = records[:, byte]
        use = np.isin(marks, accepted) if len(accepted) > 1 else marks == accepted[0]
    if "index" in layout.fields:
        use &= field_of(records, layout, "index") != 0
    return use


@dataclass(slots=True)
class Doubts:
    """What a translation met and could not settle, counted over all batches."""

    unknown_step_types: int = 0
    impossible_dates: int = 0
    undirected_counters: int = 0


class RecordTranslator:
    """Turns records of one layout into canonical columns, batch by batch in row order.

    Parameters
    ----------
    layout
        Where the fields lie.
    fixed_range
        The channel's current range [mA] from the header; 0 where there is none.
    zone
        IANA zone of wall-clock fields; ``None`` means UTC.
    start_unix_second
        The test's start, for layouts whose records hold no clock; ``None`` if unknown.
    file
        For messages.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        fixed_range: int = 0,
        zone: str | None = None,
        start_unix_second: float | None = None,
        file: str = "",
    ) -> None:
        self._layout = layout
        self._fixed_range = fixed_range
        self._zone = zone
        self._start = start_unix_second
        self._file = file
        self._steps = ChangeCounter()
        self._cycles = ChangeCounter()
        self._rule = CycleRule()
        self._step_clock = StepClock()
        self._total_clock = TotalClock()
        self.doubts = Doubts()

    def translate(self, records: Bytes2D, index: NDArray[np.int64]) -> Columns:
        """Return the canonical columns of these records; ``index`` is their record index."""
        codes = self._codes(records)
        step_ids = self._integers(records, "step_id")
        jumps = self._integers(records, "jump") if "jump" in self._layout.fields else 0
        steps = self._steps.count((step_ids << 8) | jumps)
        columns: Columns = {
            "record_index": index,
            "step_count": steps,
            "step_id": step_id_texts(step_ids),
            "step_type": step_type_names(codes),
            "cycle_count": self._cycle(records, codes),
            "is_interpolated": np.zeros(len(index), np.bool_),
        }
        columns |= self._times(records, steps)
        columns["unix_time_second"] = self._unix(records, columns)
        columns |= self._electrical(records, codes)
        if "temperature" in self._layout.fields:
            columns["temperature_t1_celsius"] = shortest_decimals(
                field_of(records, self._layout, "temperature").astype(np.float32)
            )
        return columns

    def _integers(self, records: Bytes2D, name: str) -> NDArray[np.int64]:
        return field_of(records, self._layout, name).astype(np.int64)

    def _codes(self, records: Bytes2D) -> NDArray[np.uint8]:
        codes = field_of(records, self._layout, "step_type").astype(np.uint8)
        if self._layout.step_type_map:
            table = np.arange(256, dtype=np.uint8)
            table[list(self._layout.step_type_map)] = list(self._layout.step_type_map.values())
            codes = table[codes]
        self.doubts.unknown_step_types += int((~is_known(codes)).sum())
        return codes

    def _cycle(self, records: Bytes2D, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
        if self._layout.cycle == "none":
            return self._rule.count(DIRECTION_BY_CODE[codes])
        stored = self._integers(records, "cycle")
        if self._layout.cycle == "changes":
            return self._cycles.count(stored)
        return stored + self._layout.cycle_offset

    def _times(self, records: Bytes2D, steps: NDArray[np.int64]) -> Columns:
        per_second = float(self._layout.ticks_per_second)
        ticks = self._integers(records, "ticks")
        if self._layout.time_field == "step":
            total = self._step_clock.test_time(steps, ticks)
            return {"test_time_second": total / per_second, "step_time_second": ticks / per_second}
        ticks = ticks * 1_000_000_000 + self._integers(records, "nanoseconds")
        within = self._total_clock.step_time(steps, ticks)
        return {"test_time_second": ticks / per_second, "step_time_second": within / per_second}

    def _unix(self, records: Bytes2D, columns: Columns) -> Floats:
        clock = self._layout.clock
        if clock == "none":
            total = np.asarray(columns["test_time_second"], np.float64)
            return np.full(len(records), np.nan) if self._start is None else total + self._start
        if clock == "civil":
            return self._wall_clock(records)
        unix = self._integers(records, "unix")
        if clock == "microsecond":
            return unix / 1e6
        if clock == "second+nanosecond":
            nano = self._integers(records, "unix_nanoseconds")
            return (unix * 1_000_000 + (nano + 500) // 1000) / 1e6
        return unix.astype(np.float64)

    def _wall_clock(self, records: Bytes2D) -> Floats:
        of_day = (
            self._integers(records, "hour") * 3600
            + self._integers(records, "minute") * 60
            + self._integers(records, "second")
        )
        seconds, possible = civil_seconds(
            self._integers(records, "year"),
            self._integers(records, "month"),
            self._integers(records, "day"),
            of_day,
        )
        seconds, valid = naive_to_utc(seconds, possible, self._zone)
        self.doubts.impossible_dates += int((~valid).sum())
        return np.where(valid, seconds.astype(np.float64), np.nan)

    def _electrical(self, records: Bytes2D, codes: NDArray[np.uint8]) -> Columns:
        if self._layout.scale == "range":
            return self._scaled_integers(records, codes)
        per_ah = 1.0 if self._layout.scale == "ampere" else _MAS_PER_AH
        per_ampere = 1 if self._layout.scale == "ampere" else 1000

        def floats(name: str, denominator: int) -> Floats:
            stored = field_of(records, self._layout, name).astype(np.float32)
            return shortest_decimals(stored, denominator)

        def sums(name: str) -> Floats:
            # Sums are no decimals: widened bit by bit they equal the vendor's export.
            return widened(field_of(records, self._layout, name)) / per_ah

        columns: Columns = {
            "voltage_volt": floats("voltage", 1),
            "current_ampere": floats("current", per_ampere),
        }
        if self._layout.counters == "split":
            # Some BTS 9.0 files sign the discharge counter, others do not.
            return columns | {label: np.abs(sums(name)) for name, label in _COUNTERS}
        for name, quantity in _NET:
            net = sums(name)
            columns[f"step_net_{quantity}"] = net
            columns |= self._directed(net, codes, quantity, signed=True)
        return columns

    def _scaled_integers(self, records: Bytes2D, codes: NDArray[np.uint8]) -> Columns:
        layout = self._layout
        names = [name for name, _ in (*_COUNTERS, *_NET) if name in layout.fields]
        raw = {name: self._integers(records, name) for name in ("current", *names)}
        ranges = (
            field_of(records, layout, "range").astype(np.int32)
            if "range" in layout.fields
            else np.zeros(len(records), np.int32)
        )

        def moving() -> NDArray[np.bool_]:
            some = np.zeros(len(records), np.bool_)
            for values in raw.values():
                some |= values != 0
            return some

        divisor = current_divisors(ranges, moving, fixed_range=self._fixed_range, file=self._file)
        columns: Columns = {
            "voltage_volt": self._integers(records, "voltage") / 10_000.0,
            "current_ampere": raw["current"] / (divisor * 1000.0),
        }
        per_ah = divisor * _MAS_PER_AH
        for name, label in _COUNTERS:
            if name in raw:
                columns[label] = raw[name] / per_ah
        for name, quantity in _NET:
            if name in raw:
                columns |= self._directed(raw[name] / per_ah, codes, quantity, signed=False)
        return columns

    def _directed(
        self, values: Floats, codes: NDArray[np.uint8], quantity: str, *, signed: bool
    ) -> Columns:
        """Put one counter into the column of its step's direction.

        In a step without direction (pulse, drive cycle) a single counter cannot be told apart,
        so both columns stay unknown there unless it is zero.
        """
        direction = DIRECTION_BY_CODE[codes]
        lost = (direction == 0) & (values != 0)
        self.doubts.undirected_counters += int(lost.sum())
        into = np.maximum(values, 0.0) if signed else np.where(direction > 0, np.abs(values), 0.0)
        out = np.maximum(-values, 0.0) if signed else np.where(direction < 0, np.abs(values), 0.0)
        into[lost], out[lost] = np.nan, np.nan
        return {f"step_charging_{quantity}": into, f"step_discharging_{quantity}": out}

"""Extra channels of an ``.ndax``: temperatures, voltages and whatever else was wired up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voltlake.canonical.columns import auxiliary_name
from voltlake.errors import UnsupportedVersion
from voltlake.readers.neware.information import AuxiliaryChannel
from voltlake.readers.neware.pages import Part
from voltlake.readers.neware.samples import Columns
from voltlake.readers.neware.single_precision import shortest_decimals

__all__ = ["AuxiliaryPart", "AuxiliaryValues", "match_channels"]

_Values = dict[str, NDArray[np.float64]]
_PART = re.compile(r"data_AUX_(\d+)_(\d+)_(\d+)\.ndc$")
_NUMBERED_PART = re.compile(r".*_(\d+)\.ndc$")

_KINDS: dict[int, tuple[str, str, float]] = {
    102: ("v", "volt", 1.0), 105: ("v", "volt", 1.0),
    103: ("t", "celsius", 1.0), 106: ("t", "celsius", 1.0),
    104: ("i", "ampere", 1.0), 107: ("i", "ampere", 1.0),
    108: ("clamp_temperature", "celsius", 1.0), 109: ("clamp_weight", "gram", 1000.0),
    110: ("clamp_air_pressure", "pa", 1000.0), 111: ("leader_temperature", "celsius", 1.0),
    112: ("red_temperature", "celsius", 1.0), 114: ("thickness", "micrometre", 1000.0),
    117: ("pressure", "pa", 100_000.0), 118: ("force_newton", "count", 1.0),
    335: ("temperature_setpoint", "celsius", 1.0), 345: ("humidity", "percent", 1.0),
}  # fmt: skip
"""ChlType -> quantity, unit word and factor to it; other kinds keep their plain number."""


def match_channels(
    parts: list[str], channels: tuple[AuxiliaryChannel, ...]
) -> list[tuple[str, AuxiliaryChannel | None]]:
    """Say which part holds which declared channel.

    The first number in a part's name is the hardware channel; where that is not unique, the
    parts in number order meet the channels in file order. ``None`` where neither fits.
    """
    found: list[tuple[tuple[int, ...], str]] = []
    for part in parts:
        named = _PART.search(part) or _NUMBERED_PART.search(part)
        if named:
            found.append((tuple(int(number) for number in named.groups()), part))
    found.sort()
    by_hardware = {each.real_channel: each for each in channels}
    matched: list[tuple[str, AuxiliaryChannel | None]] = []
    unique = len(by_hardware) == len(channels) and len({n[0] for n, _ in found}) == len(found)
    for position, (numbers, part) in enumerate(found):
        channel = by_hardware.get(numbers[0]) if unique else None
        if channel is None and len(channels) == len(found):
            channel = channels[position]
        matched.append((part, channel))
    return matched


def _column(quantity: str, number: int, unit: str) -> str:
    if quantity == "t" and unit == "celsius" and 1 <= number <= 5:
        return f"temperature_t{number}_celsius"
    separator = "" if len(quantity) == 1 else "_"
    return auxiliary_name(f"{quantity}{separator}{number}", unit)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    at: int
    kind: str
    divisor: int


@dataclass(frozen=True, slots=True)
class AuxiliaryPart:
    """One part of extra channels that can be read again and again.

    Attributes
    ----------
    part, record_bytes, mark
        The part, the width of its records and the byte that each used record begins with
        (``None`` for bare numbers).
    index_at
        Where the record's index lies; ``None`` where the slot's number is the index.
    fields
        Canonical column, place, numpy type and divisor of each value.
    known
        False where the kind of quantity is not known; its number is kept without a unit.
    """

    part: Part
    record_bytes: int
    mark: int | None
    index_at: int | None
    fields: tuple[_Field, ...]
    factor: float = 1.0
    known: bool = True

    @property
    def columns(self) -> list[str]:
        """Return the canonical columns of this part."""
        return [field.name for field in self.fields]

    @classmethod
    def of(cls, part: Part, channel: AuxiliaryChannel | None, position: int) -> AuxiliaryPart:
        """Choose the layout by version and by the first record's mark.

        Raises ``UnsupportedVersion`` where the version's extra channels are not known.
        """
        number = channel.number if channel is not None and channel.number >= 0 else position + 1
        if part.version in (6, 8, 12, 14, 17):
            return cls._bare(part, channel, number)
        temperature, voltage = _column("t", number, "celsius"), _column("v", number, "volt")
        setpoint = _column("temperature_setpoint", number, "celsius")
        if part.version in (2, 4, 5):
            shift = 7 if part.version == 5 else 0
            fields = (
                _Field(voltage, 31 - shift, "<i4", 10_000),
                _Field(temperature, 41 - shift, "<i2", 10),
                _Field(setpoint, 43 - shift, "<i2", 10),
            )
            return cls(part, 94 - shift, None, 8 - shift, fields)
        if part.version in (9, 11, 13, 16):
            return cls._marked(part, temperature, voltage)
        raise UnsupportedVersion(
            f"extra channels of ndc version {part.version} ({part.name}) are not known",
            file=part.archive_name,
        )

    @classmethod
    def _bare(cls, part: Part, channel: AuxiliaryChannel | None, number: int) -> AuxiliaryPart:
        kind = _KINDS.get(channel.kind) if channel is not None else None
        if kind is None:
            code = f"kind_{channel.kind}" if channel is not None else "unnamed"
            field = _Field(auxiliary_name(f"{code}_{number}", "count"), 0, "<f4", 1)
            return cls(part, 4, None, None, (field,), known=False)
        quantity, unit, factor = kind
        field = _Field(_column(quantity, number, unit), 0, "<f4", 1)
        return cls(part, 4, None, None, (field,), factor=factor)

    @classmethod
    def _marked(cls, part: Part, temperature: str, voltage: str) -> AuxiliaryPart:
        for width, mark, index_at, fields in (
            (7, 0x65, None, (_Field(voltage, 1, "<f4", 10_000), _Field(temperature, 5, "<i2", 10))),
            (88, 0x74, 1, (_Field(temperature, 35, "<i2", 10),)),
        ):
            first = next((rows for rows in part.rows(width, 1) if len(rows.records)), None)
            if first is None or first.records[0, 0] == mark:
                return cls(part, width, mark, index_at, fields)
        raise UnsupportedVersion(
            f"the records of {part.name} begin with no known mark", file=part.archive_name
        )

    def used(self, rows_at_once: int) -> AuxiliaryPart:
        """Return the part without fields that are zero throughout: a probe of one quantity.

        Records have room for voltage and temperature at once; what no probe measures is 0.
        """
        if len(self.fields) == 1:
            return self
        alive: set[str] = set()
        for _, values in self.read(rows_at_once):
            alive |= {name for name, each in values.items() if (each != 0).any()}
        kept = tuple(field for field in self.fields if field.name in alive)
        return replace(self, fields=kept or self.fields[1:2])

    def read(self, rows_at_once: int) -> Iterator[tuple[NDArray[np.int64], _Values]]:
        """Iterate over (index, values by canonical column) in file order."""
        for rows in self.part.rows(self.record_bytes, rows_at_once):
            records, index = rows.records, rows.slots
            if self.mark is not None:
                used = records[:, 0] == self.mark
                records, index = records[used], index[used]
            if self.index_at is not None:
                stored = np.ascontiguousarray(records[:, self.index_at : self.index_at + 4])
                index = stored.view("<u4")[:, 0].astype(np.int64)
            yield index, {field.name: self._values(records, field) for field in self.fields}

    def _values(self, records: NDArray[np.uint8], field: _Field) -> NDArray[np.float64]:
        width = np.dtype(field.kind).itemsize
        raw = np.ascontiguousarray(records[:, field.at : field.at + width]).view(field.kind)[:, 0]
        if field.kind == "<f4":
            return shortest_decimals(raw, field.divisor) * self.factor
        return raw / float(field.divisor)


class AuxiliaryValues:
    """Joins one part of extra channels to the rows of the main part, batch by batch."""

    def __init__(self, part: AuxiliaryPart, rows_at_once: int) -> None:
        self._part = part
        self._source = part.read(rows_at_once)
        self._index = np.empty(0, np.int64)
        self._values: _Values = {name: np.empty(0) for name in part.columns}
        self._ended = False

    def at(self, index: NDArray[np.int64]) -> Columns:
        """Return the values at these record numbers (rising); NaN where there is none."""
        self._load(int(index[-1]))
        if not len(self._index):
            return {name: np.full(len(index), np.nan) for name in self._values}
        place = np.minimum(np.searchsorted(self._index, index), len(self._index) - 1)
        there = self._index[place] == index
        columns: Columns = {
            name: np.where(there, values[place], np.nan) for name, values in self._values.items()
        }
        rest = int(np.searchsorted(self._index, index[-1], side="right"))
        self._index = self._index[rest:]
        self._values = {name: values[rest:] for name, values in self._values.items()}
        return columns

    def _load(self, last: int) -> None:
        while not self._ended and not (len(self._index) and self._index[-1] > last):
            block = next(self._source, None)
            if block is None:
                self._ended = True
                return
            index = np.concatenate([self._index, block[0]])
            values = {
                name: np.concatenate([held, block[1][name]]) for name, held in self._values.items()
            }
            if len(index) and (np.diff(index) <= 0).any():
                index, first = np.unique(index, return_index=True)
                values = {name: each[first] for name, each in values.items()}
            self._index, self._values = index, values

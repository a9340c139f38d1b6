"""Where each field lies in a fixed-width Neware record, version by version.

A layout is a declaration: name -> (byte offset, numpy type). Integer voltages are 0.1 mV,
integer currents a power of ten of 1 mA that hangs on the range, integer counters the same
unit times one second. Float layouts name their own units.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = ["BTS9_RECORDS", "BTS9_TOTALS", "NDA_LAYOUTS", "NDC_LAYOUTS", "Layout"]

Fields = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of record.

    Attributes
    ----------
    title, size, fields
        For people; bytes of a record; where the fields lie.
    identifier
        (byte, accepted values) that mark a record of measurements; ``None`` where every
        record with an index is one.
    time_field, ticks_per_second
        Whether ``ticks`` counts from the step's or the test's beginning, and its unit.
    counters
        ``split``: one counter per direction. ``single``: one unsigned counter, its direction
        is that of the step. ``net``: one signed counter.
    scale
        ``range``: integers scaled by the hardware range. ``milliampere`` / ``ampere``:
        floats in mA, mAs, mWs / in A, Ah, Wh.
    clock
        ``second``, ``microsecond``, ``second+nanosecond``: epoch; ``civil``: wall-clock fields;
        ``none``: only the header's start time.
    cycle
        ``offset``: stored number plus ``cycle_offset``. ``changes``: a change of the stored
        number counts one up. ``none``: not stored, the vendor's rule is applied.
    proven
        False where the public readers have not yet seen a real file of this version.
    """

    title: str
    size: int
    fields: Fields
    identifier: tuple[int, tuple[int, ...]] | None = (0, (0x55,))
    time_field: Literal["step", "total"] = "step"
    ticks_per_second: int = 1
    counters: Literal["split", "single", "net"] = "split"
    scale: Literal["range", "milliampere", "ampere"] = "range"
    clock: Literal["second", "microsecond", "second+nanosecond", "civil", "none"] = "second"
    cycle: Literal["offset", "changes", "none"] = "offset"
    cycle_offset: int = 1
    step_type_map: dict[int, int] = field(default_factory=dict)
    proven: bool = True


def _single(
    first: int, time: str, *, step: str = "<u1", energy: bool = True, clock: bool = True
) -> Fields:
    """Lay out index, cycle, step, type, time, voltage, current and one counter from ``first``."""
    widths = {"<u1": 1, "<u2": 2, "<u4": 4, "<u8": 8}
    step_type = first + 8 + widths[step]
    ticks = step_type + 1
    voltage = ticks + widths[time]
    fields: Fields = {
        "index": (first, "<u4"),
        "cycle": (first + 4, "<u4"),
        "step_id": (first + 8, step),
        "step_type": (step_type, "<u1"),
        "ticks": (ticks, time),
        "voltage": (voltage, "<i4"),
        "current": (voltage + 4, "<i4"),
        "capacity": (voltage + 16, "<i8"),
    }
    if energy:
        fields["energy"] = (voltage + 24, "<i8")
    if clock:
        fields["unix"] = (voltage + 32, "<u8")
    return fields


_FIELDS_11 = {
    **_single(2, "<u8", step="<u2"),
    "range": (61, "<i4"),
    "aux_voltage": (21, "<i4"),
    "aux_temperature": (33, "<i2"),
}
_FIELDS_14: Fields = {
    "index": (2, "<u4"), "cycle": (6, "<u4"), "step_id": (10, "<u2"), "step_type": (12, "<u1"),
    "jump": (13, "<u1"), "ticks": (14, "<u8"), "voltage": (22, "<i4"), "current": (26, "<i4"),
    "charge": (38, "<i8"), "discharge": (46, "<i8"), "charge_energy": (54, "<i8"),
    "discharge_energy": (62, "<i8"), "unix": (70, "<u8"), "range": (78, "<i4"),
    "aux_voltage": (22, "<i4"), "aux_temperature": (34, "<i2"),
}  # fmt: skip
_CIVIL = ("year", "month", "day", "hour", "minute", "second")


def _civil(first: int) -> Fields:
    offsets = (0, 2, 3, 4, 5, 6)
    types = ("<u2", "<u1", "<u1", "<u1", "<u1", "<u1")
    return {
        name: (first + offset, kind)
        for name, offset, kind in zip(_CIVIL, offsets, types, strict=True)
    }


_FIELDS_29 = {**{k: v for k, v in _FIELDS_14.items() if k != "unix"}, **_civil(70)}
_FIELDS_19: Fields = {
    "index": (8, "<u4"), "cycle": (12, "<u4"), "step_id": (16, "<u2"), "step_type": (18, "<u1"),
    "ticks": (24, "<u4"), "voltage": (28, "<i4"), "current": (32, "<i4"), "charge": (44, "<i4"),
    "discharge": (48, "<i4"), "charge_energy": (52, "<i4"), "discharge_energy": (56, "<i4"),
    "unix": (60, "<u4"),
}  # fmt: skip
_FIELDS_2: Fields = {
    "cycle": (5, "<u4"), "step_type": (9, "<u1"), "step_id": (10, "<u1"), "ticks": (11, "<u4"),
    "voltage": (15, "<i4"), "current": (19, "<i4"), "capacity": (31, "<i8"),
}  # fmt: skip

_V1 = Layout(
    "version 1", 38, _single(0, "<u4", energy=False, clock=False), identifier=None,
    counters="single", clock="none", cycle="changes", step_type_map={2: 3, 4: 2, 5: 4},
    proven=False,
)  # fmt: skip
_V2 = Layout(
    "version 2", 39, _FIELDS_2, identifier=(0, (0,)), counters="single", clock="none",
    cycle_offset=0, proven=False,
)  # fmt: skip
_V3 = Layout(
    "version 3", 43, _single(1, "<u4", energy=False, clock=False), identifier=(0, (0, 0x55)),
    counters="single", clock="none", cycle="changes", proven=False,
)  # fmt: skip
_V5 = Layout(
    "version 5", 59, _single(1, "<u4"), identifier=(0, (0, 0x55)), counters="single"
)  # fmt: skip
_V9 = Layout("version 9", 60, _single(2, "<u4"), counters="single", proven=False)
_V10 = Layout("version 10", 64, _single(2, "<u8"), counters="single", cycle="changes", proven=False)
_V11 = Layout("version 11", 69, _FIELDS_11, counters="single", ticks_per_second=1000, proven=False)
_V14 = Layout("version 14", 86, _FIELDS_14, ticks_per_second=1000)
_V19 = Layout("version 19", 68, _FIELDS_19, proven=False)
_V25 = Layout(
    "version 25", 70, _FIELDS_11, counters="single", ticks_per_second=1000, cycle="changes",
    proven=False,
)  # fmt: skip
_V29 = Layout("version 29", 86, _FIELDS_29, ticks_per_second=1000, clock="civil")

NDA_LAYOUTS: dict[int, Layout] = {
    1: _V1, 2: _V2, 3: _V3, 4: _V3,
    5: _V5, 6: replace(_V5, cycle_offset=0), 7: _V5, 8: replace(_V5, cycle_offset=0),
    9: _V9, 10: _V10,
    **dict.fromkeys((11, 12, 13, 15, 18), _V11),
    **dict.fromkeys((14, 16, 17, 20, 22, 23, 24), _V14),
    19: _V19,
    **dict.fromkeys((25, 27), _V25),
    **dict.fromkeys((26, 28, 29), _V29),
}  # fmt: skip
"""Records of ``.nda`` files by the version in byte 14; 129 and 130 are BTS9 (below)."""

BTS9_RECORDS = Layout(
    "BTS 9.0", 88,
    {
        "step_id": (9, "<u1"), "step_type": (10, "<u1"), "index": (16, "<u4"),
        "ticks": (28, "<u8"), "voltage": (36, "<f4"), "current": (40, "<f4"),
        "charge": (52, "<f4"), "charge_energy": (56, "<f4"), "discharge": (60, "<f4"),
        "discharge_energy": (64, "<f4"), "unix": (68, "<u8"),
    },
    identifier=(4, (0x55,)), ticks_per_second=1_000_000, scale="milliampere",
    clock="microsecond", cycle="none",
)  # fmt: skip
"""Records of BTS 9.0 (record versions 2 and 3)."""


def _totals(size: int, unix: int, cycle: int, temperature: int | None) -> Layout:
    fields: Fields = {
        "step_id": (2, "<u1"), "step_type": (3, "<u1"), "index": (8, "<u4"),
        "ticks": (12, "<u4"), "nanoseconds": (16, "<u4"), "current": (20, "<f4"),
        "voltage": (24, "<f4"), "capacity": (28, "<f4"), "energy": (32, "<f4"),
        "cycle": (cycle, "<u4"), "unix": (unix, "<u4"), "unix_nanoseconds": (unix + 4, "<u4"),
    }  # fmt: skip
    if temperature is not None:
        fields["temperature"] = (temperature, "<f4")
    return Layout(
        f"BTS 9.1, {size} bytes", size, fields, time_field="total",
        ticks_per_second=1_000_000_000, counters="net", scale="milliampere",
        clock="second+nanosecond",
    )  # fmt: skip


BTS9_TOTALS: dict[int, Layout] = {
    52: _totals(52, 44, 36, None),
    56: _totals(56, 44, 36, 52),
    60: _totals(60, 36, 52, 48),
}
"""Records of BTS 9.1 (record version 19 and later) by their width, which no header states."""


def _ndc(first: int, gap: int) -> Fields:
    """Lay out an ``.ndc`` record whose index lies at ``first``; ``gap`` bytes precede the time."""
    ticks = first + 10 + gap
    counters = ticks + 20
    return {
        "index": (first, "<u4"),
        "cycle": (first + 4, "<u4"),
        "step_id": (first + 8, "<u1"),
        "step_type": (first + 9, "<u1"),
        "ticks": (ticks, "<u8"),
        "voltage": (ticks + 8, "<i4"),
        "current": (ticks + 12, "<i4"),
        "charge": (counters, "<i8"),
        "discharge": (counters + 8, "<i8"),
        "charge_energy": (counters + 16, "<i8"),
        "discharge_energy": (counters + 24, "<i8"),
        **_civil(counters + 32),
        "range": (counters + 39, "<i4"),
    }


_NDC1 = Layout("ndc 1", 83, _ndc(8, 2), ticks_per_second=1000, clock="civil", proven=False)
_NDC2 = Layout("ndc 2", 94, _ndc(8, 5), ticks_per_second=1000, clock="civil")
_NDC5 = Layout("ndc 5", 87, _ndc(1, 5), ticks_per_second=1000, clock="civil")
NDC_LAYOUTS: dict[int, Layout] = {
    1: _NDC1, 2: _NDC2, 3: replace(_NDC1, title="ndc 3"),
    4: replace(_NDC2, title="ndc 4", proven=False), 5: _NDC5,
}  # fmt: skip
"""Records of ``data.ndc`` for the versions that keep everything in one part."""

"""The columns of a sample table, declared once.

The names are the notations of the Battery Data Format (BDF) 1.3.0, verbatim, so that a
file of the lake *is* a BDF file. Everything else (labels in text files, units, axis
titles, scopes of counters, aliases on reading) is derived from these declarations.

Source: Battery Data Alliance, battery-data-format ontology 1.3.0 (2026-07-20),
https://w3id.org/battery-data-alliance/ontology/battery-data-format.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from voltlake.errors import NotFound

__all__ = [
    "BDF_COLUMNS",
    "BY_LABEL",
    "BY_NOTATION",
    "COUNTERS",
    "REQUIRED",
    "SAMPLE_COLUMNS",
    "Column",
    "Obligation",
    "Scope",
    "auxiliary_name",
    "column",
    "is_auxiliary",
    "unit_of",
]


class Obligation(StrEnum):
    """How much BDF asks for a column; ``OURS`` are the columns that Voltlake adds."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"
    DEPRECATED = "deprecated"
    OURS = "ours"


class Scope(StrEnum):
    """Where a counter starts again from zero."""

    STEP = "step"
    CYCLE = "cycle"
    SCHEDULE = "schedule"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sample table.

    Attributes
    ----------
    notation
        Machine name: quantity first, unit last.
    label
        BDF's preferred label, the header in text files.
    unit
        The unit as people write it: ``A``, ``degC``, ``1`` for a plain number, ``""`` for text.
    obligation, scope, dtype
        BDF's obligation; where a counter restarts; the polars type.
    definition
        What it means, one sentence.
    replaced_by
        For deprecated columns: the notation to use instead.
    """

    notation: str
    label: str
    unit: str
    obligation: Obligation
    dtype: pl.DataType
    definition: str
    scope: Scope | None = None
    replaced_by: str | None = None

    @property
    def title(self) -> str:
        """The axis title: ``Voltage (V)``."""
        quantity = self.label.split(" / ")[0]
        unit = _UNIT_AS_PRINTED.get(self.unit, self.unit)
        return f"{quantity} ({unit})" if unit else quantity


_UNIT_AS_PRINTED = {"degC": "°C", "ohm": "Ω", "deg": "°", "1": ""}
_FLOAT, _INT, _TEXT = pl.Float64(), pl.Int64(), pl.String()


def _float(notation: str, label: str, definition: str, obligation: Obligation) -> Column:
    return Column(notation, label, label.split(" / ")[1], obligation, _FLOAT, definition)


def _required(notation: str, label: str, definition: str) -> Column:
    return _float(notation, label, definition, Obligation.REQUIRED)


def _recommended(notation: str, label: str, definition: str) -> Column:
    return _float(notation, label, definition, Obligation.RECOMMENDED)


def _optional(notation: str, label: str, definition: str) -> Column:
    return _float(notation, label, definition, Obligation.OPTIONAL)


def _integer(
    notation: str, label: str, definition: str, obligation: Obligation = Obligation.OPTIONAL
) -> Column:
    return Column(notation, f"{label} / 1", "1", obligation, _INT, definition)


def _counters() -> list[Column]:
    """Charge and energy counters: four scopes, in, out, both together and net."""
    begins = {
        Scope.TEST: "since the start of the test; never restarts",
        Scope.CYCLE: "since cycle_count last changed",
        Scope.SCHEDULE: "since the schedule last reset it",
        Scope.STEP: "since the step began",
    }
    flows = {
        "Charging": "put in",
        "Discharging": "taken out",
        "Cumulative": "put in plus taken out",
        "Net": "put in minus taken out",
    }
    counters = []
    for scope, since in begins.items():
        prefix = "" if scope is Scope.TEST else f"{scope.value.capitalize()} "
        for quantity, unit in (("Capacity", "Ah"), ("Energy", "Wh")):
            for flow, meaning in flows.items():
                if scope is Scope.SCHEDULE and flow in ("Cumulative", "Net"):
                    continue
                label = f"{prefix}{flow} {quantity}"
                counters.append(
                    Column(
                        f"{label.lower().replace(' ', '_')}_{unit.lower()}",
                        f"{label} / {unit}",
                        unit,
                        Obligation.OPTIONAL,
                        _FLOAT,
                        f"{'Charge' if unit == 'Ah' else 'Energy'} {meaning} {since}.",
                        scope,
                    )
                )
    return counters


def _deprecated(notation: str, label: str, replaced_by: str, dtype: pl.DataType) -> Column:
    return Column(
        notation,
        label,
        label.split(" / ")[1],
        Obligation.DEPRECATED,
        dtype,
        f"Deprecated in BDF: use {replaced_by}.",
        replaced_by=replaced_by,
    )


BDF_COLUMNS: tuple[Column, ...] = (
    _required("test_time_second", "Test Time / s", "Time since the test began; pauses count."),
    _required("voltage_volt", "Voltage / V", "Voltage between the terminals."),
    _required("current_ampere", "Current / A", "Current through the cell; charging is positive."),
    _recommended("unix_time_second", "Unix Time / s", "Seconds since 1970-01-01 00:00:00 UTC."),
    _integer(
        "cycle_count",
        "Cycle Count",
        "Cycle number as the cycler reports it, never renumbered.",
        Obligation.RECOMMENDED,
    ),
    _integer(
        "step_count",
        "Step Count",
        "Number of the step's execution: one more at each step, never repeats.",
        Obligation.RECOMMENDED,
    ),
    _recommended(
        "ambient_temperature_celsius",
        "Ambient Temperature / degC",
        "Temperature of the chamber or the room.",
    ),
    _integer("record_index", "Record Index", "Ordinal of the row as the cycler numbers it."),
    _integer(
        "step_record_index", "Step Record Index", "Ordinal of the row within its step, from 1."
    ),
    Column(
        "step_id",
        "Step ID",
        "",
        Obligation.OPTIONAL,
        _TEXT,
        "The instruction of the schedule that was executed; recurs when the schedule loops.",
    ),
    Column(
        "step_type",
        "Step Type",
        "",
        Obligation.OPTIONAL,
        _TEXT,
        "Kind of step in the vendor's words, such as CC_CHG or REST.",
    ),
    _optional("step_time_second", "Step Time / s", "Time since the step began."),
    *_counters(),
    _optional("power_watt", "Power / W", "Voltage times current; charging is positive."),
    _optional(
        "internal_resistance_ohm", "Internal Resistance / ohm", "Resistance, method not said."
    ),
    _optional(
        "ac_internal_resistance_ohm",
        "AC Internal Resistance / ohm",
        "Magnitude of the impedance at one frequency, mostly 1 kHz.",
    ),
    _optional(
        "dc_internal_resistance_ohm",
        "DC Internal Resistance / ohm",
        "Change of voltage over change of current.",
    ),
    _optional("frequency_hertz", "Frequency / Hz", "Frequency of the excitation."),
    _optional("real_impedance_ohm", "Real Impedance / ohm", "Real part of the impedance."),
    _optional(
        "imaginary_impedance_ohm",
        "Imaginary Impedance / ohm",
        "Imaginary part of the impedance as reported; negative where capacitive.",
    ),
    _optional("absolute_impedance_ohm", "Absolute Impedance / ohm", "Magnitude of the impedance."),
    _optional("phase_degree", "Phase / deg", "Phase angle of the impedance."),
    _optional(
        "surface_temperature_celsius", "Surface Temperature / degC", "On the surface of the cell."
    ),
    *(
        _optional(f"temperature_t{n}_celsius", f"Temperature T{n} / degC", f"Auxiliary probe {n}.")
        for n in range(1, 6)
    ),
    _optional("ambient_pressure_pa", "Ambient Pressure / Pa", "Pressure of the air around."),
    _optional("applied_pressure_pa", "Applied Pressure / Pa", "Pressure that the fixture applies."),
    _optional("surface_pressure_pa", "Surface Pressure / Pa", "Pressure measured as it swells."),
    _deprecated("step_capacity_ah", "Step Capacity / Ah", "step_cumulative_capacity_ah", _FLOAT),
    _deprecated("step_energy_wh", "Step Energy / Wh", "step_cumulative_energy_wh", _FLOAT),
    _deprecated("step_index", "Step Index / 1", "step_record_index", _INT),
    _deprecated("test_time_millisecond", "Test Time / ms", "test_time_second", _FLOAT),
    _deprecated("unix_time_millisecond", "Unix Time / ms", "unix_time_second", _FLOAT),
)
"""All 63 terms of BDF 1.3.0, the required ones first."""

OUR_COLUMNS: tuple[Column, ...] = (
    Column(
        "cycle_index",
        "Cycle Index / 1",
        "1",
        Obligation.OURS,
        _INT,
        "Cycle number in force (computed or mapped); null outside any cycle.",
    ),
    Column(
        "half_cycle_index",
        "Half Cycle Index / 1",
        "1",
        Obligation.OURS,
        _INT,
        "Number of the charge or discharge half to which the row belongs, from 0.",
    ),
    Column(
        "is_interpolated",
        "Interpolated",
        "",
        Obligation.OURS,
        pl.Boolean(),
        "True where the vendor's program fills in a point that the cycler did not record.",
    ),
)

SAMPLE_COLUMNS: tuple[Column, ...] = (*BDF_COLUMNS, *OUR_COLUMNS)
BY_NOTATION: dict[str, Column] = {each.notation: each for each in SAMPLE_COLUMNS}
BY_LABEL: dict[str, Column] = {each.label: each for each in SAMPLE_COLUMNS}
REQUIRED: tuple[str, ...] = tuple(
    each.notation for each in BDF_COLUMNS if each.obligation is Obligation.REQUIRED
)
COUNTERS: tuple[Column, ...] = tuple(each for each in BDF_COLUMNS if each.scope is not None)

_AUXILIARY_UNITS = (
    "volt", "ampere", "celsius", "ohm", "second", "pa", "watt", "hertz", "ah", "wh",
    "volt_per_second", "celsius_per_second", "percent", "micrometre", "gram", "count", "text",
)  # fmt: skip


def is_auxiliary(name: str) -> bool:
    """Say whether ``name`` is an extra channel, ``aux_<name>_<unit>``."""
    return name.startswith("aux_") and name.endswith(tuple(f"_{u}" for u in _AUXILIARY_UNITS))


def auxiliary_name(name: str, unit: str) -> str:
    """Name an extra channel: ``("T-cell 3", "celsius")`` becomes ``aux_t_cell_3_celsius``.

    ``unit`` is one of the BDF unit words; ``count`` for plain numbers, ``text`` for words.
    """
    if unit not in _AUXILIARY_UNITS:
        raise NotFound(
            f"'{unit}' is not a unit word for an extra channel",
            remedy=f"Use one of {_AUXILIARY_UNITS}",
        )
    words = "".join(letter if letter.isalnum() else " " for letter in name.lower()).split()
    return f"aux_{'_'.join(words) or 'channel'}_{unit}"


def column(notation: str) -> Column:
    """Return the declaration of a sample column.

    Auxiliary columns get a declaration made from their name. Raises ``NotFound`` for any
    other name and names the nearest known one.
    """
    known = BY_NOTATION.get(notation)
    if known is not None:
        return known
    if is_auxiliary(notation):
        return _auxiliary(notation)
    from difflib import get_close_matches

    near = get_close_matches(notation, BY_NOTATION, n=1)
    raise NotFound(
        f"no column is called '{notation}'",
        column=notation,
        remedy=f"Did you mean '{near[0]}'?" if near else "See `voltlake read FILE` for the columns",
    )


def _auxiliary(notation: str) -> Column:
    unit_word = max((u for u in _AUXILIARY_UNITS if notation.endswith(f"_{u}")), key=len)
    channel = notation[len("aux_") : -len(unit_word) - 1].replace("_", " ")
    unit = unit_of(notation)
    return Column(
        notation,
        f"Aux {channel}" + (f" / {unit}" if unit else ""),
        unit,
        Obligation.OURS,
        _TEXT if unit_word == "text" else _FLOAT,
        f"Extra channel '{channel}' of the cycler.",
    )


_UNIT_WORDS = {
    "volt_per_second": "V/s", "celsius_per_second": "degC/s", "micrometre": "µm",
    "percent": "%", "gram": "g", "count": "1", "text": "",
    "volt": "V", "ampere": "A", "celsius": "degC", "ohm": "ohm", "second": "s", "pa": "Pa",
    "watt": "W", "hertz": "Hz", "ah": "Ah", "wh": "Wh", "degree": "deg",
}  # fmt: skip


def unit_of(notation: str) -> str:
    """Return the unit that a column name ends in (``voltage_volt`` → ``V``); ``""`` if none."""
    for word, unit in _UNIT_WORDS.items():
        if notation.endswith(f"_{word}"):
            return unit
    return ""

"""Units as vendors write them, by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from voltlake.errors import UnknownUnit
from voltlake.units import CANONICAL_UNITS, parse_unit, split_header


@pytest.mark.parametrize(
    ("text", "canonical", "factor"),
    [
        ("mA", "A", Fraction(1, 1000)), ("MA", "A", Fraction(10**6)), ("(V)", "V", Fraction(1)),
        ("mA.h", "Ah", Fraction(1, 1000)), ("mAs", "Ah", Fraction(1, 3_600_000)),
        ("Watt-hr", "Wh", Fraction(1)), ("µV", "V", Fraction(1, 10**6)),
        ("μA", "A", Fraction(1, 10**6)), ("Sec", "s", Fraction(1)), ("Min", "s", Fraction(60)),
        ("h", "s", Fraction(3600)), ("ms", "s", Fraction(1, 1000)), ("Ohms", "ohm", Fraction(1)),
        ("mOhm", "ohm", Fraction(1, 1000)), ("kPa", "Pa", Fraction(1000)),
        ("epoch ms", "s", Fraction(1, 1000)), ("℃", "degC", Fraction(1)), ("%", "%", Fraction(1)),
        ("mW.s", "Wh", Fraction(1, 3_600_000)), ("C/s", "degC/s", Fraction(1)),
    ],
)  # fmt: skip
def test_units(text: str, canonical: str, factor: Fraction) -> None:
    unit = parse_unit(text)
    assert (unit.canonical, unit.factor) == (canonical, factor)
    assert unit.canonical in CANONICAL_UNITS


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [("K", 300, Fraction(2685, 100)), ("°F", 212, 100), ("Excel serial day", 25_569, 0)],
)
def test_offsets(text: str, value: int, expected: Fraction) -> None:
    unit = parse_unit(text)
    assert value * unit.factor + unit.offset == expected


@pytest.mark.parametrize("text", ["bananas", "", "Ah/V", "xA"])
def test_nothing_is_guessed(text: str) -> None:
    with pytest.raises(UnknownUnit):
        parse_unit(text)


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Voltage(V)", "Voltage", "V"), ("Test Time [ s ]", "Test Time", "s"),
        ("Ewe/V", "Ewe", "V"),
        ("Cycle", "Cycle", None), ("Aux_dT/dt_1(C/s)", "Aux_dT/dt_1", "C/s"),
        ("Test Time / h", "Test Time", "h"), ("Aux_dT/dt_1(C)", "Aux_dT/dt_1", "C"),
    ],
)  # fmt: skip
def test_headers(header: str, name: str, unit: str | None) -> None:
    assert split_header(header) == (name, unit)

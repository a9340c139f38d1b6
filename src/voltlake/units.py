"""Vendor unit text → the canonical unit, exactly.

A factor is a fraction of two integers, never a float, because cyclers print decimals and
a decimal must stay the decimal it was: ``1234.567 mA`` is the double nearest to 1.234567,
which a float multiplication misses for one value in three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from voltlake.errors import UnknownUnit

__all__ = ["CANONICAL_UNITS", "Unit", "parse_unit", "split_header"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a vendor writes it.

    ``canonical`` is the unit of our columns for the same quantity; a value in this unit
    times ``factor`` plus ``offset`` is the value in the canonical unit, in exact fractions.
    """

    text: str
    canonical: str
    factor: Fraction
    offset: Fraction = Fraction(0)


_PREFIXES = {"": 0, "n": -9, "µ": -6, "u": -6, "m": -3, "k": 3, "M": 6}
_CANONICAL_SYMBOLS = {
    "A": "A", "V": "V", "Ah": "Ah", "Wh": "Wh", "W": "W", "ohm": "ohm", "Hz": "Hz", "Pa": "Pa",
    "s": "s", "g": "g",
}  # fmt: skip

_OTHERS: dict[str, tuple[str, Fraction, Fraction]] = {
    "min": ("s", Fraction(60), Fraction(0)),
    "h": ("s", Fraction(3600), Fraction(0)),
    "d": ("s", Fraction(86_400), Fraction(0)),
    "As": ("Ah", Fraction(1, 3600), Fraction(0)),
    "mAs": ("Ah", Fraction(1, 3_600_000), Fraction(0)),
    "Ws": ("Wh", Fraction(1, 3600), Fraction(0)),
    "mWs": ("Wh", Fraction(1, 3_600_000), Fraction(0)),
    "degC": ("degC", Fraction(1), Fraction(0)),
    "K": ("degC", Fraction(1), Fraction(-27_315, 100)),
    "degF": ("degC", Fraction(5, 9), Fraction(-160, 9)),
    "%": ("%", Fraction(1), Fraction(0)),
    "1": ("1", Fraction(1), Fraction(0)),
    "deg": ("deg", Fraction(1), Fraction(0)),
    "bar": ("Pa", Fraction(100_000), Fraction(0)),
    "psi": ("Pa", Fraction(6_894_757_293_168, 10**9), Fraction(0)),
    "V/s": ("V/s", Fraction(1), Fraction(0)),
    "degC/s": ("degC/s", Fraction(1), Fraction(0)),
    "µm": ("µm", Fraction(1), Fraction(0)),
    "mm": ("µm", Fraction(1000), Fraction(0)),
    "epoch s": ("s", Fraction(1), Fraction(0)),
    "epoch ms": ("s", Fraction(1, 1000), Fraction(0)),
    "epoch µs": ("s", Fraction(1, 10**6), Fraction(0)),
    "epoch ns": ("s", Fraction(1, 10**9), Fraction(0)),
    # Days since 1899-12-30; 25,569 days lie before 1970-01-01.
    "Excel serial day": ("s", Fraction(86_400), Fraction(-25_569 * 86_400)),
    # Days since 0000-01-00 of the proleptic Gregorian calendar.
    "MATLAB serial day": ("s", Fraction(86_400), Fraction(-719_529 * 86_400)),
}

_SPELLINGS = {
    spelling: name
    for name, spellings in {
        "A": ["a", "amp", "amps", "ampere", "amperes"],
        "V": ["v", "volt", "volts"],
        "Ah": [
            "ah", "a.h", "a·h", "a*h", "a-h", "amp-hr", "amp-hours", "amp-hour", "amphr",
            "ampere_hour", "ahr", "amp hr",
        ],
        "Wh": [
            "wh", "w.h", "w·h", "w*h", "w-h", "watt-hr", "watt-hours", "watt-hour", "watthr",
            "watt_hour", "whr", "watt hr",
        ],
        "As": ["a.s", "a·s"],
        "Ws": ["w.s", "j"],
        "W": ["w", "watt", "watts"],
        "s": ["s", "sec", "secs", "second", "seconds", "秒"],
        "min": ["min", "mins", "minute", "minutes", "分"],
        "h": ["h", "hr", "hrs", "hour", "hours", "小时", "小時"],
        "d": ["d", "day", "days", "天"],
        "ohm": ["ohm", "ohms", "ω", "Ω"],
        "degC": [
            "c", "°c", "degc", "deg c", "oc", "ºc", "℃", "øc", "째c", "celsius", "deg. c", "?c",
            "\ufffdc",
        ],
        "K": ["k", "kelvin"],
        "degF": ["f", "°f", "℉", "degf", "fahrenheit"],
        "Hz": ["hz", "hertz"],
        "Pa": ["pa"],
        "bar": ["bar"],
        "psi": ["psi"],
        "%": ["%", "percent"],
        "1": ["1", "none"],
        "deg": ["deg", "°", "degree"],
        "g": ["g", "gram"],
        "µm": ["µm", "um", "micrometre"],
        "mm": ["mm"],
        "V/s": ["v/s", "volt/sec"],
        "degC/s": ["°c/s", "degc/s", "℃/s", "c/s"],
    }.items()
    for spelling in spellings
}  # fmt: skip

CANONICAL_UNITS = frozenset(
    [*_CANONICAL_SYMBOLS.values(), *(canonical for canonical, _, _ in _OTHERS.values())]
)


def parse_unit(text: str) -> Unit:
    """Understand a unit as vendors write it: ``mA.h``, ``(sec)``, ``℃``, ``epoch ms``.

    Raises ``UnknownUnit`` where the text is not understood; nothing is guessed.
    """
    cleaned = text.strip().strip("[](){}").strip().replace("μ", "µ")
    for known in (cleaned, _SPELLINGS.get(cleaned.lower(), "")):
        if known in _OTHERS:
            canonical, factor, offset = _OTHERS[known]
            return Unit(text, canonical, factor, offset)
        if known in _CANONICAL_SYMBOLS:
            return Unit(text, _CANONICAL_SYMBOLS[known], Fraction(1))
    prefixed = _parse_prefixed(cleaned)
    if prefixed is None:
        raise UnknownUnit(f"the unit '{text}' is not understood")
    canonical, factor = prefixed
    return Unit(text, canonical, factor)


def _parse_prefixed(cleaned: str) -> tuple[str, Fraction] | None:
    """Split an SI prefix off: only the prefix is case-sensitive (mA is not MA)."""
    prefix, rest = cleaned[:1], cleaned[1:]
    base = _SPELLINGS.get(rest.lower())
    if prefix not in _PREFIXES or base is None:
        return None
    exponent = _PREFIXES[prefix]
    power = Fraction(10) ** exponent
    if base in _CANONICAL_SYMBOLS:
        return _CANONICAL_SYMBOLS[base], power
    if base in ("As", "Ws"):
        canonical, factor, _ = _OTHERS[base]
        return canonical, factor * power
    return None


_UNIT_AT_END = re.compile(
    r"^(?P<name>.*?)\s*(?:[(\[]\s*(?P<bracket>[^()\[\]]*)\s*[)\]]|/\s*(?P<slash>[^/\s()\[\]]+))\s*$"
)


def split_header(header: str) -> tuple[str, str | None]:
    """Split a column header into its name and its unit text.

    ``"Voltage(V)"`` → ``("Voltage", "V")``; ``"Ewe/V"`` → ``("Ewe", "V")``;
    ``"Cycle"`` → ``("Cycle", None)``. The unit text is not interpreted here.
    """
    match = _UNIT_AT_END.match(header.strip())
    if match is None:
        return header.strip(), None
    unit = match["bracket"] if match["bracket"] is not None else match["slash"]
    return match["name"].strip(), unit.strip()

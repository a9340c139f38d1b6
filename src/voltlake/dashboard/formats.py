"""Numbers, times and unknowns as a person reads them.

Unknown is always shown as a dash that says "not measured", never as 0 or as nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from markupsafe import Markup

__all__ = [
    "FILTERS",
    "UNKNOWN",
    "count",
    "day",
    "duration",
    "instant",
    "number",
    "per_cent",
    "prose",
    "subject",
    "test_title",
]

UNKNOWN = Markup('<span class="unknown" title="not measured">–</span>')
_SIGNIFICANT_DIGITS = 4


def _is_unknown(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and not math.isfinite(value))


def text(value: object) -> object:
    """Return the value, or a dash where it is unknown."""
    return UNKNOWN if _is_unknown(value) else value


def count(value: int | None) -> str | Markup:
    """Return a whole number with its thousands apart: ``1,048,576``."""
    return UNKNOWN if value is None else f"{value:,}"


def number(value: float | None, unit: str = "", digits: int = _SIGNIFICANT_DIGITS) -> str | Markup:
    """Return a measured value with ``digits`` significant digits and its unit.

    Very small and very large values keep their digits in scientific notation.
    """
    if value is None or _is_unknown(value):
        return UNKNOWN
    return f"{_significant(float(value), digits)}{unit and f' {unit}'}"


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -5 <= exponent < 7:
        return f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - exponent)
    return f"{value:,.{decimals}f}"


def per_cent(ratio: float | None, decimals: int = 1) -> str | Markup:
    """Return a ratio as per cent: ``0.9874`` is ``98.7 %``."""
    if ratio is None or _is_unknown(ratio):
        return UNKNOWN
    return f"{100 * ratio:.{decimals}f} %"


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def instant(value: datetime | None) -> str | Markup:
    """Return a time to the minute, in UTC; a time without zone is stored UTC."""
    return UNKNOWN if value is None else f"{_in_utc(value):%Y-%m-%d %H:%M} UTC"


def day(value: datetime | None) -> str | Markup:
    """Return the day of a time, in UTC, with the full time as title."""
    if value is None:
        return UNKNOWN
    moment = _in_utc(value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), instant(moment), f"{moment:%Y-%m-%d}"
    )


def duration(second: float | None) -> str | Markup:
    """Return a duration in its two largest units: ``3 d 4 h``, ``12 min 5 s``, ``0.8 s``."""
    if second is None or _is_unknown(second):
        return UNKNOWN
    if second < 60:
        return f"{second:.3g} s"
    sizes = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    whole = round(second)
    large = next(index for index, (_, size) in enumerate(sizes) if whole >= size)
    (unit, size), (next_unit, next_size) = sizes[large], sizes[large + 1]
    rest = whole % size // next_size
    return f"{whole // size:,} {unit}" + (f" {rest} {next_unit}" if rest else "")


def subject(name: str) -> Markup:
    """Return a certificate's subject: ``unit:voltage_volt`` is "Unit" of a column's name."""
    kind, _, column = name.partition(":")
    words = Markup("{}").format(kind.replace("_", " ").capitalize())
    return words + Markup(" <code>{}</code>").format(column) if column else words


def prose(sentence: str) -> Markup:
    """Return a sentence in which ```commands``` are set as code."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format(sentence)
    plain, code = Markup("{}"), Markup("<code>{}</code>")
    written = ((code if place % 2 else plain).format(part) for place, part in enumerate(parts))
    return Markup("").join(written)


def test_title(test: Mapping[str, object]) -> str:
    """Return what a test is called: its name, else its file, else its number."""
    return str(test["test_name"] or test.get("file_name") or f"Test {test['test_id']}")


FILTERS = {
    "text": text,
    "count": count,
    "number": number,
    "per_cent": per_cent,
    "instant": instant,
    "day": day,
    "duration": duration,
    "subject": subject,
    "prose": prose,
    "test_title": test_title,
}
"""The same functions under the names that templates use."""

"""The column of clock times of one file: how it is written, and its way to UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.conventions import Declaration
from voltlake.canonical.findings import Finding, Severity
from voltlake.errors import UnreadableValue
from voltlake.readers.cells import CellPlace, as_numbers, blank_to_null, in_unit
from voltlake.readers.contract import ReadOptions
from voltlake.readers.doubts import Tally
from voltlake.readers.timestamps import (
    BAD,
    CLOCK_ONLY,
    DAY_FIRST,
    EMPTY,
    MONTH_FIRST,
    NAIVE,
    NEVER,
    TWICE,
    UNDECIDED,
    WITH_OFFSET,
    LocalClock,
    Moments,
    clock_to_local,
    date_order_evidence,
    days_since_epoch,
    parse_moments,
    zone_named,
)
from voltlake.units import Unit, parse_unit

__all__ = ["ClockPlan", "ClockReader", "epoch_unit", "plan_clock"]

_ORDER_NAMES = {MONTH_FIRST: "month first", DAY_FIRST: "day first"}
# (unit text, least, most): 1973 to 2100 in each way of counting.
_EPOCHS = (
    ("epoch s", 1e8, 4.2e9),
    ("epoch ms", 1e11, 4.2e12),
    ("epoch µs", 1e14, 4.2e15),
    ("epoch ns", 1e17, 4.2e18),
    ("Excel serial day", 26_000.0, 74_000.0),
    ("MATLAB serial day", 720_000.0, 768_000.0),
)
_LOCAL_COUNTS = ("Excel serial day", "MATLAB serial day")


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """How the clock times of one file are written.

    ``epoch`` is the unit of a column of numbers, else ``None``; ``first_day`` dates clock
    times without a date; ``is_local`` says that a time zone is needed.
    """

    order: int = MONTH_FIRST
    epoch: Unit | None = None
    is_local: bool = True
    first_day: int | None = None
    declarations: tuple[Declaration, ...] = ()
    findings: tuple[Finding, ...] = ()


def epoch_unit(numbers: pl.Series) -> Unit | None:
    """Recognise counts of seconds, milliseconds … since 1970, or of days, by their size."""
    known = numbers.drop_nulls()
    if known.len() == 0:
        return None
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
    for text, least, most in _EPOCHS:
        if least <= low and high <= most:
            return parse_unit(text)
    return None


def plan_clock(
    texts: pl.Series,
    elapsed_second: NDArray[np.float64],
    options: ReadOptions,
    *,
    default_order: int,
    first_day: date | None,
    header: str,
) -> ClockPlan | None:
    """Decide from sampled cells how a column of clock times is written.

    ``elapsed_second`` is the test time of the same rows. Returns ``None`` where not one cell
    is a time. What nothing decides is declared as assumed.
    """
    words = blank_to_null(texts)
    numbers = words.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    if not (numbers.is_null() & words.is_not_null()).any():
        return _plan_numbers(numbers, options, header)
    parsed = parse_moments(words)
    other = parse_moments(words, order=DAY_FIRST)
    good = (parsed.kind != BAD) | (other.kind != BAD)
    kinds = np.where(parsed.kind != BAD, parsed.kind, other.kind)
    kinds = kinds[good & (kinds != EMPTY)]
    if kinds.size == 0:
        return None
    order, declarations, findings = _order(words, elapsed_second, default_order, header)
    if (kinds == CLOCK_ONLY).all():
        order, declarations, findings = MONTH_FIRST, [], []
        if first_day is None:
            return None
        declarations.append(
            Declaration("date", first_day.isoformat(), "the date of the test in the preamble", True)
        )
    is_local = bool((kinds != WITH_OFFSET).any())
    zone = _zone_declaration(options, is_local, header)
    findings += _zone_findings(options, is_local, header)
    day = days_since_epoch(first_day) if first_day is not None else None
    return ClockPlan(order, None, is_local, day, (*declarations, zone), tuple(findings))


def _plan_numbers(numbers: pl.Series, options: ReadOptions, header: str) -> ClockPlan | None:
    unit = epoch_unit(numbers)
    if unit is None:
        return None
    is_local = unit.text in _LOCAL_COUNTS
    counted = Declaration(
        "unit:unix_time_second", unit.text, f"numbers such as {numbers.drop_nulls()[0]!r}"
    )
    zone = _zone_declaration(options, is_local, header)
    return ClockPlan(
        epoch=unit,
        is_local=is_local,
        declarations=(counted, zone),
        findings=tuple(_zone_findings(options, is_local, header)),
    )


def _order(
    words: pl.Series, elapsed: NDArray[np.float64], default: int, header: str
) -> tuple[int, list[Declaration], list[Finding]]:
    order, text = date_order_evidence(words)
    if order is not None:
        return order, [Declaration("date_order", _ORDER_NAMES[order], text)], []
    order, text = _order_by_elapsed(words, elapsed)
    if order is not None:
        return order, [Declaration("date_order", _ORDER_NAMES[order], text)], []
    example = str(words.drop_nulls()[0])
    finding = Finding(
        "DATE_ORDER_ASSUMED",
        Severity.WARNING,
        f"'{example}' makes sense with the day or the month first; {_ORDER_NAMES[default]} assumed",
        "Compare the start time with the laboratory's records",
        column=header,
    )
    declared = Declaration("date_order", _ORDER_NAMES[default], "the format's habit", assumed=True)
    return default, [declared], [finding]


def _order_by_elapsed(words: pl.Series, elapsed: NDArray[np.float64]) -> tuple[int | None, str]:
    """Decide the order by which of the two lets as much time pass as the test time says."""
    misses = []
    known = np.flatnonzero(~np.isnan(elapsed))
    if known.size < 2:
        return None, ""
    first, last = int(known[0]), int(known[-1])
    passed = elapsed[last] - elapsed[first]
    for order in (MONTH_FIRST, DAY_FIRST):
        parsed = parse_moments(words, order=order)
        if parsed.kind[first] != NAIVE or parsed.kind[last] != NAIVE:
            return None, ""
        clock = (parsed.microseconds[last] - parsed.microseconds[first]) / 1e6
        misses.append(abs(clock - passed))
    order = int(np.argmin(misses))
    if abs(misses[0] - misses[1]) < 43_200:
        return None, ""
    return order, f"{passed:,.0f} s of test time pass between '{words[first]}' and '{words[last]}'"


def _zone_declaration(options: ReadOptions, is_local: bool, header: str) -> Declaration:
    if not is_local:
        return Declaration("time_zone", "UTC", f"column '{header}' counts or says its offset")
    if options.timezone is not None:
        return Declaration("time_zone", options.timezone, "given by the user")
    return Declaration("time_zone", "UTC", "nothing says the zone of the clock", assumed=True)


def _zone_findings(options: ReadOptions, is_local: bool, header: str) -> list[Finding]:
    if not is_local or options.timezone is not None:
        return []
    return [
        Finding(
            "TZ_ASSUMED",
            Severity.INFO,
            f"the clock times of '{header}' name no time zone; UTC assumed",
            "Name the zone of the cycler's computer, such as Europe/Berlin",
            column="unix_time_second",
        )
    ]


_CHANGES = (
    (
        "DST_SHIFT",
        Severity.INFO,
        TWICE,
        "{count} rows lie in the hour that occurs twice; the rows before tell which is meant",
    ),
    (
        "DST_UNDECIDED",
        Severity.WARNING,
        UNDECIDED,
        "{count} rows lie in the hour that occurs twice and nothing tells which is meant",
    ),
    (
        "DST_NONEXISTENT",
        Severity.WARNING,
        NEVER,
        "{count} rows lie in the hour that the change to summer time leaves out",
    ),
)


class ClockReader:
    """Turns the clock column of one file into UTC seconds, batch after batch."""

    def __init__(self, plan: ClockPlan, options: ReadOptions, tally: Tally) -> None:
        zone = zone_named(options.timezone) if options.timezone is not None else None
        self.plan = plan
        self.clock = LocalClock(zone if plan.is_local else None)
        self.tally = tally
        self.decimal = options.decimal

    def read(
        self,
        cells: pl.Series,
        elapsed_second: NDArray[np.float64],
        place: CellPlace,
        parsed: Moments | None = None,
    ) -> pl.Series:
        """Return ``unix_time_second``; raises ``UnreadableValue`` at a cell that is no time.

        ``parsed`` are the moments of the cells, if the caller has read them already.
        """
        if self.plan.epoch is not None:
            return self._counted(cells, elapsed_second, place)
        parsed = parsed or parse_moments(cells, order=self.plan.order)
        known = self._known(cells, parsed.kind, place)
        local = parsed.microseconds
        dateless = parsed.kind == CLOCK_ONLY
        if dateless.any():
            if self.plan.first_day is None:
                row = int(np.flatnonzero(dateless)[0])
                raise place.unreadable(row, str(cells[row]), "a date and time")
            dated = clock_to_local(local, dateless, elapsed_second, self.plan.first_day)
            local = np.where(dateless, dated, local)
        naive = known & (parsed.kind != WITH_OFFSET)
        utc = np.where(naive, self._utc(local, naive, elapsed_second), local)
        return _seconds(utc, known)

    def _known(
        self, cells: pl.Series, kind: NDArray[np.uint8], place: CellPlace
    ) -> NDArray[np.bool_]:
        bad = np.flatnonzero(kind == BAD)
        if bad.size:
            words = blank_to_null(cells.gather(bad)).is_not_null().to_numpy()
            if words.any():
                row = int(bad[np.flatnonzero(words)[0]])
                raise UnreadableValue(
                    f"'{str(cells[row]).strip()}' is not a date and time"
                    + (
                        f" with the {_ORDER_NAMES[self.plan.order]}"
                        if parse_moments(cells.slice(row, 1), order=1 - self.plan.order).kind[0]
                        else ""
                    ),
                    file=place.file,
                    row=place.first_row + row,
                    column=place.header,
                    remedy="Mend the cell in a copy of the file",
                )
        known: NDArray[np.bool_] = (kind != BAD) & (kind != EMPTY)
        return known

    def _utc(
        self, local: NDArray[np.int64], good: NDArray[np.bool_], elapsed: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        utc, occurs = self.clock.to_utc(local, good, elapsed)
        if occurs.any():
            for code, severity, kind, message in _CHANGES:
                rows = np.flatnonzero(occurs == kind)
                self.tally.note(code, severity, message, rows, column="unix_time_second")
        return utc

    def _counted(
        self, cells: pl.Series, elapsed: NDArray[np.float64], place: CellPlace
    ) -> pl.Series:
        unit = self.plan.epoch or Unit("epoch s", "s", Fraction(1))
        numbers = cells
        if cells.dtype == pl.String:
            numbers = as_numbers(cells, self.decimal or ".", place)
        values = numbers.cast(pl.Float64).to_numpy()
        if not self.plan.is_local:
            # fill_nan comes last: a conversion may meet NaN only as "unknown".
            return pl.Series(in_unit(values, unit)).fill_nan(None)
        known = np.isfinite(values)
        days = np.where(known, values, 0.0)
        shift = int(unit.offset) * 1_000_000
        local = np.round(days * 86_400e6).astype(np.int64) + shift
        return _seconds(np.where(known, self._utc(local, known, elapsed), 0), known)


def _seconds(microseconds: NDArray[np.int64], known: NDArray[np.bool_]) -> pl.Series:
    seconds = pl.Series(microseconds / 1e6)
    return seconds if known.all() else seconds.set(pl.Series(~known), None)

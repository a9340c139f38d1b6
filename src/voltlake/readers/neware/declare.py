"""What Neware's formats declare, and the doubts that both readers word alike."""

from __future__ import annotations

from voltlake.canonical.conventions import Declaration
from voltlake.canonical.findings import Finding, Severity
from voltlake.readers.neware.layouts import Layout
from voltlake.readers.neware.records import Doubts

__all__ = ["declarations", "doubt_findings", "unproven_finding", "zone_finding"]

_VOLTAGE = {"range": "integers of 0.1 mV", "milliampere": "floats in V", "ampere": "floats in V"}
_CURRENT = {
    "range": "integers of a power of ten of 1 mA, by the hardware's current range",
    "milliampere": "floats in mA",
    "ampere": "floats in A",
}
_TICKS = {
    1: "integers of 1 s",
    1000: "integers of 1 ms",
    1_000_000: "integers of 1 µs",
    1_000_000_000: "integers of 1 s and of 1 ns",
}


def declarations(layout: Layout, zone: str | None, *, naive: bool) -> tuple[Declaration, ...]:
    """Return what a record layout declares about units, sign, counters, cycles and zone."""
    where = f"record layout {layout.title}"
    cycles = {
        "offset": "the number stored in each record",
        "changes": "one up at each change of the stored number",
        "none": "not stored: the vendor's rule 'a cycle begins with charge' was applied",
    }[layout.cycle]
    return (
        Declaration("current_sign", "charging is positive", where),
        Declaration("unit:voltage_volt", _VOLTAGE[layout.scale], where),
        Declaration("unit:current_ampere", _CURRENT[layout.scale], where),
        Declaration("unit:test_time_second", _TICKS[layout.ticks_per_second], where),
        Declaration("cycle_numbering", cycles, where, assumed=layout.cycle == "none"),
        zone_declaration(zone, naive=naive, where=where),
    )


def zone_declaration(zone: str | None, *, naive: bool, where: str) -> Declaration:
    """Say how the zone of the timestamps is known."""
    if not naive:
        return Declaration("time_zone", "UTC (epoch seconds)", where)
    return Declaration("time_zone", zone or "UTC", f"{where}: clock times", assumed=zone is None)


def zone_finding() -> Finding:
    """Say that clock times without a zone were taken as UTC."""
    return Finding(
        "TZ_ASSUMED",
        Severity.INFO,
        "the records hold clock times without a zone; they were read as UTC",
        "Give the zone of the cycler's computer with --timezone",
        column="unix_time_second",
    )


def unproven_finding(version: str) -> Finding:
    """Say that a layout is known from public readers only."""
    return Finding(
        "UNPROVEN_VERSION",
        Severity.WARNING,
        f"{version} is read as the public readers describe it; no real file has proven it yet",
        "Compare some rows with the vendor's export, and send us the file",
    )


def doubt_findings(doubts: Doubts) -> list[Finding]:
    """Return the findings of a finished translation."""
    cases = (
        (
            doubts.unknown_step_types, "UNKNOWN_STEP_TYPE", "step_type",
            "rows have a step type whose code is not known; it reads 'code N'",
        ),
        (
            doubts.impossible_dates, "IMPOSSIBLE_DATE", "unix_time_second",
            "rows hold a date that cannot be; it is unknown there",
        ),
        (
            doubts.undirected_counters, "COUNTER_WITHOUT_DIRECTION", "step_charging_capacity_ah",
            "values of a single counter lie in steps that are neither charge nor discharge "
            "(pulse, drive cycle); they cannot be told apart and are unknown",
        ),
    )  # fmt: skip
    return [
        Finding(code, Severity.WARNING, f"{count} {text}", column=column, count=count)
        for count, code, column, text in cases
        if count
    ]

"""What is said of the counters: their scope in the certificate, their doubts, their true names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from voltlake.canonical.certificate import Verdict
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Detection
from voltlake.canonical.findings import Finding, Severity
from voltlake.processing.counters import CounterReading
from voltlake.processing.sources import Quantity

__all__ = ["counter_findings", "scope_detection", "true_names"]

_PREFIXES = {Scope.STEP: "step_", Scope.CYCLE: "cycle_", Scope.SCHEDULE: "schedule_"}


def scope_detection(reading: CounterReading, declared: Scope | None) -> Detection:
    """Return where a counter restarts, against what was declared.

    A schedule may restart its counters anywhere, so any pattern fits ``SCHEDULE``.
    """
    found = reading.scope
    if found is None:
        verdict = Verdict.UNKNOWN
    elif declared is None or found == declared or declared is Scope.SCHEDULE:
        verdict = Verdict.VERIFIED
    else:
        verdict = Verdict.CONTRADICTED
    value = found.value if found is not None else "not shown by the data"
    return Detection(f"scope:{reading.name}", value, reading.evidence, verdict)


def true_names(
    readings: list[CounterReading],
    scopes: Mapping[str, Scope],
    quantities: tuple[Quantity, ...],
    present: set[str],
) -> dict[str, str]:
    """Return the new name of each counter column whose name says what it is not.

    A contradicted scope moves the column to the name of the true scope, or, where that
    name is taken or unknown, to ``aux_reported_…``. So does a counter of the whole test
    that restarts, is set by hand, or disagrees with the integral.
    """
    refuted = {
        counter.name for each in quantities if not each.is_proven for counter in each.counters
    }
    moved: dict[str, str] = {}
    for each in readings:
        scope = _scope_in_name(each.name)
        contradicted = scope_detection(each, scopes.get(each.name, scope)).verdict
        is_broken = each.restarts or each.set_by_hand or each.name in refuted
        if contradicted is not Verdict.CONTRADICTED and not (scope is Scope.TEST and is_broken):
            continue
        name = _name_in_scope(each)
        taken = present | set(moved.values())
        moved[each.name] = f"aux_reported_{each.name}" if name in taken else name
    return moved


def _scope_in_name(name: str) -> Scope:
    for scope, prefix in _PREFIXES.items():
        if name.startswith(prefix):
            return scope
    return Scope.TEST


def _name_in_scope(reading: CounterReading) -> str:
    bare = reading.name
    for prefix in _PREFIXES.values():
        bare = bare.removeprefix(prefix)
    if reading.scope is Scope.SCHEDULE and reading.flow in ("net", "both"):
        return reading.name
    return _PREFIXES.get(reading.scope or Scope.TEST, "") + bare


def counter_findings(
    readings: list[CounterReading], scopes: Mapping[str, Scope]
) -> Iterator[Finding]:
    """Say which counters restart elsewhere than declared, forget to, or were set by hand."""
    for each in readings:
        declared = scopes.get(each.name)
        if scope_detection(each, declared).verdict is Verdict.CONTRADICTED:
            yield Finding(
                "COUNTER_SCOPE_CONTRADICTED",
                Severity.WARNING,
                f"{each.name} is declared per {declared}, the data show a counter per "
                f"{each.scope}: {each.evidence}",
                "Nothing: increments were counted by the restarts that the data show",
                each.name,
            )
        for code, rows, what in (
            ("FORGOTTEN_RESET", each.forgotten, "does not restart where it should"),
            ("CUMULATIVE_VALUE_DECREASED", each.unexpected, "counts the whole test, but restarts"),
            ("COUNTER_SET_BY_HAND", each.set_by_hand, "jumps to a value that no current explains"),
        ):
            if rows:
                yield Finding(
                    code,
                    Severity.WARNING,
                    f"{each.name} {what} at {len(rows)} step borders",
                    "Nothing: what flowed was counted from the reading before",
                    each.name,
                    rows[0],
                    rows[-1],
                    len(rows),
                )

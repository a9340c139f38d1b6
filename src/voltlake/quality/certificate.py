"""Writes the certificate of a test from what was declared and what was detected."""

from __future__ import annotations

from collections.abc import Sequence

from voltlake.canonical.certificate import Certificate, CertificateEntry, Verdict
from voltlake.canonical.conventions import Declaration, Detection

__all__ = ["write_certificate"]

_ORDER = (
    "reader", "encoding", "rows", "current_sign", "unit", "time_base", "time_zone",
    "cycle_numbering", "scope", "integral", "temperature",
)  # fmt: skip


def write_certificate(
    declarations: Sequence[Declaration], detections: Sequence[Detection]
) -> Certificate:
    """Join declarations and detections by their subject, one entry each.

    The verdict is the detection's; ``VERIFIED`` without a number in its evidence becomes
    ``ASSUMED``. What nobody detected is ``ASSUMED``: it rests on the word of the file, or on
    a default. Of several declarations of a subject all are named. Entries come in the order
    in which a person would ask; subjects that are not foreseen come last, as given.
    """
    subjects = dict.fromkeys(
        [each.subject for each in declarations] + [each.subject for each in detections]
    )
    entries = [
        _entry(
            subject,
            [each for each in declarations if each.subject == subject],
            [each for each in detections if each.subject == subject],
        )
        for subject in subjects
    ]
    return Certificate(tuple(sorted(entries, key=lambda entry: _rank(entry.subject))))


def _rank(subject: str) -> int:
    family = subject.split(":")[0]
    return _ORDER.index(family) if family in _ORDER else len(_ORDER)


def _entry(
    subject: str, declared: list[Declaration], detected: list[Detection]
) -> CertificateEntry:
    words = "; ".join(
        f"{each.value} ({'assumed: ' if each.assumed else ''}{each.where})" for each in declared
    )
    if not detected:
        where = "; ".join(each.where for each in declared)
        return CertificateEntry(subject, words, "", f"not checked: {where}", Verdict.ASSUMED)
    evidence = "; ".join(each.evidence for each in detected)
    return CertificateEntry(
        subject, words, "; ".join(each.value for each in detected), evidence, _verdict(detected)
    )


_WORST_FIRST = (Verdict.CONTRADICTED, Verdict.UNKNOWN, Verdict.ASSUMED, Verdict.VERIFIED)


def _verdict(detected: list[Detection]) -> Verdict:
    """Return the worst verdict: one contradiction is enough."""
    return min((_proven(each) for each in detected), key=_WORST_FIRST.index)


def _proven(detection: Detection) -> Verdict:
    has_number = any(letter.isdigit() for letter in detection.evidence)
    if detection.verdict is Verdict.VERIFIED and not has_number:
        return Verdict.ASSUMED
    return detection.verdict

"""Declarations and detections become one entry a subject."""

from __future__ import annotations

from voltlake.canonical.certificate import Certificate, Verdict
from voltlake.canonical.conventions import Declaration, Detection
from voltlake.quality.certificate import write_certificate

SIGN = Declaration("current_sign", "charge positive", "Arbin's manual")
SEEN = Detection("current_sign", "discharge positive", "0 of 9 steps agree", Verdict.CONTRADICTED)


def test_a_contradiction_names_both_sides():
    entry = write_certificate([SIGN], [SEEN])["current_sign"]
    assert entry.declared == "charge positive (Arbin's manual)"
    assert entry.detected == "discharge positive"
    assert entry.evidence == "0 of 9 steps agree"
    assert entry.verdict is Verdict.CONTRADICTED


def test_what_nobody_checks_is_assumed():
    zone = Declaration("time_zone", "UTC", "no zone in the file", assumed=True)
    entry = write_certificate([zone], [])["time_zone"]
    assert entry.verdict is Verdict.ASSUMED
    assert entry.declared == "UTC (assumed: no zone in the file)"
    assert entry.evidence == "not checked: no zone in the file"


def test_verified_needs_a_number():
    words = Detection("time_base", "seconds", "looks right", Verdict.VERIFIED)
    number = Detection("rows", "12 rows", "3 steps", Verdict.VERIFIED)
    certificate = write_certificate([], [words, number])
    assert certificate["time_base"].verdict is Verdict.ASSUMED
    assert certificate["rows"].verdict is Verdict.VERIFIED


def test_the_worst_of_several_detections_counts():
    good = Detection("rows", "12", "12 of 12", Verdict.VERIFIED)
    bad = Detection("rows", "13", "13 of 12", Verdict.UNKNOWN)
    entry = write_certificate([], [good, bad])["rows"]
    assert entry.verdict is Verdict.UNKNOWN
    assert entry.detected == "12; 13"


def test_entries_come_as_a_person_would_ask():
    subjects = ["shoe_size", "integral:capacity", "scope:a", "unit:voltage_volt", "rows", "reader"]
    certificate = write_certificate([Declaration(name, "x", "y") for name in subjects], [])
    order = [entry.subject for entry in certificate.entries]
    assert order == [
        "reader", "rows", "unit:voltage_volt", "scope:a", "integral:capacity", "shoe_size",
    ]  # fmt: skip
    assert Certificate.from_dicts(certificate.as_dicts()) == certificate

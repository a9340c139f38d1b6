"""The certificate of a test: how each of its properties is known.

Readers declare, ``processing`` detects, ``quality`` writes the entries.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

__all__ = ["Certificate", "CertificateEntry", "Verdict"]


class Verdict(StrEnum):
    """What the evidence says of a declaration. ``VERIFIED`` needs a number."""

    VERIFIED = "verified"
    ASSUMED = "assumed"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """One property of a test.

    Attributes
    ----------
    subject
        What it is about: ``reader``, ``encoding``, ``unit:voltage_volt``, ``current_sign``,
        ``time_zone``, ``scope:step_charging_capacity_ah``, ``cycle_numbering``, ``rows`` …
    declared, detected
        What the file or the format says; what the data say. Empty where nothing is said.
    evidence
        The numbers and rows behind ``detected``, one sentence.
    """

    subject: str
    declared: str
    detected: str
    evidence: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Certificate:
    """All entries of a test, in the order in which a person would ask."""

    entries: tuple[CertificateEntry, ...]

    def __getitem__(self, subject: str) -> CertificateEntry:
        for entry in self.entries:
            if entry.subject == subject:
                return entry
        raise KeyError(subject)

    def __contains__(self, subject: object) -> bool:
        return any(entry.subject == subject for entry in self.entries)

    def as_dicts(self) -> list[dict[str, object]]:
        """Return plain values, for JSON."""
        return [asdict(entry) for entry in self.entries]

    @classmethod
    def from_dicts(cls, rows: list[dict[str, str]]) -> Certificate:
        """Rebuild a certificate from :meth:`as_dicts`."""
        return cls(
            tuple(
                CertificateEntry(
                    subject=row["subject"],
                    declared=row["declared"],
                    detected=row["detected"],
                    evidence=row["evidence"],
                    verdict=Verdict(row["verdict"]),
                )
                for row in rows
            )
        )

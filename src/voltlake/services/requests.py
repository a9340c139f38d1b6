"""What a person asks of an ingest, as plain values that a job row can hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from voltlake.processing.pipeline import ProcessingOptions
from voltlake.readers.contract import ReadOptions

__all__ = ["IngestOptions"]


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """Options of an ingest; ``None`` leaves the answer to the file, then to the defaults.

    ``timezone`` is an IANA name for clock times that name none; ``decimal`` is ``"."`` or
    ``","``; ``sign`` is ``"as-is"`` or ``"reversed"``; ``reader`` skips detection.
    """

    project: str | None = None
    cell: str | None = None
    reader: str | None = None
    timezone: str | None = None
    decimal: str | None = None
    sign: str | None = None
    nominal_capacity_ah: float | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a job row."""
        return asdict(self)

    def for_reading(self, default_time_zone: str | None) -> ReadOptions:
        """Return what the reader needs to know.

        Not the sign: processing turns the current round, once, for every format alike.
        """
        return ReadOptions(timezone=self.timezone or default_time_zone, decimal=self.decimal)

    def for_processing(self, nominal_capacity_ah: float | None) -> ProcessingOptions:
        """Return what processing needs; ``nominal_capacity_ah`` is what the catalogue knows."""
        return ProcessingOptions(
            nominal_capacity_ah=self.nominal_capacity_ah or nominal_capacity_ah, sign=self.sign
        )

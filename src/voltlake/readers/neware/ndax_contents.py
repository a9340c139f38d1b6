"""An opened ``.ndax`` and what its parts say together, before any row is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import CellMetadata, TestMetadata
from voltlake.errors import CorruptFile, NoSamples
from voltlake.readers.contract import ReadOptions, Source
from voltlake.readers.neware.archive import MAIN_PART, Archive
from voltlake.readers.neware.auxiliary import AuxiliaryPart, match_channels
from voltlake.readers.neware.clocks import moment, observed_zone, parse_clock
from voltlake.readers.neware.declare import unproven_finding
from voltlake.readers.neware.information import Information
from voltlake.readers.neware.pages import Part, open_part

__all__ = ["Contents", "test_metadata"]

_PROVEN = (2, 5, 11, 14, 16, 17)


@dataclass(slots=True)
class Contents:
    """An opened archive and what the user says about it."""

    source: Source
    options: ReadOptions
    archive: Archive
    information: Information
    main: Part
    keep: bool
    findings: list[Finding] = field(default_factory=list)

    def part(self, name: str) -> Part:
        if name not in self.archive.sizes:
            raise CorruptFile(f"the archive lacks {name}", file=self.source.name)
        return open_part(self.archive, name, keep=self.keep)

    def auxiliary(self) -> list[AuxiliaryPart]:
        """Open the extra channels; a kind that is not known is kept and doubted."""
        names = [name for name in self.archive.sizes if name != MAIN_PART]
        matched = match_channels(names, self.information.auxiliary)
        opened = [
            AuxiliaryPart.of(self.part(name), channel, position).used(self.options.batch_rows)
            for position, (name, channel) in enumerate(matched)
        ]
        for each in opened:
            if not each.known:
                self.findings.append(
                    Finding(
                        "UNKNOWN_CHANNEL",
                        Severity.WARNING,
                        f"{each.part.name} holds a quantity that is not declared; its numbers "
                        "are kept without a unit",
                        column=each.columns[0],
                    )
                )
        seen: set[str] = set()
        for each in opened:
            if seen & set(each.columns):
                raise CorruptFile("two parts hold the same extra channel", file=self.source.name)
            seen |= set(each.columns)
        return opened

    def note_version(self) -> None:
        if self.main.version not in _PROVEN:
            self.findings.append(unproven_finding(f"ndc version {self.main.version}"))

    def require(self, rows: int) -> None:
        if rows == 0:
            raise NoSamples("the archive holds no measurement", file=self.source.name)


def test_metadata(contents: Contents, first_unix: float | None, zone: str | None) -> TestMetadata:
    """Return what the archive's XML parts say of the test.

    ``first_unix`` is the moment of the first record [s], by which the clock in the XML
    shows its offset; ``zone`` is what the user says.
    """
    information = contents.information
    test = information.test
    clock = parse_clock(test.get("StartTime"))
    offset = observed_zone(clock, first_unix)
    start = moment(first_unix)
    if clock is not None and offset is not None:
        start = clock.replace(tzinfo=offset)
    channel = "-".join(test[key] for key in ("UnitID", "ChlID") if key in test)
    return TestMetadata(
        test_name=Path(contents.source.name).stem,
        description=test.get("Remark") or information.step_head.get("Remark") or None,
        operator=information.step_head.get("Creator") or None,
        protocol=test.get("StepName") or None,
        machine=test.get("DevID") or None,
        channel=channel or None,
        start_time=start,
        time_zone=zone or (str(offset) if offset is not None else None),
        cell=CellMetadata(barcode=test.get("Barcode") or None),
        extra={"ndc_version": str(contents.main.version)} | information.extra(),
    )

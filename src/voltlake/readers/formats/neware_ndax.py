"""Neware ``.ndax``: a zip of binary parts and XML.

``data.ndc`` holds the rows. Up to version 5 they are complete records; later it holds only
voltage and current, ``data_runInfo.ndc`` times and counters of some rows, ``data_step.ndc``
the steps, and one part per extra channel its values. Charging currents are positive, counters
restart with each step, timestamps are epoch seconds (records of versions 1 to 5: clock times).
"""

from __future__ import annotations

from voltlake.errors import CorruptFile, UnsupportedVersion
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.neware.archive import MAIN_PART, open_archive, part_names
from voltlake.readers.neware.information import read_information
from voltlake.readers.neware.layouts import NDC_LAYOUTS
from voltlake.readers.neware.ndax_contents import Contents
from voltlake.readers.neware.ndax_records import read_records
from voltlake.readers.neware.ndax_rows import read_rows
from voltlake.readers.neware.pages import open_part
from voltlake.readers.neware.run_info import RUN_INFO_LAYOUTS

__all__ = ["READER"]

_SHOWN_PARTS = (b"data.ndc", b"TestInfo.xml", b"VersionInfo.xml")


def claim(source: Source) -> Claim | None:
    """Claim zips that begin with Neware's parts and hold ``data.ndc``, or are damaged."""
    if source.head[:4] != b"PK\x03\x04" or not any(part in source.head for part in _SHOWN_PARTS):
        return None
    names = part_names(source.path)
    if names is None:
        return Claim(100, "a damaged zip with the parts of an .ndax")
    return Claim(100, f"a zip that holds {MAIN_PART}") if MAIN_PART in names else None


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read one ``.ndax``.

    Raises ``CorruptFile``, ``SuspiciousArchive``, ``NoSamples``, ``UnsupportedVersion``, or
    ``UnknownUnit`` where the hardware's current range has no known scale.
    """
    archive = open_archive(source.path, source.name)
    if MAIN_PART not in archive.sizes:
        raise CorruptFile(f"the archive lacks {MAIN_PART}", file=source.name)
    information = read_information(archive)
    keep = archive.keeps()
    main = open_part(archive, MAIN_PART, keep=keep)
    contents = Contents(source, options, archive, information, main, keep)
    if main.version in NDC_LAYOUTS:
        return read_records(contents, NDC_LAYOUTS[main.version])
    if main.version in RUN_INFO_LAYOUTS:
        return read_rows(contents, RUN_INFO_LAYOUTS[main.version])
    raise UnsupportedVersion(f"ndc version {main.version} is not known", file=source.name)


READER = Reader(
    name="neware_ndax",
    version="1",
    title="Neware NDAX",
    vendor="Neware",
    extensions=(".ndax",),
    claim=claim,
    read=read,
)

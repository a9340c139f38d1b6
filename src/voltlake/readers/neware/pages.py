"""The pages of ``.ndc`` parts: a header, a bit mask of the slots in use, fixed-width rows.

A part begins with one page of header (file type in byte 0, version in byte 2). Since version
5 a page has 4,096 bytes: two of kind, a count, a bit mask from byte 4, rows from byte 132.
Earlier versions have pages of 512 bytes with rows from byte 5 and no mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voltlake.errors import CorruptFile
from voltlake.readers.neware.archive import Archive

__all__ = ["Part", "Rows", "open_part"]

Bytes2D = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of some pages: the records that are in use, and their slots counted from 1."""

    records: Bytes2D
    slots: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """One ``.ndc`` part that can be read again and again.

    Attributes
    ----------
    name, archive_name
        The part and its archive, for messages.
    kind, version
        File type and format version.
    header
        The header page (fewer bytes where the part is shorter).
    open_chunks
        Gives the part's bytes in pieces of the asked size.
    """

    name: str
    archive_name: str
    kind: int
    version: int
    header: bytes
    open_chunks: Callable[[int], Iterator[bytes]]

    @property
    def page_bytes(self) -> int:
        """512 before version 5, 4096 since."""
        return 512 if self.version < 5 else 4096

    def rows_per_page(self, record_bytes: int) -> int:
        """Return how many records of that width fit on a page."""
        first = 5 if self.version < 5 else 132
        return (self.page_bytes - first - 1) // record_bytes

    def rows(self, record_bytes: int, rows_at_once: int) -> Iterator[Rows]:
        """Iterate over the records in use, about ``rows_at_once`` slots at a time."""
        per_page = self.rows_per_page(record_bytes)
        pages = max(rows_at_once // per_page, 1)
        slot = 1
        skip_header = True
        for chunk in self.open_chunks((pages + 1) * self.page_bytes):
            if len(chunk) % self.page_bytes:
                raise CorruptFile(
                    f"the part {self.name} does not end with a whole page",
                    file=self.archive_name,
                )
            content = np.frombuffer(chunk, np.uint8).reshape(-1, self.page_bytes)
            if skip_header:
                content, skip_header = content[1:], False
            if len(content):
                yield self._used(content, record_bytes, per_page, slot)
            slot += len(content) * per_page

    def _used(self, pages: Bytes2D, width: int, per_page: int, slot: int) -> Rows:
        first = 5 if self.version < 5 else 132
        records = pages[:, first : first + per_page * width].reshape(-1, width)
        slots = np.arange(slot, slot + len(records), dtype=np.int64)
        if self.version < 5:
            # The index lies at byte 8 of each record; an unused slot holds 0 there.
            used = records[:, 8:12].any(axis=1)
        else:
            mask = pages[:, 4 : 4 + -(-per_page // 8)]
            bits = np.unpackbits(mask, axis=1, bitorder="little")[:, :per_page]
            used = bits.reshape(-1).astype(np.bool_)
        if used.all():
            return Rows(records, slots)
        return Rows(records[used], slots[used])


def open_part(archive: Archive, name: str, *, keep: bool) -> Part:
    """Open one ``.ndc`` part; with ``keep`` its inflated bytes stay in memory.

    Raises ``CorruptFile`` where not even the header's first bytes are there.
    """
    if keep:
        content = archive.read(name, limit=archive.sizes[name])

        def chunks(size: int) -> Iterator[bytes]:
            for start in range(0, len(content), size):
                yield content[start : start + size]
    else:

        def chunks(size: int) -> Iterator[bytes]:
            return archive.chunks(name, size)

    header = next(iter(chunks(4096)), b"")
    if len(header) < 512:
        raise CorruptFile(f"the part {name} has no header", file=archive.name)
    return Part(name, archive.name, header[0], header[2], header, chunks)

"""Small text files for the readers' tests."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from voltlake.readers.contract import RawTest, Reader, ReadOptions, Source

ARBIN_HEADER = (
    "Data_Point,Date_Time,Test_Time(s),Step_Time(s),Cycle_Index,Step_Index,Current(A),"
    "Voltage(V),Charge_Capacity(Ah),Aux_Temperature_1(C)"
)
ARBIN_ROWS = (
    "1,09/20/2024 08:32:34.500,0.5,0.5,1,1,0.5,3.7,0.001,25.1",
    "2,09/20/2024 08:32:35.500,1.5,1.5,1,1,0.5,3.71,0.002,25.2",
    "3,09/20/2024 08:32:36.500,2.5,0.0,1,2,-0.25,3.69,0.002,25.3",
)


def arbin_text(header: str = ARBIN_HEADER, rows: tuple[str, ...] = ARBIN_ROWS) -> str:
    """Return a small Arbin file of MITS 7."""
    return "\n".join((header, *rows)) + "\n"


def source(folder: Path, content: str | bytes, name: str = "cell.csv") -> Source:
    """Write a file and open it as a source."""
    data = content.encode() if isinstance(content, str) else content
    path = folder / name
    path.write_bytes(data)
    return Source(path, name, data[:65_536], len(data), folder)


def read(reader: Reader, from_source: Source, **options: object) -> tuple[pl.DataFrame, RawTest]:
    """Read a whole source."""
    raw = reader.read(from_source, ReadOptions(**options))  # type: ignore[arg-type]
    assert raw.samples is not None
    return raw.samples.collect(), raw


def codes(raw: RawTest) -> set[str]:
    """Return the codes of all findings."""
    return {finding.code for finding in raw.findings}

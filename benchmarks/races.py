"""What is compared with what: candidates, files and the peer that others are judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.environments import REPOSITORY
from voltlake.simulation.large import write_large_arbin_csv, write_large_structured_json

__all__ = ["MADE", "Candidate", "Race", "races"]

MADE = REPOSITORY / "benchmarks" / "made"
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
Maker = Callable[[Path], Path]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One program doing one operation on one file."""

    label: str
    environment: str
    operation: str
    file: Path
    small_file: Path


@dataclass(frozen=True, slots=True)
class Race:
    """Candidates whose results stand in one table; ratios are to the first one."""

    name: str
    title: str
    candidates: tuple[Candidate, ...]
    files: dict[Path, Maker] = field(default_factory=dict)


def races(*, quick: bool) -> list[Race]:
    """Return all races; ``quick`` takes files a tenth of the size."""
    size = 10 if quick else 1
    return [
        _reading(1_000_000 // size),
        _summary(1_000_000 // size),
        _ingest(1_000_000 // size),
        _ingest(10_000_000 // size),
        *(_structured(250 // size, shape) for shape in ("flattened", "nested")),
        *_neware(),
    ]


def _csv(rows: int, dialect: str) -> tuple[Path, Maker]:
    # A thousand rows a cycle, whatever the length.
    maker = partial(write_large_arbin_csv, rows=rows, cycles=max(rows // 1000, 1), dialect=dialect)
    return MADE / f"arbin_{dialect}_{rows}.csv", maker  # type: ignore[return-value]


def _entry(label: str, environment: str, operation: str, dialect: str, rows: int) -> Candidate:
    file, small = _csv(rows, dialect)[0], _csv(2000, dialect)[0]
    return Candidate(label, environment, operation, file, small)


def _needed(rows: int, *dialects: str) -> dict[Path, Maker]:
    return dict(_csv(count, dialect) for dialect in dialects for count in (2000, rows))


def _reading(rows: int) -> Race:
    candidates = (
        _entry("Voltlake, MITS", "voltlake", "read_arbin_mits", "mits", rows),
        _entry("Voltlake, MITS, PyProBE's columns", "voltlake", "read_columns", "mits", rows),
        _entry("Voltlake, MITS, processed", "voltlake", "read_and_process", "mits", rows),
        _entry("polars.read_csv, MITS", "polars", "read_arbin_mits", "mits", rows),
        _entry("PyProBE, MITS", "pyprobe", "read_arbin_mits", "mits", rows),
        _entry("Voltlake, TRI", "voltlake", "read_arbin_tri", "tri", rows),
        _entry("BEEP, TRI", "beep", "read_arbin_tri", "tri", rows),
        _entry("Voltlake, SQL", "voltlake", "read_arbin_sql", "sql", rows),
        _entry("cellpy, SQL", "cellpy", "read_arbin_sql", "sql", rows),
    )
    return Race(
        "read",
        f"Arbin CSV of {rows:,} rows to a frame",
        candidates,
        _needed(rows, "mits", "tri", "sql"),
    )


def _summary(rows: int) -> Race:
    candidates = (
        _entry("Voltlake, steps and cycles", "voltlake", "summarise_mits", "mits", rows),
        _entry("polars group_by, 10 metrics", "polars", "summarise_mits", "mits", rows),
        _entry("PyProBE summary", "pyprobe", "summarise_mits", "mits", rows),
        _entry("BEEP summarize_cycles", "beep", "summarise_tri", "tri", rows),
        _entry("cellpy steps and summary", "cellpy", "summarise_sql", "sql", rows),
    )
    title = f"Per-cycle summary of {rows:,} rows in memory"
    return Race("summary", title, candidates, _needed(rows, "mits", "tri", "sql"))


def _ingest(rows: int) -> Race:
    candidates = (
        _entry("Voltlake ingest", "voltlake", "ingest", "mits", rows),
        _entry("polars.read_csv only", "polars", "read_arbin_mits", "mits", rows),
    )
    title = f"Whole ingest of {rows:,} rows (parse, metrics, store)"
    return Race(f"ingest_{rows}", title, candidates, _needed(rows, "mits"))


def _structured(megabytes: int, shape: str) -> Race:
    file, small = (MADE / f"{shape}_{size}_structure.json" for size in (megabytes, 2))
    candidates = [
        Candidate("Voltlake ingest", "voltlake", "ingest", file, small),
        Candidate("Voltlake read", "voltlake", "read_structured", file, small),
    ]
    if shape == "flattened":
        candidates.append(Candidate("BEEP from_json_file", "beep", "read_structured", file, small))
    makers: dict[Path, Maker] = {
        path: partial(write_large_structured_json, megabytes=size, shape=shape)  # type: ignore[arg-type, dict-item]
        for path, size in ((file, megabytes), (small, 2))
    }
    title = f"Structured JSON of {megabytes} MB, {shape}"
    return Race(f"json_{shape}", title, tuple(candidates), makers)


def _neware() -> list[Race]:
    """The largest real Neware files beside the checkout; nothing where they are missing."""
    found = []
    for suffix in (".ndax", ".nda"):
        files = sorted(SHARED_DATA.rglob(f"*{suffix}"), key=lambda path: path.stat().st_size)
        if files:
            large, small = files[-1], files[-1]
            candidates = (
                Candidate("Voltlake", "voltlake", "read_neware", large, small),
                Candidate("fastnda", "fastnda", "read_neware", large, small),
            )
            size = large.stat().st_size / 1e6
            found.append(Race(f"neware{suffix}", f"Neware {suffix}, {size:.1f} MB", candidates))
    return found

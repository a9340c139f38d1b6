"""Results as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from benchmarks.environments import REPOSITORY
from benchmarks.races import Race

__all__ = ["PAGE", "heading", "markdown", "save_json"]

PAGE = REPOSITORY / "docs" / "reference" / "benchmarks.md"
_RESULTS = REPOSITORY / "benchmarks" / "results"
Rows = list[dict[str, object]]


def markdown(race: Race, rows: Rows) -> str:
    """Return one race as a table; ratios are to its first candidate that ran."""
    ran = [row for row in rows if "failure" not in row]
    lines = [
        f"## {race.title}",
        "",
        "| candidate | wall min s | wall median s | CPU s | added MB | above small file MB "
        "| result | wall ratio | CPU ratio | memory ratio |",
        "|---|--:|--:|--:|--:|--:|---|--:|--:|--:|",
    ]
    for row in rows:
        if "failure" in row:
            lines.append(f"| {row['label']} | did not run: {row['failure']} | | | | | | | | |")
            continue
        facts = ", ".join(
            f"{value:,} {name}" for name, value in cast(dict[str, int], row["facts"]).items()
        )
        ratios = [_ratio(row, ran[0], name)
                  for name in ("wall_min_second", "cpu_min_second", "added_megabytes")]  # fmt: skip
        lines.append(
            f"| {row['label']} | {row['wall_min_second']:.3f} | {row['wall_median_second']:.3f} "
            f"| {row['cpu_min_second']:.2f} | {row['added_megabytes']:.0f} "
            f"| {row['above_small_megabytes']:.0f} | {facts} "
            f"| {' | '.join(ratios)} |"
        )
    return "\n".join(lines) + "\n"


def _ratio(row: dict[str, object], first: dict[str, object], name: str) -> str:
    value, base = cast(float, row[name]), cast(float, first[name])
    return f"{value / base:.2f}" if base > 0 else ""


def heading(repeats: int) -> str:
    """Return the page's first lines: machine, date, and how to read the numbers."""
    return (
        "# Benchmarks\n\n"
        "Made by `make bench`; every candidate runs in fresh processes of its own environment, "
        f"{repeats} times in turns, after a warm-up on a small file. Added memory is the peak of "
        "the process and its children above what was resident before; 'above small file' is that "
        "peak above the peak of the warm-up: what the size of the file costs. Ratios are to the "
        "first line of the same table: above 1 means slower or larger than Voltlake.\n\n"
        f"{datetime.now(tz=UTC):%Y-%m-%d}, Python {platform.python_version()}, "
        f"{platform.machine()}.\n\n"
    )


def save_json(results: dict[str, Rows]) -> Path:
    """Keep all runs under ``benchmarks/results/``, one file per run of the benchmark."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"{datetime.now(tz=UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(results, indent=1))
    return path

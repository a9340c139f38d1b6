"""Runs all quality rules over a test: one walk over the samples for all of them."""

from __future__ import annotations

import polars as pl

from voltlake.canonical.findings import Finding
from voltlake.canonical.streams import TableStream
from voltlake.quality.declare import Rule, SampleWatch, rules
from voltlake.quality.settings import QualitySettings

__all__ = ["find_doubts"]


def find_doubts(
    samples: TableStream,
    steps: pl.DataFrame,
    cycles: pl.DataFrame,
    *,
    settings: QualitySettings | None = None,
) -> list[Finding]:
    """Return all doubts about a test, rule by rule.

    ``samples`` as the reader or ``processing`` gives them; ``steps`` and ``cycles`` as
    ``processing`` gives them. Rules whose columns are missing stay silent.
    """
    settings = settings or QualitySettings()
    doubts: dict[str, list[Finding]] = {}
    declared = rules()
    watches = [
        (each, each.check(settings, steps))
        for each in declared
        if each.needs == "samples" and any(name in samples.schema for name in each.columns)
    ]
    _walk(samples, watches)
    for each, watch in watches:
        doubts[each.code] = [each.finding(doubt) for doubt in watch.doubts()]
    for each in declared:
        if each.needs != "samples":
            table = steps if each.needs == "steps" else cycles
            doubts[each.code] = [each.finding(doubt) for doubt in each.check(table, settings)]
    return [finding for each in declared for finding in doubts.get(each.code, [])]


def _walk(samples: TableStream, watches: list[tuple[Rule, SampleWatch]]) -> None:
    wanted = {name for each, _ in watches for name in each.columns}
    columns = [name for name in samples.schema if name in wanted]
    if not columns:
        return
    before: pl.DataFrame | None = None
    row = 0
    for batch in samples.batches(columns):
        if not batch.height:
            continue
        rows = batch if before is None else pl.concat([before, batch])
        carried = before is not None
        for _, watch in watches:
            watch.see(rows, row - 1 if carried else row, carried)
        before = batch.tail(1)
        row += batch.height

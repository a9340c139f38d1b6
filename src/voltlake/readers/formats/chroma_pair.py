"""Chroma's pair of text files: ``X_Detail.csv`` (rows) and ``X_Step.csv`` (one line per step).

The Detail file is the test; the Step file beside it is the vendor's own table of steps. Three
layouts: Chinese headers (UTF-8 with byte order mark), English headers with epoch seconds, and
the same names with underscores. ``工步`` numbers the executions of steps and is unique,
``工步編號`` is the instruction and recurs in loops. Charge and energy of a step are signed and
restart with it; ``總電量`` is the signed running total. ``-600000`` stands for "not measured".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from voltlake.canonical.conventions import Declaration, Sign
from voltlake.canonical.findings import Finding, Severity
from voltlake.canonical.metadata import TestMetadata
from voltlake.canonical.streams import TableStream
from voltlake.errors import ContradictoryContent, MissingColumns, VoltlakeError
from voltlake.readers.column_map import Kind, TextColumn, fold
from voltlake.readers.contract import Claim, RawTest, Reader, ReadOptions, Source
from voltlake.readers.delimited import DelimitedFormat, find_table, read_delimited, read_frame
from voltlake.readers.doubts import Tally
from voltlake.readers.timestamps import DAY_FIRST, MONTH_FIRST
from voltlake.readers.unpack import open_source

__all__ = ["READER"]

NOT_MEASURED = -600_000.0
"""What Chroma prints where a channel or a quantity does not exist."""

_NUMBERING = (
    TextColumn("cycle_count", ("循環",)),
    TextColumn("aux_loop_count", ("迴圈",)),
    TextColumn("aux_sub_cycle_count", ("子循環",)),
    TextColumn("aux_sub_loop_count", ("子迴圈",)),
    TextColumn("aux_main_recipe_count", ("MR編號",)),
    TextColumn("aux_sub_recipe_count", ("子工步編號", "子配方編號")),
    TextColumn("step_count", ("工步", "Step Index"), required=True),
    TextColumn("step_id", ("工步編號",)),
)


def _without_sentinels(batch: pl.DataFrame, tally: Tally) -> pl.DataFrame:
    """Turn Chroma's "not measured" into null, and count it."""
    for name, dtype in batch.schema.items():
        if dtype != pl.Float64:
            continue
        absent = (batch[name] == NOT_MEASURED).fill_null(value=False)
        if absent.any():
            tally.note(
                "SENTINEL_VALUES",
                Severity.INFO,
                "{count} values of -600000 mean 'not measured' and count as unknown",
                absent.arg_true().to_numpy(),
                column=name,
            )
            batch = batch.with_columns(batch[name].set(absent, None))
    return batch


DETAIL = DelimitedFormat(
    name="chroma_pair",
    columns=(
        *_NUMBERING,
        TextColumn("step_type", ("工步種類", "Step Type")),
        TextColumn("unix_time_second", ("實際開始時間", "DateTime")),
        TextColumn("test_time_second", ("執行時間",)),
        TextColumn("step_time_second", ("工步執行時間",)),
        TextColumn("voltage_volt", ("電壓", "Voltage"), required=True),
        TextColumn("current_ampere", ("電流", "Current"), required=True),
        TextColumn("power_watt", ("功率", "Power")),
        TextColumn("step_net_capacity_ah", ("電量", "Capacity")),
        TextColumn("step_net_energy_wh", ("能量", "Energy")),
        TextColumn("net_capacity_ah", ("總電量",)),
        TextColumn("aux_status_text", ("狀態", "Status"), kind=Kind.TEXT),
        TextColumn("temperature_t{1}_celsius", pattern=r"auxt([1-5])"),
        TextColumn("ambient_temperature_celsius", ("溫箱溫度",)),
    ),
    delimiters=(",", ";", "\t"),
    sign=Sign.CHARGE_POSITIVE,
    finish=_without_sentinels,
)
"""The rows. ``實際開始時間`` advances from row to row: it is the clock, not a step's start."""

STEP = DelimitedFormat(
    name="chroma_pair",
    columns=(
        *_NUMBERING,
        TextColumn("vendor_step_type", ("工步種類", "Step Type"), kind=Kind.TEXT, required=True),
        TextColumn("start_unix_time_second", ("日期時間", "Start DateTime"), kind=Kind.MOMENT),
        TextColumn("end_unix_time_second", ("End DateTime",), kind=Kind.MOMENT),
        TextColumn("duration_second", ("工步執行時間",)),
        TextColumn("工步時間", ("工步時間",), kind=Kind.TEXT),
        TextColumn("voltage_start_volt", ("Start Voltage",)),
        TextColumn("voltage_end_volt", ("截止電壓", "End Voltage")),
        TextColumn("current_end_ampere", ("截止電流",)),
        TextColumn("current_ampere", ("Current",)),
        TextColumn("power_end_watt", ("功率",)),
        TextColumn("step_net_capacity_ah", ("截止電量", "Capacity")),
        TextColumn("step_net_energy_wh", ("能量", "Energy")),
        TextColumn("charging_capacity_ah", ("充電電量",)),
        TextColumn("discharging_capacity_ah", ("放電電量",)),
        TextColumn("charging_energy_wh", ("充電能量",)),
        TextColumn("discharging_energy_wh", ("放電能量",)),
        TextColumn("net_capacity_ah", ("總電量",)),
        TextColumn("截止Q_percent", ("截止Q",)),
        TextColumn("狀態", ("狀態", "Status"), kind=Kind.TEXT),
        TextColumn("step_name", ("Step Name",), kind=Kind.TEXT),
        TextColumn("temperature_t{1}_end_celsius", pattern=r"auxt([1-5])"),
        TextColumn("ambient_temperature_end_celsius", ("溫箱溫度",)),
        TextColumn("恆電流段電量_ah", ("恆電流段電量",)),
        TextColumn("平均電壓_volt", ("平均電壓",)),
        TextColumn("SOC", ("SOC",), kind=Kind.TEXT),
    ),
    delimiters=(",", ";", "\t"),
    sign=Sign.CHARGE_POSITIVE,
    finish=_without_sentinels,
)
"""The vendor's steps. Columns with an end in their name hold the step's last value; 充電電量 and
its like run on over the whole test. 平均電壓 is 0 for rests, so it is no mean voltage of ours."""

_STEP_ONLY = {fold(each) for each in ("截止電壓", "End Voltage", "Step Name", "日期時間")}
_DETAIL_ONLY = {fold(each) for each in ("執行時間(秒)", "實際開始時間", "DateTime", "DateTime [s]")}
_OF_OTHERS = {fold(each) for each in ("Cycle Index", "Test Time", "Data Point", "Test ID", "Rec#")}
_NAME = re.compile(r"(?P<test>.*?)(?P<between>[ _-]?)(?P<kind>detail|step)\.csv", re.IGNORECASE)


def claim(source: Source) -> Claim | None:
    """Claim either file of a pair by its headers.

    The layout with underscores has only names that other vendors use too; there the partner
    beside it must fit as well.
    """
    kind = _kind(source)
    if kind is None:
        return None
    if kind.chinese:
        return Claim(80, f"Chroma's headers of a {kind.name} file", kind.name)
    partner = _partner(source, kind.name)
    if partner is not None:
        return Claim(60, f"headers of a {kind.name} file, and {partner.name} beside it", kind.name)
    return Claim(55, f"headers of a {kind.name} file", kind.name) if kind.bracketed else None


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which of the two files a source is, and in which layout."""

    name: str
    chinese: bool
    bracketed: bool


def _kind(source: Source) -> _Kind | None:
    """Tell the two files apart by content; ``None`` where it is neither."""
    for name, form, marks, others in (
        ("Step", STEP, _STEP_ONLY, _DETAIL_ONLY),
        ("Detail", DETAIL, _DETAIL_ONLY, _STEP_ONLY),
    ):
        head = find_table(form, source)
        if head is None or head.header_line > 0:
            continue
        headers = {fold(each) for each in head.headers}
        bare = headers | {each.split("(")[0].split("[")[0] for each in headers}
        if not bare & marks or bare & others or bare & _OF_OTHERS:
            continue
        return _Kind(name, "工步" in headers, any(each.endswith("[v]") for each in headers))
    return None


def _partner(source: Source, kind: str) -> Path | None:
    """Find the other file of the pair: the same name in the same folder, and fitting content."""
    name = _NAME.fullmatch(source.name)
    if name is None or name["kind"].casefold() != kind.casefold():
        return None
    other = "Step" if kind == "Detail" else "Detail"
    wanted = f"{name['test']}{name['between']}{other}.csv".casefold()
    for path in sorted(source.folder.iterdir()):
        if path.name.casefold() in (wanted, f"{wanted}.gz", f"{wanted}.zip") and path.is_file():
            try:
                with open_source(path) as candidate:
                    found = _kind(candidate)
            except VoltlakeError:
                continue
            if found is not None and found.name == other:
                return path
    return None


def companions(source: Source) -> tuple[Path, ...]:
    """Return the Step file beside a Detail file."""
    kind = _kind(source)
    partner = _partner(source, "Detail") if kind is not None and kind.name == "Detail" else None
    return (partner,) if partner is not None else ()


def primary(source: Source) -> Path | None:
    """Return the Detail file beside a Step file, which is read in its place."""
    kind = _kind(source)
    return _partner(source, "Step") if kind is not None and kind.name == "Step" else None


def read(source: Source, options: ReadOptions) -> RawTest:
    """Read a Detail file with the Step file beside it, or a Step file on its own.

    Raises ``ContradictoryContent`` (at the end of the stream) where the two files number
    other steps, and what :func:`voltlake.readers.delimited.read_delimited` raises.
    """
    kind = _kind(source)
    if kind is not None and kind.name == "Step":
        return _orphan_steps(source, options)
    raw = read_delimited(DETAIL, source, options, metadata=_metadata(source))
    raw = _with_test_time(raw, source)
    partner = _partner(source, "Detail")
    if partner is None:
        raw.findings.append(
            Finding(
                "STEP_FILE_MISSING",
                Severity.INFO,
                "no Step file lies beside the Detail file, so the vendor's steps are unknown",
            )
        )
        return raw
    with open_source(partner) as step_source:
        steps, step_raw = read_frame(_step_form(raw), step_source, options)
    _add_findings(raw.findings, step_raw.findings)
    return replace(
        raw,
        samples=_held_against(raw, steps, source, partner),
        reported_steps=steps,
        companions=(partner,),
    )


def _metadata(source: Source) -> TestMetadata:
    name = _NAME.fullmatch(source.name)
    return TestMetadata(test_name=(name["test"] or None) if name is not None else None)


def _step_form(raw: RawTest) -> DelimitedFormat:
    """Read the Step file's dates in the order that the rows beside it prove."""
    for each in raw.declarations:
        if each.subject == "date_order" and not each.assumed:
            return replace(STEP, date_order=DAY_FIRST if each.value == "day first" else MONTH_FIRST)
    return STEP


def _orphan_steps(source: Source, options: ReadOptions) -> RawTest:
    steps, raw = read_frame(STEP, source, options)
    detail = _partner(source, "Step")
    missing = detail is None
    raw.findings.append(
        Finding(
            "DETAIL_FILE_MISSING" if missing else "SAMPLES_IN_DETAIL_FILE",
            Severity.WARNING if missing else Severity.INFO,
            "a Step file without its Detail file holds no samples"
            if detail is None
            else f"the samples of this test are in {detail.name}",
            "Put the Detail file of the same name beside it, and ingest that one"
            if missing
            else "Ingest the Detail file, which takes this one in",
        )
    )
    return replace(raw, samples=None, scopes={}, reported_steps=steps, metadata=_metadata(source))


def _add_findings(findings: list[Finding], more: Sequence[Finding]) -> None:
    """Add what the Step file's findings say beyond the Detail file's own.

    The dates of the rows have settled the order of the Step file's dates, or left it assumed.
    """
    codes = {finding.code for finding in findings} | {"DATE_ORDER_ASSUMED"}
    for finding in more:
        if finding.code not in codes:
            findings.append(replace(finding, message=f"Step file: {finding.message}"))


def _with_test_time(raw: RawTest, source: Source) -> RawTest:
    """Count the test time from the first row's clock where the layout has no test time."""
    samples = raw.samples
    assert samples is not None  # noqa: S101 - read_delimited always returns a stream
    if "test_time_second" in samples.schema:
        return raw
    if "unix_time_second" not in samples.schema:
        raise MissingColumns("there is neither a test time nor a clock", file=source.name)
    raw.findings.append(
        Finding(
            "TEST_TIME_FROM_CLOCK",
            Severity.INFO,
            "the file has no test time; it is counted from the first row's clock",
            column="test_time_second",
        )
    )
    schema = pl.Schema({"test_time_second": pl.Float64(), **samples.schema})

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        start: float | None = None
        for batch in samples.batches():
            clock = batch["unix_time_second"]
            if start is None and clock.null_count() < clock.len():
                start = float(clock.drop_nulls()[0])
            # Microseconds: the difference of two epochs carries noise in its last digits.
            since = (clock - (start or 0.0)).round(6).alias("test_time_second")
            batch = batch.insert_column(0, since)
            yield batch if columns is None else batch.select(columns)

    where = Declaration(
        "test_time_second", "counted from the first row", "the clock of the rows", assumed=True
    )
    return replace(
        raw, samples=TableStream(schema, batches), declarations=(*raw.declarations, where)
    )


def _held_against(raw: RawTest, steps: pl.DataFrame, source: Source, partner: Path) -> TableStream:
    """Return the samples as a stream that is held against the Step file as it passes by."""
    samples = raw.samples
    assert samples is not None  # noqa: S101 - a Detail file has samples

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        seen = _SeenSteps()
        for batch in samples.batches():
            seen.take(batch)
            yield batch if columns is None else batch.select(columns)
        for finding in seen.compare(steps, source, partner):
            raw.findings[:] = [each for each in raw.findings if each.code != finding.code]
            raw.findings.append(finding)

    return TableStream(samples.schema, batches)


@dataclass(slots=True)
class _SeenSteps:
    """The last capacity of every step of a Detail file, in the order of the rows."""

    last_capacity_ah: dict[int, float | None] = field(default_factory=dict)

    def take(self, batch: pl.DataFrame) -> None:
        known = "step_net_capacity_ah" in batch.columns
        last = batch.group_by("step_count", maintain_order=True).agg(
            pl.col("step_net_capacity_ah").last() if known else pl.lit(None).alias("none")
        )
        self.last_capacity_ah.update(last.iter_rows())

    def compare(self, steps: pl.DataFrame, source: Source, partner: Path) -> Iterator[Finding]:
        """Yield what differs; raise where the two files cannot be of one test."""
        reported = set(steps["step_count"])
        seen = list(self.last_capacity_ah)
        more = [step for step in seen if step not in reported]
        absent = reported - set(seen)
        if absent or (more and more != seen[-1:]):
            raise ContradictoryContent(
                f"{partner.name} has {len(absent)} steps that the rows lack, the rows have "
                f"{len(more)} that it lacks",
                file=source.name,
                column="step_count",
                remedy="Check that both files come from the same export",
            )
        if more:
            yield Finding(
                "UNFINISHED_STEP",
                Severity.INFO,
                f"step {more[0]} had not ended when the files were written",
                column="step_count",
            )
        yield from self._capacities(steps)

    def _capacities(self, steps: pl.DataFrame) -> Iterator[Finding]:
        if "step_net_capacity_ah" not in steps.columns:
            return
        differ = [
            abs(reported - last)
            for step, reported in steps.select("step_count", "step_net_capacity_ah").iter_rows()
            if reported is not None
            and (last := self.last_capacity_ah.get(step)) is not None
            and last != reported
        ]
        if differ:
            yield Finding(
                "STEP_CAPACITY_DIFFERS",
                Severity.WARNING,
                f"{len(differ)} steps end with another capacity in the rows than in the Step "
                f"file, by at most {max(differ):.6g} Ah",
                column="step_net_capacity_ah",
                count=len(differ),
            )


READER = Reader(
    name="chroma_pair",
    version="1",
    title="Chroma Step and Detail files",
    vendor="Chroma",
    extensions=(".csv",),
    claim=claim,
    read=read,
    companions=companions,
    primary=primary,
)

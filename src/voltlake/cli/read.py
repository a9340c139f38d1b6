"""`voltlake read`: identify and normalise one file, without any lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from voltlake.cli.options import DecimalMark, Json, ReaderName, SignChoice, TimeZone
from voltlake.cli.output import console, print_json, verdict_mark

if TYPE_CHECKING:
    from voltlake.services.reading import ReadTest

__all__ = ["certificate_table", "print_findings", "read"]


def read(
    file: Annotated[Path, typer.Argument(help="A cycler file, also .gz or zipped.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Write the canonical table: .parquet, .csv, .bdf.csv, .bdf.parquet.",
        ),
    ] = None,
    reader: ReaderName = None,
    timezone: TimeZone = None,
    decimal: Annotated[
        DecimalMark | None, typer.Option("--decimal", help="The decimal mark of a text file.")
    ] = None,
    sign: Annotated[
        SignChoice | None, typer.Option("--sign", help="Overrule what the data say of the sign.")
    ] = None,
    nominal_capacity_ah: Annotated[
        float | None, typer.Option("--nominal-capacity-ah", min=0, help="For C-rates and SOC.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what a file is, what is in it, and how far it can be trusted.

    Prints reader, rows, cycles, the certificate and all findings; with [bold]-o[/bold] it
    also writes the samples under the Battery Data Format's names and units.

    [bold]voltlake read cell_07.ndax -o cell_07.bdf.csv[/bold]
    """
    from voltlake.bootstrap import read as read_test

    test = read_test(
        file, reader=reader, timezone=timezone, decimal=decimal and decimal.value,
        sign=sign and sign.value, nominal_capacity_ah=nominal_capacity_ah,
    )  # fmt: skip
    if output is not None:
        from voltlake.services.export import write_samples

        write_samples(test.samples, output)
    if json:
        print_json(summary(test))
        return
    _print_summary(test)
    if output is not None:
        console.print(f"\nWritten to {escape(str(output))}", highlight=False)


def summary(test: ReadTest) -> dict[str, object]:
    """Return what `read --json` prints."""
    return {
        "file": str(test.path),
        "reader": test.reader,
        "because": test.identified.claim.because,
        "rows": test.raw_samples.height,
        "cycles": test.cycles.height,
        "steps": test.steps.height,
        "columns": list(test.samples.columns),
        "metadata": test.metadata.model_dump(mode="json", exclude_none=True),
        "certificate": test.certificate.as_dicts(),
        "findings": [finding.as_dict() for finding in test.findings],
    }


def _print_summary(test: ReadTest) -> None:
    claim = test.identified.claim
    console.print(
        f"[bold]{escape(test.path.name)}[/bold]  {test.identified.reader.title} "
        f"[dim]({escape(claim.because)})[/dim]", highlight=False,
    )  # fmt: skip
    console.print(
        f"{test.raw_samples.height:,} rows, {test.steps.height:,} steps, "
        f"{test.cycles.height:,} cycles",
        highlight=False,
    )
    if test.raw_samples.height:
        _print_span(test)
    console.print()
    console.print(certificate_table(test.certificate.as_dicts()))
    print_findings([finding.as_dict() for finding in test.findings])


def _print_span(test: ReadTest) -> None:
    """Print the ranges that tell a person at a glance whether units are right."""
    for name in ("test_time_second", "voltage_volt", "current_ampere"):
        low, high = test.samples[name].min(), test.samples[name].max()
        if isinstance(low, float) and isinstance(high, float):
            console.print(f"  {name:<18} {low:.6g} … {high:.6g}", highlight=False)


def certificate_table(entries: list[dict[str, object]]) -> Table:
    """Return a certificate as people read it."""
    table = Table(
        title="Certificate", title_justify="left", header_style="bold", box=None, pad_edge=False
    )
    for heading in ("property", "declared", "detected", "verdict", "evidence"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        table.add_row(
            escape(str(entry["subject"])), escape(str(entry["declared"] or "–")),
            escape(str(entry["detected"] or "–")), verdict_mark(str(entry["verdict"])),
            f"[dim]{escape(str(entry['evidence'] or ''))}[/dim]",
        )  # fmt: skip
    return table


_SEVERITY = {
    "critical": "[bold red]✗ critical[/bold red]",
    "warning": "[yellow]! warning [/yellow]",
    "info": "[dim]· info    [/dim]",
}


def print_findings(findings: list[dict[str, object]]) -> None:
    """Print findings, the worst first, each with its rows and its remedy."""
    if not findings:
        console.print("\n[green]No findings.[/green]")
        return
    order = list(_SEVERITY)
    console.print(f"\n[bold]{len(findings)} findings[/bold]")
    for finding in sorted(findings, key=lambda each: order.index(str(each["severity"]))):
        rows = (
            ""
            if finding["row_first"] is None
            else f", rows {finding['row_first']} to {finding['row_last']}"
        )
        console.print(
            f"{_SEVERITY[str(finding['severity'])]} [bold]{finding['code']}[/bold] "
            f"{escape(str(finding['message']))}[dim]{rows}[/dim]", highlight=False,
        )  # fmt: skip
        if finding["remedy"]:
            console.print(f"             → {escape(str(finding['remedy']))}", highlight=False)

"""Delimited text in batches, and numbers printed the way the vendors' programs print them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

__all__ = [
    "Samples",
    "as_batches",
    "clock_text",
    "fixed_decimals",
    "general_number",
    "local_time_text",
    "write_delimited",
]

Samples = pl.DataFrame | Iterable[pl.DataFrame]
_ROWS_AT_ONCE = 100_000


def as_batches(samples: Samples) -> Iterator[pl.DataFrame]:
    """Yield the samples in pieces that fit in memory as text too."""
    frames = [samples] if isinstance(samples, pl.DataFrame) else samples
    for frame in frames:
        yield from frame.iter_slices(_ROWS_AT_ONCE)


def write_delimited(
    samples: Samples,
    path: Path,
    columns: Mapping[str, pl.Expr],
    *,
    preamble: str = "",
    separator: str = ",",
    line_end: str = "\n",
    byte_order_mark: bool = False,
) -> Path:
    """Write one text file, batch by batch.

    ``columns`` maps the headers, in order, to what is printed below them; an expression
    sees one batch of samples at a time. Returns ``path``.
    """
    header = separator.join(columns) + line_end
    with path.open("wb") as file:
        file.write(b"\xef\xbb\xbf" if byte_order_mark else b"")
        file.write((preamble + header).encode())
        for batch in as_batches(samples):
            # Headers may repeat or be empty, so the frame gets names of its own.
            printed = batch.select(
                expression.alias(str(index)) for index, expression in enumerate(columns.values())
            )
            printed.write_csv(
                file,
                include_header=False,
                separator=separator,
                line_terminator=line_end,
                quote_style="never",
            )
    return path


def fixed_decimals(expression: pl.Expr, places: int) -> pl.Expr:
    """Print with a fixed number of decimals: ``0.0000``."""
    # Adding zero turns -0.0 into 0.0.
    rounded = expression.round(places) + 0.0
    return rounded.cast(pl.Decimal(38, places)).cast(pl.String)


def general_number(expression: pl.Expr, digits: int) -> pl.Expr:
    """Print ``digits`` significant digits as .NET and C print: ``3.534595``, ``2.01404E-05``.

    Whole numbers lose their point; below 1e-4 the exponent is written.
    """
    return expression.round_sig_figs(digits).map_batches(_with_exponents, return_dtype=pl.String)


def _with_exponents(values: pl.Series) -> pl.Series:
    text = (values + 0.0).cast(pl.String).str.strip_suffix(".0")
    small = ((values.abs() < 1e-4) & (values != 0)).arg_true()
    if not small.len():
        return text
    return text.scatter(small, [f"{value:.15G}" for value in values.gather(small)])


def local_time_text(pattern: str, time_zone: str = "UTC") -> pl.Expr:
    """Print the wall-clock time at the cycler, ``pattern`` as in chrono (``%m/%d/%Y``)."""
    moment = pl.from_epoch((pl.col("unix_time_second") * 1e6).round().cast(pl.Int64), "us")
    return moment.dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone).dt.strftime(pattern)


def clock_text(seconds: pl.Expr, *, milliseconds: bool = False) -> pl.Expr:
    """Print a duration as ``HH:MM:SS`` with hours beyond 24, as Neware does."""
    whole = (seconds + 1e-9).floor().cast(pl.Int64)
    parts = [
        (whole // 3600).cast(pl.String).str.zfill(2),
        (whole // 60 % 60).cast(pl.String).str.zfill(2),
        (whole % 60).cast(pl.String).str.zfill(2),
    ]
    clock = pl.concat_str(parts, separator=":")
    if not milliseconds:
        return clock
    rest = ((seconds + 1e-9 - whole) * 1000).floor().cast(pl.Int64).cast(pl.String).str.zfill(3)
    return pl.concat_str([clock, rest], separator=".")

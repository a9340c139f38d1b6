"""What all figures share: an honest empty panel, and lines that tell cells apart."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from voltlake.charts.theme import DASHES, Theme

__all__ = ["NOT_MEASURED", "TABLE", "cell_encodings", "is_measured", "not_measured"]

TABLE = alt.NamedData("table")
"""The data of every figure: the prepared frame, which its specification may carry or not."""

NOT_MEASURED = "not measured"


def is_measured(frame: pl.DataFrame, column: str) -> bool:
    """Say whether a frame has at least one value in a column.

    An empty frame says nothing about the column: it counts as measured, so that a figure
    without data shows its axes.
    """
    if column not in frame.columns:
        return False
    return frame.is_empty() or frame[column].fill_nan(None).null_count() < frame.height


def not_measured(title: str, theme: Theme, *, width: Any = "container", height: int) -> alt.Chart:
    """Return a panel that says of a quantity that the cell has no record of it."""
    panel: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{"text": f"{title}: {NOT_MEASURED}"}]))
        .mark_text(color=theme.muted, fontSize=13)
        .encode(text="text:N")
        .properties(width=width, height=height)
    )
    return panel


def cell_encodings(theme: Theme, cells: int) -> dict[str, Any]:
    """Return colour and dash by cell: the palette first, then again with the next dash."""
    colors = [color for _ in DASHES for color in theme.cells]
    dashes = [list(dash) for dash in DASHES for _ in theme.cells]
    legend = alt.Legend(
        title="Cell", columns=1 + (cells - 1) // 20, symbolLimit=cells + 1, labelLimit=220
    )
    return {
        "color": alt.Color("cell_name:N", sort=None, scale=alt.Scale(range=colors), legend=legend),
        "strokeDash": alt.StrokeDash(
            "cell_name:N", sort=None, scale=alt.Scale(range=dashes), legend=legend
        ),
    }

"""How charts look: two restrained themes that stay readable for colour-blind eyes.

The colours of cells are those of Okabe and Ito (2008, https://jfly.uni-koeln.de/color/),
their yellow darkened on light and their black lightened on dark ground. Cells beyond the
eighth repeat the colours with another dash, so that print alone still tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from voltlake.errors import NotFound

__all__ = ["DARK", "LIGHT", "THEMES", "Theme", "ThemeName", "theme_named"]

ThemeName = Literal["light", "dark"]
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 2), (2, 2), (8, 2, 2, 2))


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme.

    Attributes
    ----------
    background, ink, muted, line
        The ground, titles, labels, and grid and axis lines.
    charge, discharge, temperature
        The colours of a direction or of a quantity.
    cells
        Colours of cells, in the order in which cells are drawn.
    cycles
        From the first cycle to the last; even in lightness, never the ground's colour.
    """

    name: ThemeName
    background: str
    ink: str
    muted: str
    line: str
    charge: str
    discharge: str
    temperature: str
    cells: tuple[str, ...]
    cycles: tuple[str, ...]

    def config(self) -> dict[str, Any]:
        """Return Vega-Lite's ``config`` for this theme."""
        title = {"titleColor": self.ink, "titleFontSize": 12, "titleFontWeight": 500}
        label = {"labelColor": self.muted, "labelFontSize": 11}
        return {
            "background": self.background,
            "font": FONT,
            "padding": 12,
            "view": {"stroke": None},
            "axis": {
                **title,
                **label,
                "titlePadding": 10,
                "grid": True,
                "gridColor": self.line,
                "gridOpacity": 0.6,
                "domainColor": self.line,
                "tickColor": self.line,
                "tickSize": 4,
                "labelPadding": 4,
            },
            "axisX": {"grid": False},
            "legend": {**title, **label, "symbolStrokeWidth": 2, "symbolType": "stroke"},
            "title": {
                "color": self.ink,
                "subtitleColor": self.muted,
                "fontSize": 14,
                "fontWeight": 600,
                "subtitleFontSize": 11,
                "anchor": "start",
                "offset": 12,
            },
            "text": {"color": self.muted, "fontSize": 13},
            "range": {"category": list(self.cells), "ramp": list(self.cycles)},
        }


_VIRIDIS_LIKE = ("#3b1c6b", "#35568d", "#217a8c", "#27a07c", "#8bc44a", "#e0c51f")

LIGHT = Theme(
    name="light",
    background="#ffffff",
    ink="#1f2933",
    muted="#5f6b7a",
    line="#dde3ea",
    charge="#2e86c1",
    discharge="#e74c3c",
    temperature="#b9770e",
    cells=(
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#333333", "#b8a800",
    ),
    cycles=_VIRIDIS_LIKE,
)  # fmt: skip

DARK = Theme(
    name="dark",
    background="#161b22",
    ink="#e6edf3",
    muted="#9aa7b5",
    line="#2d3640",
    charge="#5dade2",
    discharge="#f1948a",
    temperature="#f0b24b",
    cells=(
        "#4aa8e0", "#f0803c", "#2fc79a", "#e29bc4", "#8bd0f5", "#f2b84b", "#d0d7de", "#e8dc4a",
    ),
    cycles=("#7a5fc0", "#5b83c9", "#3fa7b5", "#4cc79a", "#a6dc62", "#f2dc4e"),
)  # fmt: skip

THEMES: dict[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}


def theme_named(name: str) -> Theme:
    """Return a theme; raise ``NotFound`` for any name but ``light`` and ``dark``."""
    for theme in THEMES.values():
        if theme.name == name:
            return theme
    raise NotFound(f"no theme is called '{name[:40]}'", remedy=f"Use {' or '.join(THEMES)}")

"""The quantities that pages draw; their words and units come from their declarations."""

from __future__ import annotations

from voltlake.charts.titles import axis_title, quantity_words

__all__ = ["FADE_QUANTITIES", "fade_label"]

_FADE = (
    "discharge_capacity_ah",
    "charge_capacity_ah",
    "discharge_capacity_retention",
    "coulombic_efficiency",
    "energy_efficiency",
    "discharge_energy_wh",
    "charge_energy_wh",
    "mean_discharge_voltage_volt",
    "dc_internal_resistance_ohm",
)
FADE_QUANTITIES = {name: axis_title(name) for name in _FADE}
"""Column of the cycles table -> axis title; ratios are titled in per cent."""


def fade_label(y: str, normalise: str) -> str:
    """Return the title of the vertical axis over cycles."""
    if normalise == "first":
        return f"{quantity_words(y)} (% of first cycle)"
    return FADE_QUANTITIES[y]

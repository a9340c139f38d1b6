"""What sampling and rounding leave open in the integral of a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voltlake.numerics.decimals import decimal_places
from voltlake.processing.time_base import time_resolution_second

__all__ = ["left_open", "quantum_of"]

Floats = NDArray[np.float64]

GAP_INTERVALS = 10.0
"""An interval is a gap beyond so many of the usual intervals of its step."""


def quantum_of(*columns: Floats) -> float:
    """Return the unit of the last printed digit of all values; 0 where they have no end."""
    values = np.concatenate(columns)
    places, _ = decimal_places(values[np.isfinite(values)])
    return 0.0 if places < 0 else float(10.0**-places)


def left_open(sums: dict[str, Floats], start_second: Floats, *, is_energy: bool) -> Floats:
    """Return by how much the integral of each step may be wrong, in A·s or W·s.

    - Between two rows the signal may have been anything between both readings.
    - In a gap more than ten times as long as the step's other intervals it may also have
      stood still: a pause that the clock does not tell.
    - Before the first row it may have been anything that the step shows; where the step
      does not say how long that was, it may also not have flowed at all.
    - Times in whole seconds shift the begin and the end by up to a second.
    - A printed current stands for all that round to it. The last digit is told by current
      and voltage together: cyclers print both alike, and a set current may be round.
    """
    word, signal = ("energy", "power") if is_energy else ("charge", "current")
    low, high = sums[f"{signal}_min"], sums[f"{signal}_max"]
    size = np.nan_to_num(np.maximum(np.abs(low), np.abs(high)))
    unsure = np.where(sums["start_known"] > 0, np.nan_to_num(high - low), size)
    seconds = time_resolution_second(sums)
    quantum = min(
        quantum_of(sums["current_min"], sums["current_max"], sums["current_last"]),
        quantum_of(sums["voltage_min"], sums["voltage_max"], sums["voltage_last"]),
    )
    weight = np.nan_to_num(np.abs(sums["voltage_max"])) if is_energy else 1.0
    gap = np.where(_has_gap(sums), sums[f"longest_{word}"], 0.0)
    rounding = 0.5 * quantum * weight * (sums["duration"] + start_second)
    return np.asarray(
        sums[f"{word}_rough"] + unsure * start_second + 2.0 * seconds * size + gap + rounding
    )


def _has_gap(sums: dict[str, Floats]) -> NDArray[np.bool_]:
    others = np.maximum(sums["row_last"] - sums["row_first"] - 1.0, 1.0)
    usual = (sums["duration"] - sums["longest"]) / others
    return np.asarray((sums["longest"] > GAP_INTERVALS * usual) & (usual > 0))

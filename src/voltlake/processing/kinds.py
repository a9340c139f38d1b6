"""What a step is: charge, discharge, rest, pulse …, by data and by the vendor's words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voltlake.processing.records import StepRecords
from voltlake.processing.step_words import control_of, kind_of
from voltlake.processing.survey import Survey

__all__ = ["controls_of_steps", "kinds_of_steps"]

Floats = NDArray[np.float64]
Words = NDArray[np.object_]

_BOTH_WAYS = 0.02
_REST_BY_WORD = 0.02
_PULSE_CAPACITY = 0.015
_PULSE_DURATION = 0.02
_STEADY = 0.02
_TAPERED = 0.95


def kinds_of_steps(records: StepRecords, sums: dict[str, Floats], found: Survey) -> Words:
    """Return charge, discharge, rest, pulse, eis, waveform or unknown for each step.

    Words decide what the data cannot show (eis, pulse, waveform, rest at a small offset
    current); otherwise the data decide.
    """
    words = np.array([kind_of(text) for text in records.labels["step_type"]], dtype=object)
    kinds = _by_data(sums, found)
    small = _mean_magnitude(sums) <= _REST_BY_WORD * found.current_scale_ampere
    kinds[(words == "rest") & small] = "rest"
    for special in ("eis", "pulse", "waveform"):
        kinds[words == special] = special
    unclear = kinds == "unknown"
    kinds[unclear] = np.where(words[unclear] == None, "unknown", words[unclear])  # noqa: E711
    return _with_pulses(kinds, sums)


def _mean_magnitude(sums: dict[str, Floats]) -> Floats:
    seconds = sums["current_time"]
    total = sums["charge_in"] + sums["charge_out"]
    single = np.abs(np.where(np.isnan(sums["current_last"]), 0.0, sums["current_last"]))
    return np.divide(total, seconds, out=single, where=seconds > 0)


def _by_data(sums: dict[str, Floats], found: Survey) -> Words:
    rest = found.rest_current_ampere
    total = sums["charge_in"] + sums["charge_out"]
    least = np.minimum(sums["charge_in"], sums["charge_out"])
    net = np.where(total > 0, sums["charge_in"] - sums["charge_out"], sums["current_last"])
    kinds = np.where(net > 0, "charge", "discharge").astype(object)
    crossing = (sums["current_min"] < -rest) & (sums["current_max"] > rest)
    kinds[crossing & (least > _BOTH_WAYS * total)] = "waveform"
    kinds[_mean_magnitude(sums) <= rest] = "rest"
    kinds[np.isnan(sums["current_last"]) & (total == 0)] = "unknown"
    return kinds


def _with_pulses(kinds: Words, sums: dict[str, Floats]) -> Words:
    """Mark short, small steps between rests: a pulse is no half cycle."""
    active = (kinds == "charge") | (kinds == "discharge")
    charge = np.maximum(sums["charge_in"], sums["charge_out"])
    largest = float(charge[active].max(initial=0.0))
    longest = float(sums["duration"][active].max(initial=0.0))
    short = (charge < _PULSE_CAPACITY * largest) & (sums["duration"] < _PULSE_DURATION * longest)
    quiet = (kinds == "rest") | (kinds == "pulse") | (active & short)
    before = np.concatenate([[False], quiet[:-1]])
    after = np.concatenate([quiet[1:], [False]])
    result = kinds.copy()
    result[active & short & before & after] = "pulse"
    return result


def controls_of_steps(
    records: StepRecords, sums: dict[str, Floats], tapers: dict[str, Floats], kinds: Words
) -> Words:
    """Return cc, cv, cccv or cp for charges, discharges and pulses; ``None`` elsewhere."""
    words = np.array([control_of(text) for text in records.labels["step_type"]], dtype=object)
    size = np.maximum(np.abs(sums["current_min"]), np.abs(sums["current_max"]))
    steady_current = sums["current_max"] - sums["current_min"] <= _STEADY * size
    power = np.maximum(np.abs(sums["power_min"]), np.abs(sums["power_max"]))
    steady_power = sums["power_max"] - sums["power_min"] <= _STEADY * power
    tapered = (tapers["current_end"] < _TAPERED * tapers["current_begin"]) & (
        tapers["duration"] > 0
    )
    ahead = tapers["ahead"] > 0
    controls = np.full(len(records), None, dtype=object)
    controls[steady_power] = "cp"
    controls[tapered & ahead] = "cccv"
    controls[tapered & ~ahead] = "cv"
    controls[steady_current] = "cc"
    missing = controls == None  # noqa: E711
    controls[missing] = words[missing]
    controls[(words == "cp") & steady_power] = "cp"
    controls[~np.isin(kinds.astype(str), ("charge", "discharge", "pulse"))] = None
    return controls

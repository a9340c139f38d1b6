"""Neware's codes for step types, and which of them charge or discharge."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["DIRECTION_BY_CODE", "STEP_TYPES", "is_known", "step_type_names"]

STEP_TYPES: dict[int, str] = {
    1: "CC_Chg", 2: "CC_DChg", 3: "CV_Chg", 4: "Rest", 5: "Cycle", 6: "End", 7: "CCCV_Chg",
    8: "CP_DChg", 9: "CP_Chg", 10: "CR_DChg", 11: "CR_Chg", 12: "IR", 13: "Pause",
    16: "Pulse", 17: "SIM", 18: "PCCCV_Chg", 19: "CV_DChg", 20: "CCCV_DChg", 21: "Control",
    22: "OCV", 23: "SubStep", 24: "Follow", 25: "Ramp", 26: "CPCV_DChg", 27: "CPCV_Chg",
    28: "CRCV_DChg", 29: "CRCV_Chg", 30: "CyclicVoltammetry",
}  # fmt: skip
"""Code -> the vendor's words, as its export prints them with ``_`` in the place of a space."""


def _direction(name: str) -> int:
    if name.endswith("_DChg"):
        return -1
    return 1 if name.endswith("_Chg") else 0


DIRECTION_BY_CODE: NDArray[np.int8] = np.array(
    [_direction(STEP_TYPES.get(code, "")) for code in range(256)], np.int8
)
"""+1 for charging steps, -1 for discharging ones, 0 for all others (rest, pulse, SIM …)."""

_NAMES = pl.Series([STEP_TYPES.get(code, f"code {code}") for code in range(256)], dtype=pl.String)


def is_known(codes: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Say of each code (0 to 255) whether its meaning is known."""
    table = np.zeros(256, np.bool_)
    table[list(STEP_TYPES)] = True
    known: NDArray[np.bool_] = table[codes]
    return known


def step_type_names(
    codes: NDArray[np.integer], valid: NDArray[np.bool_] | None = None
) -> pl.Series:
    """Return the vendor's words; an unknown code reads ``code 31``; null where not valid."""
    picks = pl.Series(codes.astype(np.uint32, copy=False))
    if valid is not None and not valid.all():
        picks = pl.select(pl.when(pl.Series(valid)).then(picks)).to_series()
    return _NAMES.gather(picks)

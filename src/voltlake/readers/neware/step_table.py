"""``data_step.ndc``: one record per executed step, and the cycle numbers that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.readers.neware.pages import Part
from voltlake.readers.neware.progress import CycleRule
from voltlake.readers.neware.samples import Columns, step_id_texts
from voltlake.readers.neware.step_types import DIRECTION_BY_CODE, STEP_TYPES, step_type_names

__all__ = ["StepTable", "read_step_table"]

_WIDE = (16, 17)
_STORED = "the number stored with each step"
_BEGINS = {"1": 1, "2": -1}


@dataclass(frozen=True, slots=True)
class StepTable:
    """What each executed step is; position n describes step_count n + 1.

    Attributes
    ----------
    cycles, step_ids, codes
        Cycle number as the vendor's export shows it, step of the programme, step type code.
    cycle_rule, cycle_source
        How the cycle numbers came about, and which part says so.
    """

    cycles: NDArray[np.int64]
    step_ids: NDArray[np.int64]
    codes: NDArray[np.uint8]
    cycle_rule: str
    cycle_source: str

    @property
    def unknown_codes(self) -> list[int]:
        """Return step type codes that have no name."""
        return sorted({int(code) for code in np.unique(self.codes)} - set(STEP_TYPES))

    def columns(self, step_count: NDArray[np.int64], known: NDArray[np.bool_]) -> Columns:
        """Return cycle_count, step_id and step_type of rows; null where the step is unknown."""
        valid = known & (step_count >= 1) & (step_count <= len(self.codes))
        places = pl.Series(step_count - 1)
        if not valid.all():
            places = pl.select(pl.when(pl.Series(valid)).then(places)).to_series()
        if not len(self.codes):
            places = places.clear(len(step_count))
            return {
                "cycle_count": places,
                "step_id": places.cast(pl.String),
                "step_type": places.cast(pl.String),
            }
        places = places.cast(pl.UInt32)
        return {
            "cycle_count": pl.Series(self.cycles).gather(places),
            "step_id": step_id_texts(self.step_ids).gather(places),
            "step_type": step_type_names(self.codes).gather(places),
        }


def read_step_table(part: Part, cycle_mode: str) -> StepTable:
    """Read the steps.

    ``cycle_mode`` is what a person set in the vendor's program (NdaxConfig.xml): ``1`` lets a
    cycle begin with charge, ``2`` with discharge, anything else keeps the stored numbers.
    """
    width = 100 if part.version in _WIDE else 37
    pieces = [rows.records for rows in part.rows(width, 65_536)]
    records = np.concatenate([np.empty((0, width), np.uint8), *pieces])
    records = records[records[:, 4:8].any(axis=1)]
    numbers = np.ascontiguousarray(records[:, :8]).view("<u4").astype(np.int64)
    codes = records[:, 24].copy()
    begins = _BEGINS.get(cycle_mode)
    if begins is None:
        return StepTable(numbers[:, 0] + 1, numbers[:, 1], codes, _STORED, part.name)
    cycles = CycleRule(begins).count(DIRECTION_BY_CODE[codes])
    rule = f"a cycle begins with {'charge' if begins > 0 else 'discharge'} (CycleMode {cycle_mode})"
    return StepTable(cycles, numbers[:, 1], codes, rule, "NdaxConfig.xml")

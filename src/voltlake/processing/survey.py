"""A first look at a whole test: how large its currents are and how often it was sampled.

All later thresholds are fractions of what is found here, so that a coin cell at
nanoamperes and a pack at kiloamperes are cut into the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.streams import TableStream
from voltlake.processing import kernels

__all__ = ["Survey", "floats", "survey"]

REST_FRACTION = 1e-3
"""A current below this part of the current scale is no current: a test with pulses of 5 C and
a sweep at C/50 spans a factor of 250, the offset of a good channel is below 1/2000."""

_QUANTILE = 0.99


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first pass over the samples shows.

    Attributes
    ----------
    rows
        Number of rows.
    current_scale_ampere
        The magnitude that 99 % of the rows with current do not exceed; 0 without current.
    voltage_span_volt
        Highest minus lowest voltage.
    current_min_ampere, current_max_ampere
        Extremes; NaN where there is no current at all.
    """

    rows: int
    current_scale_ampere: float
    voltage_span_volt: float
    current_min_ampere: float
    current_max_ampere: float

    @property
    def rest_current_ampere(self) -> float:
        """Magnitude up to which a current counts as none."""
        return REST_FRACTION * self.current_scale_ampere


def floats(batch: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as doubles, NaN where it is null or not in the table."""
    if name not in batch.columns:
        return np.full(batch.height, np.nan)
    values = batch.get_column(name).cast(pl.Float64).to_numpy()
    return np.ascontiguousarray(values)


def survey(samples: TableStream) -> Survey:
    """Walk once over current and voltage."""
    counts = np.zeros(kernels.OCTAVES * kernels.BINS_PER_OCTAVE, np.int64)
    rows = 0
    extremes = np.array([np.inf, -np.inf, np.inf, -np.inf])
    names = [name for name in ("current_ampere", "voltage_volt") if name in samples.schema]
    for batch in samples.batches(names):
        rows += batch.height
        current, voltage = floats(batch, "current_ampere"), floats(batch, "voltage_volt")
        kernels.histogram_of_magnitudes(current, counts)
        kernels.widen(current, extremes[:2])
        kernels.widen(voltage, extremes[2:])
    low, high, bottom, top = (float(value) for value in extremes)
    return Survey(
        rows,
        _quantile_of_histogram(counts),
        top - bottom if top >= bottom else 0.0,
        low if high >= low else float("nan"),
        high if high >= low else float("nan"),
    )


def _quantile_of_histogram(counts: NDArray[np.int64]) -> float:
    total = int(counts.sum())
    if total == 0:
        return 0.0
    place = int(np.searchsorted(np.cumsum(counts), _QUANTILE * total))
    upper_edge = (place + 1) / kernels.BINS_PER_OCTAVE + kernels.LEAST_OCTAVE
    return float(2.0**upper_edge)

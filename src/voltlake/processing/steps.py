"""The step table: one row for each execution of a step."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.canonical.tables import STEPS_SCHEMA
from voltlake.processing.kinds import controls_of_steps, kinds_of_steps
from voltlake.processing.records import StepRecords
from voltlake.processing.sources import Quantity
from voltlake.processing.survey import Survey

__all__ = ["seconds_before_first_row", "step_table"]

Floats = NDArray[np.float64]
_PAUSE_SAMPLES = 10.0
SECONDS_PER_HOUR = 3600.0


def seconds_before_first_row(sums: dict[str, Floats]) -> Floats:
    """Seconds for which each step's first current is taken to have flowed already.

    What the step's own time says; else the gap to the row before, unless that gap is longer
    than ten samples of the step: then it is a pause, and nothing is assumed to have flowed.
    """
    intervals = sums["row_last"] - sums["row_first"]
    seconds = float(sums["duration"].sum())
    usual = seconds / max(float(intervals.sum()), 1.0)
    sampling = np.divide(
        sums["duration"], intervals, out=np.full(intervals.size, usual), where=intervals > 0
    )
    sampling = np.where(sampling > 0, sampling, usual)
    pause = (sums["start_known"] == 0.0) & (sums["start_second"] > _PAUSE_SAMPLES * sampling)
    return np.where(pause, 0.0, sums["start_second"])


def _ratio(top: Floats, bottom: Floats, otherwise: Floats) -> Floats:
    return np.divide(top, bottom, out=otherwise.copy(), where=bottom > 0)


def step_table(
    records: StepRecords,
    sums: dict[str, Floats],
    start_second: Floats,
    tapers: dict[str, Floats],
    found: Survey,
    capacity: Quantity,
    energy: Quantity,
    nominal_capacity_ah: float | None,
) -> pl.DataFrame:
    """Build the step table; cycle numbers and states of charge are still null."""
    kinds = kinds_of_steps(records, sums, found)
    controls = controls_of_steps(records, sums, tapers, kinds)
    tapering = np.isin(controls.astype(str), ("cv", "cccv"))
    count = len(records)
    computed = pl.Series("step_count", np.arange(1, count + 1), dtype=pl.Int64)
    reported = records.labels["step_count"]
    columns: dict[str, object] = {
        "step_count": computed if reported.null_count() == count else reported,
        "step_id": records.labels["step_id"],
        "step_type": pl.Series(kinds.tolist(), dtype=pl.String),
        "control": pl.Series(controls.tolist(), dtype=pl.String),
        "vendor_step_type": records.labels["step_type"],
        "cycle_count": records.labels["cycle_count"],
        "start_unix_time_second": _unix_start(records, start_second),
        "test_time_start_second": sums["time_first"] - start_second,
        "duration_second": sums["duration"] + start_second,
        **_extremes_and_means(sums),
        **_quantities(capacity, energy),
        "capacity_source": pl.Series(capacity.sources.tolist(), dtype=pl.String),
        "cv_duration_second": np.where(tapering, tapers["duration"], np.nan),
        "cv_capacity_ah": np.where(tapering, tapers["charge"] / SECONDS_PER_HOUR, np.nan),
        **_rates(sums, tapers, kinds, nominal_capacity_ah),
        "row_first": sums["row_first"].astype(np.int64),
        "row_last": sums["row_last"].astype(np.int64),
    }
    table = pl.DataFrame(
        {
            name: columns.get(name, pl.Series([None] * count, dtype=dtype))
            for name, dtype in STEPS_SCHEMA.items()
        }
    )
    return _with_rest_voltages(table.cast(STEPS_SCHEMA).with_columns(_no_nan()))


def _no_nan() -> pl.Expr:
    return pl.selectors.float().fill_nan(None)


def _unix_start(records: StepRecords, start_second: Floats) -> Floats:
    first = records.labels["unix_time_second"].to_numpy().astype(np.float64)
    return np.asarray(first - start_second)


def _extremes_and_means(sums: dict[str, Floats]) -> dict[str, Floats]:
    return {
        "voltage_start_volt": sums["voltage_first"],
        "voltage_end_volt": sums["voltage_last"],
        "voltage_min_volt": sums["voltage_min"],
        "voltage_mean_volt": _ratio(
            sums["voltage_area"], sums["voltage_time"], sums["voltage_last"]
        ),
        "voltage_max_volt": sums["voltage_max"],
        "current_min_ampere": sums["current_min"],
        "current_mean_ampere": _ratio(
            sums["current_area"], sums["current_time"], sums["current_last"]
        ),
        "current_max_ampere": sums["current_max"],
        "current_start_ampere": sums["current_first"],
        "current_end_ampere": sums["current_last"],
        "temperature_min_celsius": sums["temperature_min"],
        "temperature_mean_celsius": _ratio(
            sums["temperature_area"], sums["temperature_time"], sums["temperature_last"]
        ),
        "temperature_max_celsius": sums["temperature_max"],
    }


def _quantities(capacity: Quantity, energy: Quantity) -> dict[str, Floats]:
    columns = {}
    for quantity, name, unit in ((capacity, "capacity", "ah"), (energy, "energy", "wh")):
        columns[f"charge_{name}_{unit}"] = quantity.into
        columns[f"discharge_{name}_{unit}"] = quantity.out
        columns[f"charge_{name}_counter_{unit}"] = quantity.into_counter
        columns[f"discharge_{name}_counter_{unit}"] = quantity.out_counter
        columns[f"charge_{name}_integrated_{unit}"] = quantity.into_integrated
        columns[f"discharge_{name}_integrated_{unit}"] = quantity.out_integrated
    return columns


def _rates(
    sums: dict[str, Floats],
    tapers: dict[str, Floats],
    kinds: NDArray[np.object_],
    nominal_capacity_ah: float | None,
) -> dict[str, Floats]:
    """C-rate of the part ahead of the taper, and at the end; null without nominal capacity."""
    if nominal_capacity_ah is None:
        return {}
    whole = np.abs(_ratio(sums["current_area"], sums["current_time"], sums["current_last"]))
    ahead = _ratio(tapers["charge_ahead"], tapers["ahead"], whole)
    active = ~np.isin(kinds.astype(str), ("rest", "eis", "unknown"))
    return {
        "c_rate": np.where(active, ahead / nominal_capacity_ah, np.nan),
        "c_rate_end": np.where(active, np.abs(sums["current_last"]) / nominal_capacity_ah, np.nan),
    }


def _with_rest_voltages(table: pl.DataFrame) -> pl.DataFrame:
    """Last voltage of the rest just before and just after; a rest ends at its own."""
    at_rest = pl.when(pl.col("step_type") == "rest").then(pl.col("voltage_end_volt"))
    return table.with_columns(
        at_rest.shift(1).alias("ocv_start_volt"),
        pl.coalesce(at_rest, at_rest.shift(-1)).alias("ocv_end_volt"),
    )

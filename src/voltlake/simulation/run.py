"""Run a protocol on a cell: the samples a cycler would log, and the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from math import inf

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltlake.simulation.cell import Cell
from voltlake.simulation.kernel import PROGRAM_FIELDS, integrate_steps
from voltlake.simulation.protocol import Protocol, StepInCycle, unrolled

__all__ = ["Cycler", "SimulatedTest", "run", "stream"]

Array = NDArray[np.float64]
_COUNTERS = (
    "charging_capacity_ah",
    "discharging_capacity_ah",
    "charging_energy_wh",
    "discharging_energy_wh",
)
START_UNIX_TIME_SECOND = 1_767_600_000.0  # 2026-01-05 08:00:00 UTC


@dataclass(frozen=True, slots=True)
class Cycler:
    """How the instrument looks at the cell.

    Attributes
    ----------
    interval_second
        A row at least this often within a step, counted from its beginning.
    voltage_step_volt, current_step_c_rate
        A row also when the voltage has moved by this much since the last one (constant
        current), or the current by this share of 1C (constant voltage).
    first_row_second
        When after a step's beginning its first row is logged.
    …_noise_…
        Standard deviation of what is added to voltage, current and temperature; the
        charge and energy counters stay true, as they integrate far faster than rows are
        written. Current noise is relative to 1C and absent at rest.
    …_resolution_…
        The printed values are multiples of this; 0 leaves them as they are.
    """

    interval_second: float = 10.0
    voltage_step_volt: float = inf
    current_step_c_rate: float = inf
    first_row_second: float = 0.01
    voltage_noise_volt: float = 0.0
    current_noise_c_rate: float = 0.0
    temperature_noise_celsius: float = 0.0
    voltage_resolution_volt: float = 0.0
    current_resolution_c_rate: float = 0.0
    temperature_resolution_celsius: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedTest:
    """One run of one cell.

    Attributes
    ----------
    samples
        Rows by time with BDF columns: time, voltage, current (charging positive), the
        temperatures, cycle and step numbers, and the counters of every scope.
    steps
        One row per execution: ``step_count``, ``cycle_count``, ``step_id``, ``step_type``,
        ``duration_second`` and its four true counters.
    cycles
        One row per cycle: true charge and energy in and out, and the cell's true
        ``capacity_ah``, ``ohmic_resistance_ohm`` and ``branch_resistance_ohm`` in it.
    """

    cell: Cell
    samples: pl.DataFrame
    steps: pl.DataFrame
    cycles: pl.DataFrame
    ambient_temperature_celsius: float


@dataclass(slots=True)
class _Progress:
    """What one batch of cycles hands on to the next."""

    state: Array
    test_time_second: float = 0.0
    rows: int = 0
    steps: int = 0
    totals: Array = field(default_factory=lambda: np.zeros(4))


def run(
    cell: Cell,
    protocol: Protocol,
    *,
    cycler: Cycler | None = None,
    start_soc: float = 0.0,
    start_unix_time_second: float = START_UNIX_TIME_SECOND,
    ambient_temperature_celsius: float = 25.0,
    seed: int = 0,
) -> SimulatedTest:
    """Simulate a whole test in memory; the same arguments always give the same numbers.

    See :func:`stream` for the arguments. Noise is drawn per batch of cycles from ``seed``.
    """
    frames = list(
        stream(
            cell,
            protocol,
            cycler=cycler,
            start_soc=start_soc,
            start_unix_time_second=start_unix_time_second,
            ambient_temperature_celsius=ambient_temperature_celsius,
            seed=seed,
        )
    )
    samples = pl.concat(frames, rechunk=True)
    steps = _true_steps(samples)
    return SimulatedTest(
        cell, samples, steps, _true_cycles(cell, steps), ambient_temperature_celsius
    )


def stream(
    cell: Cell,
    protocol: Protocol,
    *,
    cycler: Cycler | None = None,
    start_soc: float = 0.0,
    start_unix_time_second: float = START_UNIX_TIME_SECOND,
    ambient_temperature_celsius: float = 25.0,
    seed: int = 0,
    cycles_per_batch: int = 20,
) -> Iterator[pl.DataFrame]:
    """Yield the samples of a test in batches of whole cycles, so that any length fits.

    Parameters
    ----------
    start_soc
        State of charge at the beginning; the cell is at rest and at ambient temperature.
    seed
        Seeds the noise, which is drawn batch by batch.
    cycles_per_batch
        How many cycles are simulated at once. It does not change the true values, but the
        noise depends on it.
    """
    cycler = cycler or Cycler()
    progress = _Progress(np.array([start_soc, 0.0, ambient_temperature_celsius]))
    executions = unrolled(protocol)
    batches = groupby(executions, key=lambda each: (each.cycle_count - 1) // cycles_per_batch)
    for number, batch in batches:
        part = list(batch)
        rows = integrate_steps(
            _program(cell, part, cycler),
            _fixed(cell, ambient_temperature_celsius),
            cell.ocv.knots,
            cell.ocv.grid,
            progress.state,
        )
        frame = _frame(rows, part, cell, progress, ambient_temperature_celsius)
        frame = frame.with_columns(
            (pl.col("test_time_second") + start_unix_time_second).alias("unix_time_second")
        )
        yield _seen_by(
            cycler, frame, cell.nominal_capacity_ah, np.random.default_rng([seed, number])
        )


def _fixed(cell: Cell, ambient_temperature_celsius: float) -> Array:
    return np.array(
        [
            cell.branch_time_second,
            cell.coulombic_efficiency,
            ambient_temperature_celsius,
            cell.heat_capacity_joule_per_kelvin,
            cell.cooling_watt_per_kelvin,
        ]
    )


def _program(cell: Cell, executions: list[StepInCycle], cycler: Cycler) -> Array:
    """One row per execution, columns ``PROGRAM_FIELDS``, aged to the execution's cycle."""
    program = np.empty((len(executions), len(PROGRAM_FIELDS)))
    one_c = cell.nominal_capacity_ah
    substeps = 1.0 if np.isinf(cycler.voltage_step_volt) else 10.0
    for row, each in zip(program, executions, strict=True):
        step, finished = each.step, each.cycle_count - 1
        resistance = cell.ageing.resistance_share(finished)
        row[:] = (
            step.c_rate * one_c,
            step.limit_volt,
            step.hold_volt,
            step.cutoff_c_rate * one_c,
            step.duration_second,
            cycler.interval_second,
            cycler.voltage_step_volt,
            cycler.current_step_c_rate * one_c,
            cycler.first_row_second,
            substeps,
            cell.capacity_ah * cell.ageing.capacity_share(finished),
            cell.ohmic_resistance_ohm * resistance,
            cell.branch_resistance_ohm * resistance,
        )
    return program


def _frame(
    rows: Array,
    executions: list[StepInCycle],
    cell: Cell,
    progress: _Progress,
    ambient_temperature_celsius: float,
) -> pl.DataFrame:
    """Turn logged rows into BDF columns and hand the running totals on."""
    position = rows[:, 0].astype(np.int64)
    first = np.searchsorted(position, np.arange(len(executions)))
    last = np.append(first[1:], len(position)) - 1
    durations, ends = rows[last, 1], rows[last, 5:9]
    starts = progress.test_time_second + np.concatenate([[0.0], np.cumsum(durations)])
    totals = progress.totals + np.vstack([np.zeros(4), np.cumsum(ends, axis=0)])
    cycle = np.array([each.cycle_count for each in executions])
    cycle_base = totals[np.searchsorted(cycle, cycle)]
    finished = cycle - 1
    resistance = cell.ohmic_resistance_ohm * (
        1.0 + cell.ageing.resistance_growth_per_cycle * finished
    )
    columns: dict[str, object] = {
        "test_time_second": starts[position] + rows[:, 1],
        "voltage_volt": rows[:, 2],
        "current_ampere": rows[:, 3],
        "cycle_count": cycle[position],
        "step_count": progress.steps + 1 + position,
        "record_index": progress.rows + 1 + np.arange(len(position)),
        "step_record_index": 1 + np.arange(len(position)) - first[position],
        "step_id": np.array([str(each.instruction) for each in executions])[position],
        "step_type": np.array([each.step.step_type for each in executions])[position],
        "step_time_second": rows[:, 1],
        "ambient_temperature_celsius": np.full(len(position), ambient_temperature_celsius),
        "temperature_t1_celsius": rows[:, 4],
        "internal_resistance_ohm": resistance[position],
    }
    for index, name in enumerate(_COUNTERS):
        within = rows[:, 5 + index]
        columns[f"step_{name}"] = within
        columns[f"cycle_{name}"] = (totals[:-1] - cycle_base)[position, index] + within
        columns[name] = totals[position, index] + within
    progress.test_time_second = float(starts[-1])
    progress.rows += len(position)
    progress.steps += len(executions)
    progress.totals = totals[-1]
    return pl.DataFrame(columns)


def _seen_by(
    cycler: Cycler, frame: pl.DataFrame, one_c: float, random: np.random.Generator
) -> pl.DataFrame:
    """Add noise and resolution to voltage, current and temperature."""
    current_noise = cycler.current_noise_c_rate * one_c
    seen = []
    for name, noise, resolution in (
        ("voltage_volt", cycler.voltage_noise_volt, cycler.voltage_resolution_volt),
        ("current_ampere", current_noise, cycler.current_resolution_c_rate * one_c),
        (
            "temperature_t1_celsius",
            cycler.temperature_noise_celsius,
            cycler.temperature_resolution_celsius,
        ),
    ):
        values = frame[name].to_numpy()
        if noise > 0:
            flowing = 1.0 if name != "current_ampere" else values != 0
            values = values + flowing * random.normal(0.0, noise, values.size)
        if resolution > 0:
            values = np.round(values / resolution) * resolution
        seen.append(pl.Series(name, values))
    return frame.with_columns(seen)


def _true_steps(samples: pl.DataFrame) -> pl.DataFrame:
    """One row per execution, from the last row of each."""
    return samples.group_by("step_count", maintain_order=True).agg(
        pl.col("cycle_count", "step_id", "step_type").last(),
        pl.col("test_time_second").last().alias("test_time_end_second"),
        pl.col("step_time_second").last().alias("duration_second"),
        pl.col(*(f"step_{name}" for name in _COUNTERS)).last(),
        pl.len().alias("rows"),
    )


def _true_cycles(cell: Cell, steps: pl.DataFrame) -> pl.DataFrame:
    """One row per cycle, with the cell's true state in it."""
    cycles = steps.group_by("cycle_count", maintain_order=True).agg(
        charge_capacity_ah=pl.col("step_charging_capacity_ah").sum(),
        discharge_capacity_ah=pl.col("step_discharging_capacity_ah").sum(),
        charge_energy_wh=pl.col("step_charging_energy_wh").sum(),
        discharge_energy_wh=pl.col("step_discharging_energy_wh").sum(),
        duration_second=pl.col("duration_second").sum(),
        rows=pl.col("rows").sum(),
    )
    finished = cycles["cycle_count"].to_numpy() - 1
    shares = np.array([cell.ageing.capacity_share(k) for k in finished])
    grown = np.array([cell.ageing.resistance_share(k) for k in finished])
    return cycles.with_columns(
        pl.Series("capacity_ah", cell.capacity_ah * shares),
        pl.Series("ohmic_resistance_ohm", cell.ohmic_resistance_ohm * grown),
        pl.Series("branch_resistance_ohm", cell.branch_resistance_ohm * grown),
    )

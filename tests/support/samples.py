"""Small hand-made tests whose truth is known: constant currents through a simple cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from voltlake.canonical.columns import Scope
from voltlake.canonical.streams import TableStream

__all__ = ["Instruction", "cut", "cycling", "exported", "run"]

RESISTANCE_OHM = 0.05
CAPACITY_AH = 1.0


@dataclass(frozen=True)
class Instruction:
    """A step: constant current for so many seconds, logged every ``every`` seconds."""

    current_ampere: float
    seconds: float
    every: float = 10.0
    word: str = ""
    step_id: str = ""


def cycling(cycles: int, current_ampere: float = 1.0, hours: float = 0.5) -> list[Instruction]:
    """Charge, rest, discharge, rest; ``hours`` in each direction."""
    seconds = hours * 3600.0
    once = [
        Instruction(current_ampere, seconds, word="CC_Chg", step_id="1"),
        Instruction(0.0, 600.0, word="Rest", step_id="2"),
        Instruction(-current_ampere, seconds, word="CC_DChg", step_id="3"),
        Instruction(0.0, 600.0, word="Rest", step_id="4"),
    ]
    return once * cycles


def run(
    instructions: Sequence[Instruction],
    *,
    steps_a_cycle: int = 4,
    capacity_ah: float = CAPACITY_AH,
    start_charge_ah: float = 0.2,
) -> pl.DataFrame:
    """Carry out the instructions; the first row of a step comes one interval after its begin.

    Beside the canonical columns the frame holds ``true_in`` and ``true_out``, the charge
    [Ah] that went in and out since the start. Voltage is 3 V + 1 V x state of charge + I R.
    """
    frames = []
    time, charge_in, charge_out = 0.0, 0.0, 0.0
    for number, step in enumerate(instructions):
        own = np.arange(1, round(step.seconds / step.every) + 1) * step.every
        moved = step.current_ampere * own / 3600.0
        into = charge_in + np.maximum(moved, 0.0)
        out = charge_out + np.maximum(-moved, 0.0)
        state = (start_charge_ah + into - out) / capacity_ah
        resistance = RESISTANCE_OHM / capacity_ah
        frames.append(
            pl.DataFrame(
                {
                    "test_time_second": time + own,
                    "unix_time_second": 1.7e9 + time + own,
                    "step_time_second": own,
                    "step_count": np.full(own.size, number + 1),
                    "step_id": [step.step_id or str(number + 1)] * own.size,
                    "step_type": [step.word or None] * own.size,
                    "cycle_count": np.full(own.size, number // steps_a_cycle + 1),
                    "current_ampere": np.full(own.size, step.current_ampere),
                    "voltage_volt": 3.0 + state + step.current_ampere * resistance,
                    "surface_temperature_celsius": np.full(own.size, 25.0),
                    "true_in": into,
                    "true_out": out,
                },
                schema_overrides={"step_type": pl.String},
            )
        )
        time, charge_in, charge_out = time + own[-1], into[-1], out[-1]
    return pl.concat(frames)


def exported(
    truth: pl.DataFrame, scope: Scope, *, forget: Sequence[int] = (), prefix: str | None = None
) -> pl.DataFrame:
    """Add in and out counters that restart as ``scope`` says.

    ``forget`` lists restarts (1 = the first after the start) that do not happen.
    ``prefix`` names the columns otherwise than the scope asks.
    """
    group = {Scope.STEP: "step_count", Scope.CYCLE: "cycle_count"}.get(scope)
    names = f"{scope.value}_" if scope is not Scope.TEST else ""
    columns = {}
    for flow, true in (("charging", "true_in"), ("discharging", "true_out")):
        total = truth[true].to_numpy()
        base = np.zeros(total.size)
        if group is not None:
            key = truth[group].to_numpy()
            borders = np.flatnonzero(np.diff(key)) + 1
            for number, row in enumerate(borders, start=1):
                if number not in forget:
                    base[row:] = total[row - 1]
        columns[f"{names if prefix is None else prefix}{flow}_capacity_ah"] = total - base
    return truth.drop("true_in", "true_out").with_columns(
        pl.Series(name, values) for name, values in columns.items()
    )


def cut(frame: pl.DataFrame, sizes: Sequence[int]) -> TableStream:
    """Return the frame as batches of the given sizes, over and over."""

    def batches(columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        row, turn = 0, 0
        chosen = frame if columns is None else frame.select(columns)
        while row < frame.height:
            size = sizes[turn % len(sizes)]
            yield chosen.slice(row, size)
            row, turn = row + size, turn + 1

    return TableStream(frame.schema, batches)

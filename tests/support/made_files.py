"""Small cycler files with a known content, for the tests of what happens to files."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import polars as pl

from support.neware_files import nda_bytes, ndax_bytes, records, steps_of
from voltlake.simulation.cell import make_cell
from voltlake.simulation.protocol import Loop, cc_discharge, cccv_charge, rest
from voltlake.simulation.run import Cycler, SimulatedTest, run
from voltlake.simulation.writers.arbin_csv import write_arbin_csv

__all__ = ["arbin_file", "nda_content", "ndax_content", "simulated"]


@functools.cache
def simulated(cycles: int = 2, seed: int = 0) -> SimulatedTest:
    """Simulate an LFP cell over full cycles, a row every two minutes (about 70 a cycle)."""
    cycle = (cccv_charge(1.0, 3.6, 0.05), rest(600), cc_discharge(1.0, 2.0), rest(600))
    cell = make_cell(f"LFP_{seed}", "LFP", 1.1, seed=seed)
    cycler = Cycler(interval_second=120)
    return run(cell, (rest(300), Loop(cycle, cycles)), cycler=cycler, start_soc=0.3, seed=seed)


def arbin_file(
    path: Path, *, cycles: int = 2, seed: int = 0, rows: int | None = None
) -> pl.DataFrame:
    """Write an Arbin CSV and return its samples; ``rows`` keeps only the first ones."""
    samples = simulated(cycles, seed).samples
    samples = samples if rows is None else samples.head(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arbin_csv(samples, path)
    return samples


def nda_content(rows: int = 40) -> bytes:
    """Return a sound ``.nda`` of version 29: one charge at 1 A, a row a second."""
    second = np.arange(rows)
    table = records(
        "nda 29",
        {
            "mark": 0x55, "channel": 1, "index": second + 1, "cycle": 0, "step_id": 1,
            "step_type": 1, "ticks": second * 1000, "voltage": 30_000 + second * 10,
            "current": 10_000, "charge": second * 2778, "charge_energy": second * 8333,
            "year": 2024, "month": 1, "day": 2, "hour": 3, "minute": second // 60,
            "second": second % 60, "range": 6000,
        },
    )  # fmt: skip
    return nda_bytes(29, table)


def ndax_content(rows: int = 40) -> bytes:
    """Return a sound ``.ndax`` of version 14: one charge at 1 A, a row a second."""
    at = np.arange(rows)
    return ndax_bytes(
        14,
        voltage=3.3 + at / 1000,
        current=np.full(rows, 1.0),
        run_info={
            "index": at + 1, "step": 0, "ms": at * 1000, "interval": 1000,
            "unix": 1_700_000_000 + at, "charge": at / 3600, "discharge": 0.0,
        },
        steps=steps_of((0, 1, 1)),
    ).zipped()  # fmt: skip

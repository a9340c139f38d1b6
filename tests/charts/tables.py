"""Small tables from which the charts are made, with values that can be worked out by hand."""

from __future__ import annotations

import polars as pl


def fading_cells(cells: int = 3, cycles: int = 5) -> pl.DataFrame:
    """Cycles of cells C0, C1 …: 2 Ah less 0.1 Ah a cycle; the last cell has no resistance."""
    rows = [
        {
            "cell_name": f"C{cell}",
            "test_id": cell,
            "cycle_index": cycle,
            "discharge_capacity_ah": 2.0 - 0.1 * (cycle - 1),
            "coulombic_efficiency": 0.5 if cycle > 1 else None,
            "dc_internal_resistance_ohm": 0.03 if cell < cells - 1 else None,
        }
        for cell in range(cells)
        for cycle in range(1, cycles + 1)
    ]
    return pl.DataFrame(rows)


def two_cycles(rows_per_half: int = 50) -> pl.DataFrame:
    """Samples of two cycles at 1 A, one row a second, with a noisy rest between the halves."""
    seconds, voltage, current, cycle, charged, discharged = [], [], [], [], [], []
    into = out = 0.0
    for number in (1, 2):
        for ampere in (1.0, 1e-5, -1.0):
            for row in range(rows_per_half):
                into += max(ampere, 0.0) / 3600
                out += max(-ampere, 0.0) / 3600
                seconds.append(float(len(seconds)))
                voltage.append(3.0 + (row if ampere > 0 else rows_per_half - row) / rows_per_half)
                current.append(ampere)
                cycle.append(number)
                charged.append(into)
                discharged.append(out)
    return pl.DataFrame(
        {
            "test_time_second": seconds,
            "voltage_volt": voltage,
            "current_ampere": current,
            "cycle_index": cycle,
            "charging_capacity_ah": charged,
            "discharging_capacity_ah": discharged,
            "step_count": [index // rows_per_half + 1 for index in range(len(seconds))],
        }
    )

"""All thresholds of the quality rules, with their reasons; relative wherever that is possible."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QualitySettings"]


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Thresholds; a deployment or a project may choose others.

    Attributes
    ----------
    gap_samples
        A gap between two rows of a step is too large beyond this many of the step's usual
        intervals.
    voltage_range_volt
        What a cell's terminals can plausibly show, either sign (a pack needs its own).
    temperature_range_celsius
        What a connected sensor can plausibly show.
    frozen_rows
        So many equal voltages in a row, while current flows and charge passes, mean a frozen
        channel.
    frozen_capacity_fraction
        … if at least this part of the largest step capacity passed meanwhile.
    step_points
        Fewest rows of a charge or discharge from which its shape can be judged.
    excess_capacity
        A half cycle beyond this multiple of the test's median is doubtful.
    """

    gap_samples: float = 20.0
    voltage_range_volt: tuple[float, float] = (-10.0, 10.0)
    temperature_range_celsius: tuple[float, float] = (-90.0, 200.0)
    frozen_rows: int = 50
    frozen_capacity_fraction: float = 0.3
    step_points: int = 3
    excess_capacity: float = 1.5

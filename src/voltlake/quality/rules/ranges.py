"""Doubts about values that no cell and no connected sensor can show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from voltlake.canonical.findings import Severity
from voltlake.quality.declare import Doubt, Places, SampleWatch, rule
from voltlake.quality.settings import QualitySettings

__all__ = ["MissingValues", "TemperatureOutOfRange", "VoltageOutOfRange"]


class _Outside(SampleWatch):
    """Counts values outside a range, column by column."""

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.places: dict[str, Places] = {}
        self.extremes: dict[str, tuple[float, float]] = {}

    def range(self) -> tuple[float, float]:
        """Lowest and highest plausible value."""
        raise NotImplementedError

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Look at the new rows of every column."""
        low, high = self.range()
        for name in self.columns:
            if name not in rows.columns:
                continue
            values = self.floats(rows, name)
            outside = np.flatnonzero((values < low) | (values > high))
            outside = outside[outside >= is_carried]
            if not outside.size:
                continue
            self.places.setdefault(name, Places()).add(first_row + outside)
            least, most = self.extremes.get(name, (np.inf, -np.inf))
            wrong = values[outside]
            self.extremes[name] = (min(least, wrong.min()), max(most, wrong.max()))

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for each column."""
        low, high = self.range()
        for name, places in self.places.items():
            least, most = self.extremes[name]
            message = (
                f"{{count}} values of {name} lie outside {low:g} to {high:g}: "
                f"{least:.6g} to {most:.6g}"
            )
            yield from places.doubt(message, name)


@rule(
    "RANGE_VOLTAGE",
    Severity.WARNING,
    because="No single cell has such a voltage: a wrong unit, a loose lead or a pack.",
    remedy="Check the unit of the voltage column; raise voltage_range_volt for packs",
)
class VoltageOutOfRange(_Outside):
    """Voltage against the plausible range of a cell."""

    columns = ("voltage_volt",)

    def range(self) -> tuple[float, float]:
        """As the settings say."""
        return self.settings.voltage_range_volt


@rule(
    "RANGE_TEMPERATURE",
    Severity.WARNING,
    because="A sensor that is not connected, or a wrong unit.",
    remedy="Leave the channel out, or check the sensor",
)
class TemperatureOutOfRange(_Outside):
    """Every temperature channel against what a connected sensor can show."""

    columns = (
        "surface_temperature_celsius", "ambient_temperature_celsius",
        *(f"temperature_t{n}_celsius" for n in range(1, 6)),
    )  # fmt: skip

    def range(self) -> tuple[float, float]:
        """As the settings say."""
        return self.settings.temperature_range_celsius


@rule(
    "MISSING_VALUES",
    Severity.WARNING,
    because="A main column holds nothing in some rows: no charge can be counted there.",
    remedy="Export the test again; missing values stay missing",
)
class MissingValues(SampleWatch):
    """Counts rows without time, voltage or current."""

    columns = ("test_time_second", "voltage_volt", "current_ampere")

    def __init__(self, settings: QualitySettings, steps: pl.DataFrame) -> None:
        super().__init__(settings, steps)
        self.places: dict[str, Places] = {}

    def see(self, rows: pl.DataFrame, first_row: int, is_carried: bool) -> None:
        """Look at the new rows of every column."""
        for name in self.columns:
            if name in rows.columns:
                empty = np.flatnonzero(~np.isfinite(self.floats(rows, name)))
                self.places.setdefault(name, Places()).add(first_row + empty[empty >= is_carried])

    def doubts(self) -> Iterator[Doubt]:
        """One doubt for each column."""
        for name, places in self.places.items():
            yield from places.doubt(f"{name} is empty in {{count}} rows", name)

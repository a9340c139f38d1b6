"""Every metric is declared once, with unit and definition, and is null where it cannot be known."""

from __future__ import annotations

import polars as pl
import pytest

from voltlake.canonical.tables import CYCLES_SCHEMA
from voltlake.processing.metrics.declare import cycle_metrics

SUMS = {
    "has_charge": [True, True, False, True],
    "has_discharge": [True, True, True, False],
    "charge_capacity_ah": [2.0, 2.0, 0.0, 2.0],
    "discharge_capacity_ah": [1.8, 1.0, 1.5, 0.0],
    "charge_energy_wh": [8.0, 8.0, 0.0, 8.0],
    "discharge_energy_wh": [6.3, 3.5, 5.25, 0.0],
    "nominal_capacity_ah": [2.0, 2.0, 2.0, 2.0],
    "test_time_start_second": [0.0, 10.0, 30.0, 60.0],
    "test_time_end_second": [10.0, 30.0, 60.0, 50.0],
    "discharge_load_resistance_ohm": [0.1, None, None, None],
    "charge_load_resistance_ohm": [0.2, 0.3, None, None],
}


@pytest.fixture
def table() -> pl.DataFrame:
    frame = pl.DataFrame(SUMS)
    for metric in cycle_metrics():
        frame = frame.with_columns(metric.expression().alias(metric.name))
    return frame


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("cycle_kind", ["regular", "regular", None, "aborted"]),
        ("regular_cycle_number", [1, 2, None, None]),
        ("mean_charge_voltage_volt", [4.0, 4.0, None, 4.0]),
        ("mean_discharge_voltage_volt", [3.5, 3.5, 3.5, None]),
        ("coulombic_efficiency", [0.9, 0.5, None, None]),
        ("energy_efficiency", [0.7875, 0.4375, None, None]),
        ("duration_second", [10.0, 20.0, 30.0, None]),
        ("dc_internal_resistance_ohm", [0.1, 0.3, None, None]),
        ("charge_throughput_ah", [3.8, 6.8, 8.3, 10.3]),
        ("energy_throughput_wh", [14.3, 25.8, 31.05, 39.05]),
        ("equivalent_full_cycles", [0.95, 1.7, 2.075, 2.575]),
        ("discharge_capacity_retention", [1.0, 1 / 1.8, 1.5 / 1.8, None]),
    ],
)
def test_by_hand(table, name, values):
    for found, expected in zip(table[name].to_list(), values, strict=True):
        assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_every_metric_is_a_column_with_unit_and_definition():
    metrics = cycle_metrics()
    assert len(metrics) == 12
    for metric in metrics:
        assert metric.name in CYCLES_SCHEMA
        assert metric.definition.endswith(".")
        assert (metric.expression.__doc__ or "").strip()

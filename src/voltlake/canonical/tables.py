"""The tables beside the samples: steps, cycles and curves.

Efficiencies, retention and states of charge are ratios here and per cent on screens.
The columns that a ``@cycle_metric`` computes are declared by the metric itself; this
file fixes the names and types on which stored files, SQL and the API rely.
"""

from __future__ import annotations

import polars as pl

__all__ = ["CURVES_SCHEMA", "CYCLES_SCHEMA", "STEPS_SCHEMA"]

_F, _I, _T = pl.Float64(), pl.Int64(), pl.String()

STEPS_SCHEMA = pl.Schema(
    {
        "step_count": _I,
        "step_id": _T,
        "step_type": _T,
        "control": _T,
        "vendor_step_type": _T,
        "cycle_index": _I,
        "cycle_count": _I,
        "half_cycle_index": _I,
        "start_unix_time_second": _F,
        "test_time_start_second": _F,
        "duration_second": _F,
        "voltage_start_volt": _F,
        "voltage_end_volt": _F,
        "voltage_min_volt": _F,
        "voltage_mean_volt": _F,
        "voltage_max_volt": _F,
        "current_min_ampere": _F,
        "current_mean_ampere": _F,
        "current_max_ampere": _F,
        "current_start_ampere": _F,
        "current_end_ampere": _F,
        "charge_capacity_ah": _F,
        "discharge_capacity_ah": _F,
        "charge_energy_wh": _F,
        "discharge_energy_wh": _F,
        "charge_capacity_counter_ah": _F,
        "discharge_capacity_counter_ah": _F,
        "charge_energy_counter_wh": _F,
        "discharge_energy_counter_wh": _F,
        "charge_capacity_integrated_ah": _F,
        "discharge_capacity_integrated_ah": _F,
        "charge_energy_integrated_wh": _F,
        "discharge_energy_integrated_wh": _F,
        "capacity_source": _T,
        "cv_duration_second": _F,
        "cv_capacity_ah": _F,
        "c_rate": _F,
        "c_rate_end": _F,
        "soc_start": _F,
        "soc_end": _F,
        "ocv_start_volt": _F,
        "ocv_end_volt": _F,
        "temperature_min_celsius": _F,
        "temperature_mean_celsius": _F,
        "temperature_max_celsius": _F,
        "row_first": _I,
        "row_last": _I,
    }
)
"""One row is one execution of a step. ``step_type`` is charge, discharge, rest, pulse, eis,
waveform or unknown; ``control`` is cc, cv, cccv, cp or null; rows count from 0 in the samples."""

CYCLES_SCHEMA = pl.Schema(
    {
        "cycle_index": _I,
        "cycle_count": _I,
        "regular_cycle_number": _I,
        "cycle_kind": _T,
        "start_unix_time_second": _F,
        "test_time_start_second": _F,
        "duration_second": _F,
        "charge_capacity_ah": _F,
        "discharge_capacity_ah": _F,
        "charge_energy_wh": _F,
        "discharge_energy_wh": _F,
        "charge_capacity_counter_ah": _F,
        "discharge_capacity_counter_ah": _F,
        "charge_capacity_integrated_ah": _F,
        "discharge_capacity_integrated_ah": _F,
        "capacity_source": _T,
        "coulombic_efficiency": _F,
        "energy_efficiency": _F,
        "mean_charge_voltage_volt": _F,
        "mean_discharge_voltage_volt": _F,
        "voltage_min_volt": _F,
        "voltage_max_volt": _F,
        "current_min_ampere": _F,
        "current_max_ampere": _F,
        "temperature_min_celsius": _F,
        "temperature_mean_celsius": _F,
        "temperature_max_celsius": _F,
        "dc_internal_resistance_ohm": _F,
        "charge_duration_second": _F,
        "discharge_duration_second": _F,
        "rest_duration_second": _F,
        "cv_duration_second": _F,
        "cv_capacity_ah": _F,
        "c_rate_charge": _F,
        "c_rate_discharge": _F,
        "charge_throughput_ah": _F,
        "energy_throughput_wh": _F,
        "equivalent_full_cycles": _F,
        "discharge_capacity_retention": _F,
        "row_first": _I,
        "row_last": _I,
    }
)
"""One row is one cycle: a charge and a discharge, in either order; one half may be missing."""

CURVES_SCHEMA = pl.Schema(
    {
        "cycle_index": _I,
        "direction": _T,
        "voltage_volt": _F,
        "charge_capacity_ah": _F,
        "discharge_capacity_ah": _F,
        "current_ampere": _F,
        "temperature_celsius": _F,
        "internal_resistance_ohm": _F,
        "test_time_second": _F,
        "charge_energy_wh": _F,
        "discharge_energy_wh": _F,
    }
)
"""One row is one grid point of one cycle's charge or discharge (``direction``), sorted by
(cycle_index, direction) and in the grid's own order; points outside the measured range are null."""

"""What the columns of the step, cycle, curve and finding tables mean.

Columns that a ``@cycle_metric`` or the Battery Data Format defines are not repeated here.
"""

from __future__ import annotations

__all__ = ["meaning_of"]

_EVERYWHERE = {
    "start_unix_time_second": "Begin of the {row}, in seconds since 1970-01-01 00:00:00 UTC.",
    "test_time_start_second": "Begin of the {row}, on the test's own clock.",
    "duration_second": "How long the {row} took; unrecorded time at its begin counts.",
    "charge_capacity_ah": "Charge put in, by the source that `capacity_source` names.",
    "discharge_capacity_ah": "Charge taken out, by the source that `capacity_source` names.",
    "charge_energy_wh": "Energy put in, by the counter where it is proven, else ∫VI dt.",
    "discharge_energy_wh": "Energy taken out, by the counter where it is proven, else ∫VI dt.",
    "charge_capacity_counter_ah": "Charge put in, by the cycler's counter.",
    "discharge_capacity_counter_ah": "Charge taken out, by the cycler's counter.",
    "charge_energy_counter_wh": "Energy put in, by the cycler's counter.",
    "discharge_energy_counter_wh": "Energy taken out, by the cycler's counter.",
    "charge_capacity_integrated_ah": "Charge put in, by ∫I dt.",
    "discharge_capacity_integrated_ah": "Charge taken out, by ∫I dt.",
    "charge_energy_integrated_wh": "Energy put in, by ∫VI dt.",
    "discharge_energy_integrated_wh": "Energy taken out, by ∫VI dt.",
    "capacity_source": "`counter`, `integral`, `reported` (by the vendor's own table) or `mixed`.",
    "voltage_min_volt": "Lowest voltage.",
    "voltage_max_volt": "Highest voltage.",
    "current_min_ampere": "Lowest current; discharging is negative.",
    "current_max_ampere": "Highest current; charging is positive.",
    "temperature_min_celsius": "Lowest temperature, of the sensor nearest to the cell.",
    "temperature_mean_celsius": "Mean over time, of the sensor nearest to the cell.",
    "temperature_max_celsius": "Highest temperature, of the sensor nearest to the cell.",
    "row_first": "First row in the samples, counted from 0.",
    "row_last": "Last row in the samples.",
}

_IN_TABLE = {
    "step": {
        "step_type": "charge, discharge, rest, pulse, eis, waveform or unknown.",
        "control": "cc, cv, cccv or cp; null where neither label nor data tell.",
        "vendor_step_type": "Kind of step in the vendor's words.",
        "voltage_start_volt": "First voltage.",
        "voltage_end_volt": "Last voltage.",
        "voltage_mean_volt": "Mean over time.",
        "current_mean_ampere": "Mean over time.",
        "current_start_ampere": "First current.",
        "current_end_ampere": "Last current.",
        "cv_duration_second": "Time at standing voltage at the end of a cv or cccv step.",
        "cv_capacity_ah": "Charge that flowed in that time.",
        "c_rate": "Mean |current| ahead of that part over the nominal capacity, per hour.",
        "c_rate_end": "Last |current| over the nominal capacity, per hour.",
        "soc_start": "State of charge at the begin, 0 at the end of the reference discharge.",
        "soc_end": "State of charge at the end.",
        "ocv_start_volt": "Last voltage of the rest just before.",
        "ocv_end_volt": "Last voltage of the rest just after; of a rest, its own.",
    },
    "cycle": {
        "charge_duration_second": "Time in charge steps.",
        "discharge_duration_second": "Time in discharge steps.",
        "rest_duration_second": "Time in rest steps.",
        "cv_duration_second": "Time at standing voltage, of the charge steps.",
        "cv_capacity_ah": "Charge that flowed in that time.",
        "c_rate_charge": "C-rate of the charge step that moved the most charge.",
        "c_rate_discharge": "C-rate of the discharge step that moved the most charge.",
    },
    "point": {
        "direction": "charge or discharge.",
        "charge_capacity_ah": "Charge put in, as the vendor's curve says.",
        "discharge_capacity_ah": "Charge taken out, as the vendor's curve says.",
        "charge_energy_wh": "Energy put in, as the vendor's curve says.",
        "discharge_energy_wh": "Energy taken out, as the vendor's curve says.",
        "temperature_celsius": "Temperature, sensor not said.",
    },
    "finding": {
        "code": "Stable name of the kind of doubt, such as `CURRENT_SIGN_REVERSED`.",
        "severity": "info, warning or critical.",
        "message": "What was seen, with its numbers.",
        "remedy": "What a person can do.",
        "column": "The column that is doubted.",
        "row_first": "First row in doubt, counted from 0.",
        "row_last": "Last row in doubt.",
        "count": "How many rows are in doubt.",
    },
}


def meaning_of(name: str, row: str) -> str | None:
    """Return what a column means where one ``row`` is a step, cycle, point or finding."""
    meaning = _IN_TABLE[row].get(name) or _EVERYWHERE.get(name)
    return None if meaning is None else meaning.format(row=row)

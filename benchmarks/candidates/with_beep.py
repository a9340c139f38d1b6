"""BEEP: Arbin and Maccor files to its frame, structured JSON, and its cycle summary."""

import logging
import warnings
from collections.abc import Callable

import numpy as np
from beep.structure.arbin import ArbinDatapath
from beep.structure.maccor import MaccorDatapath
from measurement import Facts, measure

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def read_arbin_tri(path: str) -> Callable[[], Facts]:
    return lambda: {"rows": len(ArbinDatapath.from_file(path).raw_data)}


def read_structured(path: str) -> Callable[[], Facts]:
    return lambda: {"rows": len(ArbinDatapath.from_json_file(path).structured_data)}


def summarise(path: str) -> Callable[[], Facts]:
    run = ArbinDatapath.from_file(path)
    return lambda: {"cycles": len(run.summarize_cycles())}


def _values(kind: type) -> Callable[[str], Callable[[], Facts]]:
    """Save what was read beside the file, for the comparison with the truth."""
    names = {
        "test_time": "test_time_second",
        "voltage": "voltage_volt",
        "current": "current_ampere",
        "charge_capacity": "cycle_charging_capacity_ah",
        "discharge_capacity": "cycle_discharging_capacity_ah",
        "charge_energy": "cycle_charging_energy_wh",
        "discharge_energy": "cycle_discharging_energy_wh",
    }

    def prepare(path: str) -> Callable[[], Facts]:
        def work() -> Facts:
            raw = kind.from_file(path).raw_data
            np.savez(path + ".npz", **{ours: raw[name].to_numpy() for name, ours in names.items()})
            return {"rows": len(raw)}

        return work

    return prepare


def values_structured(path: str) -> Callable[[], Facts]:
    def work() -> Facts:
        run = ArbinDatapath.from_json_file(path)
        summary, curves = run.structured_summary, run.structured_data
        names = ("voltage", "current", "temperature", "charge_capacity", "discharge_capacity")
        np.savez(
            path + ".npz",
            **{f"curve_{name}": curves[name].to_numpy() for name in names},
            charge_capacity_ah=summary["charge_capacity"].to_numpy(),
            discharge_capacity_ah=summary["discharge_capacity"].to_numpy(),
            charge_energy_wh=summary["charge_energy"].to_numpy(),
            discharge_energy_wh=summary["discharge_energy"].to_numpy(),
        )
        return {"rows": len(curves), "cycles": len(summary)}

    return work


measure(
    {
        "read_arbin_tri": read_arbin_tri,
        "read_structured": read_structured,
        "summarise_tri": summarise,
        "values_arbin_tri": _values(ArbinDatapath),
        "values_maccor": _values(MaccorDatapath),
        "values_structured": values_structured,
    }
)

"""cellpy: Arbin's SQL dump and Neware's CSV, its step table and summary."""

import logging
import warnings
from collections.abc import Callable

import cellpy
import numpy as np
from cellpy import prms
from measurement import Facts, measure

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def _loaded(path: str, instrument: str, **options: str) -> "cellpy.CellpyCell":
    prms.Reader.sep = ";"
    cell = cellpy.cellreader.CellpyCell()
    cell.set_instrument(instrument, **options)
    cell.from_raw(path)
    return cell


def read_arbin_sql(path: str) -> Callable[[], Facts]:
    return lambda: {"rows": len(_loaded(path, "arbin_sql_csv").data.raw)}


def summarise(path: str) -> Callable[[], Facts]:
    cell = _loaded(path, "arbin_sql_csv")

    def work() -> Facts:
        cell.make_step_table()
        cell.make_summary()
        return {"cycles": len(cell.data.summary)}

    return work


def _values(instrument: str, **options: str) -> Callable[[str], Callable[[], Facts]]:
    """Save what was read beside the file, for the comparison with the truth."""
    names = {
        "test_time": "test_time_second",
        "voltage": "voltage_volt",
        "current": "current_ampere",
        "charge_capacity": "cycle_charging_capacity_ah",
        "discharge_capacity": "cycle_discharging_capacity_ah",
    }

    def prepare(path: str) -> Callable[[], Facts]:
        def work() -> Facts:
            raw = _loaded(path, instrument, **options).data.raw
            np.savez(
                path + ".npz",
                **{ours: raw[name].to_numpy(dtype=float) for name, ours in names.items()},
            )
            return {"rows": len(raw)}

        return work

    return prepare


measure(
    {
        "read_arbin_sql": read_arbin_sql,
        "summarise_sql": summarise,
        "values_arbin_sql": _values("arbin_sql_csv"),
        "values_neware": _values("neware_txt", model="UIO"),
    }
)

"""PyProBE: from an Arbin export to its standard frame, and its cycle summary."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from loguru import logger
from measurement import Facts, measure
from pyprobe.analysis.cycling import summary
from pyprobe.cyclers.arbin import Arbin
from pyprobe.cyclers.neware import Neware
from pyprobe.filters import Procedure

logger.remove()


def _frame(path: str, cycler: type = Arbin) -> pl.DataFrame:
    output = str(Path(tempfile.mkdtemp()) / "never_written.parquet")
    return cycler(input_data_path=path, output_data_path=output).get_pyprobe_dataframe()


def read_arbin_mits(path: str) -> Callable[[], Facts]:
    return lambda: {"rows": _frame(path).height}


def summarise(path: str) -> Callable[[], Facts]:
    frame = _frame(path)

    def work() -> Facts:
        procedure = Procedure(readme_dict={}, lf=frame.lazy(), info={})
        return {"cycles": summary(procedure, dchg_before_chg=False).data.height}

    return work


def _values(cycler: type) -> Callable[[str], Callable[[], Facts]]:
    """Save what was read beside the file, for the comparison with the truth."""

    def prepare(path: str) -> Callable[[], Facts]:
        def work() -> Facts:
            frame = _frame(path, cycler)
            names = {
                "Time [s]": "test_time_second",
                "Current [A]": "current_ampere",
                "Voltage [V]": "voltage_volt",
                "Temperature [C]": "temperature_t1_celsius",
            }
            known = {
                ours: frame[theirs].to_numpy()
                for theirs, ours in names.items()
                if theirs in frame.columns
            }
            net = frame["Capacity [Ah]"].to_numpy()
            np.savez(path + ".npz", net_capacity_ah=net - net[0], **known)
            return {"rows": frame.height}

        return work

    return prepare


measure(
    {
        "read_arbin_mits": read_arbin_mits,
        "summarise_mits": summarise,
        "values_arbin_mits": _values(Arbin),
        "values_neware": _values(Neware),
    }
)

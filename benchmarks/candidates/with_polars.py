"""Plain polars: the floor that a Python reader can reach without understanding anything."""

from collections.abc import Callable

import polars as pl
from measurement import Facts, measure


def read_csv(path: str) -> Callable[[], Facts]:
    def work() -> Facts:
        return {"rows": pl.read_csv(path, infer_schema_length=10_000).height}

    return work


def summarise(path: str) -> Callable[[], Facts]:
    columns = {"Cycle Index": "n", "Current (A)": "i", "Voltage (V)": "v", "Test Time (s)": "t"}
    others = {
        "Charge Capacity (Ah)": "qc",
        "Discharge Capacity (Ah)": "qd",
        "Charge Energy (Wh)": "ec",
        "Discharge Energy (Wh)": "ed",
        "Aux_Temperature_1 (C)": "T",
    }
    table = pl.read_csv(path, infer_schema_length=10_000).rename(columns | others)

    def work() -> Facts:
        charging = pl.col("i") > 0
        cycles = (
            table.lazy()
            .group_by("n")
            .agg(
                pl.col("qc", "qd", "ec", "ed").max(),
                pl.col("v").min().alias("v_min"),
                pl.col("v").max().alias("v_max"),
                pl.col("T").mean(),
                pl.col("v").filter(charging).mean().alias("v_charge"),
                pl.col("v").filter(pl.col("i") < 0).mean().alias("v_discharge"),
                (pl.col("t").last() - pl.col("t").first()).alias("duration"),
            )
            .collect()
        )
        return {"cycles": cycles.height}

    return work


measure({"read_arbin_mits": read_csv, "summarise_mits": summarise})

"""Voltlake: the same operations as its peers, and the whole ingest into a lake."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from measurement import Facts, measure

import voltlake as vl
from voltlake.readers.registry import installed_readers
from voltlake.readers.unpack import open_source


def read(path: str) -> Callable[[], Facts]:
    """From the file to the canonical frame."""
    return lambda: {"rows": vl.read(path).raw_samples.height}


def read_columns(path: str) -> Callable[[], Facts]:
    """The quantities that PyProBE keeps, and no others."""
    kept = [
        "unix_time_second", "test_time_second", "cycle_count", "step_id", "current_ampere",
        "voltage_volt", "schedule_charging_capacity_ah", "schedule_discharging_capacity_ah",
        "temperature_t1_celsius",
    ]  # fmt: skip

    def work() -> Facts:
        with open_source(Path(path)) as source:
            _, raw = installed_readers().read(source)
            assert raw.samples is not None
            return {"rows": raw.samples.collect(kept).height}

    return work


def read_and_process(path: str) -> Callable[[], Facts]:
    """The canonical frame with sign, cycle numbers and test-scope counters worked out."""
    return lambda: {"rows": vl.read(path).samples.height}


def read_curves(path: str) -> Callable[[], Facts]:
    """Structured JSON: reported cycles and curves."""

    def work() -> Facts:
        test = vl.read(path)
        held = test.curves if test.curves is not None else test.raw_samples
        return {"rows": held.height}

    return work


def summarise(path: str) -> Callable[[], Facts]:
    """Steps, cycles and all their metrics from a frame in memory."""
    test = vl.read(path)
    return lambda: {"cycles": test.cycles.height}


def ingest(path: str) -> Callable[[], Facts]:
    """Parse, process, judge, store and catalogue, in a lake of its own."""
    folder = tempfile.mkdtemp(prefix="voltlake-bench-")
    lake = vl.open(folder)

    def work() -> Facts:
        report = lake.ingest(path).row(0, named=True)
        shutil.rmtree(folder)
        if report["status"] != "stored":
            raise RuntimeError(f"not stored: {report}")
        return {"rows": report["rows"], "cycles": report["cycles"]}

    return work


if __name__ == "__main__":
    measure(
        {
            "read_arbin_mits": read,
            "read_columns": read_columns,
            "read_arbin_tri": read,
            "read_arbin_sql": read,
            "read_and_process": read_and_process,
            "read_structured": read_curves,
            "read_neware": read,
            "summarise_mits": summarise,
            "ingest": ingest,
        }
    )

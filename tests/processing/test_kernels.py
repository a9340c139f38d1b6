"""The compiled walks give what their Python text says, to the last bit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from support.samples import Instruction, cut, cycling, exported, run
from voltlake.canonical.columns import Scope
from voltlake.canonical.conventions import Sign
from voltlake.processing import kernels, taper
from voltlake.processing.pipeline import Processed, process


def uneven(counter: str) -> pl.DataFrame:
    """A test with noise, nulls, a pause, a swing through zero and clocks that run back."""
    swings = [Instruction(1.5 if n % 2 else -1.0, 40.0, 5.0) for n in range(8)]
    taper_current = pl.when(pl.col("step_count") == 9).then(
        (-pl.col("step_time_second") / 600).exp()
    )
    frame = run([*cycling(2), cycling(1)[0], *swings])
    if counter == "net_capacity_ah":
        net = pl.col("true_in") - pl.col("true_out")
        frame = frame.with_columns(net_capacity_ah=net).drop("true_in", "true_out")
    elif counter:
        frame = exported(frame, Scope(counter))
    row = pl.int_range(pl.len())
    return frame.with_columns(
        pl.when(row == 70).then(None).otherwise(pl.col("voltage_volt")).alias("voltage_volt"),
        pl.when(row == 90)
        .then(None)
        .otherwise(pl.coalesce(taper_current, pl.col("current_ampere")))
        .alias("current_ampere"),
        pl.when(row == 200)
        .then(pl.col("test_time_second") - 50)
        .when(row > 400)
        .then(pl.col("test_time_second") + 3000)
        .otherwise(pl.col("test_time_second"))
        .alias("test_time_second"),
        pl.when(pl.col("step_count") > 10)
        .then(11)
        .otherwise(pl.col("step_count"))
        .alias("step_count"),
    )


def understood(frame: pl.DataFrame) -> Processed:
    return process(cut(frame, [97]), sign=Sign.UNKNOWN, scopes={})


def even(counter: str) -> pl.DataFrame:
    """A test whose counters are right, so that they are what is walked."""
    frame = run(cycling(2))
    total = {"net": frame["true_in"] - frame["true_out"], "cumulative": None}
    total["cumulative"] = frame["true_in"] + frame["true_out"]
    if counter in total:
        return frame.with_columns(total[counter].alias(f"{counter}_capacity_ah"))
    return exported(frame, Scope(counter)).with_columns(
        pl.when(pl.int_range(pl.len()) == 33).then(None).otherwise(pl.col(name)).alias(name)
        for name in [f"{counter}_charging_capacity_ah"]
    )


FRAMES = {
    **{f"uneven {name}": uneven(name) for name in ("step", "cycle", "test", "net_capacity_ah", "")},
    **{f"even {name}": even(name) for name in ("step", "net", "cumulative")},
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_compiled_and_interpreted_agree(monkeypatch, frame):
    compiled = understood(frame)
    samples = compiled.samples.collect()
    for module in (kernels, taper):
        for name, value in vars(module).copy().items():
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, name, value.py_func)
    interpreted = understood(frame)
    assert_frame_equal(interpreted.steps, compiled.steps, check_exact=True)
    assert_frame_equal(interpreted.cycles, compiled.cycles, check_exact=True)
    assert_frame_equal(interpreted.samples.collect(), samples, check_exact=True)


def test_a_counter_that_restarts_within_a_step_goes_on_counting():
    values = np.array([0.4, 0.5, 0.1, 0.2, 0.05, 0.3])
    begins = np.array([True, False, False, False, False, False])
    for walk in (kernels.add_counter_rows, kernels.add_counter_rows.py_func):
        records = np.empty((2, len(kernels.COUNTER_FIELDS)))
        assert walk(begins, values, False, np.zeros(7), records) == 1
        found = dict(zip(kernels.COUNTER_FIELDS, records[1], strict=True))
        # 0.1 up to the first restart, 0.2 up to the second, then 0.3.
        assert found["before_restart"] == pytest.approx(0.3)
        assert found["restarts"] == 2
        assert found["rises"] == pytest.approx(0.1 + 0.1 + 0.1 + 0.05 + 0.25)


def test_a_restart_within_a_step_loses_nothing():
    frame = exported(run(cycling(2)), Scope.TEST)
    name = "charging_capacity_ah"
    restarted = (
        pl.when(pl.int_range(pl.len()) >= 90)
        .then(pl.col(name) - frame[name][89])
        .otherwise(pl.col(name))
    )
    result = understood(frame.with_columns(restarted))
    assert result.steps["charge_capacity_ah"][0] == pytest.approx(0.5, rel=1e-12)
    assert result.samples.collect()[name][-1] == pytest.approx(1.0, rel=1e-12)


def test_histogram_and_extremes():
    values = np.array([0.0, np.nan, 1.0, -1.0, np.inf, 1e-30, 1e30])
    for count, widen in (
        (kernels.histogram_of_magnitudes, kernels.widen),
        (kernels.histogram_of_magnitudes.py_func, kernels.widen.py_func),
    ):
        counts = np.zeros(kernels.OCTAVES * kernels.BINS_PER_OCTAVE, np.int64)
        count(values, counts)
        assert counts.sum() == 4
        assert counts[40 * 16] == 2
        assert (counts[0], counts[-1]) == (1, 1)
        extremes = np.array([np.inf, -np.inf])
        widen(values, extremes)
        assert extremes.tolist() == [-1.0, 1e30]

"""Whether the test time is one clock: never backwards, in seconds, at the wall clock's pace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voltlake.canonical.certificate import Verdict
from voltlake.canonical.conventions import Detection
from voltlake.canonical.findings import Finding, Severity
from voltlake.processing.records import StepRecords

__all__ = ["judge_time_base", "time_resolution_second"]

_SCALE_TOLERANCE = 0.2
_KNOWN_FACTORS = {1e-3: "milliseconds", 60.0: "minutes", 3600.0: "hours"}


def judge_time_base(records: StepRecords) -> tuple[Detection, tuple[Finding, ...]]:
    """Compare the test time with itself and with the wall clock.

    The pace is the median over steps of clock time over test time, so that pauses between
    steps do not hide it. Pace 1 within 20 % is verified.
    """
    sums = records.sums
    if not len(records):
        return Detection("time_base", "no rows", "the test has no rows", Verdict.UNKNOWN), ()
    first, last = sums["time_first"], sums["time_last"]
    backwards = int(sums["steps_back"].sum() + (first[1:] < last[:-1]).sum())
    pause = float(sums["pause"].sum())
    spoken = (
        f"{backwards} steps backwards in {int(sums['row_last'][-1]) + 1} rows; "
        f"{pause:.6g} s of pauses within steps"
    )
    pace = _pace(records)
    if np.isnan(pace):
        verdict = Verdict.CONTRADICTED if backwards else Verdict.ASSUMED
        return Detection("time_base", "seconds", f"{spoken}; no wall clock", verdict), ()
    evidence = f"{spoken}; wall clock over test time is {pace:.6g}"
    if abs(pace - 1.0) <= _SCALE_TOLERANCE:
        verdict = Verdict.CONTRADICTED if backwards else Verdict.VERIFIED
        return Detection("time_base", "seconds", evidence, verdict), ()
    unit = next(
        (word for factor, word in _KNOWN_FACTORS.items() if abs(pace / factor - 1) < 0.05),
        "another unit",
    )
    finding = Finding(
        "TIME_SCALE_MISMATCH",
        Severity.CRITICAL,
        f"The test time does not run at the pace of the wall clock: it looks like {unit}; "
        f"{evidence}",
        "Declare the unit of the time column",
        column="test_time_second",
    )
    return Detection("time_base", unit, evidence, Verdict.CONTRADICTED), (finding,)


def time_resolution_second(sums: dict[str, NDArray[np.float64]]) -> float:
    """Return 1 where all steps begin and end at whole seconds, else 0: fine enough to ignore."""
    times = np.concatenate([sums["time_first"], sums["time_last"]])
    times = times[np.isfinite(times)]
    return 1.0 if times.size > 2 and bool((times == np.floor(times)).all()) else 0.0


def _pace(records: StepRecords) -> float:
    unix = records.labels["unix_time_second"].to_numpy().astype(float)
    clock = np.diff(np.append(unix, records.last_unix_time_second))
    first = records.sums["time_first"]
    test = np.diff(np.append(first, records.sums["time_last"][-1]))
    usable = (clock > 0) & (test > 0)
    if not usable.any():
        return float("nan")
    # Long steps weigh more: clocks are often written in whole seconds.
    ratio, weight = (clock / np.where(usable, test, 1.0))[usable], test[usable]
    order = np.argsort(ratio, kind="stable")
    reached = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(reached, 0.5 * reached[-1])])

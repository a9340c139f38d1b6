"""The order of the metrics follows from what they use, not from who imported what first."""

from __future__ import annotations

import subprocess
import sys

from voltlake.processing.metrics.declare import cycle_metrics

FIRST = "import voltlake.processing.metrics.{first}\n"
THEN = "from voltlake.processing.metrics.declare import cycle_metrics\n"
PRINT = "print(*(metric.name for metric in cycle_metrics()))"


def test_every_metric_comes_after_those_that_it_uses() -> None:
    names = [metric.name for metric in cycle_metrics()]
    for place, metric in enumerate(cycle_metrics()):
        used = set(metric.expression().meta.root_names()) & set(names) - {metric.name}
        assert used <= set(names[:place])


def test_the_order_is_the_same_whichever_file_was_loaded_first() -> None:
    orders = {
        subprocess.run(
            [sys.executable, "-c", FIRST.format(first=first) + THEN + PRINT],
            capture_output=True, text=True, check=True,
        ).stdout
        for first in ("ageing", "life")
    }  # fmt: skip
    assert len(orders) == 1

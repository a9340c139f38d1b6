"""Children of a script begin clean: they never run the script again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from voltlake.errors import ReaderCrashed
from voltlake.execution.contract import Limits
from voltlake.execution.local import LocalProcesses

SCRIPT = """
print("the script runs")
from voltlake.execution.contract import Limits
from voltlake.execution.local import LocalProcesses
import math
with LocalProcesses(1, Limits(), ("math",)) as processes:
    print(processes.submit(math.sqrt, 4.0).result())
"""


@pytest.mark.parametrize("by", ["file", "standard input"])
def test_a_script_without_a_guard_runs_once(by: str, tmp_path: Path) -> None:
    script = tmp_path / "plain.py"
    script.write_text(SCRIPT)
    command = [sys.executable, *([str(script)] if by == "file" else [])]
    given = None if by == "file" else SCRIPT
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split("\n")[:-1] == ["the script runs", "2.0"]


def test_a_mistake_of_the_task_is_an_error_with_a_slug_and_the_pool_goes_on() -> None:
    with LocalProcesses(1, Limits()) as processes:
        mistake = processes.submit(int, "not a number")
        with pytest.raises(ReaderCrashed, match="ValueError"):
            mistake.result(timeout=60)
        assert processes.submit(int, "7").result(timeout=60) == 7

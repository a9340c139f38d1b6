"""``python -m benchmarks``: Voltlake beside its peers, in one table per question."""

from __future__ import annotations

import argparse

from benchmarks.races import races
from benchmarks.report import PAGE, heading, markdown, save_json
from benchmarks.runner import run_race


def main() -> None:
    """Run the races that were asked for and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="files of a tenth of the size, once")
    parser.add_argument("--only", nargs="*", default=[], help="names of races, or their beginnings")
    parser.add_argument("--repeats", type=int, help="runs per candidate (3; with --quick 1)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} in the docs")
    parser.add_argument("--list", action="store_true", help="name the races and stop")
    chosen = parser.parse_args()
    repeats = chosen.repeats or (1 if chosen.quick else 3)
    wanted = [race for race in races(quick=chosen.quick)
              if not chosen.only or race.name.startswith(tuple(chosen.only))]  # fmt: skip
    if chosen.list:
        print("\n".join(f"{race.name}: {race.title}" for race in wanted))
        return
    results, page = {}, heading(repeats)
    for race in wanted:
        results[race.name] = run_race(race, repeats)
        table = markdown(race, results[race.name])
        print(table, flush=True)
        page += table + "\n"
    print(f"all runs: {save_json(results)}")
    if chosen.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")


main()

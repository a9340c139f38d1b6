"""A small lake made through the front door: simulated files, ingested as anybody's would be."""

from __future__ import annotations

from pathlib import Path

from voltlake.bootstrap import open_workspace
from voltlake.services.ingest import ingest
from voltlake.services.requests import IngestOptions
from voltlake.services.workspace import Workspace
from voltlake.settings import Settings
from voltlake.simulation.cell import Ageing, make_cell
from voltlake.simulation.protocol import Loop, cc_discharge, cccv_charge, rest
from voltlake.simulation.run import Cycler, SimulatedTest, run
from voltlake.simulation.writers.arbin_csv import write_arbin_csv

__all__ = ["ODD_NAME", "empty_lake", "made_lake"]

ODD_NAME = "A/1 <b>&50%"
"""A cell name that must survive addresses and pages unharmed."""

_CELLS = {"LFP_1": ("LFP", 12), "LFP_2": ("LFP", 20), "NMC_1": ("NMC", 15)}
_WINDOW_VOLT = {"LFP": (2.0, 3.6), "NMC": (2.8, 4.2)}


def empty_lake(folder: Path) -> Workspace:
    """Make a lake without any file."""
    return open_workspace(Settings(lake=folder), create=True)


def made_lake(folder: Path) -> Workspace:
    """Make a lake of four cells in two projects, and one file that cannot be read.

    ``LFP_1``, ``LFP_2`` and ``NMC_1`` are in ``ageing`` (12, 20 and 15 cycles), the cell
    called :data:`ODD_NAME` (5 cycles) is in ``odd``; ``broken.nda`` is quarantined.
    """
    files = folder / "files"
    files.mkdir(parents=True)
    for number, (name, (chemistry, cycles)) in enumerate(_CELLS.items()):
        write_arbin_csv(_simulated(chemistry, cycles, number).samples, files / f"{name}.csv")
    (files / "broken.nda").write_bytes(b"NEWARE" + bytes(300))
    odd = folder / "odd.csv"
    write_arbin_csv(_simulated("LFP", 5, 9).samples, odd)
    workspace = empty_lake(folder / "lake")
    list(ingest(workspace, [files], IngestOptions(project="ageing")))
    list(ingest(workspace, [odd], IngestOptions(project="odd", cell=ODD_NAME)))
    return workspace


def _simulated(chemistry: str, cycles: int, seed: int) -> SimulatedTest:
    lower, upper = _WINDOW_VOLT[chemistry]
    cycle = (cccv_charge(1.0, upper, 0.05), rest(600), cc_discharge(1.0, lower), rest(600))
    cell = make_cell(f"{chemistry}_{seed}", chemistry, 1.1, ageing=Ageing(0.004, 0.002), seed=seed)
    cycler = Cycler(interval_second=30, temperature_noise_celsius=0.03)
    return run(cell, (rest(300), Loop(cycle, cycles)), cycler=cycler, start_soc=0.3, seed=seed)

"""The example files that ``make demo`` ingests: several labs, cells and formats.

Everything is simulated here, so the truth is known, and some files carry a planted fault
that the lake's report must show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from voltlake.simulation import faults
from voltlake.simulation.cell import Ageing, make_cell
from voltlake.simulation.faults import PlantedFault
from voltlake.simulation.protocol import (
    Loop,
    Protocol,
    cc_discharge,
    cccv_charge,
    pulse,
    rest,
)
from voltlake.simulation.run import Cycler, SimulatedTest, run
from voltlake.simulation.writers.arbin_csv import write_arbin_csv, write_arbin_metadata
from voltlake.simulation.writers.bdf_csv import write_bdf_csv
from voltlake.simulation.writers.beep_json import write_beep_json
from voltlake.simulation.writers.chroma_pair import write_chroma_pair
from voltlake.simulation.writers.maccor_text import write_maccor_text

__all__ = ["ExampleFile", "write_example_files"]

_DAY = 86_400.0
_START = 1_767_600_000.0  # 2026-01-05 08:00:00 UTC
Planter = Callable[[pl.DataFrame], tuple[pl.DataFrame, PlantedFault]]
_NOISY = Cycler(
    interval_second=60,
    voltage_noise_volt=4e-5,
    current_noise_c_rate=5e-5,
    temperature_noise_celsius=0.03,
)


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """One made file (the Chroma pair counts as one: ``path`` is its ``_Detail.csv``).

    ``truth`` is the test before the faults; ``cell_name`` is what the file's name says.
    """

    path: Path
    cell_name: str
    truth: SimulatedTest
    planted_faults: tuple[PlantedFault, ...] = ()


def _ageing_protocol(
    chemistry: str, cycles: int, *, charge_c: float = 1.0, discharge_c: float = 1.0
) -> Protocol:
    """Rest, then as many full cycles: CCCV charge, rest, discharge, rest."""
    lower, upper = {"LFP": (2.0, 3.6), "NMC": (2.8, 4.2)}[chemistry]
    steps = (
        cccv_charge(charge_c, upper, 0.05),
        rest(600),
        cc_discharge(discharge_c, lower),
        rest(600),
    )
    return (rest(300), Loop(steps, cycles))


def _check_up_protocol() -> Protocol:
    """Two slow cycles, pulses at full charge, then fast cycles."""
    hppc = (*pulse(-1.0, 10.0, 60.0), *pulse(0.75, 10.0, 300.0))
    slow = (cccv_charge(0.2, 4.2, 0.05), rest(1800), cc_discharge(0.2, 2.8), rest(1800))
    fast = (cccv_charge(0.5, 4.2, 0.05), rest(600), cc_discharge(1.0, 2.8), rest(600))
    pulses = (cccv_charge(0.5, 4.2, 0.05), rest(1800), *hppc, cc_discharge(0.5, 2.8), rest(1800))
    return (rest(300), Loop(slow, 2), Loop(pulses, 1), Loop(fast, 40))


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How one example comes about."""

    cell_name: str
    chemistry: str
    nominal_capacity_ah: float
    protocol: Protocol
    ageing: Ageing
    write: Callable[[pl.DataFrame, SimulatedTest, Path], Path]
    plant: Planter | None = None
    ambient_temperature_celsius: float = 25.0
    cycler: Cycler = _NOISY


def _arbin(name: str, **options: str) -> Callable[[pl.DataFrame, SimulatedTest, Path], Path]:
    def write(samples: pl.DataFrame, _test: SimulatedTest, folder: Path) -> Path:
        return write_arbin_csv(samples, folder / name, **options)  # type: ignore[arg-type]

    return write


def _matr_io(name: str) -> Callable[[pl.DataFrame, SimulatedTest, Path], Path]:
    def write(samples: pl.DataFrame, test: SimulatedTest, folder: Path) -> Path:
        start = float(samples["unix_time_second"][0])
        write_arbin_metadata(
            folder / name.replace(".csv", "_Metadata.csv"),
            barcode="EL260100000008",
            schedule=r"2026-01_TESTS\20260105-2C_1C.SDU",
            channel=8,
            start_unix_time_second=start,
        )
        return write_arbin_csv(samples, folder / name, dialect="tri")

    return write


def _maccor(name: str) -> Callable[[pl.DataFrame, SimulatedTest, Path], Path]:
    def write(samples: pl.DataFrame, test: SimulatedTest, folder: Path) -> Path:
        return write_maccor_text(samples, folder / name, comment=test.cell.name)

    return write


def _chroma(name: str) -> Callable[[pl.DataFrame, SimulatedTest, Path], Path]:
    def write(samples: pl.DataFrame, _test: SimulatedTest, folder: Path) -> Path:
        return write_chroma_pair(samples, folder, name).detail

    return write


def _bdf(name: str) -> Callable[[pl.DataFrame, SimulatedTest, Path], Path]:
    columns = (
        "test_time_second", "voltage_volt", "current_ampere", "unix_time_second", "cycle_count",
        "step_count", "ambient_temperature_celsius", "temperature_t1_celsius",
        "step_charging_capacity_ah", "step_discharging_capacity_ah",
    )  # fmt: skip

    def write(samples: pl.DataFrame, _test: SimulatedTest, folder: Path) -> Path:
        return write_bdf_csv(samples, folder / name, columns=columns)

    return write


def _structure(name: str) -> Callable[[pl.DataFrame, SimulatedTest, Path], Path]:
    def write(_samples: pl.DataFrame, test: SimulatedTest, folder: Path) -> Path:
        return write_beep_json(test, folder / name, points=1000)

    return write


def _recipes() -> list[_Recipe]:
    lfp = partial(_ageing_protocol, "LFP")
    nmc = partial(_ageing_protocol, "NMC")
    return [
        _Recipe("LFP_A1", "LFP", 1.1, lfp(300), Ageing(0.004, 2e-4, 8e-4), _arbin("LFP_A1.csv")),
        _Recipe("LFP_A2", "LFP", 1.1, lfp(300), Ageing(0.005, 5e-4, 1.2e-3), _arbin("LFP_A2.csv"),
                partial(faults.forget_reset, cycle_count=120)),
        _Recipe("LFP_A3", "LFP", 1.1, lfp(200, charge_c=2.0), Ageing(0.006, 1e-3, 2e-3),
                _arbin("LFP_A3.csv"), partial(faults.pause, cycle_count=90, duration_second=9e4),
                ambient_temperature_celsius=40.0),
        _Recipe("FastCharge_LFP_CH8", "LFP", 1.1, lfp(150, charge_c=2.0), Ageing(0.003, 4e-4, 1e-3),
                _matr_io("FastCharge_LFP_CH8.csv"),
                partial(faults.disconnect_thermocouple, row=9000), 30.0),
        _Recipe("NMC_B1", "NMC", 4.8, nmc(120), Ageing(0.008, 6e-4, 2e-3), _maccor("NMC_B1.052")),
        _Recipe("NMC_B2", "NMC", 4.8, _check_up_protocol(), Ageing(0.01, 1.5e-3, 3e-3),
                _maccor("NMC_B2.053"), partial(faults.drop_rows, row=4000, count=40)),
        _Recipe("P50_C1", "NMC", 50.0, nmc(60, charge_c=0.5), Ageing(0.006, 8e-4, 2e-3),
                _chroma("P50_C1")),
        _Recipe("NMC_D1", "NMC", 3.0, nmc(80), Ageing(0.01, 1e-3, 2e-3),
                _arbin("NMC_D1_Channel_12_Wb_1.CSV", dialect="sql"),
                partial(faults.duplicate_rows, row=2500, count=25)),
        _Recipe("COIN_E1", "NMC", 0.0024, nmc(40, charge_c=0.5, discharge_c=0.5),
                Ageing(0.012, 2e-3, 3e-3), _bdf("VOLT__COIN_E1__20260105_001.bdf.csv"),
                faults.reverse_sign),
        _Recipe("FastCharge_000026_CH4", "LFP", 1.1, lfp(25, charge_c=2.0),
                Ageing(0.01, 4e-3, 4e-3), _structure("FastCharge_000026_CH4_structure.json"),
                None, 30.0),
    ]  # fmt: skip


def write_example_files(folder: Path) -> list[ExampleFile]:
    """Make ten example files in ``folder`` (created if need be), about 30 MB in all.

    The same call always writes the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(recipe, folder, number) for number, recipe in enumerate(_recipes())]


def _written(recipe: _Recipe, folder: Path, number: int) -> ExampleFile:
    ambient = recipe.ambient_temperature_celsius
    cell = make_cell(
        recipe.cell_name,
        recipe.chemistry,
        recipe.nominal_capacity_ah,
        ageing=recipe.ageing,
        ambient_temperature_celsius=ambient,
        seed=number,
    )
    test = run(
        cell,
        recipe.protocol,
        cycler=recipe.cycler,
        start_soc=0.3,
        start_unix_time_second=_START + number * _DAY,
        ambient_temperature_celsius=ambient,
        seed=number,
    )
    samples, planted = test.samples, ()  # type: tuple[pl.DataFrame, tuple[PlantedFault, ...]]
    if recipe.plant is not None:
        samples, fault = recipe.plant(samples)
        planted = (fault,)
    return ExampleFile(recipe.write(samples, test, folder), recipe.cell_name, test, planted)

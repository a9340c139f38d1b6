"""A cell whose truth is known: open-circuit voltage, resistances, heat and ageing.

Everything scales with the capacity, so that a coin cell of 2 mAh and a prismatic cell of
100 Ah behave alike at the same C-rate. The parametrisations are our own; their shapes
follow what is generally known of the materials (graphite's stages at about 0.21, 0.12 and
0.085 V; the flat two-phase voltage of LFP at 3.42 V; the sloping one of NMC), and no
measured cell is reproduced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from voltlake.errors import InvalidRequest
from voltlake.simulation.kernel import open_circuit_voltage

__all__ = ["CHEMISTRIES", "Ageing", "Cell", "Chemistry", "OcvTable", "make_cell"]

Array = NDArray[np.float64]
_KNOTS = 2081
_FIRST_KNOT, _LAST_KNOT = -0.02, 1.02


def _graphite_volt(x: Array) -> Array:
    """Potential of graphite against lithium at lithiation ``x`` [V]."""
    dilute = 0.75 * np.exp(-38 * x) + 0.085 * (1 - np.tanh((x - 0.16) / 0.075)) / 2
    stage_two = 0.038 * (1 - np.tanh((x - 0.52) / 0.045)) / 2
    return np.asarray(0.085 + dilute + stage_two - 0.075 * np.exp((x - 1) / 0.018))


def _lfp_volt(y: Array) -> Array:
    """Potential of LiFePO4 against lithium at lithiation ``y`` [V]."""
    ends = 0.35 * np.exp(-y / 0.010) - 0.9 * np.exp((y - 1) / 0.011)
    return np.asarray(3.424 + ends - 0.008 * (y - 0.5))


def _nmc_volt(y: Array) -> Array:
    """Potential of a nickel-rich layered oxide against lithium at lithiation ``y`` [V]."""
    waves = (
        0.36 * (1 - np.tanh((y - 0.60) / 0.20)) / 2 + 0.57 * (1 - np.tanh((y - 0.26) / 0.16)) / 2
    )
    return np.asarray(3.57 + waves - 0.75 * np.exp((y - 1) / 0.03))


@dataclass(frozen=True, slots=True)
class OcvTable:
    """The OCV at equidistant states of charge: value, slope and integral, all in volt."""

    knots: Array
    grid: Array

    def volt(self, soc: Array) -> Array:
        """Return the OCV at any states of charge (1 is full)."""
        values = np.atleast_1d(np.asarray(soc, dtype=np.float64))
        return np.asarray(open_circuit_voltage(values, self.knots, self.grid[0], self.grid[1]))


@dataclass(frozen=True, slots=True)
class Chemistry:
    """A pair of electrodes.

    Attributes
    ----------
    negative_window, positive_window
        Lithiation of the negative and of the positive electrode at SOC 0 and at SOC 1.
    lower_volt, upper_volt, nominal_volt
        The limits between which the cell is cycled; the voltage on its label.
    ohmic_volt_per_c, branch_volt_per_c
        Voltage lost at 1C over the ohmic part and over the RC branch, fresh at 25 °C.
    """

    name: str
    positive_volt: Callable[[Array], Array]
    negative_window: tuple[float, float]
    positive_window: tuple[float, float]
    lower_volt: float
    upper_volt: float
    nominal_volt: float
    ohmic_volt_per_c: float
    branch_volt_per_c: float

    def ocv_volt(self, soc: Array) -> Array:
        """Return the open-circuit voltage at ``soc`` (1 is full) from the two electrodes."""
        x0, x1 = self.negative_window
        y0, y1 = self.positive_window
        z = np.asarray(soc, dtype=np.float64)
        return self.positive_volt(y0 + z * (y1 - y0)) - _graphite_volt(x0 + z * (x1 - x0))


CHEMISTRIES: dict[str, Chemistry] = {
    "LFP": Chemistry(
        "LFP/graphite", _lfp_volt, (0.012, 0.80), (0.985, 0.012), 2.0, 3.6, 3.2, 0.018, 0.014
    ),
    "NMC": Chemistry(
        "NMC/graphite", _nmc_volt, (0.010, 0.88), (0.94, 0.215), 2.8, 4.2, 3.65, 0.032, 0.022
    ),
}


@lru_cache(maxsize=8)
def _ocv_table(chemistry: Chemistry) -> OcvTable:
    soc = np.linspace(_FIRST_KNOT, _LAST_KNOT, _KNOTS)
    width = (_LAST_KNOT - _FIRST_KNOT) / (_KNOTS - 1)
    volt = chemistry.ocv_volt(soc)
    slope = (chemistry.ocv_volt(soc + 1e-6) - chemistry.ocv_volt(soc - 1e-6)) / 2e-6
    # The integral of the cubic Hermite polynomial over one interval, exactly.
    areas = width * (volt[:-1] + volt[1:]) / 2 + width**2 * (slope[:-1] - slope[1:]) / 12
    integral = np.concatenate([[0.0], np.cumsum(areas)])
    return OcvTable(np.column_stack([volt, slope, integral]), np.array([_FIRST_KNOT, width]))


@dataclass(frozen=True, slots=True)
class Ageing:
    """How a cell fades with the number ``k`` of finished cycles.

    Capacity is ``1 - a·√k - b·k`` of the fresh one, never below 5 %; resistances are
    ``1 + c·k`` of the fresh ones. Both change only at the border of a cycle.
    """

    loss_per_root_cycle: float = 0.0
    loss_per_cycle: float = 0.0
    resistance_growth_per_cycle: float = 0.0

    def capacity_share(self, cycles: float) -> float:
        """Return the share of the fresh capacity left after ``cycles`` cycles."""
        left = 1.0 - self.loss_per_root_cycle * np.sqrt(cycles) - self.loss_per_cycle * cycles
        return float(max(left, 0.05))

    def resistance_share(self, cycles: float) -> float:
        """Return the resistance after ``cycles`` cycles over the fresh one."""
        return 1.0 + self.resistance_growth_per_cycle * cycles


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the truth that a simulated test is made from.

    ``capacity_ah`` is the charge between SOC 0 and SOC 1 when fresh. Resistances hold at
    the test's ambient temperature. ``coulombic_efficiency`` is the share of the charge put
    in that is stored.
    """

    name: str
    chemistry: Chemistry
    nominal_capacity_ah: float
    capacity_ah: float
    ohmic_resistance_ohm: float
    branch_resistance_ohm: float
    branch_time_second: float = 25.0
    coulombic_efficiency: float = 0.9995
    heat_capacity_joule_per_kelvin: float = 30.0
    cooling_watt_per_kelvin: float = 0.03
    ageing: Ageing = field(default_factory=Ageing)

    @property
    def ocv(self) -> OcvTable:
        """The open-circuit voltage as the simulation uses it."""
        return _ocv_table(self.chemistry)


def make_cell(
    name: str,
    chemistry: str = "LFP",
    nominal_capacity_ah: float = 1.1,
    *,
    spread: float = 0.01,
    ageing: Ageing | None = None,
    ambient_temperature_celsius: float = 25.0,
    seed: int = 0,
) -> Cell:
    """Make a cell of a known chemistry, scaled to its capacity, with production spread.

    Parameters
    ----------
    chemistry
        A key of ``CHEMISTRIES``.
    spread
        Relative standard deviation of the capacity; the resistances spread three times
        as much. The same ``name`` and ``seed`` always give the same cell.
    ambient_temperature_celsius
        Resistances follow an Arrhenius law of 30 kJ/mol around 25 °C.
    """
    if chemistry not in CHEMISTRIES or not nominal_capacity_ah > 0:
        raise InvalidRequest(
            f"no cell of chemistry '{chemistry}' and {nominal_capacity_ah} Ah can be made",
            remedy=f"Use one of {sorted(CHEMISTRIES)} and a capacity above zero",
        )
    kind = CHEMISTRIES[chemistry]
    random = np.random.default_rng([seed, *name.encode()])
    capacity_ah = nominal_capacity_ah * (1.02 + spread * float(np.clip(random.normal(), -3, 3)))
    thicker = 1.0 + 3 * spread * float(np.clip(random.normal(), -3, 3))
    kelvin = ambient_temperature_celsius + 273.15
    colder = float(np.exp(30_000 / 8.314 * (1 / kelvin - 1 / 298.15)))
    return Cell(
        name=name,
        chemistry=kind,
        nominal_capacity_ah=nominal_capacity_ah,
        capacity_ah=capacity_ah,
        ohmic_resistance_ohm=kind.ohmic_volt_per_c * thicker * colder / nominal_capacity_ah,
        branch_resistance_ohm=kind.branch_volt_per_c * thicker * colder / nominal_capacity_ah,
        heat_capacity_joule_per_kelvin=28.0 * nominal_capacity_ah,
        cooling_watt_per_kelvin=0.025 * nominal_capacity_ah,
        ageing=ageing or Ageing(),
    )

"""What a file, its name or a person says about a cell and a test, beside the samples."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CellMetadata", "TestMetadata"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CellMetadata(_Model):
    """A physical cell. Every field may be unknown (``None``); nothing is guessed."""

    cell_name: str | None = None
    design_name: str | None = None
    experiment_group: str | None = None
    layer_types: str | None = None
    chemistry: str | None = None
    form_factor: str | None = None
    configuration: str | None = Field(None, description="full, half, symmetric or anode-free")
    nominal_capacity_ah: float | None = Field(None, gt=0)
    nominal_voltage_volt: float | None = Field(None, gt=0)
    active_mass_gram: float | None = Field(None, gt=0)
    electrode_area_square_centimetre: float | None = Field(None, gt=0)
    manufacturer: str | None = None
    serial_number: str | None = None
    barcode: str | None = None
    notes: str | None = None


class TestMetadata(_Model):
    """One run of one cell, as the cycler's file tells it.

    ``extra`` keeps every further ``key: value`` of the preamble under the vendor's own key.
    """

    __test__ = False  # pytest: this is no test class

    test_name: str | None = None
    description: str | None = None
    operator: str | None = None
    protocol: str | None = None
    machine: str | None = None
    channel: str | None = None
    start_time: datetime | None = Field(None, description="with its zone; UTC where assumed")
    time_zone: str | None = None
    ambient_temperature_celsius: float | None = None
    cell: CellMetadata = CellMetadata()
    extra: dict[str, str] = {}

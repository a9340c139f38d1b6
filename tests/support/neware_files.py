"""Writes small Neware ``.nda`` and ``.ndax`` files from arrays, for tests.

The layouts are stated here a second time, as runs of fields and gaps in file order (the
decoder states them as offsets), after the descriptions in the public readers NewareNDA and
fastnda; so a slip in one of the two shows.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["NdaxParts", "nda_bytes", "ndax_bytes", "ndc_bytes", "records", "steps_of"]

Bytes = NDArray[np.uint8]

_CLOCK = "year:<u2 month:u1 day:u1 hour:u1 minute:u1 second:u1"
_SPLIT = "charge:<i8 discharge:<i8 charge_energy:<i8 discharge_energy:<i8"
_LAYOUTS: dict[str, str] = {
    "nda 1": "index:<u4 cycle:<u4 step_id:u1 step_type:u1 ticks:<u4 voltage:<i4 current:<i4 "
    "8 capacity:<i8",
    "nda 2": "mark:u1 4 cycle:<u4 step_type:u1 step_id:u1 ticks:<u4 voltage:<i4 current:<i4 8 "
    "capacity:<i8",
    "nda 3": "mark:u1 index:<u4 cycle:<u4 step_id:u1 step_type:u1 ticks:<u4 voltage:<i4 "
    "current:<i4 8 capacity:<i8 4",
    "nda 5": "mark:u1 index:<u4 cycle:<u4 step_id:u1 step_type:u1 ticks:<u4 voltage:<i4 "
    "current:<i4 8 capacity:<i8 energy:<i8 unix:<u8 4",
    "nda 9": "mark:u1 channel:u1 index:<u4 cycle:<u4 step_id:u1 step_type:u1 ticks:<u4 "
    "voltage:<i4 current:<i4 8 capacity:<i8 energy:<i8 unix:<u8 4",
    "nda 10": "mark:u1 channel:u1 index:<u4 cycle:<u4 step_id:u1 step_type:u1 ticks:<u8 "
    "voltage:<i4 current:<i4 8 capacity:<i8 energy:<i8 unix:<u8 4",
    "nda 11": "mark:u1 channel:u1 index:<u4 cycle:<u4 step_id:<u2 step_type:u1 ticks:<u8 "
    "voltage:<i4 current:<i4 4 temperature:<i2 2 capacity:<i8 energy:<i8 unix:<u8 range:<i4 4",
    "nda 14": "mark:u1 channel:u1 index:<u4 cycle:<u4 step_id:<u2 step_type:u1 jump:u1 "
    f"ticks:<u8 voltage:<i4 current:<i4 4 temperature:<i2 2 {_SPLIT} unix:<u8 range:<i4 4",
    "nda 19": "mark:u1 3 4 index:<u4 cycle:<u4 step_id:<u2 step_type:u1 5 ticks:<u4 "
    "voltage:<i4 current:<i4 8 charge:<i4 discharge:<i4 charge_energy:<i4 discharge_energy:<i4 "
    "unix:<u4 4",
    "nda 25": "mark:u1 channel:u1 index:<u4 cycle:<u4 step_id:<u2 step_type:u1 ticks:<u8 "
    "voltage:<i4 current:<i4 8 capacity:<i8 energy:<i8 unix:<u8 range:<i4 5",
    "nda 29": "mark:u1 channel:u1 index:<u4 cycle:<u4 step_id:<u2 step_type:u1 jump:u1 "
    f"ticks:<u8 voltage:<i4 current:<i4 4 temperature:<i2 2 {_SPLIT} {_CLOCK} 1 range:<i4 4",
    "bts9 88": "4 mark:u1 4 step_id:u1 step_type:u1 5 index:<u4 8 ticks:<u8 voltage:<f4 "
    "current:<f4 8 charge:<f4 charge_energy:<f4 discharge:<f4 discharge_energy:<f4 unix:<u8 12",
    "bts9 52": "mark:u1 1 step_id:u1 step_type:u1 4 index:<u4 ticks:<u4 nanoseconds:<u4 "
    "current:<f4 voltage:<f4 capacity:<f4 energy:<f4 cycle:<u4 4 unix:<u4 unix_nano:<u4",
    "bts9 56": "mark:u1 1 step_id:u1 step_type:u1 4 index:<u4 ticks:<u4 nanoseconds:<u4 "
    "current:<f4 voltage:<f4 capacity:<f4 energy:<f4 cycle:<u4 4 unix:<u4 unix_nano:<u4 "
    "temperature:<f4",
    "bts9 60": "mark:u1 1 step_id:u1 step_type:u1 4 index:<u4 ticks:<u4 nanoseconds:<u4 "
    "current:<f4 voltage:<f4 capacity:<f4 energy:<f4 unix:<u4 unix_nano:<u4 4 temperature:<f4 "
    "cycle:<u4 4",
    "ndc 1": "mark:u1 7 index:<u4 cycle:<u4 step_id:u1 step_type:u1 2 ticks:<u8 voltage:<i4 "
    f"current:<i4 4 {_SPLIT} {_CLOCK} range:<i4",
    "ndc 2": "mark:u1 7 index:<u4 cycle:<u4 step_id:u1 step_type:u1 5 ticks:<u8 voltage:<i4 "
    f"current:<i4 4 {_SPLIT} {_CLOCK} range:<i4 8",
    "ndc 5": "mark:u1 index:<u4 cycle:<u4 step_id:u1 step_type:u1 5 ticks:<u8 voltage:<i4 "
    f"current:<i4 4 {_SPLIT} {_CLOCK} range:<i4 8",
    "ndc 11": "voltage:<f4 current:<f4",
    "run 8": "ms:<u4 1 charge:<f4 discharge:<f4 charge_energy:<f4 discharge_energy:<f4 5 "
    "interval:<i4 unix:<u4 step:<u4 index:<u4",
    "run 9": "ms:<u4 1 charge:<f4 discharge:<f4 charge_energy:<f4 discharge_energy:<f4 8 "
    "interval:<i4 unix:<u4 step:<u4 index:<u4",
    "run 11": "ms:<u4 1 charge:<f4 discharge:<f4 charge_energy:<f4 discharge_energy:<f4 8 "
    "interval:<i4 unix:<u4 step:<u4 index:<u4 unix_ms:<u2",
    "run 13": "ms:<u4 1 charge:<f4 discharge:<f4 charge_energy:<f4 discharge_energy:<f4 8 "
    "interval:<i4 unix:<u4 step:<u4 index:<u4 unix_ms:<u2 8",
    "run 16": "ms:<u4 1 charge:<f4 discharge:<f4 charge_energy:<f4 discharge_energy:<f4 8 "
    "interval:<i4 unix:<u4 step:<u4 index:<u4 unix_ms:<u2 53",
    "step 6": "cycle:<u4 step_id:<u4 16 step_type:u1 12",
    "step 16": "cycle:<u4 step_id:<u4 16 step_type:u1 8 index:<u4 63",
    "aux 2": "mark:u1 7 index:<u4 19 voltage:<i4 6 temperature:<i2 setpoint:<i2 49",
    "aux 5": "mark:u1 index:<u4 19 voltage:<i4 6 temperature:<i2 setpoint:<i2 49",
    "aux 6": "value:<f4",
    "aux 11 65": "mark:u1 voltage:<f4 temperature:<i2",
    "aux 11 74": "mark:u1 index:<u4 1 29 temperature:<i2 51",
}
_SAME = {
    "nda 4": "nda 3", "nda 6": "nda 5", "nda 7": "nda 5", "nda 8": "nda 5",
    **{f"nda {v}": "nda 11" for v in (12, 13, 15, 18)},
    **{f"nda {v}": "nda 14" for v in (16, 17, 20, 22, 23, 24)},
    "nda 27": "nda 25", "nda 26": "nda 29", "nda 28": "nda 29",
    "ndc 3": "ndc 1", "ndc 4": "ndc 2",
    **{f"ndc {v}": "ndc 11" for v in (8, 9, 12, 13, 14, 16, 17)},
    "run 12": "run 11", "run 14": "run 13", "run 17": "run 16",
    **{f"step {v}": "step 6" for v in (8, 9, 11, 12, 13, 14)}, "step 17": "step 16",
    **{f"aux {v}": "aux 6" for v in (8, 12, 14, 17)}, "aux 4": "aux 2",
}  # fmt: skip


def _dtype(name: str) -> np.dtype[np.void]:
    fields: list[tuple[str, str]] = []
    for position, word in enumerate(_LAYOUTS[_SAME.get(name, name)].split()):
        label, _, kind = word.partition(":")
        fields.append((label, kind) if kind else (f"gap{position}", f"V{word}"))
    return np.dtype(fields)


def records(name: str, columns: Mapping[str, ArrayLike]) -> Bytes:
    """Return records of one layout, one row of bytes each; fields not given are 0."""
    rows = max(np.atleast_1d(np.asarray(values)).size for values in columns.values())
    table = np.zeros(rows, _dtype(name))
    for label, values in columns.items():
        table[label] = values
    return table.view(np.uint8).reshape(rows, table.dtype.itemsize)


def nda_bytes(
    version: int,
    content: Bytes,
    *,
    auxiliary: Bytes | None = None,
    current_range: int = 0,
    texts: Mapping[str, str] | None = None,
    mass_microgram: int = 0,
    record_version: int = 3,
) -> bytes:
    """Return an ``.nda``: header, device and test information, records, extra records.

    ``texts`` may hold ``start_time``, ``creator``, ``sn``, ``remarks`` (and ``barcode``,
    ``test_name``, ``step_name`` from version 29 on).
    """
    body = content.tobytes()
    extra = b"" if auxiliary is None else auxiliary.tobytes()
    head = bytearray(4096)
    head[0:6], head[6:14], head[14] = b"NEWARE", b"20240101", version
    if version >= 129:
        head[16:18] = record_version.to_bytes(2, "little")
        head[82:90] = (4096).to_bytes(8, "little")
        head[90:98] = len(body).to_bytes(8, "little")
        return bytes(head) + body + extra
    for at, number in (
        (16, 2048), (20, 42), (24, 2090), (28, 503 if version >= 29 else 383),
        (64, 4096), (68, len(body)), (72, 4096 + len(body)), (76, len(extra)),
        (2048 + 26, current_range & 0xFFFFFFFF), (152 if version >= 9 else 144, mass_microgram),
    ):  # fmt: skip
        head[at : at + 4] = number.to_bytes(4, "little")
    shift = 0 if version >= 11 else -1
    places = (
        {"start_time": 36, "creator": 76, "sn": 91, "remarks": 111}
        if shift
        else {"start_time": 37, "creator": 77, "sn": 137, "remarks": 227, "barcode": 343,
              "test_name": 383, "step_name": 443}
    )  # fmt: skip
    for label, text in (texts or {}).items():
        raw = text.encode("gb18030")
        at = 2090 + places[label]
        head[at : at + len(raw)] = raw
    head[3096 : 3096 + 9] = b"BTSServer"
    return bytes(head) + body + extra


def ndc_bytes(
    kind: int, version: int, content: Bytes, used: NDArray[np.bool_] | None = None
) -> bytes:
    """Return an ``.ndc`` part: a header page, then pages of records.

    ``used`` marks the slots in use (all by default), for holes.
    """
    page_bytes, first = (512, 5) if version < 5 else (4096, 132)
    width = content.shape[1]
    per_page = (page_bytes - first - 1) // width
    used = np.ones(len(content), np.bool_) if used is None else used
    header = bytearray(page_bytes)
    header[0], header[2], header[4] = kind, version, 1
    pages = [bytes(header)]
    for start in range(0, len(content), per_page):
        page = bytearray(page_bytes)
        rows = content[start : start + per_page].copy()
        here = used[start : start + per_page]
        rows[~here] = 0
        page[first : first + rows.size] = rows.tobytes()
        if version >= 5:
            page[0] = 2
            page[2:4] = int(here.sum()).to_bytes(2, "little")
            bits = np.packbits(here, bitorder="little").tobytes()
            page[4 : 4 + len(bits)] = bits
        pages.append(bytes(page))
    return b"".join(pages)


@dataclass
class NdaxParts:
    """The parts of an archive, ready to be damaged by a test before they are zipped."""

    parts: dict[str, bytes] = field(default_factory=dict)

    def zipped(self, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
        """Return the archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, content in self.parts.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def write(self, path: Path) -> Path:
        """Write the archive to ``path``."""
        path.write_bytes(self.zipped())
        return path


def _xml(inner: str) -> bytes:
    text = f'<?xml version="1.0" encoding="GB2312"?>\n<root><config>{inner}</config></root>'
    return text.encode("gb18030")


def _attributes(values: Mapping[str, str]) -> str:
    return " ".join(f'{key}="{value}"' for key, value in values.items())


def ndax_bytes(
    version: int,
    voltage: ArrayLike,
    current: ArrayLike,
    run_info: Mapping[str, ArrayLike],
    steps: Mapping[str, ArrayLike],
    *,
    used: NDArray[np.bool_] | None = None,
    test_attributes: Mapping[str, str] | None = None,
    auxiliary: Mapping[str, tuple[Bytes, Mapping[str, str]]] | None = None,
    cycle_mode: str | None = None,
) -> NdaxParts:
    """Return the parts of an ``.ndax`` of version 8 or later.

    ``voltage`` and ``current`` are in the version's own units (V and A, or 0.1 mV and mA), so
    are the counters of ``run_info``. ``auxiliary``: name of a part → records and attributes
    of the channel in TestInfo.xml.
    """
    extra = dict(auxiliary or {})
    attributes = {"DevID": "7", "UnitID": "0", "ChlID": "3", "StepName": "recipe.xml"}
    attributes |= dict(test_attributes or {})
    channels = "".join(
        f"<Aux{n} {_attributes(about)} />" for n, (_, about) in enumerate(extra.values(), 1)
    )
    parts = {
        "VersionInfo.xml": _xml('<ZwjVersion SvrVer="BTSServer 8.0.0" />'),
        "Step.xml": _xml('<Head_Info><Creator Value="Ada" /><Remark Value="备注" /></Head_Info>'),
        "TestInfo.xml": _xml(f"<TestInfo {_attributes(attributes)}>{channels}</TestInfo>"),
        "data.ndc": ndc_bytes(
            1, version, records(f"ndc {version}", {"voltage": voltage, "current": current}), used
        ),
        "data_runInfo.ndc": ndc_bytes(18, version, records(f"run {version}", run_info)),
        "data_step.ndc": ndc_bytes(7, version, records(f"step {version}", steps)),
    }
    if cycle_mode is not None:
        parts["NdaxConfig.xml"] = _xml(f'<config CycleMode="{cycle_mode}" BatteryMass="6E-06" />')
    for name, (content, _) in extra.items():
        parts[name] = ndc_bytes(5, version, content)
    return NdaxParts(parts)


def steps_of(*steps: tuple[int, int, int]) -> dict[str, list[int]]:
    """Return the columns of a step part from (stored cycle, step id, step type code)."""
    return {
        "cycle": [step[0] for step in steps],
        "step_id": [step[1] for step in steps],
        "step_type": [step[2] for step in steps],
    }

"""The XML parts of an ``.ndax``: who tested what, where, when and with which extra channels."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

from voltlake.errors import CorruptFile, SuspiciousArchive
from voltlake.readers.neware.archive import MAX_XML_BYTES, Archive

__all__ = ["AuxiliaryChannel", "Information", "read_information"]

_PARTS = ("VersionInfo.xml", "TestInfo.xml", "Step.xml", "NdaxConfig.xml")
_LONG_TEXT = 500


@dataclass(frozen=True, slots=True)
class AuxiliaryChannel:
    """An extra channel as TestInfo.xml declares it; ``kind`` is the vendor's ChlType."""

    number: int
    real_channel: int
    kind: int


@dataclass(frozen=True, slots=True)
class Information:
    """What the XML parts say.

    Attributes
    ----------
    test, versions, step_head, configuration
        Attributes of TestInfo, ZwjVersion, the step file's head (``Creator`` → value) and of
        the configuration that a person chose in the vendor's program.
    auxiliary
        Extra channels in the order of the file.
    """

    test: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    step_head: dict[str, str] = field(default_factory=dict)
    configuration: dict[str, str] = field(default_factory=dict)
    auxiliary: tuple[AuxiliaryChannel, ...] = ()

    def extra(self) -> dict[str, str]:
        """Return everything that has a short value, under ``part.key``."""
        parts = {
            "TestInfo": self.test,
            "VersionInfo": self.versions,
            "Step": self.step_head,
            "NdaxConfig": self.configuration,
        }
        return {
            f"{part}.{key}": value
            for part, values in parts.items()
            for key, value in values.items()
            if value and len(value) <= _LONG_TEXT
        }


def read_information(archive: Archive) -> Information:
    """Read the XML parts that are there; a missing part leaves its fields empty.

    Raises ``SuspiciousArchive`` for a document with a DOCTYPE or entities (they can blow up
    or reach outside), ``CorruptFile`` for one that is not XML.
    """
    roots = {part: _parse(archive, part) for part in _PARTS if part in archive.sizes}
    test = _find(roots.get("TestInfo.xml"), "config/TestInfo")
    head = _find(roots.get("Step.xml"), "config/Head_Info")
    return Information(
        test=_attributes(test),
        versions=_attributes(_find(roots.get("VersionInfo.xml"), "config/ZwjVersion")),
        step_head={
            child.tag: child.get("Value", "") for child in (head if head is not None else ())
        },
        configuration=_attributes(_find(roots.get("NdaxConfig.xml"), "config/config")),
        auxiliary=tuple(
            AuxiliaryChannel(
                _whole(child.get("AuxID")),
                _whole(child.get("RealChlID")),
                _whole(child.get("ChlType")),
            )
            for child in (test if test is not None else ())
            if child.tag.lower().startswith("aux")
        ),
    )


def _parse(archive: Archive, part: str) -> ElementTree.Element:
    content = archive.read(part, limit=MAX_XML_BYTES)
    named = re.search(rb"""encoding=["']([A-Za-z0-9._-]+)""", content[:200])
    encoding = named.group(1).decode().lower() if named else "utf-8"
    if encoding.startswith("gb"):
        encoding = "gb18030"  # GB2312's superset; expat itself reads neither
    try:
        text = content.decode(encoding, errors="replace").lstrip("\ufeff \r\n\t")
    except LookupError as reason:
        raise CorruptFile(f"{part} names the encoding '{encoding}'", file=archive.name) from reason
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SuspiciousArchive(f"{part} declares entities", file=archive.name)
    try:
        return ElementTree.fromstring(re.sub(r"^<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL))  # noqa: S314
    except (ElementTree.ParseError, ValueError) as reason:
        raise CorruptFile(f"{part} is damaged: {reason}", file=archive.name) from reason


def _find(root: ElementTree.Element | None, path: str) -> ElementTree.Element | None:
    return None if root is None else root.find(path)


def _attributes(element: ElementTree.Element | None) -> dict[str, str]:
    return {} if element is None else {key: value.strip() for key, value in element.attrib.items()}


def _whole(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        return -1

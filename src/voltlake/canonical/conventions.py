"""What readers declare and what processing detects about a test.

Both meet in the certificate: a declaration says what the file or its format claims, a
detection says what the data show, with the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voltlake.canonical.certificate import Verdict

__all__ = ["Declaration", "Detection", "Sign"]


class Sign(StrEnum):
    """How the sign of the current came about, *as the reader returned it*."""

    CHARGE_POSITIVE = "charge positive"
    STATE_LABEL = "from the state label"
    UNSIGNED = "unsigned"
    UNKNOWN = "not said"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One thing that the file, its format or the user declares.

    ``subject`` as in :class:`~voltlake.canonical.certificate.CertificateEntry`; ``where``
    says where it was read: a header, a preamble line, the format's definition. ``assumed``
    marks what nobody declared, so that a default was used.
    """

    subject: str
    value: str
    where: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that the data show.

    ``verdict`` is ``VERIFIED`` only where ``evidence`` holds a number that says so.
    """

    subject: str
    value: str
    evidence: str
    verdict: Verdict

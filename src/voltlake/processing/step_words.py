"""Vendors' words for kinds of steps, in English and Chinese, and Maccor's letters."""

from __future__ import annotations

import functools
import re

__all__ = ["control_of", "direction_of", "kind_of"]

_LETTERS = {"c": "charge", "d": "discharge", "r": "rest", "p": "rest", "s": "rest"}
"""Maccor's states: charge, discharge, rest, pause, suspend."""

_KINDS = (
    ("eis", r"\beis\b|geis|peis|impedance|阻抗"),
    ("waveform", r"\bsim\b|simulation|waveform|fastwave|drive ?cycle|\bprofile\b|模拟|模擬|仿真"),
    ("pulse", r"pulse|hppc|dcir|脉冲|脈衝"),
    ("discharge", r"dchg|dischg|disch|\bdis\b|discharge|放电|放電"),
    ("charge", r"chg|charge|\bchar\b|充电|充電"),
    (
        "rest",
        r"\brest\b|pause|\bwait\b|\bocv\b|open circuit|idle|静置|靜置|搁置|擱置|休息|暂停|暫停",
    ),
)
_CONTROLS = (
    ("cccv", r"cc.?cv|恒流恒压|恆流恆壓|定電流定電壓|定电流定电压"),
    ("cp", r"(?<![a-z])cp(?![a-z])|power|恒功率|恆功率|定功率"),
    ("cv", r"(?<![a-z])cv(?![a-z])|voltage|恒压|恆壓|定電壓|定电压"),
    ("cc", r"(?<![a-z])cc(?![a-z])|current|恒流|恆流|定電流|定电流"),
)


@functools.lru_cache(maxsize=4096)
def kind_of(words: str | None) -> str | None:
    """Return charge, discharge, rest, pulse, eis or waveform; ``None`` if the words say none."""
    if not words:
        return None
    text = _plain(words)
    if text in _LETTERS:
        return _LETTERS[text]
    return next((kind for kind, pattern in _KINDS if re.search(pattern, text)), None)


@functools.lru_cache(maxsize=4096)
def control_of(words: str | None) -> str | None:
    """Return cc, cv, cccv or cp; ``None`` if the words say none of them."""
    if not words:
        return None
    text = _plain(words)
    return next((control for control, pattern in _CONTROLS if re.search(pattern, text)), None)


def direction_of(words: str | None) -> int:
    """Return +1 where the words say charge, -1 for discharge, 0 otherwise."""
    return {"charge": 1, "discharge": -1}.get(kind_of(words) or "", 0)


def _plain(words: str) -> str:
    return re.sub(r"[_\-]+", " ", words.strip().lower())

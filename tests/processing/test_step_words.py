"""Words for steps as vendors write them."""

from __future__ import annotations

import pytest

from voltlake.processing.step_words import control_of, direction_of, kind_of


@pytest.mark.parametrize(
    ("words", "kind", "control"),
    [
        ("CC_Chg", "charge", "cc"),
        ("CC DChg", "discharge", "cc"),
        ("CCCV_Chg", "charge", "cccv"),
        ("CC-CV充電", "charge", "cccv"),
        ("CC放電", "discharge", "cc"),
        ("恒流恒压充电", "charge", "cccv"),
        ("恒功率放电", "discharge", "cp"),
        ("CV_Chg", "charge", "cv"),
        ("靜置", "rest", None),
        ("Rest", "rest", None),
        ("Pause", "rest", None),
        ("OCV", "rest", None),
        ("C", "charge", None),
        ("D", "discharge", None),
        ("R", "rest", None),
        ("P", "rest", None),
        ("S", "rest", None),
        ("Pulse Step", "pulse", None),
        ("SIM", "waveform", None),
        ("GEIS", "eis", None),
        ("CP_DChg", "discharge", "cp"),
        ("Discharge", "discharge", None),
        ("溫箱控制", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_words(words, kind, control):
    assert kind_of(words) == kind
    assert control_of(words) == control
    assert direction_of(words) == {"charge": 1, "discharge": -1}.get(kind, 0)

"""The registry: names, parameters and their mistakes."""

from __future__ import annotations

import pytest

from voltlake.canonical.columns import SAMPLE_COLUMNS
from voltlake.charts.declare import find, names
from voltlake.charts.theme import THEMES, theme_named
from voltlake.charts.titles import CYCLE_QUANTITIES, axis_title
from voltlake.errors import InvalidRequest, NotFound


def test_the_charts_people_know_are_there() -> None:
    assert names() == (
        "capacity-vs-cycle",
        "capacity-vs-voltage",
        "voltage-current-temperature-vs-time",
    )


@pytest.mark.parametrize("name", names())
def test_every_declaration_is_complete(name: str) -> None:
    chart = find(name)
    assert chart.title
    assert chart.description.endswith(".")
    defaults = chart.parse({})
    assert chart.columns(defaults)
    assert chart.parameters.model_json_schema()["additionalProperties"] is False


def test_an_unknown_chart_names_the_nearest() -> None:
    with pytest.raises(NotFound) as caught:
        find("capacity-vs-cycles")
    assert "'capacity-vs-cycle'" in caught.value.remedy


def test_a_strange_name_lists_all_charts() -> None:
    with pytest.raises(NotFound) as caught:
        find("<script>")
    assert "capacity-vs-voltage" in caught.value.remedy


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"y": "discharge_capacity"}, "discharge_capacity_ah"),
        ({"y": "__class__"}, "no cycle metric"),
        ({"y": "cell_name; drop table cells"}, "no cycle metric"),
        ({"normalise": "last"}, "'none' or 'first'"),
    ],
)
def test_a_wrong_value_is_refused_with_the_right_ones(query: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        find("capacity-vs-cycle").parse(query)


def test_a_misspelt_parameter_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidRequest) as caught:
        find("capacity-vs-cycle").parse({"normalize": "first"})
    assert "'normalise'" in caught.value.remedy
    with pytest.raises(InvalidRequest) as caught:
        find("capacity-vs-cycle").parse({"zzz": "first"})
    assert "y, normalise" in caught.value.remedy


@pytest.mark.parametrize(
    ("notation", "title"),
    [
        ("discharge_capacity_ah", "Discharge capacity (Ah)"),
        ("dc_internal_resistance_ohm", "DC Internal Resistance (Ω)"),
        ("temperature_max_celsius", "Temperature max (°C)"),
        ("coulombic_efficiency", "Coulombic efficiency (%)"),
        ("equivalent_full_cycles", "Equivalent full cycles"),
        ("mean_charge_voltage_volt", "Mean charge voltage (V)"),
        ("cv_duration_second", "CV duration (s)"),
        ("c_rate_discharge", "C rate discharge"),
        ("voltage_volt", "Voltage (V)"),
        ("aux_t_cell_3_celsius", "Aux t cell 3 (°C)"),
    ],
)
def test_titles_follow_from_the_names(notation: str, title: str) -> None:
    assert axis_title(notation) == title


def test_every_column_has_a_title() -> None:
    for name in (*CYCLE_QUANTITIES, *(column.notation for column in SAMPLE_COLUMNS)):
        assert axis_title(name).strip()
    assert "start_unix_time_second" not in CYCLE_QUANTITIES
    assert "discharge_capacity_ah" in CYCLE_QUANTITIES


def _luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_and_lines_stand_out_from_the_ground(theme) -> None:  # type: ignore[no-untyped-def]
    assert _contrast(theme.ink, theme.background) > 7
    assert _contrast(theme.muted, theme.background) > 4.5
    for color in (*theme.cells, *theme.cycles, theme.charge, theme.discharge, theme.temperature):
        assert _contrast(color, theme.background) > 1.7, color


def test_an_unknown_theme_is_refused() -> None:
    assert theme_named("dark").name == "dark"
    with pytest.raises(NotFound, match="no theme"):
        theme_named("sepia")

"""The tables behind the charts, worked out by hand, and what figures say of missing data."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from charts.tables import fading_cells, two_cycles
from voltlake.charts import capacity_fade, capacity_voltage, time_series
from voltlake.charts.declare import find
from voltlake.charts.specification import for_file, for_page
from voltlake.charts.theme import DARK, LIGHT
from voltlake.errors import InvalidRequest


def _spec(name: str, table: pl.DataFrame, **query: object) -> dict[str, object]:
    chart = find(name)
    parameters = chart.parse(query)
    return for_file(chart, chart.prepare(table, parameters), LIGHT, parameters)


class TestCapacityAgainstCycle:
    def test_values_are_those_of_the_table(self) -> None:
        frame = capacity_fade.prepare(fading_cells(), y="discharge_capacity_ah", normalise="none")
        assert frame.columns == ["cell_name", "cycle", "discharge_capacity_ah"]
        assert frame["discharge_capacity_ah"].to_list()[:5] == [2.0, 1.9, 1.8, 1.7, 1.6]

    def test_normalised_values_are_per_cent_of_the_first(self) -> None:
        frame = capacity_fade.prepare(fading_cells(), y="discharge_capacity_ah", normalise="first")
        values = frame["discharge_capacity_ah_percent_of_first"].to_list()[:5]
        assert values == pytest.approx([100, 95, 90, 85, 80])

    def test_the_first_known_value_counts_not_a_null_or_a_zero(self) -> None:
        table = pl.DataFrame(
            {
                "cell_name": ["A"] * 4,
                "cycle_index": [1, 2, 3, 4],
                "charge_capacity_ah": [None, 0.0, 2.0, 1.0],
            }
        )
        frame = capacity_fade.prepare(table, y="charge_capacity_ah", normalise="first")
        assert frame[frame.columns[-1]].to_list() == [None, 0.0, 100.0, 50.0]

    def test_a_cell_without_any_value_stays_unknown_when_normalised(self) -> None:
        table = fading_cells().filter(pl.col("cell_name") == "C2")
        frame = capacity_fade.prepare(table, y="dc_internal_resistance_ohm", normalise="first")
        assert frame[frame.columns[-1]].null_count() == frame.height

    def test_ratios_are_per_cent_on_screen_and_unknown_stays_unknown(self) -> None:
        frame = capacity_fade.prepare(fading_cells(), y="coulombic_efficiency", normalise="none")
        assert frame["coulombic_efficiency_percent"].to_list()[:2] == [None, 50.0]

    def test_cycles_go_on_counting_over_the_tests_of_a_cell(self) -> None:
        table = pl.DataFrame(
            {
                "cell_name": ["A"] * 5 + ["B"] * 2,
                "test_id": [1, 1, 2, 2, 3, 4, 4],
                "cycle_index": [1, 2, 1, 2, 1, 1, None],
                "discharge_capacity_ah": [1.0] * 7,
            }
        )
        frame = capacity_fade.prepare(table, y="discharge_capacity_ah", normalise="none")
        assert frame["cycle"].to_list() == [1, 2, 3, 4, 5, 1]

    def test_a_cell_that_lacks_the_quantity_is_named(self) -> None:
        spec = _spec("capacity-vs-cycle", fading_cells(), y="dc_internal_resistance_ohm")
        assert spec["title"]["subtitle"] == "Not measured: C2"  # type: ignore[index]

    def test_a_quantity_that_no_cell_has_is_said_to_be_not_measured(self) -> None:
        table = fading_cells().filter(pl.col("cell_name") == "C2")
        spec = _spec("capacity-vs-cycle", table, y="dc_internal_resistance_ohm")
        assert "DC internal resistance: not measured" in json.dumps(spec)

    def test_nine_cells_repeat_the_first_colour_with_another_dash(self) -> None:
        spec = _spec("capacity-vs-cycle", fading_cells(cells=9))
        encoding = spec["encoding"]
        colors = encoding["color"]["scale"]["range"]  # type: ignore[index]
        dashes = encoding["strokeDash"]["scale"]["range"]  # type: ignore[index]
        assert colors[8] == colors[0]
        assert dashes[8] != dashes[0]
        assert len(set(zip(colors, map(str, dashes), strict=True))) == 32

    def test_nan_never_reaches_json(self) -> None:
        table = fading_cells().with_columns(discharge_capacity_ah=pl.lit(float("nan")))
        table = table.with_columns(
            pl.when(pl.col("cycle_index") == 1).then(1.0).otherwise("discharge_capacity_ah")
            .alias("discharge_capacity_ah")
        )  # fmt: skip
        text = json.dumps(_spec("capacity-vs-cycle", table), allow_nan=False)
        assert "null" in text


class TestVoltageAgainstCapacity:
    def test_each_half_begins_at_zero_and_rests_are_left_out(self) -> None:
        frame = capacity_voltage.prepare(two_cycles(), direction="both")
        halves = frame.group_by("cycle", "direction", maintain_order=True).agg(
            pl.len(), first=pl.col("capacity_ah").first(), last=pl.col("capacity_ah").last()
        )
        assert halves["len"].to_list() == [50] * 4
        assert halves["first"].to_list() == [0.0] * 4
        assert halves["last"].to_list() == pytest.approx([49 / 3600] * 4)

    def test_capacity_never_falls_within_a_line(self) -> None:
        frame = capacity_voltage.prepare(two_cycles(5000), direction="discharge")
        assert frame.columns == ["cycle", "capacity_ah", "voltage_volt"]
        for _, line in frame.group_by("cycle"):
            assert line["capacity_ah"].is_sorted()

    def test_thinning_keeps_the_extremes(self) -> None:
        table = two_cycles(20_000)
        spike = pl.when(pl.int_range(pl.len()) == 777).then(9.9).otherwise("voltage_volt")
        frame = capacity_voltage.prepare(
            table.with_columns(spike.alias("voltage_volt")), direction="charge"
        )
        assert frame["voltage_volt"].max() == 9.9
        assert frame.height <= 2 * 600

    def test_reported_curves_are_drawn_as_they_are(self) -> None:
        curves = pl.DataFrame(
            {
                "cycle_index": [1, 1, 1],
                "direction": ["charge", "discharge", "discharge"],
                "voltage_volt": [3.0, 3.5, 3.4],
                "charge_capacity_ah": [0.5, None, None],
                "discharge_capacity_ah": [None, 0.1, 0.2],
            }
        )
        frame = capacity_voltage.prepare(curves, direction="discharge")
        assert frame["capacity_ah"].to_list() == [0.1, 0.2]

    def test_without_a_counter_the_chart_says_so(self) -> None:
        table = two_cycles().with_columns(
            charging_capacity_ah=pl.lit(None, pl.Float64),
            discharging_capacity_ah=pl.lit(None, pl.Float64),
        )
        assert "Capacity: not measured" in json.dumps(_spec("capacity-vs-voltage", table))

    @pytest.mark.parametrize("direction", ["both", "charge", "discharge"])
    @pytest.mark.parametrize("cycles", [1, 2])
    def test_colour_tells_directions_of_one_cycle_and_cycles_of_several(
        self, direction: str, cycles: int
    ) -> None:
        table = two_cycles().filter(pl.col("cycle_index") <= cycles)
        encoding = _spec("capacity-vs-voltage", table, direction=direction)["encoding"]
        color = encoding["color"]  # type: ignore[index]
        if cycles == 1 and direction != "both":
            assert color["value"] == getattr(LIGHT, direction)
        else:
            assert color["field"] == ("cycle" if cycles == 2 else "direction")


class TestAgainstTime:
    def test_samples_become_one_row_a_value(self) -> None:
        frame = time_series.prepare(two_cycles(2), steps=False)
        assert frame.columns == ["quantity", "test_time_second", "value"]
        assert frame["quantity"].unique(maintain_order=True).to_list() == [
            "voltage_volt",
            "current_ampere",
        ]
        assert frame.height == 2 * 12

    def test_steps_begin_where_the_step_count_changes(self) -> None:
        frame = time_series.prepare(two_cycles(10), steps=True)
        begins = frame.filter(pl.col("quantity") == "step_begins")
        assert begins["test_time_second"].to_list() == [10.0, 20.0, 30.0, 40.0, 50.0]
        assert "rule" in json.dumps(
            _spec("voltage-current-temperature-vs-time", two_cycles(), steps=True)
        )

    def test_thinned_series_keep_their_own_times(self) -> None:
        series = {
            "voltage_volt": (np.array([0.0, 1.0]), np.array([3.0, 3.5])),
            "current_ampere": (np.array([0.5]), np.array([1.0])),
        }
        frame = time_series.prepare(time_series.long_table(series), steps=True)
        assert frame.rows() == [
            ("voltage_volt", 0.0, 3.0),
            ("voltage_volt", 1.0, 3.5),
            ("current_ampere", 0.5, 1.0),
        ]
        assert time_series.long_table({}).height == 0

    def test_a_missing_temperature_is_said_to_be_not_measured(self) -> None:
        text = json.dumps(
            _spec("voltage-current-temperature-vs-time", two_cycles()), ensure_ascii=False
        )
        assert "Surface Temperature (°C): not measured" in text

    def test_the_first_temperature_at_hand_is_drawn(self) -> None:
        table = two_cycles().with_columns(
            surface_temperature_celsius=pl.lit(None, pl.Float64),
            ambient_temperature_celsius=pl.lit(25.0),
        )
        text = json.dumps(_spec("voltage-current-temperature-vs-time", table), ensure_ascii=False)
        assert "Ambient Temperature (°C)" in text
        assert "not measured" not in text

    def test_no_time_no_chart(self) -> None:
        with pytest.raises(InvalidRequest, match="test_time_second"):
            time_series.prepare(two_cycles().drop("test_time_second"), steps=False)

    @pytest.mark.parametrize(
        ("end_second", "unit"), [(200, "(s)"), (4000, "(min)"), (40_000, "(h)"), (400_000, "(d)")]
    )
    def test_the_unit_of_time_fits_the_span(self, end_second: int, unit: str) -> None:
        series = {"voltage_volt": (np.array([0.0, end_second]), np.array([3.0, 3.5]))}
        table = time_series.long_table(series)
        assert f"Time {unit}" in json.dumps(_spec("voltage-current-temperature-vs-time", table))

    def test_too_many_steps_are_not_drawn(self) -> None:
        table = two_cycles(300).with_columns(step_count=pl.int_range(pl.len()))
        assert "rule" not in json.dumps(
            _spec("voltage-current-temperature-vs-time", table, steps=True)
        )


TABLES = {
    "capacity-vs-cycle": fading_cells(),
    "capacity-vs-voltage": two_cycles(),
    "voltage-current-temperature-vs-time": two_cycles(),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_chart_without_rows_still_shows_its_axes(name: str) -> None:
    assert "not measured" not in json.dumps(_spec(name, TABLES[name].clear()))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_page_gets_the_chart_without_data_and_ground(name: str, theme) -> None:  # type: ignore[no-untyped-def]
    chart = find(name)
    parameters = chart.parse({})
    frame = chart.prepare(TABLES[name], parameters)
    spec = for_page(chart, frame, theme, parameters)
    text = json.dumps(spec)
    assert '{"name": "table"}' in text
    assert spec["config"]["background"] == "transparent"
    assert '"container"' in text
    assert '"container"' not in json.dumps(for_file(chart, frame, theme, parameters))

"""SQL over a lake: questions are answered, everything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from voltlake.errors import InvalidRequest
from voltlake.services import explore, series
from voltlake.services.sql import TABLES, answer
from voltlake.services.workspace import Workspace


@pytest.mark.parametrize("table", [*TABLES, "samples"])
def test_every_table_can_be_asked(held: Workspace, table: str) -> None:
    (count,) = answer(held, f"select count(*) as n from {table}")["n"]  # noqa: S608
    expected = (
        sum(explore.tests(held)["rows"]) if table == "samples" else TABLES[table](held).height
    )
    assert count == expected > 0


def test_tables_can_be_joined_and_samples_carry_their_test(held: Workspace) -> None:
    table = answer(
        held,
        """
        WITH longest AS (SELECT test_id, max(test_time_second) AS end_second
                         FROM samples GROUP BY test_id)
        SELECT t.cell_name, l.end_second FROM tests t JOIN longest l ON t.test_id = l.test_id
        WHERE t.cell_name = 'LFP_2'
        """,
    )
    samples = series.samples_of_cell(held, "LFP_2")
    assert table.rows() == [("LFP_2", samples["test_time_second"].max())]


def test_an_empty_lake_answers_too(lake: Workspace) -> None:
    assert answer(lake, "SELECT count(*) AS n FROM samples")["n"].to_list() == [0]
    assert answer(lake, "SELECT * FROM cells").is_empty()


@pytest.mark.parametrize(
    "query",
    [
        "", "   ", "drop table cells", "DELETE FROM cells", "insert into cells values (1)",
        "truncate table cells", "create table x as select * from cells", "update cells set a=1",
        "cells", "selective reading",
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused(held: Workspace, query: str) -> None:
    with pytest.raises(InvalidRequest, match="only questions are answered") as caught:
        answer(held, query)
    assert "samples" in caught.value.remedy


@pytest.mark.parametrize(
    "call",
    [
        "read_csv('{}')", "READ_CSV ('{}')", "read_csv\n('{}')", "read_csv/**/('{}')",
        "read_csv/* a (b) */\n('{}')", "read_csv -- a\n('{}')", '"read_csv"(\'{}\')',
        "read_parquet('{}')", "read_json('{}')", "read_ipc('{}')", "scan_csv('{}')",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", ["select * from ", "select 1 from cells join "])
def test_files_of_the_machine_cannot_be_read(
    held: Workspace, tmp_path: Path, call: str, before: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    with pytest.raises(InvalidRequest):
        answer(held, before + call.format(secret))


def test_a_path_is_no_table(held: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("password\nhunter2\n")
    for name in (f"'{tmp_path}/secret.csv'", f'"{tmp_path}/secret.csv"'):
        with pytest.raises(InvalidRequest):
            answer(held, f"select * from {name}")  # noqa: S608


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select volts from cells", "volts"),
        ("select * from cels", "cels"),
        ("select * from", "cannot be answered"),
        ("select 1; drop table cells", "cannot be answered"),
    ],
)
def test_what_cannot_be_answered_says_why(held: Workspace, query: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        answer(held, query)


def test_the_lake_is_the_same_after_any_question(held: Workspace) -> None:
    before = explore.data_version(held)
    answer(held, "select * from cells")
    answer(held, "explain select * from cells")
    assert explore.data_version(held) == before

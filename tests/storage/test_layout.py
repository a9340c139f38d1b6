"""A lake folder: begun where there is room for one, refused elsewhere."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from voltlake.errors import WrongLake
from voltlake.storage import layout


def test_a_new_lake_keeps_its_identity(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "lake"
    made = layout.open_lake_folder(root)
    assert layout.open_lake_folder(root) == layout.read_identity(root) == made
    assert {path.name for path in root.iterdir()} == {"voltlake.json", "raw", "series", "tmp"}


def test_a_lake_may_begin_around_a_catalogue(tmp_path: Path) -> None:
    layout.catalogue_path(tmp_path).touch()
    (tmp_path / "catalogue.sqlite3-wal").touch()
    assert layout.open_lake_folder(tmp_path).format_version == 1


def test_a_folder_of_documents_does_not_become_a_lake(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(WrongLake, match=r"not empty \(it holds 'thesis.txt'\)"):
        layout.open_lake_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lake_id": "a"}'])
def test_a_broken_identity_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "voltlake.json").write_text(text)
    with pytest.raises(WrongLake, match="cannot be read"):
        layout.open_lake_folder(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    identity = {"lake_id": "a", "format_version": 2, "created": "2026-01-01"}
    (tmp_path / "voltlake.json").write_text(json.dumps(identity))
    with pytest.raises(WrongLake, match="format 2"):
        layout.read_identity(tmp_path)


def test_no_lake_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(WrongLake, match="is not a lake"):
        layout.read_identity(tmp_path / "nowhere")


def test_of_eight_founders_one_counts(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(layout.open_lake_folder, [tmp_path / "lake"] * 8))
    assert set(made) == {layout.read_identity(tmp_path / "lake")}


def test_keys_spread_objects_over_folders() -> None:
    assert layout.raw_key("abcd") == "raw/ab/abcd"
    assert layout.series_key("abcd") == "series/ab/abcd.parquet"

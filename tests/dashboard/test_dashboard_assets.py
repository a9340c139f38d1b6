"""Static files: compressed once, kept by browsers for ever, and nothing of ours from elsewhere."""

from __future__ import annotations

import re

import brotli
import pytest

from voltlake.dashboard.assets import STATIC_FOLDER, Assets


def test_an_asset_is_served_compressed_and_for_ever(client):
    page = client.get("/").text
    address = re.search(r'href="(/assets/[^"]*/css/page\.css)"', page)[1]
    answer = client.get(address, headers={"accept-encoding": "br"})
    plain = client.get(address, headers={"accept-encoding": "identity"})
    assert answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"]
    assert plain.content == (STATIC_FOLDER / "css" / "page.css").read_bytes() == answer.content
    assert "content-encoding" not in plain.headers


def test_an_old_address_still_works_but_is_not_kept(client):
    answer = client.get("/assets/000000000000/js/theme.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["nope.js", "../app.py", "..%2Fapp.py", "js/../../app.py", ""])
def test_nothing_outside_the_folder_is_served(client, name):
    assert client.get(f"/assets/x/{name}").status_code == 404


def test_the_version_follows_every_byte(tmp_path):
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "notes.txt").write_text("not served")
    first = Assets.read(tmp_path)
    assert list(first.files) == ["a.js"]
    assert brotli.decompress(first.files["a.js"].compressed) == b"1"
    (tmp_path / "a.js").write_text("2")
    assert Assets.read(tmp_path).version != first.version


def test_own_files_name_no_other_host():
    own = (path for kind in ("css", "js") for path in (STATIC_FOLDER / kind).rglob("*"))
    texts = {path.name: path.read_text() for path in own}
    assert len(texts) > 10
    assert not [name for name, text in texts.items() if re.search(r"https?://|eval\(", text)]


def test_the_icon(client):
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"

"""What surrounds the routes: entity tags, problems, hosts, headers, logs, metrics, docs."""

from __future__ import annotations

import logging
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from voltlake.api import documentation
from voltlake.api.access import Metrics
from voltlake.api.app import create_app
from voltlake.api.tables import rows_of, safe_name, without_formulas
from voltlake.errors import CorruptFile, ObjectCorrupted
from voltlake.services import explore
from voltlake.services.workspace import Workspace

CELLS = "/api/v1/cells"


class TestEntityTags:
    def test_what_has_not_changed_is_not_sent_again(self, client: TestClient) -> None:
        first = client.get(CELLS)
        again = client.get(CELLS, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"

    def test_other_questions_have_other_tags(self, client: TestClient) -> None:
        tag = client.get(CELLS).headers["etag"]
        other = client.get(f"{CELLS}?limit=1", headers={"If-None-Match": f'"x", {tag}'})
        assert other.status_code == 200
        assert other.headers["etag"] != tag
        assert client.get(CELLS, headers={"If-None-Match": f'"x", {tag}'}).status_code == 304

    def test_a_commit_changes_every_tag(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tag = client.get(CELLS).headers["etag"]
        monkeypatch.setattr(explore, "data_version", lambda workspace: "another")
        assert client.get(CELLS, headers={"If-None-Match": tag}).status_code == 200

    def test_problems_carry_no_tag(self, client: TestClient) -> None:
        assert "etag" not in client.get(f"{CELLS}/nobody").headers


class TestProblems:
    def test_a_misspelt_name_is_answered_with_the_nearest(self, client: TestClient) -> None:
        answer = client.get(f"{CELLS}/A11")
        problem = answer.json()
        assert answer.status_code == problem["status"] == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["type"] == "urn:voltlake:problem:not-found"
        assert "'A1'" in problem["remedy"]
        assert problem["request_id"] == answer.headers["x-request-id"]

    @pytest.mark.parametrize(
        "address",
        [
            f"{CELLS}?limit=0",
            f"{CELLS}?limit=1000000",
            f"{CELLS}?offset=-1",
            f"{CELLS}?where=1%3D1",
            "/api/v1/tests/1%27%20or%201=1",
            "/api/v1/tests/99999999999999999999999999/steps",
            "/api/v1/findings?severity=deadly",
            "/api/v1/tests/1/samples?path=/etc/passwd",
            "/api/v1/tests/1/samples.exe",
            "/api/v1/tests/1/window?points=1e9",
            "/api/v1/tests/1/window?start_second=nan",
            "/api/v1/tests/1/window?start_second=10&end_second=5",
            "/api/v1/tests/1/steps?format=xls",
            "/api/v1/cycles",
        ],
    )
    def test_hostile_questions_are_refused_politely(self, client: TestClient, address: str) -> None:
        answer = client.get(address)
        assert answer.status_code in (404, 422), answer.text
        assert answer.json()["code"] in ("invalid-request", "not-found")

    @pytest.mark.parametrize(
        "address",
        [
            "/api/v1/nothing",
            "/api/v2/cells",
            f"{CELLS}?sort=secret",
            "/api/v1/tests/1/samples?columns=password",
            "/api/v1/cycles?cells=nobody",
            "/api/v1/tests/424242/certificate",
            "/api/docs/..%2F..%2Fsettings.py",
            "/api/docs/stamp.txt",
        ],
    )
    def test_what_does_not_exist_is_404(self, client: TestClient, address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not-found"

    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (ObjectCorrupted("gone", file="/secret/place/x.parquet"), 500, "object-corrupted"),
            (CorruptFile("bad"), 500, "corrupt-file"),
            (ZeroDivisionError("secret"), 500, "internal-error"),
        ],
    )
    def test_errors_of_the_lake_keep_their_code_and_hide_the_disk(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int,
        code: str,
    ) -> None:  # fmt: skip
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(explore, "projects", fail)
        answer = client.get("/api/v1/projects")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "secret" not in answer.text

    def test_a_body_too_large_is_refused(self, client: TestClient) -> None:
        answer = client.post(CELLS, content=b"x" * (2 << 20))
        assert answer.status_code in (404, 405, 413)


class TestSecurity:
    @pytest.mark.parametrize("address", [CELLS, "/healthz", "/api/docs", "/api/v1/nothing"])
    def test_every_answer_carries_the_headers(self, client: TestClient, address: str) -> None:
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert not re.search(r"https?:|\*", policy)
        assert not re.search(r"script-src[^;]*unsafe-inline", policy)
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        ("headers", "allowed"),
        [
            ({}, True),
            ({"host": "127.0.0.1:8060"}, True),
            ({"host": "[::1]:8060"}, True),
            ({"host": "LOCALHOST"}, True),
            ({"host": "lab.example"}, False),
            ({"host": "localhost.evil.example:8060"}, False),
            ({"host": "["}, False),
            ({"host": ""}, False),
            ({"origin": "http://localhost:8060"}, True),
            ({"origin": "https://evil.example"}, False),
            ({"origin": "null"}, False),
            ({"origin": "http://localhost:9999"}, False),
        ],
    )
    def test_only_its_own_names_and_pages_may_ask(
        self, client: TestClient, headers: dict[str, str], allowed: bool
    ) -> None:
        answer = client.get(CELLS, headers=headers)
        assert (answer.status_code == 200) is allowed
        if not allowed:
            assert answer.status_code == 403
            assert answer.json()["code"] == "foreign-request"
            assert "etag" not in answer.headers

    def test_further_names_can_be_allowed(self, workspace: Workspace) -> None:
        app = create_app(workspace, allowed_hosts=["lab.example"])
        lab = TestClient(app, base_url="http://lab.example")
        assert lab.get("/healthz").status_code == 200
        assert TestClient(app, base_url="http://other.example").get("/healthz").status_code == 403


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


class TestDocumentation:
    def test_the_page_loads_only_from_here_and_all_it_loads_is_here(
        self, client: TestClient
    ) -> None:
        page = _Addresses()
        text = client.get("/api/docs").text
        page.feed(text)
        local = [address for address in page.found if address != "data:,"]
        assert len(local) == 3
        assert all(address.startswith("/api/docs/") for address in local)
        assert all(client.get(address).status_code == 200 for address in local)
        assert not re.search(r"<script>|https?://", text)
        assert "http" not in client.get("/api/docs/start.js").text

    def test_every_route_is_described(self, client: TestClient) -> None:
        schema = client.get(documentation.OPENAPI_URL).json()
        assert "/api/v1/charts/{name}.{file_format}" in schema["paths"]
        for path, methods in schema["paths"].items():
            assert methods["get"]["description"], path

    def test_an_incomplete_installation_says_so(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(documentation.resources, "files", lambda name: tmp_path)
        answer = client.get("/api/docs/swagger-ui.css")
        assert answer.status_code == 404
        assert "pip" in answer.json()["remedy"]


class TestOperation:
    def test_health(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        assert client.get("/healthz").json()["status"] == "ok"

        def down(workspace: Workspace) -> str:
            raise ObjectCorrupted("the catalogue is gone")

        monkeypatch.setattr(explore, "data_version", down)
        assert client.get("/healthz").status_code == 500

    def test_requests_are_counted_by_route_not_by_path(self, client: TestClient) -> None:
        for name in ("x1", "x2", "x3"):
            client.get(f"{CELLS}/{name}")
        text = client.get("/metrics").text
        assert "x1" not in text
        found = re.search(
            r'requests_total\{method="GET",route="(\S*cell_name\S*)",status="404"\} (\d+)', text
        )
        assert found is not None
        assert int(found[2]) >= 3
        assert re.search(r"^voltlake_info\{version=\"\S+\"\} 1$", text, re.MULTILINE)

    def test_metrics_add_up(self) -> None:
        metrics = Metrics()
        metrics.count("GET", "/a", 200, 0.25)
        metrics.count("GET", "/a", 200, 0.25)
        text = metrics.as_text()
        assert 'voltlake_requests_total{method="GET",route="/a",status="200"} 2' in text
        assert 'voltlake_request_seconds_total{route="/a"} 0.500000' in text

    def test_each_request_is_logged_with_its_number(
        self, client: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="voltlake.access"):
            client.get(CELLS, headers={"X-Request-ID": "mine-1"})
        record = caplog.records[-1]
        assert vars(record)["request_id"] == "mine-1"
        assert vars(record)["status"] == 200
        assert vars(record)["path"] == CELLS

    def test_a_forged_request_number_is_replaced(self, client: TestClient) -> None:
        answer = client.get(CELLS, headers={"X-Request-ID": "a b{}"})
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])

    def test_long_answers_are_compressed_and_pictures_are_not(self, client: TestClient) -> None:
        assert client.get("/api/v1/openapi.json").headers["content-encoding"] == "gzip"
        picture = client.get("/api/v1/charts/capacity-vs-cycle.png?cells=A1")
        assert "content-encoding" not in picture.headers


class TestTablesForPeople:
    def test_only_texts_are_guarded(self) -> None:
        frame = pl.DataFrame({"name": ["=a", "+b", "-c", "@d", "\te", "f", None], "n": [-1] * 7})
        guarded = without_formulas(frame)
        assert guarded["name"].to_list() == ["'=a", "'+b", "'-c", "'@d", "'\te", "f", None]
        assert guarded["n"].to_list() == [-1] * 7

    def test_not_a_number_and_infinity_are_null(self) -> None:
        frame = pl.DataFrame({"x": [1.0, float("nan"), float("inf"), None], "n": [1, 2, 3, 4]})
        assert [row["x"] for row in rows_of(frame)] == [1.0, None, None, None]

    def test_file_names_are_plain(self) -> None:
        assert safe_name('../a b"\r\nü.x') == ".._a_b____.x"
        assert safe_name("") == "table"


def test_a_lake_without_tests_answers_with_empty_lists(
    workspace: Workspace, tmp_path: Path
) -> None:
    from voltlake.bootstrap import open_workspace
    from voltlake.settings import Settings

    empty = open_workspace(Settings(lake=tmp_path / "lake"), create=True)
    client = TestClient(create_app(empty), base_url="http://localhost")
    for noun in ("projects", "cells", "tests", "findings", "files"):
        assert client.get(f"/api/v1/{noun}").json()["items"] == []
    assert client.get("/api/v1/charts/capacity-vs-cycle.json").status_code == 200

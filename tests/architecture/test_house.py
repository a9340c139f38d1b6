"""The rules of the house that no other tool holds."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import voltlake
from architecture.repository import PACKAGE, ROOT, kept_files, text_of

SOURCES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"fastapi", "altair", "sklearn", "sqlalchemy", "numba"}
CASES = ROOT / "tests" / "cases"


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("voltlake", HEAVY | {"polars", "pyarrow", "typer", "pydantic"}),
        ("voltlake.cli.main", HEAVY),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str, unwanted: set[str]) -> None:
    program = f"import sys, {module}; print('\\n'.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    assert "voltlake" in loaded
    assert loaded & unwanted == set()


# Written in parts, so that this file may name them.
_PLACES = ["/" + "home/", "/" + "work/", "/" + "root/", "/" + "Users/"]
_HOSTS = [
    f"{name}.{end}"
    for name, end in [
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
        ("yarnpkg", "com"), ("anaconda", "org"), ("crates", "io"), ("pytorch", "org/whl"),
    ]
]  # fmt: skip


def test_no_file_names_a_folder_of_one_machine_or_the_host_of_a_registry() -> None:
    found = [
        (str(path.relative_to(ROOT)), word)
        for path in kept_files()
        for word in (*_PLACES, *_HOSTS)
        if re.search(rf"(?<![\w.]){re.escape(word)}" if word in _PLACES else re.escape(word),
                     text_of(path))
    ]  # fmt: skip
    assert found == []


PINS = sorted((ROOT / "requirements").rglob("*.txt"))


@pytest.mark.parametrize("pins", PINS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_pin_is_exact_hashed_and_names_no_host(pins: Path) -> None:
    text = text_of(pins).replace("\\\n", " ")
    assert not re.search(r"://|https?:|--(extra-)?index|--find-links|--trusted", text)
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9._-]+(\[[^]]+\])?==\S+", line), line
        if "benchmarks" not in pins.parts:  # environments of other programs, never of ours
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_the_lock_of_the_browser_libraries_names_no_host() -> None:
    lock = json.loads(text_of(ROOT / "package-lock.json"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())


def _forbidden(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = "bare" if node.type is None else ast.unparse(node.type)
            if re.search(r"\b(bare|Exception|BaseException)\b", caught):
                yield f"line {node.lineno}: except {caught}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in ("eval", "exec") or re.fullmatch(
                r"(c?[pP]ickle|dill|marshal|shelve)\.(loads?|Unpickler|open)", called
            ):
                yield f"line {node.lineno}: {called}"
        if isinstance(node, ast.ImportFrom) and node.module in ("pickle", "dill", "marshal"):
            yield f"line {node.lineno}: from {node.module} import"


EDGES = {"api/problems.py": ["except Exception"], "readers/registry.py": ["except Exception"]}
"""Where somebody must get an answer whatever happened: a caller of the API (the cause goes to
the log), and every user of a machine on which one third-party reader is broken (`doctor` says
so, with the cause)."""


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_source_unpickles_evaluates_or_swallows(source: Path) -> None:
    found = list(_forbidden(ast.parse(text_of(source))))
    allowed = EDGES.get(source.relative_to(PACKAGE).as_posix(), [])
    assert [each.partition(": ")[2] for each in found] == allowed, found


@pytest.mark.parametrize(
    "planted",
    [
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept (OSError, BaseException):\n    pass",
        "try:\n    f()\nexcept:\n    pass",
        "import pickle\npickle.loads(b)",
        "from pickle import loads",
        "eval('1')",
    ],
)
def test_what_is_forbidden_would_be_found(planted: str) -> None:
    assert len(list(_forbidden(ast.parse(planted)))) == 1


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    code = [
        path for path in kept_files() if path.suffix in (".py", ".js", ".html", ".css", ".toml")
    ]
    assert [str(path.relative_to(ROOT)) for path in code if words.search(text_of(path))] == []


FORMATS = sorted(
    path.stem for path in (PACKAGE / "readers" / "formats").glob("*.py") if path.stem != "__init__"
)


def test_every_format_comes_in_by_the_entry_point() -> None:
    points = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["entry-points"]
    expected = {name: f"voltlake.readers.formats.{name}:READER" for name in FORMATS}
    assert points["voltlake.readers"] == expected


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_case_with_its_evidence(name: str) -> None:
    assert list(CASES.glob(f"{name}/*/card.toml")), f"no card under tests/cases/{name}"


def test_files_beside_the_cards_are_small_and_ours() -> None:
    beside = [path for path in CASES.glob("*/*/*") if path.name != "card.toml"]
    for path in beside:
        assert path.stat().st_size < 20_000, path
        assert tomllib.loads(text_of(path.parent / "card.toml"))["origin"].get("made_by"), path


MODULES = [
    each.name
    for each in pkgutil.walk_packages([str(PACKAGE)], "voltlake.")
    if not each.name.startswith("voltlake.catalogue.migrations")
]


# Strict: whoever writes the missing docstring is told to strike the name here.
@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_offers_is_explained(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, "the module has no docstring"
    offered = {each: getattr(module, each) for each in getattr(module, "__all__", [])}
    callables = {k: v for k, v in offered.items() if inspect.isclass(v) or inspect.isroutine(v)}
    assert [each for each, what in callables.items() if not inspect.getdoc(what)] == []


def test_the_face_of_the_package_offers_what_it_says() -> None:
    for name in voltlake.__all__:
        assert getattr(voltlake, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = voltlake.nothing

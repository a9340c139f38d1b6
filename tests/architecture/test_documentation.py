"""Documentation cannot go stale: what the code declares is what the pages say."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import typer

from architecture.repository import PACKAGE, ROOT, kept_files, text_of
from voltlake.canonical.columns import SAMPLE_COLUMNS
from voltlake.canonical.findings import FINDINGS_SCHEMA
from voltlake.canonical.tables import CURVES_SCHEMA, CYCLES_SCHEMA, STEPS_SCHEMA
from voltlake.charts import declare as charts
from voltlake.cli.main import app
from voltlake.errors import ALL_ERRORS
from voltlake.processing.metrics.declare import cycle_metrics
from voltlake.quality.declare import rules
from voltlake.settings import Settings

REFERENCE = ROOT / "docs" / "reference"
REMAKE = "run .venv/bin/python tools/reference_pages.py"


@pytest.fixture(scope="module")
def reference_pages() -> Iterator[ModuleType]:
    tools = ROOT / "tools"
    sys.path.insert(0, str(tools))
    spec = importlib.util.spec_from_file_location("reference_pages", tools / "reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(tools))


def test_the_generated_pages_are_what_the_code_says_now(reference_pages: ModuleType) -> None:
    made = reference_pages.render_all()
    stale = [name for name, text in made.items() if text_of(ROOT / name) != text]
    assert stale == [], REMAKE
    on_disk = {f"docs/reference/{path.name}" for path in REFERENCE.glob("*.md")}
    measured = {"docs/reference/benchmarks.md"}  # made by `make bench`: times do not repeat
    assert on_disk - measured <= set(made), "a page of the reference that nothing makes"


def _headings(page: str) -> set[str]:
    text = (REFERENCE / f"{page}.md").read_text(encoding="utf-8")
    return set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def _first_cells(page: str) -> set[str]:
    text = (REFERENCE / f"{page}.md").read_text(encoding="utf-8")
    return {
        name for row in re.findall(r"^\| (.+?) \|", text, re.M) for name in row.split("`")[1::2]
    }


def test_each_declaration_has_its_place_in_the_reference() -> None:
    assert set(ALL_ERRORS) <= _headings("errors")
    assert {each.code for each in rules()} <= _headings("quality-rules")
    assert {each.name for each in cycle_metrics()} <= _headings("cycle-metrics")
    assert set(charts.names()) <= _headings("charts")
    assert {each.notation for each in SAMPLE_COLUMNS} == _first_cells("columns")
    tables = {*STEPS_SCHEMA, *CYCLES_SCHEMA, *CURVES_SCHEMA, *FINDINGS_SCHEMA}
    assert tables == _first_cells("tables")
    variables = {
        str(name)
        for field in Settings.model_fields.values()
        for name in field.validation_alias.choices
    }
    assert variables == _first_cells("settings")


def _commands(name: str, command: object) -> dict[str, object]:
    found = {name: command}
    for child, inner in getattr(command, "commands", {}).items():
        found |= _commands(f"{name} {child}", inner)
    return found


COMMANDS = _commands("voltlake", typer.main.get_command(app))


def test_each_command_and_option_is_documented() -> None:
    assert set(COMMANDS) - {"voltlake"} == _headings("commands")
    options = {
        option
        for command in COMMANDS.values()
        for parameter in command.params
        if parameter.param_type_name == "option"
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert options == _first_cells("commands")
    helpless = [
        (name, parameter.name)
        for name, command in COMMANDS.items()
        for parameter in command.params
        if not parameter.help
    ]
    assert helpless == []


def test_each_finding_that_the_source_writes_is_listed(reference_pages: ModuleType) -> None:
    written = reference_pages.written_findings(PACKAGE)
    codes = {each.code.replace("…", "X") for each in written}
    assert codes == _headings("findings")
    assert {"CURRENT_SIGN_REVERSED", "TZ_ASSUMED", "PROJECT_DEFAULTED", "SENTINEL_VALUES"} <= codes
    assert all(each.says for each in written if "DETAIL" not in each.code)
    assert all(each.severities for each in written)


PROSE = [path for path in kept_files() if path.suffix == ".md"]


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_prose_exist(page: Path) -> None:
    blocks = re.findall(r"^```\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text_of(page))
    typed = [line.strip() for block in blocks for line in block.splitlines()] + spans
    targets = _targets()
    for line in typed:
        words = line.split("#")[0].split()
        if words[:1] == ["make"] and len(words) > 1:
            assert words[1] in targets, line
        if words and words[0] in ("voltlake", ".venv/bin/voltlake") and len(words) > 1:
            assert words[1].startswith("-") or f"voltlake {words[1]}" in COMMANDS, line


def _targets() -> dict[str, str]:
    lines = re.findall(r"^([a-z][a-z-]*):(.*)$", text_of(ROOT / "Makefile"), re.MULTILINE)
    return dict(lines)


def test_every_make_target_says_what_it_does() -> None:
    targets = _targets()
    phony = (
        re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", text_of(ROOT / "Makefile"), re.MULTILINE)[0]
        .replace("\\", " ")
        .split()
    )
    assert set(phony) == set(targets)
    assert [name for name, rest in targets.items() if "## " not in rest and name != "help"] == []


def test_the_readme_begins_with_the_picture_and_the_two_commands() -> None:
    readme = text_of(ROOT / "README.md")
    picture, commands = readme.index("docs/images/demo.png"), readme.index("make demo")
    assert picture < commands < readme.index("make test") < readme.index("voltlake ingest")
    image = (ROOT / "docs" / "images" / "demo.png").read_bytes()
    assert image.startswith(b"\x89PNG")
    assert len(image) < 300_000

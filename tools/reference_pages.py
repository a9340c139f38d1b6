"""Writes docs/reference/*.md and .env.example from the declarations in the code.

Nothing in those files is written by hand: a column, metric, rule, error, command, setting,
format or chart is declared once, in the code, and a test holds the files to the code.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import typer
from finding_codes import written_findings
from table_meanings import meaning_of

import voltlake
from voltlake import units
from voltlake.canonical import tables
from voltlake.canonical.columns import BDF_COLUMNS, BY_NOTATION, OUR_COLUMNS, Column, unit_of
from voltlake.canonical.findings import FINDINGS_SCHEMA
from voltlake.charts import declare as charts
from voltlake.cli.main import app
from voltlake.errors import ALL_ERRORS
from voltlake.processing.metrics.declare import cycle_metrics
from voltlake.quality.declare import rules
from voltlake.quality.settings import QualitySettings
from voltlake.readers.registry import installed_readers
from voltlake.settings import Settings
from voltlake.units import CANONICAL_UNITS, parse_unit

__all__ = ["render_all", "write_all"]

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = Path(voltlake.__file__).parent
_MADE = "<!-- Made by tools/reference_pages.py from the code: change the code, not this page. -->"


def render_all() -> dict[str, str]:
    """Return every generated file: its path from the repository's root → its text."""
    pages = {f"docs/reference/{name}.md": _page(name) for name in _PAGES}
    return {
        **pages,
        "docs/reference/index.md": _index(),
        ".env.example": _environment_example(),
    }


def write_all() -> None:
    """Write every generated file where its text has changed."""
    for name, text in render_all().items():
        path = REPOSITORY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _page(name: str) -> str:
    title, lead, body = _PAGES[name]
    return "\n".join([f"# {title}", "", _MADE, "", lead, "", *body()]).rstrip() + "\n"


def _index() -> str:
    lines = [f"- [{title}]({name}.md): {lead}" for name, (title, lead, _) in _PAGES.items()]
    lead = "Everything here is made from the code, and a test fails when it is out of date."
    return "\n".join(["# Reference", "", _MADE, "", lead, "", *lines]) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(_cell(each) for each in line) + " |" for line in lines] + [""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or " "


def _code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


def _prose(text: str | None) -> str:
    """Return a docstring as Markdown: its paragraphs, with literals in single backticks."""
    return inspect.cleandoc(text or "").replace("``", "`")


# --- columns and tables ---------------------------------------------------------------


def _columns() -> Iterator[str]:
    headings = ("column", "label in text files", "unit", "obligation", "restarts", "meaning")
    yield f"## The {len(BDF_COLUMNS)} terms of the Battery Data Format 1.3.0"
    yield ""
    yield from _table(headings, map(_column_row, BDF_COLUMNS))
    yield "## Columns that Voltlake adds"
    yield ""
    yield from _table(headings, map(_column_row, OUR_COLUMNS))
    yield "Further channels of a cycler are kept as `aux_<name>_<unit>`."


def _column_row(each: Column) -> tuple[str, ...]:
    restarts = "" if each.scope is None else f"per {each.scope}"
    return (
        _code(each.notation), each.label, each.unit, str(each.obligation), restarts,
        each.definition,
    )  # fmt: skip


def _tables() -> Iterator[str]:
    described = _docstrings_of_constants(PACKAGE / "canonical" / "tables.py")
    for title, name in (
        ("Steps", "STEPS_SCHEMA"),
        ("Cycles", "CYCLES_SCHEMA"),
        ("Curves", "CURVES_SCHEMA"),
    ):
        yield from (f"## {title}", "", _prose(described[name]), "")
        yield from _schema(getattr(tables, name), "point" if title == "Curves" else title[:-1])
    yield from ("## Findings", "", "One row is one doubt about a test.", "")
    yield from _schema(FINDINGS_SCHEMA, "finding")


def _schema(schema: Mapping[str, Any], row: str) -> list[str]:
    """Say name, type, unit and meaning of each column; a column without meaning is a KeyError."""
    row = row.lower()
    metrics = {each.name: each for each in cycle_metrics()} if row == "cycle" else {}

    def cells(name: str) -> tuple[str, ...]:
        metric = metrics.get(name)
        own = metric.definition if metric else meaning_of(name, row)
        unit = metric.unit if metric else unit_of(name)
        return _code(name), str(schema[name]), unit, own or BY_NOTATION[name].definition

    return _table(("column", "type", "unit", "meaning"), map(cells, schema))


def _docstrings_of_constants(path: Path) -> dict[str, str]:
    """Return the string that follows each assignment of a module."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {
        before.targets[0].id: after.value.value
        for before, after in pairwise(body)
        if isinstance(before, ast.Assign) and isinstance(before.targets[0], ast.Name)
        and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }  # fmt: skip


def _metrics() -> Iterator[str]:
    for each in cycle_metrics():
        unit = {"": "no unit", "1": "a ratio or a plain number"}.get(each.unit, each.unit)
        yield from (f"## {each.name}", "", f"*{unit}*", "", each.definition, "")
        notes = _prose(each.expression.__doc__)
        if notes:
            yield from (notes, "")
        if each.source:
            yield from (f"Source: {each.source}", "")


def _units() -> Iterator[str]:
    yield "Canonical units: " + ", ".join(map(_code, sorted(CANONICAL_UNITS))) + "."
    yield ""
    yield "A value in a file times the factor, plus the offset, is the value in the lake; both"
    yield "are exact fractions. The prefixes n, µ, m, k and M are understood as well."
    yield ""
    yield from _table(("in a file", "in the lake", "times", "plus"), _unit_rows())


def _unit_rows() -> Iterator[tuple[str, ...]]:
    for text in (
        "A",
        "mA",
        "V",
        "mV",
        "Ah",
        "mAh",
        "Wh",
        "mWh",
        "ohm",
        "mOhm",
        "ms",
        *units._OTHERS,
    ):
        unit = parse_unit(text)
        offset = "" if unit.offset == 0 else str(unit.offset)
        yield _code(text), _code(unit.canonical), str(unit.factor), offset


# --- doubts and errors ----------------------------------------------------------------


def _rules() -> Iterator[str]:
    for each in rules():
        columns = ", ".join(map(_code, each.columns))
        looked_at = f"{each.needs}: {columns}" if columns else each.needs
        yield from (f"## {each.code}", "", f"*{each.severity}*, judged on the {looked_at}", "")
        yield from (each.because, "", f"**What to do.** {each.remedy}", "")
    yield from ("## Thresholds", "", _prose(_summary(QualitySettings)), "")
    meanings = _attributes(QualitySettings)
    yield from _table(
        ("threshold", "default", "meaning"),
        ((_code(n), str(getattr(QualitySettings(), n)), meanings[n]) for n in meanings),
    )


def _findings() -> Iterator[str]:
    written = written_findings(PACKAGE)
    for code in dict.fromkeys(each.code for each in written):
        places = [each for each in written if each.code == code]
        severities = dict.fromkeys(word for each in places for word in each.severities)
        yield from (f"## {code.replace('…', 'X')}", "")
        modules = ", ".join(map(_code, dict.fromkeys(each.module for each in places)))
        yield from (f"*{' or '.join(severities)}*, written by {modules}", "")
        for says in dict.fromkeys(each.says for each in places if each.says):
            yield f"> {_cell(says)}"
            yield ""


def _errors() -> Iterator[str]:
    for slug, kind in ALL_ERRORS.items():
        state = (
            "`failed`, may be tried again" if kind.transient else "`quarantined`, needs a person"
        )
        yield from (f"## {slug}", "", _prose(kind.__doc__), "")
        yield from (f"Python: `{kind.__name__}`. A file that meets it is {state}.", "")
        if kind.default_remedy:
            yield from (f"**What to do.** {kind.default_remedy}.", "")


# --- what people type -----------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield "Exit codes: 0 done; 1 some items failed, each is named with its reason; 2 wrong usage."
    yield ""
    whole = typer.main.get_command(app)
    yield from _options(whole)
    for name, command in whole.commands.items():
        yield from _command(f"voltlake {name}", command)


def _command(name: str, command: Any) -> Iterator[str]:
    yield from (f"## {name}", "")
    is_runnable = not hasattr(command, "commands") or command.invoke_without_command
    if is_runnable:
        arguments = [_argument(each) for each in command.params if not _is_option(each)]
        yield from ("```", " ".join([name, *arguments, "[OPTIONS]"]), "```", "")
    help_text = re.sub(r"\[bold\](.*?)\[/bold\]", r"`\1`", inspect.cleandoc(command.help or ""))
    yield from (help_text, "", *_options(command))
    for child, inner in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {child}", inner)


def _is_option(parameter: Any) -> bool:
    return parameter.param_type_name == "option"


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name = f"{name}..." if parameter.nargs == -1 else name
    return name if parameter.required else f"[{name}]"


def _options(command: Any) -> list[str]:
    rows = [_option_row(each) for each in command.params]
    return _table(("option", "value", "default", "meaning"), rows) if rows else []


def _option_row(parameter: Any) -> tuple[str, ...]:
    if _is_option(parameter):
        spelled = ", ".join(_code(each) for each in [*parameter.opts, *parameter.secondary_opts])
    else:
        spelled = _argument(parameter)
    default = parameter.default
    default = default.value if isinstance(default, Enum) else default
    shown = "" if default is None or isinstance(default, bool) else str(default)
    meaning = re.sub(r"\[default: (.*?)\]", r"Default: \1.", parameter.help or "")
    return spelled, _value(parameter), shown, meaning.replace("[env: ", "(").replace("]", ")")


def _value(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    annotation = parameter.type_descriptor.annotation
    kind = next(iter(get_args(annotation)), annotation)
    if issubclass(kind, Enum):
        return ", ".join(_code(each.value) for each in kind)
    word = {str: "text", int: "number", float: "number", Path: "path"}[kind]
    return parameter.metavar or word


def _settings() -> Iterator[str]:
    yield "Each is read from the environment, or from a file `.env` in the working folder; a"
    yield "command's option wins over both. `.env.example` names them all."
    yield ""
    yield from _table(
        ("variable", "default", "meaning"),
        (
            (" or ".join(map(_code, _variables(each))), _default_of(each), _meaning_of(each))
            for each in Settings.model_fields.values()
        ),
    )


def _variables(field: Any) -> list[str]:
    return [str(choice) for choice in field.validation_alias.choices]


def _meaning_of(field: Any) -> str:
    meaning = str(field.description).partition(": ")[2]
    return meaning[0].upper() + meaning[1:]


def _default_of(field: Any) -> str:
    if field.default_factory is list or field.default is None:
        return ""
    if field.default_factory is not None:
        return "by this machine"
    return _code(field.default)


def _environment_example() -> str:
    lines = [
        "# Copy to .env and change what you need; every line is optional.",
        "# Made by tools/reference_pages.py from voltlake.settings.",
    ]
    for field in Settings.model_fields.values():
        default = _default_of(field).strip("`")
        value = "" if field.default_factory is not None else default
        lines += ["", f"# {_meaning_of(field)}", f"#{_variables(field)[0]}={value}"]
    return "\n".join(lines) + "\n"


# --- formats and charts ---------------------------------------------------------------


def _formats() -> Iterator[str]:
    ours = [r for r in installed_readers().readers if r.read.__module__.startswith("voltlake.")]
    for reader in ours:
        module = inspect.getmodule(reader.read)
        yield from (f"## {reader.title}", "")
        yield from _table(
            ("reader", "vendor", "usual extensions", "proven on", "read in"),
            [(
                f"{_code(reader.name)} version {reader.version}", reader.vendor,
                " ".join(map(_code, reader.extensions)), reader.evidence,
                "a limited child process" if reader.hostile else "any process",
            )],
        )  # fmt: skip
        yield from (_prose(module.__doc__ if module else ""), "")


def _charts() -> Iterator[str]:
    for name in charts.names():
        chart = charts.find(name)
        yield from (f"## {name}", "", f"**{chart.title}.** {chart.description}", "")
        yield from (f"Made from {chart.source}.", "")
        rows = [_parameter_row(key, field) for key, field in chart.parameters.model_fields.items()]
        if rows:
            yield from _table(("parameter", "default", "values"), rows)


def _parameter_row(name: str, field: Any) -> tuple[str, ...]:
    schemas = [each.json_schema for each in field.metadata if hasattr(each, "json_schema")]
    values = schemas[0].get("enum", []) if schemas else get_args(field.annotation)
    shown = ", ".join(map(_code, values)) or field.annotation.__name__
    return _code(name), _code(field.default), shown


def _summary(documented: type) -> str:
    return inspect.cleandoc(documented.__doc__ or "").partition("\n")[0]


def _attributes(documented: type) -> dict[str, str]:
    """Return what a numpy docstring says of each attribute."""
    text = inspect.cleandoc(documented.__doc__ or "").partition("----------\n")[2]
    meanings: dict[str, str] = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            name = line.strip()
            meanings[name] = ""
        elif line.strip():
            meanings[name] = f"{meanings[name]} {line.strip()}".strip()
    return meanings


_PAGES: dict[str, tuple[str, str, Callable[[], Iterator[str]]]] = {
    "commands": ("Commands", "What can be typed, with every option.", _commands),
    "settings": ("Settings", "What a deployment may choose.", _settings),
    "formats": ("Formats", "What can be read, and on what that was proven.", _formats),
    "columns": ("Sample columns", "One row of the samples is one logged row.", _columns),
    "tables": ("Tables", "Steps, cycles, curves and findings.", _tables),
    "cycle-metrics": ("Cycle metrics", "How each metric of a cycle is defined.", _metrics),
    "units": ("Units", "Which units are understood and what they become.", _units),
    "quality-rules": ("Quality rules", "What every test is checked for.", _rules),
    "findings": (
        "Findings of readers and processing",
        "Doubts that arise while a file is read, cut and stored; `…` stands for its numbers.",
        _findings,
    ),
    "errors": ("Errors", "What stops a file or a command, and what to do.", _errors),
    "charts": ("Charts", "What can be drawn, and what each chart may be asked.", _charts),
}


if __name__ == "__main__":
    write_all()

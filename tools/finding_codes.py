"""Finds every code of a finding in the source, with what it says, without running anything.

Rules of ``voltlake.quality`` declare theirs; readers, processing and services write theirs
where the doubt arises. This looks there, so that the documentation can name them all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["WrittenFinding", "written_findings"]

_WINGS = ("readers", "processing", "services")
_UNSAID = ("warning",)  # what readers' own helpers take where a doubt names no severity
_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_CODE_WITH_HOLES = re.compile(r"([A-Z…]+_)*[A-Z]{3,}(_[A-Z0-9…]+)*")


@dataclass(frozen=True, slots=True)
class WrittenFinding:
    """A code as the source writes it: ``…`` stands for what is only known when it arises."""

    code: str
    severities: tuple[str, ...]
    says: str
    module: str


def written_findings(package: Path) -> list[WrittenFinding]:
    """Return the codes written below ``package`` in alphabetical order, each place once."""
    found = set()
    for wing in _WINGS:
        for path in (package / wing).rglob("*.py"):
            module = ".".join(path.relative_to(package).with_suffix("").parts)
            found |= set(_in_module(ast.parse(path.read_text(encoding="utf-8")), module))
    return sorted(found, key=lambda each: (each.code, each.module, each.says))


def _in_module(tree: ast.Module, module: str) -> Iterator[WrittenFinding]:
    exported = {id(name) for node in tree.body if _is_all(node) for name in ast.walk(node)}
    for statement, group in _groups(tree):
        for code in _codes(group):
            if id(code) in exported:
                continue
            severities = _severities(group) or _severities(statement) or _UNSAID
            yield WrittenFinding(_text(code), severities, _message(group, code), module)


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
    )


def _groups(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.Call | ast.Tuple]]:
    """Yield each call and tuple with the statement that it stands in."""
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.stmt) or isinstance(
            statement, ast.FunctionDef | ast.ClassDef
        ):
            continue
        own = [
            node
            for part in ast.iter_child_nodes(statement)
            if not isinstance(part, ast.stmt)
            for node in ast.walk(part)
        ]
        for node in own:
            if isinstance(node, ast.Call | ast.Tuple):
                yield statement, node


def _codes(group: ast.Call | ast.Tuple) -> Iterator[ast.expr]:
    parts = group.elts if isinstance(group, ast.Tuple) else _arguments(group)
    for part in parts:
        for choice in _choices(part):
            pattern = _CODE_WITH_HOLES if isinstance(choice, ast.JoinedStr) else _CODE
            if pattern.fullmatch(_text(choice)):
                yield choice


def _choices(part: ast.expr) -> list[ast.expr]:
    return [part.body, part.orelse] if isinstance(part, ast.IfExp) else [part]


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _severities(node: ast.AST) -> tuple[str, ...]:
    found = [
        part.attr.lower()
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and part.value.id == "Severity"
    ]
    return tuple(dict.fromkeys(found))


def _message(group: ast.Call | ast.Tuple, code: ast.expr) -> str:
    """Return the first argument that reads like a sentence."""
    parts = group.elts if isinstance(group, ast.Tuple) else _arguments(group)
    spoken = [_text(choice) for part in parts if part is not code for choice in _choices(part)]
    return next((text for text in spoken if text.count(" ") >= 2), "").replace("{count}", "…")

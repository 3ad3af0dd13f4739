"""Every check has its entry in the registry, and every entry a check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import kubestack_py
from kubestack_py.checks.registry import CHECKS
from kubestack_py.scaffold.cluster_settings import CHECK as CLUSTERS
from scripts.docs import ROOT

PACKAGE = Path(kubestack_py.__file__).parent
# What answers questions of `validate`; other commands have findings of their own.
PLACES = (
    "checks/",
    "ci/pipelines/render.py",
    "runner/accepting.py",
    "runner/elsewhere.py",
    "runner/examining.py",
    "runner/loose.py",
    "runner/rendering.py",
    "runner/validate.py",
    "runner/validating_terraform.py",
)
# Of config/ and scaffold/, which other commands ask as well.
SETTINGS = {"schema", "stacks", CLUSTERS}


def check_named_by(node: ast.AST) -> Iterator[str]:
    """The check of `check="…"` or `CHECK = "…"`."""
    match node:
        case ast.keyword(arg="check", value=ast.Constant(value=str(name))):
            yield name
        case ast.Assign(targets=[ast.Name(id="CHECK")], value=ast.Constant(value=str(name))):
            yield name


def test_registry_holds_the_checks_of_the_code_and_no_others() -> None:
    used = {
        name
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).as_posix().startswith(PLACES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in check_named_by(node)
    }
    assert used | SETTINGS == set(CHECKS)


def test_registry_ids_fit_the_ignore_list() -> None:
    for check in CHECKS.values():
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", check.id)
        assert all((check.title, check.finds, check.fix))


def test_documentation_has_a_section_for_every_check() -> None:
    text = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (.+)$", text, re.MULTILINE) == list(CHECKS)

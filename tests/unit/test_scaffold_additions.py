"""Every kind of thing that `kubestack add` records can be made again by an update."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import kubestack_py
from kubestack_py.scaffold.additions import KINDS

PACKAGE = Path(kubestack_py.__file__).parent


def recorded_kinds() -> dict[str, str]:
    """The first argument of every `….with_added(…)`, and the module where it stands."""
    found = {}
    for path in sorted((PACKAGE / "scaffold").rglob("*.py")):
        name = ".".join(["kubestack_py", *path.relative_to(PACKAGE).with_suffix("").parts])
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".with_added"):
                kind = node.args[0]
                if isinstance(kind, ast.Constant):
                    found[str(kind.value)] = name
                else:
                    found[getattr(importlib.import_module(name), ast.unparse(kind))] = name
    return found


def test_every_recorded_kind_can_be_made_again() -> None:
    kinds = recorded_kinds()
    assert kinds.keys() == set(KINDS), f"scaffold/additions.py has to know them all: {kinds}"

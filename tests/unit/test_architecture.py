"""The rules of ARCHITECTURE.md that a program can check, by reading the source.

Imports for types only obey the same directions: who names a type depends on it as well.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import kubestack_py
from tests.conftest import make_repository

PACKAGE = Path(kubestack_py.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] not in {"templates", "schemas"}
}
BOTTOM = {"errors", "model", "system"}
TOOLS = {"config", "terraform", "kustomize", "ci", "registry"}
DOMAIN = {"promotion", "policy", "checks", "delivery", "scaffold"}
ALLOWED = {
    "errors": {"model"},  # for types only, see below
    "model": set[str](),
    "system": {"errors", "model"},
    "report": {"model"},
    **dict.fromkeys(TOOLS, BOTTOM),
    **dict.fromkeys(DOMAIN, BOTTOM | TOOLS),
    "scaffold": BOTTOM | TOOLS | {"__init__"},  # a record keeps the version that wrote it
    "runner": BOTTOM | TOOLS | DOMAIN | {"__init__"},
    "cli": BOTTOM | TOOLS | DOMAIN | {"runner", "report", "__init__"},
    "__main__": {"cli"},
    "__init__": set[str](),
}
HOMES = {  # third-party and risky modules, and the only places that may import them
    "click": {"cli"},
    "rich": {"report.tables", "cli"},
    "git": {"system.repository"},
    "subprocess": {"system.process"},
    "multiprocessing": set[str](),
    "pty": set[str](),
    "signal": {"system.process", "system.interrupts"},
    "yaml": {"system.yaml", "system.yaml_limits", "system.kube_loader"},
    "hcl2": {"terraform"},
    "tree_sitter": {"terraform"},
    "tree_sitter_hcl": {"terraform"},
    "msgspec": {"terraform", "promotion.records"},
    "cookiecutter": {"scaffold"},
    "cryptography": {"system.sealing"},
    "jsonschema_rs": {"checks"},
    "kubernetes_validate": set[str](),  # only its files are read
    "jinja2": {"report.html"},
    "jsonschema": {"config.schema", "policy.own", "scaffold.rules"},
    "packaging": {"system.tools"},
    "github": {"ci.hosts.github"},
    "gitlab": {"ci.hosts.gitlab"},
    "requests": {"ci.hosts", "registry.http"},
    "pickle": set[str](),
}
HEAVY = (
    "jsonschema_rs", "kubernetes_validate",
    "git", "hcl2", "lark", "jsonschema", "cookiecutter", "cryptography", "jinja2", "requests", "rich",
    "msgspec", "importlib.metadata", "packaging", "tree_sitter", "tree_sitter_hcl", "asyncio",
    "github", "gitlab",
)  # fmt: skip
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


class Import(NamedTuple):
    """One import of a module; `typing_only` where it stands under `if TYPE_CHECKING`."""

    target: str
    line: int
    typing_only: bool
    at_start: bool


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(tree(module), typing_only=False, at_start=True))


def _imports(node: ast.AST, *, typing_only: bool, at_start: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, typing_only, at_start)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(name, child.lineno, typing_only, at_start) for name in _targets(child))
        else:
            types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _imports(child, typing_only=typing_only or types, at_start=at_start and not function)


def _targets(statement: ast.ImportFrom) -> list[str]:
    """What a `from` import reads: the module, or its submodules where it names these."""
    source = "." * statement.level + (statement.module or "")
    inside = source.removeprefix("kubestack_py").lstrip(".")
    submodules = [f"{inside}.{alias.name}".lstrip(".") for alias in statement.names]
    if source.startswith("kubestack_py") and any(name in MODULES for name in submodules):
        return [f"kubestack_py.{name}" for name in submodules]
    return [source]


def own(target: str) -> str:
    """The module of ours that an import reads, or empty."""
    if target == "kubestack_py":
        return "__init__"
    return target.removeprefix("kubestack_py.") if target.startswith("kubestack_py.") else ""


def layer(module: str) -> str:
    return module.partition(".")[0]


def in_any(module: str, homes: set[str]) -> bool:
    return any(module == home or module.startswith(f"{home}.") for home in homes)


def places(found: list[tuple[str, int, str]]) -> str:
    return "\n".join(
        f"kubestack_py/{module.replace('.', '/')}.py:{line}: {what}" for module, line, what in found
    )


def test_modules_are_found() -> None:
    assert {"errors", "model.event", "system.process", "cli.main"} <= set(MODULES)
    assert {layer(module) for module in MODULES} <= set(ALLOWED), "a new folder needs its place in ALLOWED"


def test_imports_point_one_way() -> None:
    wrong = [
        (module, item.line, f"imports {item.target}")
        for module in MODULES
        for item in imports(module)
        if own(item.target)
        and layer(own(item.target)) != layer(module)
        and layer(own(item.target)) not in ALLOWED[layer(module)]
    ]
    assert not wrong, places(wrong)


def test_errors_know_the_model_by_its_types_only() -> None:
    wrong = [item for item in imports("errors") if own(item.target) and not item.typing_only]
    assert not wrong


def test_imports_are_absolute_and_name_modules_that_exist() -> None:
    wrong = [
        (module, item.line, f"imports {item.target}")
        for module in MODULES
        for item in imports(module)
        if item.target.startswith(".") or (own(item.target) and not in_any(own(item.target), set(MODULES)))
    ]
    assert not wrong, places(wrong)


def test_model_needs_the_standard_library_only() -> None:
    wrong = [
        (module, item.line, f"imports {item.target}")
        for module in MODULES
        if layer(module) in {"model", "errors"}
        for item in imports(module)
        if not own(item.target) and item.target.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not wrong, places(wrong)


def test_modules_form_no_circle() -> None:
    needs = {
        module: {
            own(item.target)
            for item in imports(module)
            if own(item.target) and item.at_start and not item.typing_only
        }
        for module in MODULES
    }
    while needs:
        free = {module for module, wanted in needs.items() if not wanted & needs.keys() - {module}}
        assert free, f"these import each other: {sorted(needs)}"
        needs = {module: wanted for module, wanted in needs.items() if module not in free}


@pytest.mark.parametrize("name", HOMES)
def test_import_only_at_home(name: str) -> None:
    wrong = [
        (module, item.line, f"imports {item.target}")
        for module in MODULES
        for item in imports(module)
        if item.target.partition(".")[0] == name and not in_any(module, HOMES[name])
    ]
    assert not wrong, places(wrong)


@cache
def names(module: str) -> tuple[tuple[int, str], ...]:
    """Every dotted name that a module uses, with its line."""
    return tuple(_names(module))


def _names(module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize(
    ("used", "homes"),
    [
        ({"os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv"}, {"cli", "system.process"}),
        ({"print", "sys.stdout", "sys.stderr", "sys.__stdout__"}, {"system.console", "cli"}),
        ({"sys.exit", "exit", "quit", "os._exit"}, {"cli", "__main__"}),
        ({"sys.stdin", "input"}, {"cli"}),
        ({"os.chdir", "contextlib.chdir", "os.system", "os.popen", "eval", "exec"}, set()),
        ({"os.kill", "os.killpg"}, {"system.process", "system.interrupts"}),
    ],
    ids=lambda value: min(value) if value else "nowhere",
)
def test_use_only_at_home(used: set[str], homes: set[str]) -> None:
    wrong = [
        (module, line, f"uses {name}")
        for module in MODULES
        if not in_any(module, homes)
        for line, name in names(module)
        if name in used
    ]
    assert not wrong, places(wrong)


def test_no_shell_reads_an_argument() -> None:
    wrong = [
        (module, node.value.lineno, "shell=…")
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.keyword) and node.arg == "shell"
    ]
    assert not wrong, places(wrong)


def test_only_the_boundary_catches_everything() -> None:
    def caught(handler: ast.ExceptHandler) -> set[str]:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return {ast.unparse(kind) if kind else "everything" for kind in kinds}

    def raises_again(handler: ast.ExceptHandler) -> bool:
        return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None

    wrong = [
        (module, handler.lineno, f"catches {', '.join(caught(handler))}")
        for module in MODULES
        if module != "cli.main"
        for handler in ast.walk(tree(module))
        if isinstance(handler, ast.ExceptHandler)
        and caught(handler) & {"Exception", "BaseException", "everything"}
        and not raises_again(handler)
    ]
    assert not wrong, places(wrong)


def test_modules_stay_small() -> None:
    wrong = {
        module: lines
        for module, path in MODULES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not wrong


def test_functions_stay_small() -> None:
    wrong = [
        (module, node.lineno, f"{node.name} has {length} lines")
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not wrong, places(wrong)


def test_every_module_says_what_it_is_for() -> None:
    assert [module for module in MODULES if not ast.get_docstring(tree(module))] == []


SETTINGS = """\
version: 1
name: acme
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: infra
"""
PROBE = """\
import sys
from kubestack_py.cli.main import kubestack
try:
    kubestack.main(sys.argv[2:], standalone_mode=False)
except SystemExit:
    pass
print("LOADED", *(name for name in sys.argv[1].split(",") if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--version"], "kubestack "),
        (["resolve", "--ref", "refs/heads/main"], "apply ops"),
        (["resolve", "--ref", "refs/tags/apps-deploy-1"], "apply apps"),
        (["resolve"], "apply ops"),
    ],
    ids=" ".join,
)
def test_start_imports_nothing_heavy(tmp_path: Path, arguments: list[str], said: str) -> None:
    repository = make_repository(tmp_path / "acme", {"kubestack.yaml": SETTINGS, "infra/main.tf": ""})
    done = subprocess.run(
        [sys.executable, "-c", PROBE, ",".join(["click", *HEAVY]), *arguments],
        cwd=repository.root,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said in done.stdout
    assert done.stdout.splitlines()[-1] == "LOADED click", "click is there to show that the probe sees"

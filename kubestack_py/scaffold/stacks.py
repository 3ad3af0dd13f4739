"""Stacks: directories that are planned and applied, and their entries in kubestack.yaml."""

from __future__ import annotations

import posixpath
import re
from functools import partial
from typing import TYPE_CHECKING

from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import UsageError
from kubestack_py.model.file_names import HCL_SUFFIXES
from kubestack_py.model.pattern import matches
from kubestack_py.model.platform import SETTINGS_FILE, StackKind
from kubestack_py.model.state import ENVIRONMENT_VARIABLE
from kubestack_py.scaffold.handmade import refuse_handmade
from kubestack_py.scaffold.inheriting import root_module
from kubestack_py.scaffold.inventory import near, terraform_files
from kubestack_py.scaffold.telling import environment_expression
from kubestack_py.system.yaml_editing import insert_item, remove_item
from kubestack_py.terraform import syntax
from kubestack_py.terraform.backend import read_backend

if TYPE_CHECKING:
    from kubestack_py.scaffold.draft import Draft

KIND = "stack"
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_USUAL_VERSION = '">= 1.6, < 2"'
_MAIN = """\
# What {path} is made of. {teller} is the environment.
locals {{
  environment = {environment}
}}
"""
_VARIABLE = """\

variable "{name}" {{
  description = "Which environment this is; kubestack sets it together with the address of its state."
  type        = string
  nullable    = false
}}
"""
_KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - {resource}
"""
_NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: "{name}"
"""


def add_stack(draft: Draft, path: str, kind: str) -> None:
    """Add a stack that plans to nothing yet: a Terraform root module, or a base with its overlays.

    A Terraform stack keeps its state where the first one does, under its own name.
    """
    path = posixpath.normpath(path.rstrip("/"))
    there = {stack.path: stack.kind for stack in draft.stacks}
    if path in there:
        if there[path].value != kind:
            raise UsageError(f"{path} is a {there[path]} stack already")
        return
    if not _PATH.fullmatch(path):
        raise UsageError(
            f"{path!r} cannot be a stack",
            hint="Allowed: names of letters, digits and `. _ -` that begin with no sign, joined by `/`.",
        )
    if (draft.root / path).exists():
        raise UsageError(
            f"{path} is there already and is no stack",
            hint=f"Name it in kubestack.yaml (`- path: {path}`), or choose another path.",
        )
    within = next((other for other in there if _is_inside(path, other) or _is_inside(other, path)), "")
    if within:
        raise UsageError(f"{path} and {within} would be one inside of the other")
    files = _terraform(draft, path) if kind == StackKind.TERRAFORM else _kustomize(draft, path)
    for name, text in files.items():
        draft.write(f"{path}/{name}", text.encode())
    name_stack(draft, path, kind)
    draft.record(lambda record: record.with_added(KIND, {"path": path, "kind": kind}))


def remove_stack(draft: Draft, path: str, *, force: bool) -> None:
    """Remove the directory of a stack and its entry. Nobody may need it any more."""
    path = posixpath.normpath(path.rstrip("/"))
    paths = [stack.path for stack in draft.stacks]
    if path not in paths:
        draft.note(f"There is no stack {path}. {near(path, paths)}")
        return
    if len(paths) == 1:
        raise UsageError(
            f"{path} is the only stack of the platform",
            hint="Add another one first: kubestack add stack PATH",
        )
    clusters = [
        cluster.name for cluster in draft.inventory.clusters if cluster.where.path.startswith(f"{path}/")
    ]
    if len(clusters) == len(draft.inventory.clusters) and clusters:
        raise UsageError(
            f"{path} has the last cluster of the platform, {clusters[0]}",
            hint="Add a cluster in another stack first, or delete the repository if the platform is to go.",
        )
    files = draft.files_below(path)
    refuse_handmade(draft.root, files, force=force)
    unname_stack(draft, path)
    for name in files:
        draft.write(name, None)
    draft.record(lambda record: record.without_added(KIND, path=path))
    draft.note(f"What {path} has applied is still there. Destroy it before this is merged.")


def name_stack(draft: Draft, path: str, kind: str) -> None:
    """Give a directory an entry in kubestack.yaml, unless a pattern there matches it."""
    entries = draft.platform.stacks
    if any(matches(entry.path, path) for entry in entries):
        return
    item: dict[str, str | list[str]] = {"path": path}
    first = next((stack.path for stack in draft.stacks if stack.kind is StackKind.TERRAFORM), None)
    if kind == StackKind.KUSTOMIZE:
        item |= {"delivery": "rendered", **({"needs": [first]} if first else {})}
    draft.edit(SETTINGS_FILE, lambda text: insert_item(text, ("stacks",), len(entries), item, SETTINGS_FILE))
    load_platform(SettingsSource(name=SETTINGS_FILE, content=draft.read(SETTINGS_FILE) or b""))


def unname_stack(draft: Draft, path: str) -> None:
    """Take out the entries that would lead nowhere without a directory. Raises where others need it."""
    others = [stack.path for stack in draft.stacks if stack.path != path]
    entries = draft.platform.stacks
    needing = [
        entry.path
        for entry in entries
        if any(
            matches(need, path) and not any(matches(need, other) for other in others) for need in entry.needs
        )
    ]
    if needing:
        raise UsageError(
            f"{', '.join(needing)} needs {path}", hint="Take it out of `needs` in kubestack.yaml first."
        )
    for index in reversed(range(len(entries))):
        pattern = entries[index].path
        if matches(pattern, path) and not any(matches(pattern, other) for other in others):
            draft.edit(SETTINGS_FILE, partial(_without_entry, index=index))


def _is_inside(path: str, other: str) -> bool:
    return path.startswith(f"{other}/")


def _without_entry(text: bytes, index: int) -> bytes:
    return remove_item(text, ("stacks",), index, SETTINGS_FILE)


def _terraform(draft: Draft, path: str) -> dict[str, str]:
    first = _first_terraform(draft)
    told = environment_expression(draft.root, first) if first else ""
    main = _MAIN.format(
        path=path,
        environment=told or "terraform.workspace",
        teller=f"The variable `{ENVIRONMENT_VARIABLE}`" if told else "The Terraform workspace",
    )
    variable = _VARIABLE.format(name=ENVIRONMENT_VARIABLE) if told else ""
    return {"main.tf": main + variable, "versions.tf": _versions(draft, first, path)}


def _first_terraform(draft: Draft) -> str:
    return next((stack.path for stack in draft.stacks if stack.kind is StackKind.TERRAFORM), "")


def _versions(draft: Draft, first: str, path: str) -> str:
    """The `terraform` block of the first Terraform stack, with the state under another name."""
    found = _terraform_block(draft, first)
    body = found.body if found else None
    version = syntax.attributes(body).get("required_version")
    lines = ["terraform {", f"  required_version = {syntax.text(version) if version else _USUAL_VERSION}"]
    blocks = (syntax.text(child) for child in (body.children if body else ()) if child.type == "block")
    backend = next((text for text in blocks if text.startswith("backend")), "")
    if backend:
        backend = backend.replace("../.state/", f"{'../' * (path.count('/') + 1)}.state/")
        old = first.rpartition("/")[2]
        word = rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])"
        lines += ["", f"  {re.sub(word, path.replace('/', '-'), backend)}"]
    elif elsewhere := read_backend(root_module(draft, f"{first}/")):
        draft.note(
            f"{elsewhere.where}: the backend is in Terraform's JSON syntax, which is not taken over. "
            f"Write one into {path}/versions.tf, or the state is kept on this machine."
        )
    return "\n".join([*lines, "}", ""])


def _terraform_block(draft: Draft, stack: str) -> syntax.Block | None:
    """The first `terraform` block of a stack."""
    for path in terraform_files(draft.root, draft.stacks):
        if path.startswith(f"{stack}/") and path.endswith(HCL_SUFFIXES):
            for block in syntax.blocks(syntax.parse(draft.read(path) or b"")):
                if block.type == "terraform":
                    return block
    return None


def _kustomize(draft: Draft, path: str) -> dict[str, str]:
    overlays = {
        f"overlays/{item.name}/kustomization.yaml": _KUSTOMIZATION.format(resource="../../base")
        for item in draft.platform.environments
    }
    name = re.sub(r"[^a-z0-9-]+", "-", path.rpartition("/")[2].lower()).strip("-")
    return {
        "base/kustomization.yaml": _KUSTOMIZATION.format(resource="namespace.yaml"),
        "base/namespace.yaml": _NAMESPACE.format(name=name),
        **overlays,
    }

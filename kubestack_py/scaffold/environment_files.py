"""The files of one environment alone: its overlays, and what a deploy repository has beside them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import UsageError
from kubestack_py.model.platform import OVERLAYS, StackKind
from kubestack_py.scaffold.homes import APPS, CONFIGS, CONTROLLERS, apps_home
from kubestack_py.scaffold.naming import adapted
from kubestack_py.scaffold.record import RECORD, parse_record
from kubestack_py.system.yaml import load
from kubestack_py.system.yaml_editing import insert_item, remove_item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.system.yaml_editing import KeyPath

_MARKER = re.compile(rb"[ \t]*#[ \t]*\{\"\$imagepolicy\":[^}\n]*\}[ \t]*$", re.MULTILINE)
_AUTOMATION = "image-automation.yaml"  # for the first environment alone; the others get what it has proved
_RULES, _REQUIREMENTS = ".sops.yaml", "jx-requirements.yml"


def refuse_tags(draft: Draft) -> None:
    """Raise `UsageError` where clusters follow tags by version, which has room for two environments."""
    content = draft.read(str(RECORD))
    if content is not None and parse_record(content).answers.get("follow") == "tags":
        raise UsageError(
            "clusters follow tags here, which has room for two environments",
            hint="Flux and Argo CD choose the highest version among all tags. Scaffold a repository with "
            "--follow branches, and move what is in apps/ and infrastructure/ there.",
        )


def files_of(draft: Draft, environment: str) -> Iterator[str]:
    """The files of one environment, each once."""
    tops = (*_overlays(draft, environment), *_wiring(draft, environment))
    found = (path for top in tops for path in draft.files_below(top))
    yield from dict.fromkeys((*_variables(draft, environment), *found))


def copy_files(draft: Draft, after: str, name: str) -> None:
    """Give a new environment the files of another one, with its name in their place.

    What is there already stays. Only the first environment takes images by itself.
    """
    for path in _variables(draft, after):
        _copy(draft, path, f"{path.removesuffix(f'{after}.tfvars')}{name}.tfvars", after, name)
    # In what operators are told, `apps` is a directory as well, so another environment is the model then.
    model = draft.platform.first.name if after == APPS.name else after
    for source, directories in ((after, _overlays), (model, _wiring)):
        for old, new in zip(directories(draft, source), directories(draft, name), strict=True):
            for path in draft.files_below(old):
                if not path.endswith(f"/{_AUTOMATION}"):
                    _copy(draft, path, f"{new}{path.removeprefix(old)}", source, name)


def add_to_lists(draft: Draft, after: str, name: str) -> None:
    """Give the environment its rule of SOPS and its requirements of Jenkins X, where there are such lists."""
    for path, place in _lists():
        items = _items(draft, path, place)
        index = next((at for at, item in enumerate(items) if _is_about(item, after)), None)
        if index is not None and not any(_is_about(item, name) for item in items):
            item = _for(items[index], after, name)
            draft.edit(path, partial(insert_item, path=place, index=index + 1, value=item, name=path))


def remove_from_lists(draft: Draft, name: str) -> None:
    """Take out what `add_to_lists` has put in."""
    for path, place in _lists():
        for index, item in enumerate(_items(draft, path, place)):
            if _is_about(item, name):
                draft.edit(path, partial(remove_item, path=place, index=index, name=path))
                break


def _variables(draft: Draft, environment: str) -> Iterator[str]:
    for stack in draft.stacks:
        path = f"{stack.path}/{environment}.tfvars"
        if stack.kind is StackKind.TERRAFORM and draft.read(path) is not None:
            yield path


def _overlays(draft: Draft, environment: str) -> Iterator[str]:
    for stack in draft.stacks:
        if stack.kind is StackKind.KUSTOMIZE and stack.overlays == OVERLAYS:
            yield stack.overlay(environment)


def _wiring(draft: Draft, environment: str) -> Iterator[str]:
    """What a deploy repository has beside stacks: what the operator is told, and lists of overlays."""
    if apps_home(draft.platform) == APPS:
        for home in (PurePosixPath("clusters"), APPS, CONTROLLERS, CONFIGS):
            yield f"{home}/{environment}"


def _copy(draft: Draft, path: str, target: str, after: str, name: str) -> None:
    if draft.read(target) is None:
        content = _MARKER.sub(b"", adapted(draft.read(path) or b"", after, name))
        if path.startswith("clusters/"):
            content = content.replace(f"  - {_AUTOMATION}\n".encode(), b"")
        draft.write(target, content)
        if target.endswith("/cluster-vars.yaml"):
            draft.note(
                f"{target} has the values of {after}, until `kubestack handoff` writes those of {name}."
            )
        if target.endswith(".sops.yaml"):
            draft.note(f"{target} is encrypted for {after}; encrypt what {name} is to have in its place.")


def _lists() -> Iterator[tuple[str, KeyPath]]:
    yield _RULES, ("creation_rules",)
    yield _REQUIREMENTS, ("spec", "environments")


def _items(draft: Draft, path: str, place: KeyPath) -> list[Any]:
    value: Any = load(draft.read(path) or b"", path)
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _is_about(item: Any, environment: str) -> bool:
    if not isinstance(item, dict):
        return False
    return item.get("key") == environment or f"/overlays/{environment}/" in str(item.get("path_regex"))


def _for(item: dict[str, Any], after: str, name: str) -> dict[str, Any]:
    """The same item for another environment: with a key of its own, and never promoted to by itself."""
    if "key" in item:
        return {
            **item,
            "key": name,
            "namespace": f"jx-{name}",
            "promotionStrategy": "Manual",
            "remoteCluster": True,
        }
    rule = str(item["path_regex"]).replace(f"/overlays/{after}/", f"/overlays/{name}/")
    kept = {key: value for key, value in item.items() if key.endswith("_regex") or key.startswith("mac_")}
    return {**kept, "path_regex": rule, "age": f"public-key-of-{name}"}

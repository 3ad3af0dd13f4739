"""The objects around the stacks of a pull request: those that they name, define again, or are governed by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.checks.references import links
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.examining import StackFiles
from kubestack_py.runner.rendering import render
from kubestack_py.runner.touched import mentioning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.model.examined import Built
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.content import BoundedContent
    from kubestack_py.runner.remembering import Memory
    from kubestack_py.runner.session import Session

_CRD = "CustomResourceDefinition"
_AUTOMATION = ("ImagePolicy", "ImageUpdateAutomation")


def surroundings(
    session: Session,
    examined: Sequence[StackFiles],
    objects: Sequence[Built],
    content: BoundedContent,
    stacks: Sequence[Stack],
    *,
    memory: Memory,
) -> list[Built]:
    """Objects of other stacks whose files hold a name that matters here; only these stacks are built."""
    mine = {item.stack.path for item in examined}
    others = [stack for stack in stacks if stack.path not in mine and stack.kind is StackKind.KUSTOMIZE]
    names = {*_names(objects), *(_AUTOMATION if _is_marked(examined, content) else ())}
    wanted = mentioning(session.git, names, others)
    around = [StackFiles(session, item, content, memory) for item in others if item.path in wanted]
    built, _ = render(session, around, memory)
    return built


def _is_marked(examined: Sequence[StackFiles], content: BoundedContent) -> bool:
    """Whether a file has a marker of the image automation, whose policy may be anywhere."""
    return any(b"$imagepolicy" in (content.read(path) or b"") for item in examined for path in item.files)


def _names(objects: Iterable[Built]) -> Iterator[str]:
    """Texts that stand in files of objects which have to do with these."""
    inside: set[tuple[str, str]] = {(item.manifest.kind, item.manifest.name) for item in objects}
    for item in objects:
        yield item.stack
        if item.manifest.kind != "Namespace":
            yield item.manifest.name
        if "." in item.manifest.group:
            yield _CRD
        for link in links(item):
            if (link.kind, link.name) not in inside:
                yield link.name
        yield from _of_flux(item)


def _of_flux(item: Built) -> Iterator[str]:
    spec = item.document.get("spec")
    if not item.manifest.group.endswith(".toolkit.fluxcd.io") or not isinstance(spec, dict):
        return
    waiting: list[object] = [spec]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = value.get("name")
            if isinstance(name, str):
                yield name
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)

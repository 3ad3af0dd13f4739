"""Environments: their place in the chain, their keys in configurations, their overlays."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kubestack_py.ci.pipelines.render import MARK, host_of, pipeline_files, render_pipelines
from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import EditError, UsageError
from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.platform import SETTINGS_FILE, ClusterSettings, StackKind
from kubestack_py.scaffold.environment_files import (
    add_to_lists,
    copy_files,
    files_of,
    refuse_tags,
    remove_from_lists,
)
from kubestack_py.scaffold.handmade import as_written, refuse_handmade
from kubestack_py.scaffold.inheriting import (
    Heir,
    heir,
    inheritance_of,
    root_module,
    with_parent,
    without_parent,
)
from kubestack_py.scaffold.inventory import choose, near
from kubestack_py.scaffold.naming import adapted_text
from kubestack_py.system.yaml_editing import insert_item, remove_item
from kubestack_py.terraform import hcl
from kubestack_py.terraform.editing import insert, remove
from kubestack_py.terraform.layout import configuration_files
from kubestack_py.terraform.place import Place
from kubestack_py.terraform.selection import select

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.ci import CiHost
    from kubestack_py.model.platform import Platform
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.record import Record
    from kubestack_py.system.yaml_editing import Value
    from kubestack_py.terraform.hcl import ConfigurationMap

KIND = "environment"


def add_environment(draft: Draft, name: str, after: str) -> None:
    """Insert an environment into the chain behind another one, into every configuration and overlay.

    It inherits everything from the base; its overlays are those of `after` with the name in its place.
    """
    chain = [item.name for item in draft.platform.environments]
    choose("environment", after, chain)
    draft.refuse_broken()  # what cannot be read may hold a configuration that would be left out
    if name in chain:
        before = chain[chain.index(name) - 1] if chain.index(name) else ""
        if before != after:
            place = f"after {before}" if before else "at the beginning"
            raise UsageError(f"there is an environment {name} already, {place}: {', '.join(chain)}")
    else:
        _check_new(name, after, chain)
        refuse_tags(draft)
        _into_chain(draft, name, after, chain)
        draft.record(lambda record: record.with_added(KIND, {"name": name, "after": after}))
        draft.note(
            f"{name} applies what is tagged {name}-deploy-*, once {after} has proved it. Its first apply "
            "makes everything anew: look at the plan before."
        )
        _render_pipelines(draft)
    for path, found in _configurations(draft):
        if name not in dict(found.keys):
            _into_configuration(draft, path, found, name, _with(chain, name, after))
    copy_files(draft, after, name)
    add_to_lists(draft, after, name)


def remove_environment(draft: Draft, name: str, *, force: bool) -> None:
    """Take an environment out of the chain, of every configuration and of every application.

    Not the first, where changes begin, and not the last, which the others inherit from.
    """
    chain = [item.name for item in draft.platform.environments]
    if name not in chain:
        draft.note(f"There is no environment {name}. {near(name, chain)}")
        return
    if name in {chain[0], chain[-1]}:
        why = "every change begins there" if name == chain[0] else "the others inherit from it"
        raise UsageError(
            f"{name} cannot be removed: {why}",
            hint=f"Only what stands between {chain[0]} and {chain[-1]} can go.",
        )
    draft.refuse_broken()
    files = list(files_of(draft, name))
    refuse_handmade(draft.root, files, force=force)
    for path in files:
        draft.write(path, None)
    remove_from_lists(draft, name)
    for path, found in _configurations(draft):
        if name in dict(found.keys):
            if not force:
                _refuse_handmade_key(draft, path, found, name)
            _out_of_configuration(draft, path, found, name, chain[-1])
    index = chain.index(name)
    draft.edit(SETTINGS_FILE, lambda text: remove_item(text, ("environments",), index, SETTINGS_FILE))
    _render_pipelines(draft)
    draft.record(partial(_out_of_record, name=name))
    draft.note(
        f"What {name} has applied is still there, and nothing will look after it. Before this is merged:\n"
        f"{_destroying(draft, name)}"
        f"Afterwards its branch can go: git push origin --delete env/{name}"
    )


def _check_new(name: str, after: str, chain: Sequence[str]) -> None:
    from kubestack_py.scaffold.answers import problem_with

    problem = problem_with("environments", [name, "any-other"])
    if problem:
        raise UsageError(f"no environment can be called {name!r}", hint=problem.hint)
    if after == chain[-1]:
        raise UsageError(
            f"nothing can come after {after}: it is the last of the chain, and the others inherit from it",
            hint=f"Insert {name} after {chain[-2]}.",
        )


def _into_chain(draft: Draft, name: str, after: str, chain: Sequence[str]) -> None:
    """Into kubestack.yaml, which has to be in order afterwards."""
    item: Value = {"name": name, "apply_on": {"tag": f"{name}-deploy-*"}, **_called_alike(draft, name, after)}
    index = chain.index(after) + 1
    draft.edit(SETTINGS_FILE, lambda text: insert_item(text, ("environments",), index, item, SETTINGS_FILE))
    _drafted(draft)


def _called_alike(draft: Draft, name: str, after: str) -> dict[str, dict[str, str]]:
    """What kubestack.yaml calls by the name of `after`, by the new name: its cluster, and parity's names."""
    old = draft.platform.find(after)
    if old is None:
        return {}
    names = {key: adapted_text(text, after, name) for key, text in old.names.items()}
    called: dict[str, dict[str, str]] = {"names": names} if names else {}
    if old.cluster:
        context = adapted_text(old.cluster.context, after, name)
        if context == old.cluster.context:
            raise UsageError(
                f"the cluster of {after} is {context}, which does not tell what that of {name} is called",
                hint=f"Give {after} a context with {after} in its name: kubectl config rename-context",
            )
        cluster = {"context": context, "kubeconfig": old.cluster.kubeconfig}
        called["cluster"] = {key: adapted_text(text, after, name) for key, text in cluster.items() if text}
        if old.cluster.namespace != ClusterSettings(context=context).namespace:
            called["cluster"]["namespace"] = old.cluster.namespace
    for key, found in called.items():
        texts = ", ".join(found.values())
        draft.note(
            f"{SETTINGS_FILE}: `{key}` of {name} is made after that of {after}: {texts}. Is that right?"
        )
    return called


def _drafted(draft: Draft) -> Platform:
    """The settings as they are going to be; raises `ConfigurationError` where they contradict themselves."""
    return load_platform(SettingsSource(name=SETTINGS_FILE, content=draft.read(SETTINGS_FILE) or b""))


def _render_pipelines(draft: Draft) -> None:
    """Render pipelines anew for the new chain, where they are as this program rendered them."""
    for path in pipeline_files():
        content = draft.read(path)
        if content is None:
            continue
        host = host_of(path)
        if content == _text_of(draft.platform, host, path):
            draft.write(path, _text_of(_drafted(draft), host, path))
        elif MARK.encode() in content:
            draft.note(f"{path} is not as it was rendered, and is left alone: kubestack ci render {host}")


def _text_of(platform: Platform, host: CiHost, path: str) -> bytes:
    """The file of a pipeline at a path, as it is rendered."""
    texts = {pipeline.path: pipeline.text for pipeline in render_pipelines(platform, host)}
    return texts[path].encode()


def _into_configuration(
    draft: Draft, path: str, found: ConfigurationMap, name: str, chain: Sequence[str]
) -> None:
    if path.endswith(".json"):
        raise EditError(
            f"{path}:{max(found.line, 1)}: {found.where} is in Terraform's JSON syntax, which is not edited",
            hint=f'Add "{name}": {{}} to its configuration by hand, then run this again.',
        )
    if not found.complete:
        draft.note(f"{path}:{found.line}: some keys of {found.where} are computed; is {name} one of them?")
        return
    inheritance = inheritance_of(root_module(draft, path), path, found, chain[-1])
    new = heir(inheritance, name, chain) if inheritance else Heir(chain[-1], explicit=False)
    draft.edit_hcl(
        path,
        partial(insert, place=_place(found) / name, value=new.values, comment=new.comment, apart=True),
    )
    if new.explicit and (module := _module(found)):
        draft.edit_hcl(path, partial(with_parent, module=module, name=name, parent=new.parent))
    for line in new.doubtful:
        draft.note(f"{line}. Is that right? Else state its own beside it.")


def _configurations(draft: Draft) -> Iterator[tuple[str, ConfigurationMap]]:
    """The inherited configurations of every Terraform stack, as `kubestack validate` looks for them."""
    for stack in draft.stacks:
        if stack.kind is not StackKind.TERRAFORM:
            continue
        for path in draft.files_below(stack.path):
            if not path.endswith(TERRAFORM_SUFFIXES) or {"tests", ".terraform"} & set(
                PurePosixPath(path).parts
            ):
                continue
            source = draft.read(path) or b""
            if b"configuration" in source:
                yield from ((path, found) for found in hcl.configuration_keys(source, name=path))


def _out_of_configuration(draft: Draft, path: str, found: ConfigurationMap, name: str, base: str) -> None:
    inheritance = inheritance_of(root_module(draft, path), path, found, base)
    draft.edit_hcl(path, partial(remove, place=_place(found) / name))
    module = _module(found)
    if inheritance and module:
        for other, parent in inheritance.parents.items():
            if parent == name:
                draft.note(f"{path}: {other} of {found.where} no longer inherits from {name}.")
        draft.edit_hcl(path, partial(without_parent, module=module, name=name, inheritance=inheritance))


def _with(chain: Sequence[str], name: str, after: str) -> list[str]:
    """The chain with an environment at its place in it."""
    others = [item for item in chain if item != name]
    at = others.index(after) + 1
    return [*others[:at], name, *others[at:]]


def _module(found: ConfigurationMap) -> str:
    """The module call that a configuration stands in; empty where it stands elsewhere."""
    kind, _, name = found.where.partition(".")
    return name if kind == "module" else ""


def _place(found: ConfigurationMap) -> Place:
    kind, _, name = found.where.partition(".")
    if kind == "local":
        return Place(("locals",), (hcl.CONFIGURATION,))
    if kind == "var":
        return Place(("variable", hcl.CONFIGURATION), ("default",))
    return Place(("module", name), (hcl.CONFIGURATION,))


def _refuse_handmade_key(draft: Draft, path: str, found: ConfigurationMap, name: str) -> None:
    """What an environment states in a configuration is somebody's work where our commands do not write it."""
    here = hcl.configuration_texts(draft.read(path) or b"").get(found.where, {}).get(name)
    ours = hcl.configuration_texts(as_written(draft.root).get(path, b"")).get(found.where, {}).get(name)
    if here not in {ours, "{}"}:
        line = dict(found.keys)[name]
        raise EditError(
            f"{path}:{line}: {name} states something here that kubestack did not write",
            hint="Look at it. --force removes it all the same; Git has what was committed.",
        )


def _destroying(draft: Draft, name: str) -> str:
    """The command lines that destroy what an environment has applied."""
    stacks = [stack.path for stack in draft.stacks if stack.kind is StackKind.TERRAFORM]
    lines = []
    for stack in stacks:
        files = {path.name: path.read_bytes() for path in configuration_files(draft.root / stack)}
        selection = select(draft.platform, stacks, stack, name, files)
        lines.append(f"  {selection.in_shell} terraform -chdir={stack} destroy\n")
    return "".join(lines)


def _out_of_record(record: Record, name: str) -> Record:
    asked = record.answers.get("environments")
    if isinstance(asked, list) and name in asked:
        return record.with_answers(environments=[item for item in asked if item != name])
    return record.without_added(KIND, name=name)

"""`kubestack diff`: two environments side by side, from the evidence and from what was delivered.

No tool is asked and no state is read. What Terraform made of a configuration is not compared: two
environments are two states, and what differs between them by purpose is their configuration.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.errors import UsageError
from kubestack_py.kustomize.diff import difference
from kubestack_py.model.commit import CommitLine
from kubestack_py.model.difference import (
    Content,
    EnvironmentDifference,
    Side,
    StackDifference,
    TextDifference,
)
from kubestack_py.model.file_names import HCL_SUFFIXES
from kubestack_py.model.platform import StackKind
from kubestack_py.promotion.pairing import pair
from kubestack_py.runner.content import CommitContent, closure
from kubestack_py.terraform.hcl import configuration_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.changes import Change
    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.promotion.history import History
    from kubestack_py.runner.session import Session


def compare_environments(session: Session, one: Environment, other: Environment) -> EnvironmentDifference:
    """How `other` differs from `one`. Raises `UsageError` for one and the same."""
    if one == other:
        raise UsageError(
            f"{one.name} does not differ from itself", hint="Name two environments: kubestack diff ops apps"
        )
    session.synchronise_if_possible()
    history = session.history()
    commits = [_deployed(session, history, item) for item in (one, other)]
    comparison = _Comparison(session, history, one, other)
    return EnvironmentDifference(
        one=_side(session, one, commits[0], commits[1]),
        other=_side(session, other, commits[1], commits[0]),
        stacks=tuple(comparison.stack(stack) for stack in session.stacks),
    )


def _deployed(session: Session, history: History, environment: Environment) -> str:
    deployed = history.deployed(environment.name)
    if deployed and session.git.commit_info(deployed.commit) is None:
        raise UsageError(
            f"{deployed.commit[:8]}, which {environment.name} runs, is not in this clone",
            hint="Fetch the whole history (git fetch --unshallow), then run this again.",
        )
    return deployed.commit if deployed else ""


def _side(session: Session, environment: Environment, commit: str, other: str) -> Side:
    """What one environment runs, and what it has beyond the other."""
    if not commit:
        return Side(environment=environment.name, commit="", subject="")
    unwanted = [f"^{other}"] if other else []
    out = session.git.call("log", "--format=%H%x00%s", commit, *unwanted, "--").text
    lines = [line.split("\0", 1) for line in out.splitlines()] if other else []
    info = session.git.commit_info(commit)
    return Side(
        environment=environment.name,
        commit=commit,
        subject=info.subject if info else "",
        ahead=tuple(CommitLine(id=identity, subject=subject) for identity, subject in lines),
    )


class _Comparison:
    """Two environments; what is read of their commits and branches is read once."""

    def __init__(self, session: Session, history: History, one: Environment, other: Environment) -> None:
        self._session = session
        self._history = history
        self._environments = one, other
        self._branches = tuple(
            RenderedBranch(git=session.git, environment=item, remote=session.remote, stacks=session.stacks)
            for item in (one, other)
        )
        self._contents: dict[str, CommitContent] = {}

    def stack(self, stack: Stack) -> StackDifference:
        records = [self._history.delivered(item.name, stack.path) for item in self._environments]
        commits = [record.commit if record else "" for record in records]
        return StackDifference(
            stack=stack.path,
            content=_content(*records),
            one=commits[0],
            other=commits[1],
            manifests=self._manifests(stack) if stack.kind is StackKind.KUSTOMIZE else (),
            texts=tuple(self._texts(stack, commits)) if stack.kind is StackKind.TERRAFORM else (),
        )

    def _manifests(self, stack: Stack) -> tuple[Change, ...]:
        """What differs between the rendered branches; objects named after their environment are matched."""
        delivered = [branch.delivered(stack.path) for branch in self._branches]
        one, other = pair(delivered[0], delivered[1], *self._environments)
        return difference(stack.path, self._environments[1].name, one, list(other.values())).changes

    def _texts(self, stack: Stack, commits: list[str]) -> Iterator[TextDifference]:
        """What differs between the files and the configurations that belong to one environment each."""
        one, other = (
            self._own_texts(stack, environment, commit) if commit else {}
            for environment, commit in zip(self._environments, commits, strict=True)
        )
        for key in sorted(one.keys() | other.keys()):
            (one_name, one_text), (other_name, other_text) = one.get(key, ("", "")), other.get(key, ("", ""))
            lines = unified_diff(
                one_text.splitlines(), other_text.splitlines(), one_name, other_name, lineterm="", n=2
            )
            found = tuple(lines)
            if found:
                yield TextDifference(one=one_name, other=other_name, lines=found)

    def _own_texts(self, stack: Stack, environment: Environment, commit: str) -> dict[str, tuple[str, str]]:
        """The texts of one environment with their names, by what they are called in every environment."""
        content = self._content(commit)
        variables = f"{stack.path}/{environment.name}.tfvars"
        texts = {"tfvars": (variables, _text(content.read(variables)))}
        for path in sorted(closure(stack, content).files):
            if path.endswith(HCL_SUFFIXES) and "tests" not in path.split("/"):
                for where, configurations in configuration_texts(content.read(path) or b"").items():
                    name = f"{path} {where}.{environment.name}"
                    texts[f"{path} {where}"] = name, configurations.get(environment.name, "")
        return texts

    def _content(self, commit: str) -> CommitContent:
        if commit not in self._contents:
            self._contents[commit] = CommitContent(self._session.git, commit)
        return self._contents[commit]


def _content(one: Record | None, other: Record | None) -> Content:
    if one and other:
        return Content.SAME if one.digest.shared == other.digest.shared else Content.DIFFERENT
    return Content.ONE_SIDED if one or other else Content.NOWHERE


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")

"""The API of one cluster, through kubectl: objects in and out as JSON, never by a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kubestack_py.delivery.kubectl.refusals import refusal
from kubestack_py.errors import DeliveryError, ToolError
from kubestack_py.system.process import Command, Completed, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.model.platform import ClusterSettings
    from kubestack_py.system.tools import Tool

FIELD_MANAGER = "kubestack"
REQUEST_SECONDS = 60  # the longest that an API server waits for a webhook is 30
COMMAND_SECONDS = 900.0
Document = Mapping[str, Any]


class Kind(NamedTuple):
    """A kind that the cluster serves: how its collection is called, and whether it has namespaces."""

    plural: str
    group: str
    name: str
    namespaced: bool

    @property
    def full_name(self) -> str:
        """`deployments.apps`, as kubectl takes it without a doubt."""
        return ".".join(part for part in (self.plural, self.group) if part)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster by a context of the user's kubeconfig. Every method may raise `DeliveryError` in words."""

    tool: Tool
    settings: ClusterSettings
    cwd: Path
    env: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The context."""
        return self.settings.context

    def kinds(self, verbs: str = "") -> dict[tuple[str, str], Kind]:
        """What the cluster serves, by group and kind, with all of some verbs; asked for anew each time.

        A group whose own server is down is left out: kubectl tells the rest and exits with 1.
        """
        arguments = ("api-resources", "--no-headers", *((f"--verbs={verbs}",) if verbs else ()))
        done = self._run("asking what the cluster serves", *arguments, ok=(0, 1))
        lines = [line.split() for line in done.text.splitlines() if line.strip()]
        if done.code and not lines:
            raise refusal(done.err, self.name)
        found: dict[tuple[str, str], Kind] = {}
        for line in lines:
            plural, (version, namespaced, kind) = line[0], line[-3:]
            group = version.rpartition("/")[0]
            found.setdefault((group, kind), Kind(plural, group, kind, namespaced == "true"))
        return found

    def read(self, documents: Sequence[Document]) -> list[dict[str, Any]]:
        """What the cluster holds of these objects; those that it does not have are left out."""
        if not documents:
            return []
        arguments = ("get", "--ignore-not-found", "--filename=-", "--output=json")
        return _items(self._run("reading objects", *arguments, stdin=documents).out)

    def find(
        self, what: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Objects of some kinds (`pods`, `deployments.apps,services`) in one namespace, or in all."""
        return self._find(what, namespace, selector, f"--field-selector={fields}" if fields else "")

    def members(self, what: str, selector: str, *, namespace: str = "") -> list[dict[str, Any]]:
        """Objects of some kinds with a label, which were applied from here.

        Controllers copy labels: those of a Service are on its Endpoints, too.
        """
        found = self._find(what, namespace, selector, "--show-managed-fields")
        return [item for item in found if _is_ours(item)]

    def _find(self, what: str, namespace: str, selector: str, *more: str) -> list[dict[str, Any]]:
        where = f"--namespace={namespace}" if namespace else "--all-namespaces"
        filters = [f"--selector={selector}"] if selector else []
        filters += [item for item in more if item]
        return _items(self._run(f"reading {what}", "get", what, where, "--output=json", *filters).out)

    def rehearse(self, documents: Sequence[Document], *, force: bool) -> list[dict[str, Any]]:
        """What the server would make of these objects. The first refusal hides all other answers."""
        if not documents:
            return []
        done = self._run(
            "a server-side dry run",
            *_apply(force),
            "--dry-run=server",
            "--output=json",
            stdin=documents,
        )
        return _items(done.out)

    def apply(self, documents: Sequence[Document], on_line: Callable[[str], None], *, force: bool) -> None:
        """Apply these objects one after the other, in their order; what is applied is told line by line."""
        if documents:
            self._run("a server-side apply", *_apply(force), stdin=documents, on_line=on_line)

    def delete(self, documents: Sequence[Document], on_line: Callable[[str], None]) -> None:
        """Ask for the end of these objects, and do not wait for it."""
        if documents:
            arguments = ("delete", "--ignore-not-found", "--wait=false", "--filename=-")
            self._run("deleting objects", *arguments, stdin=documents, on_line=on_line)

    def _run(
        self,
        purpose: str,
        *arguments: str,
        stdin: Sequence[Document] | None = None,
        ok: tuple[int, ...] = (0,),
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        settings = self.settings
        place = [f"--kubeconfig={Path(settings.kubeconfig).expanduser()}"] if settings.kubeconfig else []
        command = Command(
            argv=(
                self.tool.path,
                f"--context={settings.context}",
                *place,
                f"--request-timeout={REQUEST_SECONDS}s",
                *arguments,
            ),
            cwd=self.cwd,
            env=self.env,
            stdin=None if stdin is None else _stream(stdin),
            ok=ok,
            error=_KubectlError,
            timeout=COMMAND_SECONDS,
            interruptible=True,
            purpose=f"{purpose} ({settings.context})",
        )
        try:
            return run(command, on_line)
        except _KubectlError as error:
            raise refusal(error.detail or error.message, settings.context) from error


class _KubectlError(ToolError):
    """kubectl ended badly; to be put in words."""


def _is_ours(document: Document) -> bool:
    owners = document["metadata"].get("managedFields") or []
    applied = {item.get("manager") for item in owners if item.get("operation") == "Apply"}
    return not owners or FIELD_MANAGER in applied


def _apply(force: bool) -> tuple[str, ...]:
    forced = ("--force-conflicts",) if force else ()
    return ("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", *forced, "--filename=-")


def _stream(documents: Iterable[Document]) -> bytes:
    return "\n".join(json.dumps(document, ensure_ascii=False) for document in documents).encode()


def _items(out: bytes) -> list[dict[str, Any]]:
    if not out.strip():
        return []
    try:
        value = json.loads(out)
    except ValueError as error:
        raise DeliveryError("kubectl answered with something that is no JSON") from error
    items = value.get("items")
    return list(items) if value.get("kind") == "List" or isinstance(items, list) else [value]

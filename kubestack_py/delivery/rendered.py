"""Delivery `rendered`: one file per object on the branch `env/<environment>`, which Flux or Argo CD follows.

Each stack owns the files `<stack>/<namespace or _cluster>/<file>.yaml` (`<stack>/<environment>/…` where its
overlays lie in itself), and a delivery replaces exactly these. A stack that left the platform keeps its
files on the branch: taking a running application away is never a side effect; `git rm` on that branch does
it. The branch has a history of its own. With a remote only the remote's branch counts, and no local branch
is made for it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from kubestack_py.delivery.history import last_delivery, message, sources
from kubestack_py.delivery.stream import write_commit
from kubestack_py.errors import DeliveryError, GitError, KubestackError
from kubestack_py.kustomize.manifests import parse
from kubestack_py.system.backoff import pause
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from kubestack_py.kustomize.build import Rendered
    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.system.git import Git

ATTEMPTS = 20
LONGEST_PAUSE = 2.0
_NOTHING = "0" * 40
_README = """\
# Rendered manifests of {environment}

This branch is generated: `kubestack` renders every stack of the platform for the environment
`{environment}` and commits the result here, one file per object. Change the sources, not this
branch: the next delivery replaces what it holds. The trailer `Source-Commit` of a commit names
the commit of the sources.
"""


class RenderedBranch:
    """The rendered branch of one environment in a repository, and on `remote` (None: here alone).

    `stacks` says which of them lie elsewhere on the branch than at their own path. What is delivered is
    read once, and again after `refresh` and `deliver`.
    """

    def __init__(
        self, *, git: Git, environment: Environment, remote: str | None, stacks: Iterable[Stack] = ()
    ) -> None:
        self._git = git
        self._homes = {stack.path: stack.delivered_to(environment.name) for stack in stacks}
        self._environment = environment.name
        self._remote = remote
        self._branch = f"refs/heads/{environment.rendered_branch}"
        self._ref = f"refs/kubestack/{remote}/{environment.rendered_branch}" if remote else self._branch
        self._held: Mapping[str, Mapping[str, bytes]] | None = None

    def refresh(self) -> None:
        """Fetch the branch, which need not exist; raises `GitError` when the remote cannot be reached."""
        self._held = None
        if self._remote:
            self._fetch(self._remote)

    def delivered(self, stack: str) -> dict[str, Manifest]:
        """What the branch holds of a stack, by address.

        A file that somebody made unreadable counts as absent: the next delivery writes it again.
        """
        if self._held is None:
            self._held = self._read(self._tip())
        return _by_address(self._held.get(self._home(stack), {}))

    def last_delivery(self, stack: str) -> dict[str, Manifest]:
        """What the last delivery left on the branch of a stack, whatever others committed after it."""
        tip = self._tip()
        delivery = last_delivery(self._git, tip) if tip else None
        home = self._home(stack)
        return _by_address(self._read(delivery, {home}).get(home, {}))

    def deliver(self, rendered: Sequence[Rendered], *, source: str) -> str:
        """Commit what stacks render, rendered from the commit `source`; returns the id of the branch's tip.

        Where the branch holds all of it already, nothing is committed. Pushes never force: when
        somebody else delivered meanwhile, the commit is made anew on top of theirs. Raises
        `DeliveryError` when something newer than `source` is delivered already or the remote
        refuses; then no ref has moved.
        """
        wanted = self._files(rendered)
        for attempt in range(ATTEMPTS):
            interrupts.check()
            tip = self._tip()
            commit = self._commit(tip, wanted, source)
            if commit == tip or self._land(commit, tip):
                self._held = None
                return commit
            pause(attempt, longest=LONGEST_PAUSE)
            self.refresh()
        raise DeliveryError(
            f"{self._branch} moved {ATTEMPTS} times in a row; nothing was delivered",
            hint="Run the command again when fewer deliveries are under way.",
        )

    def _home(self, stack: str) -> str:
        """Where the branch has what a stack renders."""
        return self._homes.get(stack, stack)

    def _files(self, rendered: Iterable[Rendered]) -> dict[str, dict[str, bytes]]:
        """What these stacks are to have on the branch: `[stack][path]`."""
        return {
            item.stack: {
                f"{self._home(item.stack)}/{manifest.file_name}": manifest.content
                for manifest in item.manifests
            }
            for item in rendered
        }

    def _fetch(self, remote: str) -> None:
        try:
            self._git.fetch(remote, f"+{self._branch}:{self._ref}")
        except GitError as error:
            if "couldn't find remote ref" not in error.detail:
                raise
            self._git.delete_ref(self._ref)

    def _tip(self) -> str | None:
        return self._git.refs(self._ref).get(self._ref)

    def _read(self, tip: str | None, only: Collection[str] | None = None) -> dict[str, dict[str, bytes]]:
        """The files of every stack of a commit, or of some: `[directory of the stack][path]`."""
        entries = self._git.list_tree(tip) if tip else {}
        owned = {path: _home_of(path) for path in entries}
        wanted = [path for path, home in owned.items() if home and (only is None or home in only)]
        blobs = self._git.read_blobs(entries[path].blob for path in wanted)
        files: dict[str, dict[str, bytes]] = defaultdict(dict)
        for path in wanted:
            files[owned[path]][path] = blobs[entries[path].blob]
        return files

    def _commit(self, tip: str | None, wanted: Mapping[str, Mapping[str, bytes]], source: str) -> str:
        """The tip where it holds what is wanted, else a new commit on top of it."""
        read = self._read(tip, set(map(self._home, wanted)))
        held = {stack: read.get(self._home(stack), {}) for stack in wanted}
        changed = sorted(stack for stack, files in wanted.items() if held[stack] != files)
        if tip and not changed:
            return tip
        write = {path: data for stack in changed for path, data in wanted[stack].items()}
        delete = {path for stack in changed for path in held[stack]} - write.keys()
        if tip:
            self._refuse_older(tip, changed, source)
        else:
            write["README.md"] = _README.format(environment=self._environment).encode()
        return write_commit(
            self._git,
            parent=tip,
            message=message(self._environment, changed or sorted(wanted), source),
            write=write,
            delete=delete,
            seconds=int(time.time()),
        )

    def _refuse_older(self, tip: str, stacks: Sequence[str], source: str) -> None:
        known = sources(self._git, tip, stacks)
        for newer in dict.fromkeys(known.values()):
            if newer != source and self._git.is_ancestor(source, newer):
                names = ", ".join(stack for stack, commit in known.items() if commit == newer)
                raise DeliveryError(
                    f"{self._environment} already holds {names} from {newer[:12]}, "
                    f"which is newer than {source[:12]}; nothing was delivered",
                    hint="Deliver the newer commit, or revert on the default branch and deliver the revert.",
                )

    def _land(self, commit: str, tip: str | None) -> bool:
        """Make the commit the branch's tip; False when somebody else was faster."""
        if self._remote is None:
            return self._move(commit, tip)
        try:
            lost = self._git.push(self._remote, f"{commit}:{self._branch}")
        except GitError as error:
            raise DeliveryError(
                f"{self._environment} was not delivered: {error.message}",
                detail=error.detail,
                hint=error.hint,
            ) from error
        if lost is None:
            with suppress(
                GitError
            ):  # it landed; this is a note of that, and another process may hold the ref
                self._git.update_ref(self._ref, commit)
        return lost is None

    def _move(self, commit: str, tip: str | None) -> bool:
        try:
            self._git.update_ref(self._ref, commit, tip or _NOTHING)
        except GitError:
            if self._tip() == tip:
                raise
            return False
        return True


def _home_of(path: str) -> str:
    """The directory of the stack that owns a file of the branch; empty for what belongs to none."""
    return path.rsplit("/", 2)[0] if path.count("/") >= 2 else ""


def _by_address(files: Mapping[str, bytes]) -> dict[str, Manifest]:
    manifests = (_readable(content, path) for path, content in files.items())
    return {manifest.address: manifest for manifest in manifests if manifest is not None}


def _readable(content: bytes, path: str) -> Manifest | None:
    try:
        return parse(content, path)
    except KubestackError:
        return None

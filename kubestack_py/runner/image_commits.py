"""Changes of images as commits: on the default branch, or on one branch for each application.

The branch `kubestack/image/<app>` gathers what is proposed for an application until it is merged. It only
ever goes forward: where the default branch moved on, the next commit joins both, made of the default
branch's files and of those proposals that it did not decide otherwise. So nobody's update is lost to a race,
and no two applications share a branch that could conflict. Neither the index nor the work tree is touched.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import GitError, UsageError
from kubestack_py.model.image import parse_image
from kubestack_py.runner.content import CommitContent
from kubestack_py.scaffold.images import ImageChange, combined_edits, overlay_entries
from kubestack_py.system.backoff import pause
from kubestack_py.system.commits import data, make_commit, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.runner.session import Session
    from kubestack_py.scaffold.edits import Edits

BRANCH_PREFIX = "kubestack/image/"
ATTEMPTS = 20
LONGEST_PAUSE = 2.0
_TRAILER = "Kubestack-Image"
_PROPOSAL = re.compile(r"(?P<environment>\S+) (?P<image>\S+) for (?P<name>\S+)(?: by (?P<policies>\S+))?")
_ANY = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What came of it: the tip of `branch`, and what the change did there; nothing where `made` is false.

    `dropped` are older proposals on the branch that the default branch has decided otherwise.
    """

    branch: str
    commit: str
    edits: Edits
    made: bool
    dropped: tuple[str, ...] = ()


class ImageBranch:
    """A branch that changes of images are committed to, here or (with `push`) at the remote alone."""

    def __init__(self, session: Session, branch: str, *, push: bool) -> None:
        if push and session.remote is None:
            raise UsageError("there is no remote to push to", hint="Add it: git remote add origin URL.")
        self._session = session
        self._git = session.git
        self._branch = branch
        self._ref = f"refs/heads/{branch}"
        self._remote = session.remote if push else None
        self._known = f"refs/remotes/{self._remote}/{branch}" if push else self._ref

    def commit(self, changes: Sequence[ImageChange]) -> Proposal:
        """Commit changes; made anew on top of what others pushed meanwhile.

        Raises `GitError` where the remote is away or refuses, and `UsageError` where somebody else's commits
        are on the branch and the default branch moved on. Then no ref has moved.
        """
        for attempt in range(ATTEMPTS):
            tip = self.tip()
            proposal = self._proposal(tip, changes)
            if not proposal.made or self._land(proposal.commit, tip):
                return proposal
            pause(attempt, longest=LONGEST_PAUSE)
        raise GitError(
            f"{self._branch} moved {ATTEMPTS} times in a row; nothing was committed",
            hint="Run the command again when fewer updates are under way.",
        )

    def tip(self) -> str | None:
        """The newest commit of the branch where it is committed to; None once it is gone."""
        self._refresh()
        return self._git.refs(self._known).get(self._known)

    def standing(self, commit: str) -> tuple[ImageChange, ...]:
        """What merging a commit of this branch brings, of each the newest; none where nothing differs."""
        base = self._base()
        if self._git.list_tree(base) == self._git.list_tree(commit):
            return ()
        newest = {_about(change): change for change in self._proposed(base, commit, strict=False)}
        return tuple(newest.values())

    def _refresh(self) -> None:
        if self._remote:
            self._session.synchronise(again=True)
            self._git.fetch(self._remote, f"+{self._ref}*:{self._known}*", options=["--prune"])

    def _base(self) -> str:
        """What is proposed to: the default branch, as the remote or else this clone has it."""
        return self._session.default_tip() or self._git.head()

    def _proposal(self, tip: str | None, changes: Sequence[ImageChange]) -> Proposal:
        base = self._base()
        if tip is None or self._git.is_ancestor(tip, base):
            return self._made(base, None, changes, ())
        if self._git.is_ancestor(base, tip):
            return self._made(tip, None, changes, ())
        kept, dropped = self._gathered(base, tip, changes)
        return self._made(base, tip, [*kept, *changes], dropped)

    def _made(
        self, parent: str, also: str | None, changes: Sequence[ImageChange], dropped: tuple[str, ...]
    ) -> Proposal:
        """A commit on top of one or two others; the files are those of the first."""
        content = CommitContent(self._git, parent)
        edits = combined_edits(content, changes)
        if not edits.changed and also is None:
            return Proposal(branch=self._branch, commit=parent, edits=edits, made=False)
        commands = [f"merge {also}\n".encode()] if also else []
        for edit in edits.changed:
            path = str(edit.path)
            mode = content.tree[path].mode.encode()
            commands.append(b"M %s inline %s\n%s" % (mode, quoted(path), data(edit.after or b"")))
        commit = make_commit(
            self._git, commands, parent=parent, message=_message(changes), seconds=int(time.time())
        )
        return Proposal(branch=self._branch, commit=commit, edits=edits, made=True, dropped=dropped)

    def _gathered(
        self, base: str, tip: str, changes: Sequence[ImageChange]
    ) -> tuple[list[ImageChange], tuple[str, ...]]:
        """Proposals on the branch that still stand, and those that the default branch decided otherwise."""
        fork = self._git.merge_base(base, tip)
        before = CommitContent(self._git, fork) if fork else None
        now = CommitContent(self._git, base)
        new = {_about(change) for change in changes}
        kept: dict[tuple[str, str, str], ImageChange] = {}
        dropped = []
        for change in self._proposed(base, tip):
            if _about(change) in new:
                continue
            at = (change.stack, change.environment)
            if before is None or overlay_entries(before, *at) != overlay_entries(now, *at):
                dropped.append(f"{change.environment} {change.image}")
            else:
                kept[_about(change)] = change
        return list(kept.values()), tuple(dict.fromkeys(dropped))

    def _proposed(self, base: str, tip: str, *, strict: bool = True) -> Iterator[ImageChange]:
        """What the commits of the branch say in their trailers, oldest first.

        A commit that joined the default branch says all that was left; what it dropped stays dropped.
        `strict` refuses commits that say nothing.
        """
        fields = f"%H%x00%(trailers:key={_TRAILER},valueonly)%x00"
        out = self._git.call("log", "--reverse", "--first-parent", f"--format={fields}", tip, f"^{base}").text
        parts = out.split("\0")
        for commit, trailers in zip(parts[::2], parts[1::2], strict=False):
            lines = trailers.split("\n")
            found = [change for line in lines if (change := _read(line.strip()))]
            if strict and not found:
                raise UsageError(
                    f"{self._branch} has the commit {commit.strip()[:8]}, which is no update of an image, "
                    "and the default branch has moved on",
                    hint=f"Merge {self._branch}, or bring it up to date by hand; then run this again.",
                )
            yield from found

    def _land(self, commit: str, tip: str | None) -> bool:
        if self._remote:
            return self._git.push(self._remote, f"{commit}:{self._ref}") is None
        try:
            self._git.update_ref(self._ref, commit, tip or "")
        except GitError:
            if self._git.refs(self._ref).get(self._ref) == tip:
                raise
            return False
        return True


def branch_of(stack: str) -> str:
    """The branch that gathers proposals for an application, named after its directory."""
    return BRANCH_PREFIX + stack.rpartition("/")[2]


def _about(change: ImageChange) -> tuple[str, str, str]:
    """Of two changes that are about the same, the later one stands."""
    return change.stack, change.environment, change.name or change.image.name


def _message(changes: Sequence[ImageChange]) -> str:
    first = changes[-1]
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    title = f"Set {first.stack.rpartition('/')[2]} in {first.environment} to {first.image}{more}"
    lines = (
        f"{_TRAILER}: {change.environment} {change.image} for {change.stack}={change.name or _ANY}"
        + (f" by {','.join(change.policies)}" if change.policies else "")
        for change in changes
    )
    return f"{title}\n\n" + "\n".join(lines) + "\n"


def _read(line: str) -> ImageChange | None:
    """A change from its trailer."""
    found = _PROPOSAL.fullmatch(line)
    image = parse_image(found["image"]) if found else None
    if found is None or image is None:
        return None
    stack, _, name = found["name"].rpartition("=")
    return ImageChange(
        stack=stack,
        environment=found["environment"],
        image=image,
        name="" if name == _ANY else name,
        policies=tuple((found["policies"] or "").split(",")) if found["policies"] else (),
    )

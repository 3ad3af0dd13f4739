"""`kubestack rollback`: one commit that makes stacks what they were, for the way through all environments.

Restored are the files of the stacks alone. Settings, pipelines and documents stay as they are: they
say how to deliver, and going back is no reason to forget that. A stack that the older commit did not
have stays too: taking its directory away would destroy nothing that it made.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kubestack_py.errors import GitError, UsageError
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.model.rollback import FileChange, Proof, RestoredFile, RestoredStack, Rollback
from kubestack_py.promotion.rollback import message
from kubestack_py.promotion.runs import runs, way_back
from kubestack_py.runner.content import CommitContent, closure
from kubestack_py.system.commits import make_commit, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.promotion.history import History
    from kubestack_py.runner.session import Session
    from kubestack_py.system.git import Git, TreeEntry


def prepare_rollback(session: Session, environment: Environment, to: str | None, *, push: bool) -> Rollback:
    """Make the branch of a rollback; neither the work tree nor another branch is touched.

    `to` is any name of a commit; without one it is the newest delivery before the commit that the
    environment was last touched with. Raises `UsageError` where there is nothing to go back to or
    from, or no place to push to.
    """
    if push and not session.remote:
        raise UsageError("there is no remote to push to", hint="Leave out --push, or add a remote first.")
    session.synchronise_if_possible()
    history = session.history()
    deployed, target = _from(history, environment), _to(session, history, environment, to)
    tip = session.default_tip() or session.git.head()
    restoration = _Restoration(session, target, tip)
    stacks = tuple(restoration.stacks(history))
    if not stacks:
        raise UsageError(
            f"every stack is on {session.platform.default_branch} what it was at {target[:8]}",
            hint=f"There is nothing to restore: let {environment.name} have the newest commit.",
        )
    text = message(environment.name, deployed=deployed, target=target, stacks=[item.stack for item in stacks])
    branch = f"rollback/{environment.name}-{target[:8]}"
    commit = _at_branch(session.git, branch, restoration.commit(stacks, text))
    if push:
        _push(session, commit, branch)
    info = session.git.commit_info(target)
    return Rollback(
        environment=environment.name,
        deployed=deployed,
        target=target,
        subject=info.subject if info else "",
        default_branch=session.platform.default_branch,
        tip=tip,
        branch=branch,
        commit=commit,
        stacks=stacks,
        absent=restoration.absent,
        delivered=any(run.commit == target and run.delivered for run in runs(history, environment.name)),
        remote=(session.remote or "") if push else "",
    )


def _from(history: History, environment: Environment) -> str:
    touched = history.touched(environment.name)
    if touched is None:
        raise UsageError(
            f"{environment.name} runs nothing yet, so there is nothing to go back from",
            hint="See what was applied where: kubestack status",
        )
    return touched


def _to(session: Session, history: History, environment: Environment, name: str | None) -> str:
    if name is not None:
        commit = session.git.resolve(name)
        if commit is None:
            raise UsageError(
                f"{name!r} is no commit in this clone",
                hint=f"Choose one of: kubestack history {environment.name}",
            )
        return commit
    past = way_back(history, environment.name)
    if past is None:
        raise UsageError(
            f"nothing was delivered to {environment.name} before, so there is nothing to go back to",
            hint="Name the commit whose content it should get: --to COMMIT",
        )
    if session.git.commit_info(past.commit) is None:
        raise UsageError(
            f"{past.commit[:8]}, which {environment.name} ran before, is not in this clone",
            hint="Fetch the whole history (git fetch --unshallow), then run this again.",
        )
    return past.commit


class _Restoration:
    """The files that stacks had at one commit (`target`), put in place of those at another (`tip`)."""

    def __init__(self, session: Session, target: str, tip: str) -> None:
        self._session = session
        self._tip = tip
        self._then = CommitContent(session.git, target)
        self._now = CommitContent(session.git, tip)
        self.absent = tuple(s.path for s in session.stacks if not self._then.files(s.path))
        kept = (closure(s, self._now).files for s in session.stacks if s.path in self.absent)
        self._kept = {path for files in kept for path in files}

    def stacks(self, history: History) -> Iterator[RestoredStack]:
        """Every stack that differs, with its files and with what the evidence knows of its older content."""
        present = [stack for stack in self._session.stacks if stack.path not in self.absent]
        digests = self._then.digests(present, self._session.platform.environments)
        for stack in present:
            files = tuple(self._files(stack))
            if files:
                proofs = _proofs(history, stack.path, digests[stack.path])
                yield RestoredStack(stack=stack.path, files=files, proofs=tuple(proofs))

    def commit(self, stacks: Iterable[RestoredStack], text: str) -> str:
        """The commit on top of the tip; nothing points at it yet."""
        files = {file.path: file for stack in stacks for file in stack.files}
        removed = [file.path for file in files.values() if file.change is FileChange.REMOVED]
        written = [self._then.tree[path] for path in files if path not in removed]
        changes = [*(b"D %s\n" % quoted(path) for path in removed), *map(_written, written)]
        return make_commit(
            self._session.git, changes, parent=self._tip, message=text, seconds=int(time.time())
        )

    def _files(self, stack: Stack) -> Iterator[RestoredFile]:
        then, now = self._then.tree, self._now.tree
        paths = {*closure(stack, self._then).files, *closure(stack, self._now).files} - {SETTINGS_FILE}
        for path in sorted(paths):
            if path in then and then[path] != now.get(path):
                change = FileChange.CHANGED if path in now else FileChange.RESTORED
                yield RestoredFile(path=path, change=change)
            elif path in now and path not in then and path not in self._kept:
                yield RestoredFile(path=path, change=FileChange.REMOVED)


def _proofs(history: History, stack: str, digests: Mapping[str, ContentDigest]) -> Iterator[Proof]:
    """What the evidence knows of a stack with these contents, by environment."""
    for name, digest in digests.items():
        record = history.latest_of_content(name, stack, digest.shared)
        if record is not None:
            yield Proof(
                environment=name,
                status=record.status,
                at=record.at,
                commit=record.commit,
                whole=record.digest == digest,
            )


def _written(entry: TreeEntry) -> bytes:
    return b"M %s %s %s\n" % (entry.mode.encode(), entry.blob.encode(), quoted(entry.path))


def _at_branch(git: Git, branch: str, commit: str) -> str:
    """Let a new branch point at the commit; one that holds the very same already is left as it is."""
    ref = f"refs/heads/{branch}"
    there = git.refs(ref).get(ref)
    if there is None:
        git.update_ref(ref, commit, "")
        return commit
    if _place(git, there) == _place(git, commit):
        return there
    raise UsageError(
        f"the branch {branch} is there already, with other content",
        hint=f"Merge it, or delete it and run this again: git branch -D {branch}",
    )


def _place(git: Git, commit: str) -> Sequence[str]:
    """The tree and the parents of a commit."""
    return git.call("log", "-1", "--format=%T %P", commit, "--").text.split()


def _push(session: Session, commit: str, branch: str) -> None:
    remote = str(session.remote)
    lost = session.git.push(remote, f"{commit}:refs/heads/{branch}")
    if lost is not None:
        raise GitError(
            f"{remote} has a branch {branch} with other content",
            detail=lost,
            hint=f"Merge it, or delete it there and run this again: git push {remote} --delete {branch}",
        )

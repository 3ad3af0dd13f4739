"""Git as typed verbs. Names from outside are resolved to ids once, behind `--end-of-options`; ids go further.

Hooks, fsmonitor and external diff programs of the repository are not run: a pull request could bring them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.errors import GitError
from kubestack_py.system.backoff import pause
from kubestack_py.system.git_command import LOCAL_SECONDS, git_command
from kubestack_py.system.process import Completed, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FALLBACK_IDENTITY = ("kubestack", "kubestack@localhost")
NETWORK_SECONDS = 300.0
FETCH_ATTEMPTS = 12
LONGEST_FETCH_PAUSE = 0.6  # seconds
_LOCKED = "cannot lock ref"
_COMMIT_FORMAT = "--format=%H%x00%cI%x00%an%x00%s"

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LOST_RACE = re.compile(
    r"\((fetch first|non-fast-forward|stale info|cannot lock ref|failed to (update|lock)|"
    r"incorrect old value|reference already exists)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One file of a commit: its Git mode (`100644`), blob id, and path from the top."""

    mode: str
    blob: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    """What people want to know of a commit; `date` is the committer's, ISO 8601."""

    id: str
    date: str
    author: str
    subject: str


class Git:
    """A repository with a work tree at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def discover(cls, start: Path) -> Git:
        """The repository that contains the directory `start`."""
        command = git_command(start, ("rev-parse", "--show-toplevel"))
        try:
            return cls(Path(os.fsdecode(run(command).out.rstrip(b"\n"))))
        except GitError as error:
            if "dubious ownership" in error.detail:
                hint = "Git does not trust this directory; see `safe.directory` in `git help config`."
                raise GitError(f"Git refuses to work in {start}", hint=hint, detail=error.detail) from error
            hint = "Change into the platform repository, or scaffold one with `kubestack new platform NAME`."
            raise GitError(f"{start} is not inside a Git repository", hint=hint) from error

    def call(
        self,
        *args: str,
        stdin: bytes | None = None,
        ok: Sequence[int] = (0,),
        purpose: str = "",
        timeout: float = LOCAL_SECONDS,
    ) -> Completed:
        """Run `git ARGS…`; raises `GitError` for an exit code outside `ok`."""
        return run(git_command(self.root, args, stdin=stdin, ok=ok, purpose=purpose, timeout=timeout))

    @cached_property
    def identity(self) -> tuple[str, str]:
        """Name and email for commits: those of the Git configuration, else the program's own."""
        done = self.call("var", "GIT_COMMITTER_IDENT", ok=(0, 128))
        found = re.match(r"(?P<name>[^<>\n]+) <(?P<email>[^<>\n]*)> ", done.text) if not done.code else None
        return (found["name"], found["email"]) if found else FALLBACK_IDENTITY

    def resolve(self, revision: str) -> str | None:
        """The commit id that a name from outside stands for, or None."""
        done = self.call(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", ok=(0, 1, 128)
        )
        return done.text.strip() if _ID.fullmatch(done.text.strip()) else None  # `a..b` has several

    def head(self) -> str:
        """The id of the commit that is checked out."""
        found = self.resolve("HEAD")
        if found is None:
            raise GitError(
                f"the repository {self.root} has no commit yet",
                hint="Commit the platform first: git add -A && git commit.",
            )
        return found

    def current_branch(self) -> str | None:
        """The short name of the branch that is checked out; None when HEAD is detached."""
        return self.call("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).text.strip() or None

    def dirty_paths(self, apart: Path | None = None) -> tuple[str, ...]:
        """Paths that differ from the commit, untracked files included, ignored ones and `apart` not."""
        untracked = "all" if apart else "normal"  # normal names a directory for the files in it
        out = self.call(
            "status", "--porcelain=v1", "-z", f"--untracked-files={untracked}", "--no-renames"
        ).out
        paths = (item[3:].decode("utf-8", "surrogateescape") for item in out.split(b"\0") if item)
        return tuple(path for path in paths if not apart or self.root.resolve() / path != apart.resolve())

    def is_shallow(self) -> bool:
        """True for a clone that lacks part of the history."""
        return self.call("rev-parse", "--is-shallow-repository").text.strip() == "true"

    def is_ancestor(self, older: str, newer: str) -> bool:
        """True when commit `older` is `newer` or reachable from it; False when either is not here."""
        return self.call("merge-base", "--is-ancestor", older, newer, ok=(0, 1, 128)).code == 0

    def merge_base(self, one: str, other: str) -> str | None:
        """Where the histories of two commits part; None when that is not in this clone."""
        done = self.call("merge-base", one, other, ok=(0, 1, 128))
        return None if done.code else done.text.strip()

    def count(self, older: str, newer: str) -> int:
        """How many commits `newer` has that `older` has not; all of its history for an empty `older`."""
        return int(self.call("rev-list", "--count", newer, *([f"^{older}"] if older else [])).text)

    def commits_between(self, older: str, newer: str) -> frozenset[str]:
        """The commits that `newer` has and `older` has not; all of its history for an empty `older`."""
        return frozenset(self.call("rev-list", newer, *([f"^{older}"] if older else [])).text.split())

    def commit_info(self, commit: str) -> CommitInfo | None:
        """Date, author and subject of a commit id; None when the commit is not here."""
        done = self.call("log", "-1", _COMMIT_FORMAT, commit, "--", ok=(0, 128))
        return None if done.code else _commit_info(done.text.rstrip("\n"))

    def first_parents(
        self, newest: str, *, without: Sequence[str], limit: int = -1
    ) -> tuple[CommitInfo, ...]:
        """The way back from a commit along first parents, newest first; all of it for a limit of -1.

        `without` are revisions whose history is left out (`ID^@`: the history of its parents).
        """
        unwanted = ["--not", *without] if without else []
        fixed = ("--first-parent", f"--max-count={limit}", _COMMIT_FORMAT)
        out = self.call("log", *fixed, newest, *unwanted, "--").text
        return tuple(_commit_info(line) for line in out.rstrip("\n").split("\n") if line)

    def list_tree(self, commit: str, path: str = "") -> dict[str, TreeEntry]:
        """Every file of a commit, or of one directory of it, by path from the top."""
        spec = ("--", f"{path}/") if path else ()
        out = self.call("ls-tree", "-r", "-z", "--full-tree", commit, *spec).out
        entries = {}
        for line in out.split(b"\0"):
            if line:
                meta, name = line.split(b"\t", 1)
                mode, _kind, blob = meta.decode().split()
                file = name.decode("utf-8", "surrogateescape")
                entries[file] = TreeEntry(mode=mode, blob=blob, path=file)
        return entries

    def read_blobs(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """The contents of many blobs in one process."""
        wanted = list(dict.fromkeys(blobs))
        if not wanted:
            return {}
        out = self.call("cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in wanted).encode()).out
        contents, at = {}, 0
        for blob in wanted:
            end = out.index(b"\n", at)
            header = out[at:end].split()
            if len(header) != 3:
                raise GitError(
                    f"the object {blob} is missing from the repository",
                    hint="Fetch the whole history: git fetch --unshallow.",
                )
            size = int(header[2])
            contents[blob] = out[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return contents

    def read_file(self, commit: str, path: str) -> bytes | None:
        """One file of a commit, or None when the commit has no such file."""
        done = self.call("cat-file", "blob", f"{commit}:{path}", ok=(0, 128))
        return None if done.code else done.out

    def refs(self, *patterns: str) -> dict[str, str]:
        """Refs below the given prefixes, with the ids they point at."""
        out = self.call("for-each-ref", "--format=%(objectname) %(refname)", *patterns).text
        return {name: identity for identity, name in (line.split(" ", 1) for line in out.splitlines())}

    def remote(self) -> str | None:
        """The remote to share through: `origin`, else the only one, else None."""
        names = self.call("remote").text.split()
        if "origin" in names:
            return "origin"
        return names[0] if len(names) == 1 else None

    def remote_url(self, name: str) -> str:
        """The address that is pushed to for a remote."""
        return self.call("remote", "get-url", "--push", name).text.strip()

    def fetch(self, remote: str, *refspecs: str, options: Sequence[str] = ()) -> None:
        """Fetch exactly these refspecs, tags left alone.

        Tried again while another process of this clone fetches the same. Raises `GitError` when the
        remote cannot be reached.
        """
        fixed = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
        for attempt in range(FETCH_ATTEMPTS):
            try:
                purpose = f"git fetch from {remote}"
                self.call(
                    "fetch", *fixed, *options, remote, *refspecs, purpose=purpose, timeout=NETWORK_SECONDS
                )
            except GitError as error:
                if _LOCKED not in error.detail or attempt == FETCH_ATTEMPTS - 1:
                    raise
                pause(attempt, longest=LONGEST_FETCH_PAUSE)
            else:
                return

    def push(self, remote: str, *refspecs: str, lease: tuple[str, str] | None = None) -> str | None:
        """Push without force, but for the ref of `lease`: it is replaced where it is at that commit still,
        or absent for an empty one. Returns None when all went through, else what Git said about a lost race.

        Raises `GitError` when the remote cannot be reached or refuses for another reason.
        """
        done = self.call(
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            *([f"--force-with-lease={lease[0]}:{lease[1]}"] if lease else []),
            remote,
            *refspecs,
            ok=(0, 1),
            timeout=NETWORK_SECONDS,
        )
        if done.code == 0:
            return None
        said = (done.text + done.err).strip()
        # Only Git's own words count: a hook of the remote may say anything in its message.
        refused = [line for line in done.text.splitlines() if line.startswith("!")]
        if refused and all(_LOST_RACE.search(line) for line in refused):
            return said
        raise GitError(
            f"the remote {remote} refused the push of {', '.join(refspecs)}",
            detail=said,
            hint="Check the permissions of the token or key, and the branch protection rules of the host.",
        )

    def update_ref(self, ref: str, new: str, old: str | None = None) -> None:
        """Move a ref; with `old`, only when it still points there, or does not exist yet for an empty one."""
        self.call("update-ref", ref, new, *([old] if old is not None else []))

    def update_refs(self, refs: Mapping[str, str]) -> None:
        """Point several refs at commits: all of them or none."""
        lines = "".join(f"update {ref} {commit}\n" for ref, commit in refs.items())
        self.call("update-ref", "--stdin", stdin=lines.encode())

    def delete_ref(self, ref: str) -> None:
        """Delete a ref that may or may not exist."""
        self.call("update-ref", "-d", ref)

    def fast_import(self, stream: bytes) -> str:
        """Feed a `git fast-import` stream; returns what its commands answer. See `system.commits`."""
        return self.call("fast-import", "--quiet", "--date-format=raw", stdin=stream).text


def _commit_info(line: str) -> CommitInfo:
    """A line of `_COMMIT_FORMAT`."""
    identity, date, author, subject = line.split("\0", 3)
    return CommitInfo(id=identity, date=date, author=author, subject=subject)

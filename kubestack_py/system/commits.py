"""Commits made by `git fast-import`: blobs, trees and commit in one process, without an index."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.system.git import Git


def make_commit(git: Git, changes: Iterable[bytes], *, parent: str | None, message: str, seconds: int) -> str:
    """Make a commit on top of its parent (None: a first one), and return its id.

    `changes` are commands of `git fast-import`; `data` writes the contents in them. `seconds` is the
    time of the commit, since 1970. Nothing points at the commit when it is made: neither the index
    nor the work tree nor any ref is touched.
    """
    name, email = git.identity
    # A commit has to be on a branch; this one is emptied before it would be written to the disk.
    branch = f"refs/kubestack/scratch/{secrets.token_hex(8)}"
    begin = f"commit {branch}\nmark :1\ncommitter {name} <{email}> {seconds} +0000\n"
    origin = f"from {parent}\n" if parent else ""
    end = f"get-mark :1\nreset {branch}\n"
    parts = [begin.encode(), data(message.encode()), origin.encode(), *changes, end.encode()]
    return git.fast_import(b"".join(parts)).strip()


def data(content: bytes) -> bytes:
    """Contents as `git fast-import` reads them."""
    return b"data %d\n%s\n" % (len(content), content)

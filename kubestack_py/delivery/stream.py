"""A delivery as a commit: the files to write and to delete as commands of `git fast-import`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.system.commits import data, make_commit, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from kubestack_py.system.git import Git


def write_commit(
    git: Git,
    *,
    parent: str | None,
    message: str,
    write: Mapping[str, bytes],
    delete: Collection[str],
    seconds: int,
) -> str:
    """Make a commit that writes and deletes files of its parent (None: a first one); returns its id.

    `seconds` is the time of the commit, since 1970. Nothing points at the commit when it is made.
    """
    changes = [b"D %s\n" % quoted(path) for path in sorted(delete)]
    for path in sorted(write):
        changes += [b"M 100644 inline %s\n" % quoted(path), data(write[path])]
    return make_commit(git, changes, parent=parent, message=message, seconds=seconds)

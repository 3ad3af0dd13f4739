"""A commit as input for `git fast-import`: blobs, trees and commit in one process, without an index."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

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

    `seconds` is the time of the commit, since 1970. Nothing points at the commit when it is made:
    neither the index nor the work tree nor any branch is touched.
    """
    name, email = git.identity()
    scratch = f"refs/kubestack/scratch/{secrets.token_hex(8)}"
    parts = [
        f"commit {scratch}\ncommitter {name} <{email}> {seconds} +0000\n".encode(),
        _data(message.encode()),
    ]
    if parent:
        parts.append(f"from {parent}\n".encode())
    parts += [b"D %s\n" % _quoted(path) for path in sorted(delete)]
    for path in sorted(write):
        parts += [b"M 100644 inline %s\n" % _quoted(path), _data(write[path])]
    try:
        git.fast_import(b"".join(parts))
        return git.refs(scratch)[scratch]
    finally:
        git.delete_ref(scratch)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode("utf-8", "surrogateescape")

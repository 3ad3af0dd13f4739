"""Texts that a check has nothing to say about, by their digests, so that they need not be read again.

They are kept in a file of the user's private cache, 16 bytes each. Who can write there can hide findings of
that user's own runs, and can do so in simpler ways.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from kubestack_py.errors import FileError
from kubestack_py.system.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

_SIZE = 16
MOST = 200_000


class Accepted:
    """`text in accepted` and `accepted.add(text)`; `save` writes what is new."""

    def __init__(self, file: Path) -> None:
        self._file = file
        content = b""
        with suppress(OSError):
            content = file.read_bytes()
        ends = range(_SIZE, len(content) + 1, _SIZE)
        self._known = {content[end - _SIZE : end] for end in ends}
        self._met: set[bytes] = set()

    def __contains__(self, text: bytes) -> bool:
        """Whether the text was accepted before; then it is kept for the next time."""
        digest = _digest(text)
        if digest in self._known:
            self._met.add(digest)
        return digest in self._known

    def add(self, text: bytes) -> None:
        """Accept a text."""
        self._met.add(_digest(text))

    def save(self) -> None:
        """Write the file where there is something new; when they are too many, only those met this time."""
        if self._met <= self._known:
            return
        known = self._known | self._met
        content = b"".join(sorted(known if len(known) <= MOST else self._met))
        with suppress(FileError):  # a cache that cannot be written only costs time
            write_atomically(self._file, content, mode=0o600)


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:_SIZE]

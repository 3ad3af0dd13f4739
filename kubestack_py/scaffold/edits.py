"""Edits of a platform's files: computed first, then shown as a diff or written, all of them or none."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.errors import EditError, FileError
from kubestack_py.system.files import disk_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

_AGAIN = "Nothing was changed. Look at what changed, then run the command again."


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What one file holds before and after; None where there is no file. `path` is in the repository."""

    path: PurePosixPath
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of one command, at most one for each file, and what a person should know of them."""

    files: tuple[FileEdit, ...]
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[FileEdit, ...]:
        """The edits that change something, in the order of their paths."""
        files = (edit for edit in self.files if edit.before != edit.after)
        return tuple(sorted(files, key=lambda edit: edit.path))


def unified_diff(edits: Edits) -> str:
    """The edits in the format of `git diff`, which `git apply` takes; empty for no change."""
    return "".join(line for edit in edits.changed for line in _diff(edit))


def apply_edits(root: Path, edits: Edits) -> None:
    """Write the edits below `root`, the top of the repository.

    Files keep their modes; new ones get that of their neighbours. Directories come with their first file
    and go with their last. Everything is on the disk before the first file takes its place, so a full
    disk changes nothing, and what fails after that is put back.

    Raises `EditError` when a file is no longer what it was before the edit, or is out of bounds, and
    `FileError` when the disk refuses.
    """
    _refuse_places(root, edits.changed)
    _Writing(root, edits.changed).run()


def _refuse_places(root: Path, files: Sequence[FileEdit]) -> None:
    """Refuse to leave the repository, to touch Git's own files, and to write through a symbolic link."""
    seen: set[PurePosixPath] = set()
    for edit in files:
        parts = edit.path.parts
        if edit.path.is_absolute() or not parts or ".." in parts or parts[0].lower() == ".git":
            raise EditError(f"{edit.path} is no file of the platform")
        if edit.path in seen:
            raise EditError(f"{edit.path} is to be edited twice at once")
        seen.add(edit.path)
        for depth in range(1, len(parts) + 1):
            part = root.joinpath(*parts[:depth])
            if part.is_symlink():
                raise EditError(
                    f"{part.relative_to(root)} is a symbolic link, so {edit.path} is not edited",
                    hint="Put the file itself in its place; Git keeps nothing below a link.",
                )


class _Writing:
    """One attempt to write edits, with what has to be undone when it ends early."""

    def __init__(self, root: Path, files: Sequence[FileEdit]) -> None:
        self._root = root
        self._files = files
        self._staged: dict[PurePosixPath, Path] = {}
        self._made: list[Path] = []
        self._done: list[FileEdit] = []

    def run(self) -> None:
        self._refuse_changed()
        try:
            for edit in self._files:
                self._stage(edit)
            self._refuse_changed()
            for edit in self._files:
                self._done.append(edit)
                self._take_place(edit)
        except BaseException:
            self._undo()
            raise
        for edit in self._files:
            if edit.after is None:
                remove_empty(self._root, self._at(edit).parent)

    def _at(self, edit: FileEdit) -> Path:
        return self._root / edit.path

    def _refuse_changed(self) -> None:
        changed = [edit for edit in self._files if content_of(self._at(edit)) != edit.before]
        if changed:
            raise EditError("\n".join(map(_how_changed, changed)), hint=_AGAIN)

    def _stage(self, edit: FileEdit) -> None:
        """Write the new content beside its place, with the mode it will have."""
        if edit.after is None:
            return
        path = self._at(edit)
        with disk_errors(f"write {path}"):
            for parent in reversed(path.parents):
                if not parent.exists():
                    parent.mkdir()
                    self._made.append(parent)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            self._staged[edit.path] = staged = Path(name)
            with os.fdopen(handle, "wb") as stream:
                stream.write(edit.after)
                stream.flush()
                os.fsync(stream.fileno())
            staged.chmod(_mode(path))

    def _take_place(self, edit: FileEdit) -> None:
        path = self._at(edit)
        with disk_errors(f"write {path}"):
            if edit.after is None:
                path.unlink()
            else:
                self._staged[edit.path].replace(path)

    def _undo(self) -> None:
        """Put back what was replaced or removed, and take away what was made."""
        for edit in reversed(self._done):
            path = self._at(edit)
            with suppress(OSError, FileError):
                if edit.before is None:
                    path.unlink(missing_ok=True)
                elif content_of(path) != edit.before:
                    write_atomically(path, edit.before, mode=_mode(path))
        for staged in self._staged.values():
            with suppress(OSError):
                staged.unlink(missing_ok=True)
        for directory in reversed(self._made):
            with suppress(OSError):
                directory.rmdir()


def content_of(path: Path) -> bytes | None:
    """What a file holds, None where there is none."""
    with disk_errors(f"read {path}"):
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def _how_changed(edit: FileEdit) -> str:
    return f"{edit.path} {'is there by now' if edit.before is None else 'changed after it was read'}"


def _mode(path: Path) -> int:
    """The mode of a file; what is new is as readable as the directory it is made in."""
    return path.stat().st_mode & 0o7777 if path.exists() else path.parent.stat().st_mode & 0o666


def remove_empty(root: Path, directory: Path) -> None:
    """Remove a directory and those above it, up to `root`, as far as nothing is in them."""
    with suppress(OSError):
        while directory != root:
            directory.rmdir()
            directory = directory.parent


def _diff(edit: FileEdit) -> Iterator[str]:
    """The hunks of one file below Git's headers."""
    old, new = _quoted(f"a/{edit.path}"), _quoted(f"b/{edit.path}")
    yield f"diff --git {old} {new}\n"
    if edit.before is None:
        yield "new file mode 100644\n"
    if edit.after is None:
        yield "deleted file mode 100644\n"
    old, new = ("/dev/null" if edit.before is None else old), ("/dev/null" if edit.after is None else new)
    try:
        before, after = (_lines(content) for content in (edit.before, edit.after))
    except UnicodeDecodeError:
        yield f"Binary files {old} and {new} differ\n"
        return
    for line in difflib.unified_diff(before, after, old, new):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes | None) -> list[str]:
    """Lines as Git counts them: only a line feed ends one."""
    return [] if not content else re.findall(r"[^\n]*\n|[^\n]+", content.decode())


def _quoted(name: str) -> str:
    """A name as Git writes it in a diff: in quotes, with octal escapes, where it is not plain ASCII."""
    escaped = "".join(map(_escaped, name.encode()))
    return name if escaped == name else f'"{escaped}"'


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{byte:c}"
    return f"{byte:c}" if 0x20 <= byte < 0x7F else f"\\{byte:03o}"

"""The platform's files as a command means to leave them, until they are shown or written."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kubestack_py.config.load import load_platform, read_source
from kubestack_py.config.stacks import discover_stacks
from kubestack_py.scaffold.edits import Edits, FileEdit, content_of
from kubestack_py.scaffold.inventory import read_inventory, terraform_files
from kubestack_py.scaffold.record import record_edits
from kubestack_py.system.files import disk_errors
from kubestack_py.terraform.editing import open_document, refuse_broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.model.inventory import Inventory
    from kubestack_py.model.platform import Platform, Stack
    from kubestack_py.scaffold.record import Record
    from kubestack_py.terraform.place import Document


class Draft:
    """Reads what is on the disk, and keeps what is to be there; nothing is written.

    Paths are text with forward slashes, relative to `root`. `cache` is this user's private directory;
    without one, HCL that is broken is judged by one parser instead of two.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self.root = root
        self._cache = cache
        self._before: dict[str, bytes | None] = {}
        self._after: dict[str, bytes | None] = {}
        self._record: list[Callable[[Record], Record]] = []
        self._notes: list[str] = []

    @cached_property
    def platform(self) -> Platform:
        """The settings, as they are on the disk."""
        return load_platform(read_source(self.root))

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Every stack, as it is on the disk."""
        return discover_stacks(self.platform, read_source(self.root), self.root)

    @cached_property
    def inventory(self) -> Inventory:
        """What the platform is made of, as it is on the disk."""
        return read_inventory(self.root, self.platform, self.stacks)

    def read(self, path: str) -> bytes | None:
        """What a file is to hold, None for no file."""
        return self._after[path] if path in self._after else self._read(path)

    def write(self, path: str, content: bytes | None) -> None:
        """Let a file hold this; None removes it."""
        self._read(path)
        self._after[path] = content

    def edit(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """Change the content of a file that is there."""
        self.write(path, change(self.read(path) or b""))

    def edit_hcl(self, path: str, change: Callable[[Document], Document]) -> None:
        """Change a Terraform file by its spans. Raises `EditError` for one that cannot be edited."""
        document = open_document(path, self.read(path) or b"", cache=self._cache)
        self.write(path, change(document).source)

    def refuse_broken(self) -> None:
        """Raise `EditError` for the first Terraform file that cannot be read, JSON where it may matter."""
        for path in terraform_files(self.root, self.stacks):
            source = self.read(path) or b""
            if not path.endswith(".json") or b"configuration" in source:
                refuse_broken(path, source, cache=self._cache)

    def record(self, change: Callable[[Record], Record]) -> None:
        """Change the record of the platform, where it has one."""
        self._record.append(change)

    def note(self, text: str) -> None:
        """Something that a person should know."""
        self._notes.append(text)

    def files_below(self, directory: str) -> tuple[str, ...]:
        """Every file below a directory as it is on the disk, in the order of paths."""
        top = self.root / directory
        with disk_errors(f"read {top}"):
            found = sorted(path for path in top.rglob("*") if path.is_file() or path.is_symlink())
        return tuple(path.relative_to(self.root).as_posix() for path in found)

    def edits(self) -> Edits:
        """What is to change."""
        files = [
            FileEdit(PurePosixPath(path), self._before[path], after) for path, after in self._after.items()
        ]
        files += record_edits(self.root, self._recorded) if self._record else ()
        return Edits(tuple(edit for edit in files if edit.before != edit.after), tuple(self._notes))

    def _recorded(self, record: Record) -> Record:
        for change in self._record:
            record = change(record)
        return record

    def _read(self, path: str) -> bytes | None:
        if path not in self._before:
            self._before[path] = content_of(self.root / path)
        return self._before[path]

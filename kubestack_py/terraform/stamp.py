"""The stamp that a successful `terraform init` leaves, to tell later whether another one is needed.

It is checked in about a millisecond: as long as the configuration has the same bytes, nothing is
parsed. When it has not, the parts that init depends on are compared.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import FileError
from kubestack_py.system.files import write_atomically
from kubestack_py.terraform.layout import (
    BACKEND_RECORD,
    DATA_DIRECTORY,
    LOCK_FILE,
    MODULES_RECORD,
    configuration_files,
    content,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kubestack_py.system.tools import Tool

_STAMP = f"{DATA_DIRECTORY}/kubestack-init.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What init saw and left: digests, and the local modules as paths relative to the stack."""

    tool: str
    directories: list[str]
    bytes: str
    requirements: str
    installed: str


def is_current(stack: Path, tool: Tool) -> bool:
    """Whether init of the stack directory would find nothing to do."""
    stamp = _read(stack)
    if stamp is None or stamp.tool != _identity(tool) or stamp.installed != _installed(stack):
        return False
    if stamp.bytes == _bytes(stack, stamp.directories):
        return True
    fresh = _take(stack, tool)
    if fresh.requirements != stamp.requirements:
        return False
    with suppress(FileError):  # it only saves parsing the next time
        _write(stack, fresh)
    return True


def renew(stack: Path, tool: Tool) -> None:
    """Write the stamp after an init that succeeded."""
    _write(stack, _take(stack, tool))


def discard(stack: Path) -> None:
    """Remove the stamp before an init: should it be killed, the next run begins anew."""
    (stack / _STAMP).unlink(missing_ok=True)


def _read(stack: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads((stack / _STAMP).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _write(stack: Path, stamp: Stamp) -> None:
    write_atomically(stack / _STAMP, json.dumps(asdict(stamp)).encode())


def _take(stack: Path, tool: Tool) -> Stamp:
    """The stamp of the directory as it is now; the only place that parses."""
    from kubestack_py.terraform.requirements import module_directories, requirements

    modules = module_directories(stack)
    directories = [os.path.relpath(module, stack.resolve()) for module in modules]
    needs = [[place, *requirements(module)] for place, module in zip(directories, modules, strict=True)]
    lock = content(stack / LOCK_FILE).decode("utf-8", "replace")
    return Stamp(
        tool=_identity(tool),
        directories=directories,
        bytes=_bytes(stack, directories),
        requirements=_digest([json.dumps([needs, lock]).encode()]),
        installed=_installed(stack),
    )


def _identity(tool: Tool) -> str:
    return f"{tool.name} {tool.version} {tool.path}"


def _bytes(stack: Path, directories: Iterable[str]) -> str:
    """A digest of every configuration file of these directories, and of the lock file."""
    parts = [content(stack / LOCK_FILE)]
    for directory in directories:
        for file in configuration_files(stack / directory):
            parts += [os.fsencode(f"{directory}/{file.name}"), content(file)]
    return _digest(parts)


def _installed(stack: Path) -> str:
    """A digest of what init leaves: backend and module records, and which providers are there."""
    data = stack / DATA_DIRECTORY
    places = sorted([*(data / "modules").glob("*"), *(data / "providers").rglob("*")])
    entries = [os.fsencode(f"{path.relative_to(data)} {_kind(path)}") for path in places]
    return _digest([content(stack / BACKEND_RECORD), content(stack / MODULES_RECORD), *entries])


def _kind(path: Path) -> str:
    """What is there: a link with its target, a file with its size, or a directory."""
    try:
        if path.is_symlink():
            return f"-> {path.readlink()} {path.exists()}"
        return str(path.stat().st_size) if path.is_file() else "directory"
    except OSError:
        return "gone"


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()

"""Files: shipped resources, atomic writes, private caches, and disk errors in words."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from kubestack_py.errors import FileError
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(__file__).resolve().parent.parent
TEMPLATES = "templates"
ABANDONED_SECONDS = 60.0
CLEAN_UP_PAUSES = (0.05, 0.2, 0.8)
P = ParamSpec("P")
T = TypeVar("T")


class _Shipped:
    """Where resources are read from, and what was read from there and kept."""

    def __init__(self) -> None:
        self.templates: Path | None = None
        self.forget: list[Callable[[], None]] = []


_shipped = _Shipped()


def resource(name: str) -> Path:
    """A part of `templates/` or `schemas/`: inside the package when installed, beside it in a checkout."""
    if _shipped.templates and name.partition("/")[0] == TEMPLATES:
        return _shipped.templates / name.removeprefix(TEMPLATES).lstrip("/")
    inside = PACKAGE / name
    return inside if inside.exists() else PACKAGE.parent / name


def read_once(function: Callable[P, T]) -> Callable[P, T]:
    """`functools.cache` for functions that read resources: they read again where `templates_from` begins."""
    cached = cache(function)
    _shipped.forget.append(cached.cache_clear)
    return cached  # type: ignore[return-value]


@contextmanager
def templates_from(directory: Path) -> Iterator[None]:
    """While the block runs, `templates/` is this directory; for the whole process, so not from a thread."""
    before = _shipped.templates
    try:
        _shipped.templates = directory
        _forget()
        yield
    finally:
        _shipped.templates = before
        _forget()


def _forget() -> None:
    for forget in _shipped.forget:
        forget()


@contextmanager
def disk_errors(action: str) -> Iterator[None]:
    """Turn an `OSError` of the block into a `FileError` that says what was tried (`write x`)."""
    try:
        yield
    except OSError as error:
        # A file of the directory that the action names may be a temporary one, which says nothing.
        told = not error.filename or str(Path(str(error.filename)).parent) in action
        place = "" if told else f"{error.filename}: "
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        check = "that the directory is there" if missing else "permissions and free space (`df -h`)"
        raise FileError(
            f"cannot {action}: {place}{error.strerror or error}",
            hint=f"Check {check}, then run the command again.",
        ) from error


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Write a file so that readers see the old content or the new one, never a part.

    What is not `durable` may be lost or empty after the machine has gone down, and is written faster.
    """
    with disk_errors(f"write {path}"):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise


def append_text(path: Path, text: str) -> None:
    """Add text to the end of a file, which is made when missing."""
    with disk_errors(f"write {path}"), path.open("a", encoding="utf-8") as stream:
        stream.write(text)


@contextmanager
def scratch_directory(purpose: str, parent: Path | None = None) -> Iterator[Path]:
    """A directory only this user can read, removed at the end of the block.

    A run that is killed cannot remove its own, and plan files hold secrets in the clear: what such
    runs have left beside it is removed first.
    """
    prefix = f".kubestack-{purpose}-" if parent else f"kubestack-{purpose}-"
    _remove_abandoned(parent or Path(tempfile.gettempdir()), prefix)
    with disk_errors("make a temporary directory"):
        scratch = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
    try:
        with _held(Path(scratch.name)):
            yield Path(scratch.name).resolve()
    finally:
        with interrupts.deferred():  # half of a removal would be left to the next run
            _clean_up(scratch)


def _clean_up(scratch: tempfile.TemporaryDirectory[str]) -> None:
    """Remove it, again where a program that was ended just now has still written into it."""
    for pause in CLEAN_UP_PAUSES:
        with suppress(OSError):
            scratch.cleanup()
            return
        time.sleep(pause)
    scratch.cleanup()


@contextmanager
def _held(directory: Path) -> Iterator[bool]:
    """Hold the lock of a directory; False where somebody else does, or the file system knows no locks.

    The kernel lets go of it when this process dies. Programs that it starts do not inherit it.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield _locked(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove this user's directories that nobody holds; a very young one may be about to be held."""
    for path in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            status = path.lstat()
            young = time.time() - status.st_mtime < ABANDONED_SECONDS
            if status.st_uid != os.getuid() or young:
                continue
            with _held(path) as abandoned:
                if abandoned:
                    shutil.rmtree(path)


def cache_directory(environ: dict[str, str]) -> Path:
    """This user's private cache (mode 0700): `$XDG_CACHE_HOME/kubestack`, else `~/.cache/kubestack`.

    Falls back to a fresh temporary directory where there is no home directory or it cannot be written,
    so that a cache is never a reason to fail. By the XDG rules a relative path does not count.
    """
    bases = [Path(environ.get("XDG_CACHE_HOME") or "."), Path(environ.get("HOME") or ".") / ".cache"]
    base = next((base for base in bases if base.is_absolute()), None)
    if base:
        path = base / "kubestack"
        with suppress(OSError):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
            if os.access(path, os.W_OK):
                return path
    return Path(tempfile.mkdtemp(prefix="kubestack-cache-"))

"""`terraform init`, only when something that it depends on has changed.

A lock file in the repository is what an environment is proved with, so init may not change it
(`-lockfile=readonly`). Init runs on the environment's state where that exists, since providers
that only it still uses have to be installed too; elsewhere in the default workspace.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.state import by_workspace
from kubestack_py.system.files import disk_errors
from kubestack_py.system.interrupts import interrupts
from kubestack_py.terraform import diagnostics, stamp
from kubestack_py.terraform.layout import BACKEND_RECORD, DATA_DIRECTORY, LOCK_FILE, MODULES_RECORD, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubestack_py.model.state import Selection
    from kubestack_py.system.process import Completed
    from kubestack_py.terraform.program import Program
    from kubestack_py.terraform.ui import Progress

_GUARD = f"{DATA_DIRECTORY}/kubestack.lock"
_POLL_SECONDS = 0.1
_NO_SUCH_WORKSPACE = re.compile(r"Currently selected workspace .* does not exist")


@dataclass(frozen=True, slots=True)
class Initialisation:
    """Init of one stack directory for one environment."""

    program: Program

    def ensure(self, progress: Progress, *, force: bool = False) -> None:
        """Initialise when needed, or in any case with `force`.

        Two runs over one directory take turns. Raises `TerraformError` when init fails, `FileError`
        when the directory cannot be written.
        """
        if self._is_current() and not force:
            return
        with _turn(self.program.directory / _GUARD, progress):
            if force or not self._is_current():
                self._initialise(progress)

    def _is_current(self) -> bool:
        return stamp.is_current(self.program.directory, self.program.tool)

    def _initialise(self, progress: Progress) -> None:
        progress("initialising")
        stamp.discard(self.program.directory)
        _discard_broken(self.program.directory)
        done = self._init(self.program.selection)
        if done.code and _NO_SUCH_WORKSPACE.search(done.err):
            done = self._init(by_workspace("default"))
        if done.code:
            errors = diagnostics.from_text(done.err, self.program.stack)
            raise self.program.failure("init", errors, said=done.err)
        stamp.renew(self.program.directory, self.program.tool)

    def _init(self, selection: Selection) -> Completed:
        readonly = ["-lockfile=readonly"] if (self.program.directory / LOCK_FILE).exists() else []
        return self.program.run("init", "-input=false", "-no-color", *readonly, selection=selection)


def _discard_broken(directory: Path) -> None:
    """Remove records that an init killed half-way left behind: it cannot read them, and writes them anew."""
    for name in (BACKEND_RECORD, MODULES_RECORD):
        try:
            if (directory / name).exists():
                json.loads(content(directory / name))
        except ValueError:
            (directory / name).unlink(missing_ok=True)


@contextmanager
def _turn(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of one directory; the kernel releases it when this process dies."""
    with disk_errors(f"lock {path}"):
        path.parent.mkdir(exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        waiting = False
        while not _locked(handle):
            if not waiting:
                progress("waiting for another run to initialise this directory")
            waiting = True
            interrupts.check()
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

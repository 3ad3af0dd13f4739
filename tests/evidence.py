"""Evidence as tests write it: records without runs, keys without people."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.system.git import Git
from tests.conftest import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REF = "refs/notes/kubestack"
DIGEST = ContentDigest(shared="5" * 64, environment="e" * 64)


def record(commit: str, second: int = 0, **more: Any) -> Record:
    """A verified record of `infra` in `ops`; later ones have a greater `second`."""
    values: dict[str, Any] = {
        "at": f"2026-01-31T12:00:{second:02}.000000Z",
        "run": f"{second:016x}",
        "environment": "ops",
        "stack": "infra",
        "status": RecordStatus.VERIFIED,
        "commit": commit,
        "digest": DIGEST,
    }
    return Record(**{**values, **more})


def note(root: Path, *records: Record, remote: str | None = None) -> None:
    """Write records as the program does."""
    Ledger(Git(root), REF, remote).append(records, keep_when_refused=False)


def write_line(root: Path, commit: str, line: str) -> None:
    """Add a line to the note of a commit as somebody with git alone would, past the program."""
    git(root, "notes", "--ref=kubestack", "append", "-m", line, commit)


def rewrite(root: Path, commit: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change every record in the note of a commit by hand."""
    lines = git(root, "notes", "--ref=kubestack", "show", commit).splitlines()
    changed = []
    for line in lines:
        value = json.loads(line)
        change(value)
        changed.append(json.dumps(value))
    git(root, "notes", "--ref=kubestack", "add", "-f", "-m", "\n".join(changed), commit)


def ssh_key(path: Path, passphrase: str = "") -> Path:
    """A fresh key pair; the public half is beside it."""
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(argv, check=True, capture_output=True)
    return path


def allowed(*keys: Path, options: str = "") -> str:
    """The content of an allowed_signers file that names each key after its file."""
    halves = ((key, key.with_name(f"{key.name}.pub").read_text(encoding="utf-8")) for key in keys)
    return "".join(f"{key.name} {options}{' ' if options else ''}{half}" for key, half in halves)

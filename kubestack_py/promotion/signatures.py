"""SSH signatures over records of evidence, made and checked by `ssh-keygen -Y`.

A signature covers the line without itself: environment, stack, commit, digests and result, so it
cannot be carried over to another of these. Format: openssh PROTOCOL.sshsig; `allowed_signers` as in
ssh-keygen(1), read from the default branch, never from the commit that is judged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import ToolError
from kubestack_py.promotion.records import to_line, unsigned
from kubestack_py.system.process import Command, run

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.evidence import Record

NAMESPACE = "kubestack"
SECONDS = 30.0
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


class SignatureError(ToolError):
    """A record could not be signed."""


def signed(record: Record, key: Path) -> Record:
    """The record with a signature.

    `key` is a private key, or a public one whose private half the SSH agent holds. Raises
    `SignatureError` when ssh-keygen cannot sign with it.
    """
    done = run(
        Command(
            argv=("ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE),
            cwd=key.parent,
            stdin=unsigned(record).encode(),
            error=SignatureError,
            timeout=SECONDS,
            purpose=f"signing evidence with {key}",
        )
    )
    body = "".join(part for part in done.text.splitlines() if part not in {_BEGIN, _END})
    return replace(record, signature=body)


class Signers:
    """Who may sign: the content of an `allowed_signers` file. `scratch` is a private directory."""

    def __init__(self, allowed: bytes, scratch: Path) -> None:
        self._scratch = scratch
        self._file = scratch / "allowed_signers"
        self._file.write_bytes(allowed)
        self._known: dict[str, str] = {}

    def problem(self, record: Record) -> str:
        """What is wrong with the signature of a record, in words; empty when it is in order."""
        line = to_line(record)
        if line not in self._known:
            self._known[line] = self._check(record)
        return self._known[line]

    def _check(self, record: Record) -> str:
        if not record.signature:
            return "it is not signed"
        armoured = self._scratch / "signature"
        armoured.write_text(
            f"{_BEGIN}\n{_wrapped(record.signature)}\n{_END}\n", encoding="ascii", errors="replace"
        )
        found = self._ssh_keygen("find-principals", "-s", str(armoured))
        if not found:
            return "its signer is not among the allowed signers"
        signer = found.splitlines()[0]
        if (
            self._ssh_keygen(
                "verify", "-I", signer, "-n", NAMESPACE, "-s", str(armoured), stdin=unsigned(record).encode()
            )
            is None
        ):
            return f"its signature by {signer} does not fit what it says: it was altered"
        return ""

    def _ssh_keygen(self, verb: str, *args: str, stdin: bytes = b"") -> str | None:
        done = run(
            Command(
                argv=("ssh-keygen", "-Y", verb, "-f", str(self._file), *args),
                cwd=self._scratch,
                stdin=stdin,
                ok=range(256),
                error=SignatureError,
                timeout=SECONDS,
            )
        )
        return None if done.code else done.text.strip()


def _wrapped(text: str, width: int = 70) -> str:
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))

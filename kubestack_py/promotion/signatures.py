"""SSH signatures over records of evidence, made and checked by `ssh-keygen -Y` (OpenSSH 8.8 or newer).

A signature covers the line without itself: environment, stack, commit, digests, time and result, so
it cannot be carried over to another of these. Format: openssh PROTOCOL.sshsig; `allowed_signers` as in
ssh-keygen(1), read from the default branch, never from the commit that is judged. A `valid-before` in
it is compared with the time of the record: it retires a key without taking back what the key signed.
A key that was stolen is taken out of the file, and nothing that it signed counts any more.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import ToolError, UsageError
from kubestack_py.promotion.records import to_line, unsigned
from kubestack_py.system.files import disk_errors
from kubestack_py.system.process import Command, run

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.evidence import Record
    from kubestack_py.system.process import Completed

NAMESPACE = "kubestack"
SECONDS = 30.0
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
# Never a window that asks for a passphrase; times in allowed_signers mean UTC on every machine.
_ENVIRONMENT = {"SSH_ASKPASS_REQUIRE": "never", "DISPLAY": None, "TZ": "UTC", "LC_ALL": "C"}


class SignatureError(ToolError):
    """A record could not be signed, or its signature could not be looked at."""


def signed(record: Record, key: Path) -> Record:
    """The record with a signature.

    `key` is a private key, or a public one whose private half the SSH agent holds. Raises
    `SignatureError` when ssh-keygen cannot sign with it.
    """
    argv = ("ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE)
    try:
        done = run(_command(argv, key.parent, _covered(record), purpose=f"signing evidence with {key}"))
    except SignatureError as error:
        hint = (
            "KUBESTACK_SIGNING_KEY names a private key without a passphrase that only its owner can read, "
            "or the public half of a key that the SSH agent holds."
        )
        raise SignatureError(error.message, detail=error.detail, hint=hint) from error
    body = "".join(part for part in done.text.splitlines() if part not in {_BEGIN, _END})
    return replace(record, signature=body)


class Signer:
    """Signs records with one key, which has to be one that counts: the first signature is checked."""

    def __init__(self, key: Path, signers: Signers) -> None:
        self._key = key
        self._signers = signers
        self._proved = False

    def sign(self, record: Record) -> Record:
        """The record with a signature. Raises `UsageError` where nobody would count it."""
        made = signed(record, self._key)
        problem = "" if self._proved else self._signers.problem(made)
        if problem:
            raise UsageError(
                f"evidence signed with {self._key} does not count: {problem}",
                hint="Merge the public half of the key into the file of allowed signers first.",
            )
        self._proved = True
        return made


class Signers:
    """Who may sign: the content of an `allowed_signers` file, None where there is no such file.

    `source` is how messages call the file, `scratch` a private directory.
    """

    def __init__(self, allowed: bytes | None, scratch: Path, source: str = "allowed_signers") -> None:
        self._scratch = scratch
        self._source = source
        self._missing = allowed is None
        self._file = scratch / "allowed_signers"
        with disk_errors(f"write {self._file}"):
            self._file.write_bytes(allowed or b"")
        self._known: dict[str, str] = {}

    def problem(self, record: Record) -> str:
        """What is wrong with the signature of a record, in words; empty when it is in order."""
        if self._missing:
            return f"{self._source} does not exist, so nobody may sign"
        line = to_line(record)
        if line not in self._known:
            self._known[line] = self._check(record, line) if record.signature else "it is not signed"
        return self._known[line]

    def _check(self, record: Record, line: str) -> str:
        # A name of its own for each record: several may be looked at at once.
        name = hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
        armoured = self._scratch / f"{name}.sig"
        with disk_errors(f"write {armoured}"):
            text = f"{_BEGIN}\n{_wrapped(record.signature)}\n{_END}\n"
            armoured.write_text(text, encoding="ascii", errors="replace")
        try:
            return self._verify(record, armoured)
        finally:
            armoured.unlink(missing_ok=True)

    def _verify(self, record: Record, armoured: Path) -> str:
        found = self._ssh_keygen("find-principals", armoured, record)
        if found.code:
            return self._stranger(found.err)
        signer = found.text.splitlines()[0]
        done = self._ssh_keygen("verify", armoured, record, "-I", signer, "-n", NAMESPACE)
        return _broken(signer, done.err) if done.code else ""

    def _stranger(self, said: str) -> str:
        if "expired" in said or "not yet valid" in said:
            return f"the key of its signer was not valid at that time, says {self._source}"
        if "sshsig" in said or "No principal matched" not in said:
            return "its signature cannot be read"
        return f"its signer is not in {self._source}"

    def _ssh_keygen(self, verb: str, armoured: Path, record: Record, *args: str) -> Completed:
        moment = f"-Overify-time={re.sub('[^0-9]', '', record.at[:19])}"
        argv = ("ssh-keygen", "-Y", verb, "-f", str(self._file), "-s", str(armoured), moment, *args)
        return run(_command(argv, self._scratch, _covered(record), ok=range(256)))


def _broken(signer: str, said: str) -> str:
    """Why a signature of somebody who may sign does not hold, from what ssh-keygen said."""
    if "namespace" in said:
        return f"its signature by {signer} was made for another purpose than evidence of kubestack"
    if "incorrect signature" in said:
        return f"its signature by {signer} does not fit what it says: it was altered"
    return f"its signature by {signer} does not hold: {(said.strip().splitlines() or ['no reason given'])[0]}"


def _covered(record: Record) -> bytes:
    """The bytes that a signature covers; text from outside may hold what is no character."""
    return unsigned(record).encode("utf-8", "surrogatepass")


def _command(
    argv: tuple[str, ...], cwd: Path, stdin: bytes, *, ok: range = range(1), purpose: str = ""
) -> Command:
    return Command(
        argv=argv,
        cwd=cwd,
        env=_ENVIRONMENT,
        stdin=stdin,
        ok=ok,
        error=SignatureError,
        timeout=SECONDS,
        purpose=purpose,
    )


def _wrapped(text: str, width: int = 70) -> str:
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))

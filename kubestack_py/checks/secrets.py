"""Secrets in plain text: objects, private keys and tokens by their shapes, variables, state and plans.

Findings never repeat what was found.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from functools import cache
from typing import TYPE_CHECKING

from kubestack_py.kustomize.encrypted import keys_of_sops
from kubestack_py.model.examined import Problem
from kubestack_py.model.file_names import HCL_SUFFIXES
from kubestack_py.model.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.examined import Built, TextFile

ENCRYPTED = "ENC["
_ROTATE = "take it out, and change the secret: it stays in the history of Git"
_SHAPES = {
    "a private key": rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    "an age key": rb"AGE-SECRET-KEY-1[0-9A-Z]{58}",
    "an access key of AWS": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": rb"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{60,}",
    "a token of GitLab": rb"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": rb"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "an API key of Google": rb"\bAIza[0-9A-Za-z_-]{35}\b",
    "an account key of Azure storage": rb"AccountKey=[A-Za-z0-9+/]{80,}={0,2}",
    "a token of npm": rb"\bnpm_[A-Za-z0-9]{36}\b",
    "a token of Docker Hub": rb"\bdckr_pat_[A-Za-z0-9_-]{20,}",
    "a token of Vault": rb"\bhvs\.[A-Za-z0-9_-]{24,}",
    "a token of HCP Terraform": rb"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}",
    "a secret key of Stripe": rb"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a password in a URL": (
        rb"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}$<>]+:(?!pass|secret|token|xxx)"
        rb"[^\s/@\"'{}$<>*]{3,}@[a-z0-9]"
    ),
}
_SIGNS = {  # text without any of these cannot hold the shape, and looking for plain text is quick
    "a private key": (b"PRIVATE KEY-----",),
    "an age key": (b"AGE-SECRET-KEY-1",),
    "an access key of AWS": (b"AKIA", b"ASIA"),
    "a token of GitHub": (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
    "a token of GitLab": (b"glpat-",),
    "a token of Slack": (b"xox",),
    "an API key of Google": (b"AIza",),
    "an account key of Azure storage": (b"AccountKey=",),
    "a token of npm": (b"npm_",),
    "a token of Docker Hub": (b"dckr_pat_",),
    "a token of Vault": (b"hvs.",),
    "a token of HCP Terraform": (b".atlasv1.",),
    "a secret key of Stripe": (b"k_live_",),
    "a password in a URL": (b"://",),
}
_BINARY = {".png", ".jpg", ".jpeg", ".gif", ".ico", ".pdf", ".gz", ".tgz", ".zip", ".woff", ".woff2"}
_STATE = (".tfstate", ".tfstate.backup", ".tfplan")
_SECRET_NAME = rb"([A-Za-z0-9_-]*(?:password|passwd|secret|token|private_key|api_key|access_key))"
_VALUE = rb"[ \t]*\"([^\"$]{3,})\""
_VARIABLE = re.compile(rb"^[ \t]*\"?" + _SECRET_NAME + rb"\"?[ \t]*=" + _VALUE, re.MULTILINE | re.IGNORECASE)
_JSON_VARIABLE = re.compile(rb"\"" + _SECRET_NAME + rb"\"[ \t]*:" + _VALUE, re.IGNORECASE)


def check_secret_objects(objects: Iterable[Built]) -> Iterator[Problem]:
    """Secrets whose values anybody who reads the repository can read."""
    for item in objects:
        if item.manifest.kind == "Secret" and not item.manifest.group and "sops" not in item.document:
            encrypted = keys_of_sops(item.document)
            open_keys = [
                (field, key)
                for field in ("data", "stringData")
                for key, value in _items(item.document.get(field))
                if key not in encrypted and _is_plain(value, encoded=field == "data")
            ]
            if open_keys:
                yield Problem(
                    check="plain-secret",
                    about=item,
                    path=open_keys[0],
                    message=f"the values of {_listed(key for _, key in open_keys)} are in plain text",
                    hint="encrypt the file with SOPS, or have an ExternalSecret or SealedSecret make it",
                )


def check_secret_texts(files: Iterable[TextFile]) -> Iterator[Finding]:
    """Private keys, tokens, variables with secret values, and files that hold secrets by their nature."""
    for file in files:
        if file.path.endswith(_STATE):
            yield Finding(
                check="secret-state",
                where=Location(path=file.path),
                message="a state or plan of Terraform holds every secret of its resources in plain text",
                hint="remove it from Git, ignore it, and keep state in a backend",
            )
            continue
        for name, offset in _shapes(file.text):
            yield _finding(file, offset, f"this looks like {name}")
        if file.path.endswith((".tfvars", ".tfvars.json", *HCL_SUFFIXES)):
            variable = _JSON_VARIABLE if file.path.endswith(".json") else _VARIABLE
            for match in variable.finditer(file.text):
                name = match[1].decode()
                yield _finding(file, match.start(1), f"{name} has its value in plain text")


def _shapes(text: bytes) -> Iterator[tuple[str, int]]:
    """What looks like a secret, and where it begins."""
    possible = tuple(name for name, signs in _SIGNS.items() if any(sign in text for sign in signs))
    for match in _any_of(possible).finditer(text) if possible else ():
        yield possible[(match.lastindex or 1) - 1], match.start()


@cache
def _any_of(names: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(b"(" + _SHAPES[name] + b")" for name in names))


def is_text(path: str) -> bool:
    """Whether a file can hold text; by its name, so that others need not be read."""
    return posixpath.splitext(path)[1].lower() not in _BINARY


def _finding(file: TextFile, offset: int, message: str) -> Finding:
    begin = file.text.rfind(b"\n", 0, offset)
    where = Location(path=file.path, line=file.text.count(b"\n", 0, offset) + 1, column=offset - begin)
    return Finding(check="secret-text", where=where, message=message, hint=_ROTATE)


def _items(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _is_plain(value: object, *, encoded: bool) -> bool:
    """Whether a value says something: not when it is empty, encrypted, or filled in by Flux."""
    text = str(value) if value is not None else ""
    if encoded and not text.startswith((ENCRYPTED, "${")):
        try:
            text = base64.b64decode(text, validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return bool(text)
    return bool(text.strip()) and not text.startswith((ENCRYPTED, "${"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))

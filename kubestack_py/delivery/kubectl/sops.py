"""Decrypt what SOPS has encrypted, in memory: in by standard input, out by standard output."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import DeliveryError, ToolError
from kubestack_py.kustomize.encrypted import ENCRYPTED, encrypted_files, is_whole, with_clear
from kubestack_py.system.process import Command, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.system.tools import Tool

SECONDS = 60.0
SHORTEST_HIDDEN = 6


def is_encrypted(document: Mapping[str, Any]) -> bool:
    """Whether SOPS has encrypted an object, or a file that was put into it."""
    return is_whole(document) or any(encrypted_files(document))


def decrypted(
    manifest: Manifest, find: Callable[[], Tool], cwd: Path, env: Mapping[str, str | None]
) -> dict[str, Any]:
    """The object in the clear; `find` is asked for sops only where it is needed.

    The MAC over a whole object is not compared, as Flux does not: Kustomize has changed names, labels
    and namespaces since. Each value is authenticated by itself, together with the place that it stands in.
    It is compared for a file that `secretGenerator` put into the object as it is.
    """
    document = manifest.document

    def decrypt(content: bytes, source: str, target: str, *more: str) -> bytes:
        arguments = ("--decrypt", *more, "--input-type", source, "--output-type", target, "/dev/stdin")
        try:
            return run(_command((find().path, *arguments), content, cwd, env)).out
        except _SopsError as error:
            raise _refusal(manifest.address, error) from error

    try:
        if is_whole(document):
            text = json.dumps(document, ensure_ascii=False).encode()
            value: dict[str, Any] = json.loads(decrypt(text, "json", "json", "--ignore-mac"))
            return value
        clear = {
            file.key: decrypt(file.content, file.format, file.format)
            if file.key
            else decrypt(file.content, file.format, "json", "--ignore-mac")  # Kustomize has sorted its lines
            for file in encrypted_files(document)
        }
        return with_clear(document, clear) if clear else dict(document)
    except ValueError as error:
        raise DeliveryError(f"sops made something of {manifest.address} that is no JSON") from error


def _command(argv: tuple[str, ...], content: bytes, cwd: Path, env: Mapping[str, str | None]) -> Command:
    return Command(
        argv=argv,
        cwd=cwd,
        env=env,
        stdin=content,
        error=_SopsError,
        timeout=SECONDS,
        interruptible=True,
        purpose="sops",
    )


def _refusal(address: str, error: _SopsError) -> DeliveryError:
    if "MAC mismatch" in error.detail:
        return DeliveryError(
            f"{address} has a file that was changed after SOPS had encrypted it",
            hint="Change it with `sops FILE`, which writes its MAC anew.",
            detail=error.detail,
        )
    return DeliveryError(
        f"{address} cannot be decrypted: none of the keys at hand opens it",
        hint="Name the key (SOPS_AGE_KEY_FILE, or sign in to the key service). Where a key was revoked, "
        "let somebody who has another one run `sops updatekeys` on the file.",
        detail=error.detail,
    )


def secret_texts(encrypted: Any, clear: Any) -> Iterator[str]:
    """The texts that were encrypted, for being hidden wherever they might show."""
    if isinstance(encrypted, Mapping) and isinstance(clear, Mapping):
        for key, value in encrypted.items():
            yield from secret_texts(value, clear.get(key))
    elif isinstance(encrypted, list) and isinstance(clear, list):
        for one, other in zip(encrypted, clear, strict=False):
            yield from secret_texts(one, other)
    elif isinstance(encrypted, str) and isinstance(clear, str) and encrypted != clear:
        texts = {clear} if encrypted.startswith(ENCRYPTED) else {clear, *_lines(clear)}
        yield from (text for text in texts if len(text) >= SHORTEST_HIDDEN)


def _lines(coded: str) -> Iterator[str]:
    """A file in base64, by line; of `key: value` and `key=value` the value too."""
    for line in base64.b64decode(coded).decode(errors="replace").splitlines():
        yield line.strip()
        yield re.split(r"[:=]", line, maxsplit=1)[-1].strip(" \"',")


class _SopsError(ToolError):
    """sops ended badly; to be put in words."""

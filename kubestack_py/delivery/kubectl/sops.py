"""Decrypt what SOPS has encrypted, in memory: in by standard input, out by standard output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import DeliveryError, ToolError
from kubestack_py.system.process import Command, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.system.tools import Tool

SECONDS = 60.0
SHORTEST_HIDDEN = 6
_ENCRYPTED = "ENC[AES256_GCM,"


def is_encrypted(document: Mapping[str, Any]) -> bool:
    """Whether SOPS has encrypted a document."""
    return isinstance(document.get("sops"), dict)


def decrypted(
    manifest: Manifest, find: Callable[[], Tool], cwd: Path, env: Mapping[str, str | None]
) -> dict[str, Any]:
    """The object in the clear; `find` is asked for sops only where it is needed.

    The MAC over the whole file is not compared, as Flux does not: Kustomize has changed names, labels
    and namespaces since. Each value is authenticated by itself, together with the place that it stands in.
    """
    if not is_encrypted(manifest.document):
        return dict(manifest.document)
    arguments = ("--decrypt", "--ignore-mac", "--input-type", "json", "--output-type", "json", "/dev/stdin")
    command = Command(
        argv=(find().path, *arguments),
        cwd=cwd,
        env=env,
        stdin=json.dumps(manifest.document, ensure_ascii=False).encode(),
        error=_SopsError,
        timeout=SECONDS,
        interruptible=True,
        purpose="sops",
    )
    try:
        value: dict[str, Any] = json.loads(run(command).out)
    except _SopsError as error:
        raise DeliveryError(
            f"{manifest.address} cannot be decrypted: none of the keys at hand opens it",
            hint="Name the key (SOPS_AGE_KEY_FILE, or sign in to the key service). Where a key was revoked, "
            "let somebody who has another one run `sops updatekeys` on the file.",
            detail=error.detail,
        ) from error
    except ValueError as error:
        raise DeliveryError(f"sops made something of {manifest.address} that is no JSON") from error
    return value


def secret_texts(encrypted: Any, clear: Any) -> Iterator[str]:
    """The texts that were encrypted, for being hidden wherever they might show."""
    if isinstance(encrypted, Mapping) and isinstance(clear, Mapping):
        for key, value in encrypted.items():
            yield from secret_texts(value, clear.get(key))
    elif isinstance(encrypted, list) and isinstance(clear, list):
        for one, other in zip(encrypted, clear, strict=False):
            yield from secret_texts(one, other)
    elif isinstance(encrypted, str) and encrypted.startswith(_ENCRYPTED):
        text = str(clear)
        if len(text) >= SHORTEST_HIDDEN:
            yield text


class _SopsError(ToolError):
    """sops ended badly; to be put in words."""

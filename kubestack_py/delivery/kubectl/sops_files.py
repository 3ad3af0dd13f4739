"""Files that SOPS has encrypted inside of a Secret: what `secretGenerator` made of them, in base64. Pure.

Kustomize puts a file of `files:` into the Secret as it is, encrypted; of one in `envs:` each line becomes a
key, those with SOPS' own words too. Formats and marks: https://getsops.io/docs/#important-information-on-types
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENCRYPTED = "ENC[AES256_GCM,"
_ENDINGS = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".env": "dotenv", ".ini": "ini"}
_OWN = "sops_"  # what SOPS adds to a file of variables


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedFile:
    """One file: the key that holds it (empty: the whole Secret, from `envs:`), its format and its bytes."""

    key: str
    format: str
    content: bytes


def encrypted_files(document: Mapping[str, Any]) -> Iterator[EncryptedFile]:
    """The files in a Secret that are encrypted; none in any other object."""
    if document.get("kind") != "Secret":
        return
    texts = dict(_texts(document.get("data")))
    if f"{_OWN}mac" in texts and f"{_OWN}version" in texts:
        lines = "".join(f"{key}={text}\n" for key, text in texts.items() if "\n" not in text)
        yield EncryptedFile(key="", format="dotenv", content=lines.encode())
        return
    for key, text in texts.items():
        if ENCRYPTED in text and "sops" in text:
            yield EncryptedFile(key=key, format=_format(key, text), content=text.encode())


def with_clear(document: Mapping[str, Any], clear: Mapping[str, bytes]) -> dict[str, Any]:
    """The Secret with its files in the clear, by key; the one of `envs:` is JSON under an empty key."""
    if "" in clear:
        values = json.loads(clear[""])
        texts = dict(_texts(document["data"]))
        whole = {key: text for key, text in texts.items() if "\n" in text}  # from another source
        found = {key: str(value).encode() for key, value in {**whole, **values}.items()}
        return {**document, "data": {key: _coded(value) for key, value in found.items()}}
    return {**document, "data": {**document["data"], **{key: _coded(value) for key, value in clear.items()}}}


def _texts(data: object) -> Iterator[tuple[str, str]]:
    """What is text among the values of `data`; Kustomize folds long values."""
    for key, value in (data if isinstance(data, dict) else {}).items():
        try:
            yield key, base64.b64decode("".join(value.split()), validate=True).decode()
        except (AttributeError, binascii.Error, ValueError):
            continue


def _format(key: str, text: str) -> str:
    for ending, name in _ENDINGS.items():
        if key.endswith(ending):
            return name
    try:
        value = json.loads(text)
    except ValueError:
        return "dotenv" if f"\n{_OWN}mac=" in text else "ini" if "\n[sops]" in text else "yaml"
    return "binary" if isinstance(value, dict) and value.keys() == {"data", "sops"} else "json"


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode()

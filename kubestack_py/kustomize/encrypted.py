"""What SOPS has encrypted inside of the objects that Kustomize made of files. Pure.

Kustomize puts a file of `files:` into a Secret or ConfigMap as it is, encrypted; of one in `envs:` each line
becomes a key, those with SOPS' own words too. Formats and marks:
https://getsops.io/docs/#important-information-on-types
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
    """One file: the key that holds it (empty: many, from `envs:`), its format and its bytes."""

    key: str
    format: str
    content: bytes


def is_whole(document: Mapping[str, Any]) -> bool:
    """Whether SOPS has encrypted the object itself."""
    return isinstance(document.get("sops"), dict)


def encrypted_files(document: Mapping[str, Any]) -> Iterator[EncryptedFile]:
    """The files in a Secret that are encrypted; none in any other object."""
    if document.get("kind") != "Secret":
        return
    texts = _texts(document)
    variables = _variables(texts)
    if variables:
        lines = "".join(f"{key}={text}\n" for key, text in variables.items())
        yield EncryptedFile(key="", format="dotenv", content=lines.encode())
    for key, text in texts.items():
        if _is_file(text):
            yield EncryptedFile(key=key, format=_format(key, text), content=text.encode())


def with_clear(document: Mapping[str, Any], clear: Mapping[str, bytes]) -> dict[str, Any]:
    """The Secret with its files in the clear, by key; those of `envs:` are JSON under an empty key."""
    data = {**document["data"], **{key: _coded(value) for key, value in clear.items() if key}}
    if "" in clear:
        data = {key: value for key, value in data.items() if not key.startswith(_OWN)}
        values = json.loads(clear[""])
        data |= {key: _coded(str(value).encode()) for key, value in values.items()}
    return {**document, "data": data}


def variables(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that Kustomize made of encrypted files in `envs:`, without SOPS' own."""
    return tuple(key for key in _variables(_texts(document)) if not key.startswith(_OWN))


def encrypted_keys(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that hold a whole encrypted file."""
    return tuple(key for key, text in _texts(document).items() if _is_file(text))


def keys_of_sops(document: Mapping[str, Any]) -> frozenset[str]:
    """The keys whose values are encrypted files, lines of these, or SOPS' own words."""
    texts = _texts(document)
    return frozenset((*_variables(texts), *encrypted_keys(document)))


def lone_values(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys with an encrypted value, where nothing in the object tells how to decrypt it."""
    texts = _texts(document) | dict(_items(document, "stringData"))
    if is_whole(document) or _variables(texts):
        return ()
    return tuple(key for key, text in texts.items() if str(text).startswith(ENCRYPTED))


def _is_file(text: str) -> bool:
    """Whether a text is a file with the words that SOPS adds; a lone value has none of these."""
    return ENCRYPTED in text and "sops" in text


def _variables(texts: Mapping[str, str]) -> dict[str, str]:
    """The lines of files of variables, where there are any; what else a generator was given is left out."""
    if f"{_OWN}mac" not in texts or f"{_OWN}version" not in texts:
        return {}
    return {key: text for key, text in texts.items() if key.startswith(_OWN) or text.startswith(ENCRYPTED)}


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    """What is text in `data` of a Secret or ConfigMap, by key."""
    items = _items(document, "data")
    if document.get("kind") == "Secret":
        return {key: text for key, value in items if (text := _decoded(value)) is not None}
    return {key: value for key, value in items if isinstance(value, str)}


def _items(document: Mapping[str, Any], field: str) -> list[tuple[str, Any]]:
    value = document.get(field)
    return list(value.items()) if isinstance(value, dict) else []


def _decoded(value: object) -> str | None:
    """Base64 as text, where it is that; Kustomize folds long values."""
    try:
        return base64.b64decode("".join(str(value).split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


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

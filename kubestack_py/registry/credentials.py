"""Who may ask a registry: what `docker login` left in config.json."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

from kubestack_py.errors import RegistryError
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

_HUB = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io")


def docker_login(config: Path | None, host: str) -> tuple[str, str] | None:
    """Name and password for a registry; None where there is no login.

    Only `auths` is read; helpers (`credsStore`) are programs, and none is run. Raises `RegistryError`
    for a file that cannot be read.
    """
    if config is None or not config.is_file():
        return None
    with disk_errors(f"read {config}"):
        text = config.read_bytes()
    try:
        auths = json.loads(text).get("auths") or {}
        entries = {_host(name): entry for name, entry in auths.items()}
        names = (host, *_HUB) if host == "docker.io" else (host,)
        entry: dict[str, str] = next((entries[_host(name)] for name in names if _host(name) in entries), {})
        name, colon, password = base64.b64decode(entry.get("auth", ""), validate=True).decode().partition(":")
    except (ValueError, AttributeError, binascii.Error) as error:
        raise RegistryError(
            f"{config} cannot be read: {error}", hint=f"Log in again: docker login {host}"
        ) from error
    return (name, password) if colon else None


def _host(name: str) -> str:
    return name.removeprefix("https://").removeprefix("http://").partition("/")[0]

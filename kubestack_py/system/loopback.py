"""Which addresses are this machine: what is sent there crosses no wire."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(netloc: str) -> bool:
    """Whether a host, with or without its port, is this machine."""
    name = urlsplit(f"//{netloc}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"

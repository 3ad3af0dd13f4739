"""What a registry asks for with 401 (`WWW-Authenticate`, RFC 9110, 11.6.1), and where tokens are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

_PARAMETER = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Challenge:
    """The scheme in lower case (`bearer`, `basic`), and its parameters."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)

    def token_url(self, repository: str) -> str:
        """Where a token to pull a repository is to be had; empty where no realm is named."""
        realm = urlsplit(self.parameters.get("realm", ""))
        if not realm.netloc:
            return ""
        wanted = {
            "service": self.parameters.get("service", ""),
            "scope": self.parameters.get("scope") or f"repository:{repository}:pull",
        }
        query = "&".join(filter(None, (realm.query, urlencode({k: v for k, v in wanted.items() if v}))))
        return urlunsplit((realm.scheme, realm.netloc, realm.path, query, ""))


def parse_challenge(header: str) -> Challenge:
    """The challenge of a header; of an empty scheme where there is none."""
    scheme, _, rest = header.strip().partition(" ")
    found = {match[1].lower(): match[2] or match[3] or "" for match in _PARAMETER.finditer(rest)}
    return Challenge(scheme.lower(), found)

"""What must not be shown as it is: credentials inside addresses, and characters that steer a terminal.

Git, Terraform and HTTP clients repeat the address that they failed at, with the user, password or token in
it. Escape sequences move the cursor, and marks of the direction of writing ("Trojan Source",
CVE-2021-42574) show names and diffs in another order than programs read them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_LINE = 8
_USER = re.compile(r"(?<=[A-Za-z]:/)(/?)[^/\s\"'<>`]*@(?!sha\d+:)")
_QUERY = re.compile(
    r"([?&][\w.-]*(?:token|secret|password|passwd|signature|credential|api_?key|sig)=)[^&#\s\"'<>`]+",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(\bauthorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token)\s+)[^\s\"']+", re.IGNORECASE
)
_STEERING = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(rf"[{_STEERING}]|\r(?!\n)")
_UNSAFE_BUT_PAINT = re.compile(rf"\x1b\[(?:[0-2]|3[1-6])(?:;(?:[12]|3[1-6]))*m|[{_STEERING}]|\r(?!\n)")


def forms(secret: str) -> Iterator[str]:
    """How a secret can look where it is printed: as it is, in JSON, in an address, in base64.

    Of a secret of several lines each line is one too: programs are listened to line by line.
    """
    import base64
    import json
    from urllib.parse import quote

    yield secret
    for ascii_only in (True, False):
        yield json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    raw = secret.encode("utf-8", "surrogateescape")
    yield quote(raw, safe="")
    yield base64.b64encode(raw).decode()
    if "\n" in secret:
        yield from (line for each in secret.splitlines() if len(line := each.strip()) >= SHORTEST_LINE)


def without_credentials(text: str, mask: str) -> str:
    """The text with the credentials of every address and of every Authorization header replaced.

    The user of `ssh://git@host` is no secret and stays; so does an image that is named by its digest.
    """
    if ":/" in text:  # `ssh:/x` is what a tool makes of `ssh://x` that it takes for a path
        text = _USER.sub(lambda found: _user(found, mask), text)
        text = _QUERY.sub(rf"\1{mask}", text)
    return _HEADER.sub(rf"\1{mask}", text) if "uthorization" in text.lower() else text


def _user(found: re.Match[str], mask: str) -> str:
    only_a_name = ":" not in found[0] and found.string.endswith("ssh:/", 0, found.start())
    return found[0] if only_a_name else f"{found[1]}{mask}@"


def legible(text: str, *, painted: bool = False) -> str:
    """The text with escapes (`\\u001b`) for characters that would steer a terminal; JSON stays JSON.

    New lines, tabs and the line ends of Windows stay, and, with `painted`, our own colours.
    """
    return (_UNSAFE_BUT_PAINT if painted else _UNSAFE).sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    import json

    return found[0] if len(found[0]) > 1 else json.dumps(found[0])[1:-1]

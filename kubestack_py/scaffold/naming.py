"""Names of environments inside of other names and texts: what stands for one is made to stand for another."""

from __future__ import annotations

import re

# Lines where a word is part of a Kubernetes type (`apps/v1`) and never an environment.
_TYPE_LINE = re.compile(r"^\s*(?:- )?(?:apiVersion|group|kind)\s*:")


def adapted(content: bytes, old: str, new: str) -> bytes:
    """A text file about the environment `old`, about `new`; what is no text stays as it is.

    The name counts where it stands alone or between signs (`web.ops.example.com`, `acme-ops-eu`), but not
    in `apiVersion`, `group` and `kind`, and not before a version (`apps/v1`).
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    lines = text.splitlines(keepends=True)
    return "".join(
        line if _TYPE_LINE.match(line) else adapted_text(line, old, new) for line in lines
    ).encode()


def adapted_text(text: str, old: str, new: str) -> str:
    """The same for one text that is a value."""
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9]|/v\d)", new, text)

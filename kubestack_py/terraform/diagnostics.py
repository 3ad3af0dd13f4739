"""What Terraform complains about: from its JSON lines or its text, with the place and the next step."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEEDS_INIT = re.compile(
    r"(terraform|tofu) init\b"
    r"|Required plugins are not installed"
    r"|Module not installed"
    r"|Missing required provider"
    r"|failed to read module manifest"
)
_PLACE = re.compile(r"^ +on (?P<file>\S.*) line (?P<line>\d+)(, in .*)?:$")
_SNIPPET = re.compile(r"^ +\d+: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One message. `place` is `file:line` from the top of the repository, an address, or empty."""

    summary: str
    detail: str = ""
    place: str = ""
    is_error: bool = True

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.summary, self.detail) if part)

    @property
    def wants_init(self) -> bool:
        """True when `terraform init` is said to be the remedy."""
        return bool(_NEEDS_INIT.search(f"{self.summary} {self.detail}"))

    @property
    def leaves_state_aside(self) -> bool:
        """True when the state of an apply could not be saved and lies in a file instead."""
        return "has been written to the file" in " ".join(self.detail.split())


def from_json(document: dict[str, Any], stack: str) -> Diagnostic:
    """A diagnostic of the machine-readable output (the value of `diagnostic` in a JSON line)."""
    place = document.get("range") or {}
    start = place.get("start") or {}
    return Diagnostic(
        summary=str(document.get("summary", "")).strip(),
        detail=str(document.get("detail", "")).strip(),
        place=_place(stack, str(place.get("filename", "")), start.get("line", 0))
        or str(document.get("address", "")),
        is_error=document.get("severity") == "error",
    )


def from_text(text: str, stack: str) -> tuple[Diagnostic, ...]:
    """The errors in what Terraform writes for people with `-no-color`; `init` knows no JSON before 1.9."""
    chunks = re.split(r"^Error: ", text, flags=re.MULTILINE)[1:]
    return tuple(_from_chunk(chunk, stack) for chunk in chunks)


def joined(diagnostics: Iterable[Diagnostic]) -> str:
    """The text of many diagnostics, each once."""
    return "\n".join(dict.fromkeys(map(str, diagnostics)))


def _from_chunk(chunk: str, stack: str) -> Diagnostic:
    summary, _, rest = chunk.partition("\n\n")
    lines = rest.strip("\n").splitlines()
    places = [found for found in map(_PLACE.match, lines) if found]
    detail = [line for line in lines if not _PLACE.match(line) and not _SNIPPET.match(line)]
    return Diagnostic(
        summary=" ".join(summary.split()),
        detail=_unwrapped("\n".join(detail).strip()),
        place=_place(stack, places[0]["file"], int(places[0]["line"])) if places else "",
    )


def _unwrapped(text: str) -> str:
    """Text for people is broken at 78 columns; paragraphs become lines again, lists stay."""
    paragraphs = text.split("\n\n")
    return "\n".join(
        paragraph if re.search(r"^[ -]", paragraph, re.MULTILINE) else " ".join(paragraph.split())
        for paragraph in paragraphs
    )


def _place(stack: str, file: str, line: int) -> str:
    """Terraform names files from the stack's directory; people look for them from the top."""
    path = posixpath.normpath(posixpath.join(stack, file)) if file else ""
    return f"{path}:{line}" if path and line else path

"""References of container images, as the distribution project defines them, and what environments run."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_HUB = "docker.io"
LONGEST_NAME = 255
_LONGEST = LONGEST_NAME + 200  # with a tag and a digest; what is longer is not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """A name (`registry.example.com/team/web`), and a tag, a digest (`sha256:…`), both or none."""

    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def registry(self) -> str:
        """The host that serves it; that of Docker Hub for a name without one."""
        host, slash, _ = self.name.partition("/")
        return host if slash and (set(host) & {".", ":"} or host == "localhost") else _HUB

    @property
    def repository(self) -> str:
        """The name on that host."""
        path = self.name.removeprefix(f"{self.registry}/")
        return f"library/{path}" if self.registry == _HUB and "/" not in path else path


def parse_image(text: str) -> ImageReference | None:
    """The reference that a text is; None for a text that is none."""
    found = _REFERENCE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or len(found["name"]) > LONGEST_NAME:
        return None
    return ImageReference(name=found["name"], tag=found["tag"] or "", digest=found["digest"] or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """One image of an application in an environment, at the three places where it can be looked up.

    `declared` on the default branch, `delivered` on the rendered branch, `verified` by the newest
    evidence, with its time and commit. Each is empty where there is nothing.
    """

    app: str
    environment: str
    image: str
    declared: str = ""
    delivered: str = ""
    verified: str = ""
    verified_at: str = ""
    verified_commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCheck:
    """What a registry has of an image: nothing but `error` where it could not be asked, or has it not.

    `newer` are tags that come later in the `order` (`semver:*`), newest first; `moved` is true where the
    tag stands for another digest by now.
    """

    image: str
    digest: str = ""
    platforms: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    order: str = ""
    moved: bool = False
    error: str = ""

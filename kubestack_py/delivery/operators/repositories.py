"""Whether a source of an operator is this repository's rendered branch. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch (`env/ops`) of a repository; an empty `url` fits every repository."""

    name: str
    url: str = ""

    def is_at(self, url: str) -> bool:
        """Whether a URL names the same repository: one host has many URLs for it, but one last part."""
        return not self.url or _last(self.url) == _last(url)

    def is_called(self, ref: str) -> bool:
        """Whether a ref names the branch, in short or in full."""
        return ref in {self.name, f"refs/heads/{self.name}"}


def directory(path: str) -> str:
    """A path of an operator as the branch has it: `./apps/` is `apps`, `.` is the top."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _last(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").replace(":", "/").rpartition("/")[2]

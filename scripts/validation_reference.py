"""docs/validation.md from scripts/validation.md and the registry of the checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.checks.registry import CHECKS
from kubestack_py.checks.schemas import known_versions
from scripts.markdown import anchor, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = Path(__file__).parent / "validation.md"


def validation_reference() -> str:
    """What `kubestack validate` does, and every check: what it finds, how to mend it."""
    oldest, *_, newest = known_versions()
    rows = [(f"[`{check.id}`]({anchor(check.id)})", check.title) for check in CHECKS.values()]
    text = _TEXT.read_text(encoding="utf-8")
    text = text.replace("{versions}", f"{oldest} to {newest}").replace(
        "{table}", table(["check", "title"], rows)
    )
    return text.rstrip("\n") + "\n\n" + "\n\n".join(_sections()) + "\n"


def _sections() -> Iterator[str]:
    for check in CHECKS.values():
        yield f"### {check.id}"
        yield f"{check.title}. {check.finds}"
        yield f"*Mend it:* {check.fix}"

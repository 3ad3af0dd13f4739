"""Images of applications, and what a registry has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.report.json import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.image import ImageCheck, ImageRow

HEADINGS = ("App", "Environment", "Image", "Declared", "Delivered", "Verified", "Since (UTC)")
NEWER_SHOWN = 5


def image_rows(rows: Sequence[ImageRow]) -> list[tuple[str, ...]]:
    """Rows below `HEADINGS`: at each place the tag and digest, or `-`."""
    return [
        (
            row.app,
            row.environment,
            row.image,
            _version(row.declared, row.image),
            _version(row.delivered, row.image),
            _version(row.verified, row.image),
            row.verified_at[:16].replace("T", " ") or "-",
        )
        for row in rows
    ]


def images_value(rows: Sequence[ImageRow]) -> dict[str, Any]:
    """`kubestack image list -o json`."""
    return {"images": plain(tuple(rows))}


def checks_value(checks: Sequence[ImageCheck]) -> dict[str, Any]:
    """`kubestack image check -o json`."""
    return {"images": plain(tuple(checks))}


def check_text(check: ImageCheck) -> str:
    """What a registry has of one image, in a few lines."""
    if check.error:
        return f"✗ {check.image}\n" + "\n".join(f"    {line}" for line in check.error.splitlines())
    lines = [f"✓ {check.image}", f"    digest  {check.digest}"]
    if check.platforms:
        lines.append(f"    for     {', '.join(check.platforms)}")
    if check.moved:
        lines.append("    moved   the tag stands for another digest by now")
    if check.order:
        more = len(check.newer) - NEWER_SHOWN
        shown = ", ".join(check.newer[:NEWER_SHOWN]) or "none"
        lines.append(f"    newer   {shown}{f' and {more} more' if more > 0 else ''} ({check.order})")
    return "\n".join(lines)


def _version(image: str, name: str) -> str:
    """What comes behind the name, with a short digest."""
    parts = (part.removeprefix(name).lstrip(":") for part in image.split(", "))
    short = (part if "@sha256:" not in part else part[: part.index("@sha256:") + 15] for part in parts)
    return ", ".join(short) or ("(no tag)" if image else "-")

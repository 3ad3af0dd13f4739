"""Pull requests of images and of handoffs, as their hosts show them: titles and Markdown, from values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.pull_request import LONGEST_TITLE, WantedRequest
from kubestack_py.report.markdown import code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.image import ImageReference

LONGEST_TABLE = 2_500


def image_request(
    stack: str, source: str, target: str, images: Sequence[tuple[str, ImageReference]]
) -> WantedRequest:
    """The request for an application (the path of its stack); `images` are those each environment gets."""
    app = stack.rpartition("/")[2]
    parts = [f"{environment} to {_short(image)}" for environment, image in images]
    rows = [f"| {code(name, cell=True)} | {code(str(image), cell=True)} |" for name, image in images]
    text = (
        f"`kubestack image` proposes for {code(app)}:\n\n"
        f"| Environment | Image |\n|---|---|\n{_cut(rows)}\n\n"
        f"The next update of {code(app)} goes to this branch too, and this text follows it."
    )
    title = f"Set {app} in {', '.join(parts)}" if parts else f"Update {app}"
    return WantedRequest(
        source=source, target=target, title=title[:LONGEST_TITLE], about=f"image {stack}", text=text
    )


def handoff_request(
    platform: str, source: str, target: str, commits: Mapping[str, str], files: Sequence[str]
) -> WantedRequest:
    """The request of a handoff; `commits` are those that the environments were verified at."""
    rows = [f"| {code(name, cell=True)} | `{commit[:12]}` |" for name, commit in commits.items()]
    names = "\n".join(f"- {code(path)}" for path in files)
    text = (
        f"`kubestack handoff` brings what Terraform knows of {code(platform)}:\n\n"
        f"| Environment | Verified at |\n|---|---|\n{_cut(rows)}\n\n{names[:800]}\n\n"
        "The next handoff replaces the commit of this branch."
    )
    title = f"Take over what Terraform knows of {', '.join(commits) or platform}"[:LONGEST_TITLE]
    return WantedRequest(source=source, target=target, title=title, about=f"handoff {platform}", text=text)


def _short(image: ImageReference) -> str:
    return image.tag or image.digest.removeprefix("sha256:")[:12]


def _cut(rows: Sequence[str]) -> str:
    """As many rows as there is room for."""
    shown, room = list[str](), LONGEST_TABLE
    for row in rows:
        room -= len(row)
        if room < 0:
            return "\n".join([*shown, f"| … | and {len(rows) - len(shown)} more |"])
        shown.append(row)
    return "\n".join(shown)

"""The story of a ref as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.report.json import plain
from kubestack_py.report.promotion import assessment_lines, assessment_value
from kubestack_py.report.text import plain as unpainted
from kubestack_py.report.text import resolution_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.explanation import EnvironmentStory, Explanation, Witness
    from kubestack_py.report.text import Paint


def explanation_text(explanation: Explanation, paint: Paint = unpainted) -> str:
    """What the ref is and means, then a section an environment."""
    shown = "" if explanation.commit.startswith(explanation.ref) else f"{explanation.ref} is "
    title = f"{shown}{explanation.commit[:8]} {explanation.subject}"
    lines = [paint(title, "bold"), f"  by {explanation.author}, {explanation.date}"]
    lines += [f"  {line}" for line in resolution_text(explanation.resolution, paint).splitlines()]
    lines += [f"  the tag overrides {item.check}: {item.reason}" for item in explanation.overrides]
    for story in explanation.environments:
        lines += ["", *_story_lines(story, paint)]
    return "\n".join(lines)


def explanation_value(explanation: Explanation) -> dict[str, Any]:
    """`kubestack explain -o json`."""
    value: dict[str, Any] = plain(explanation)
    resolution = value.pop("resolution")
    stories = [
        {**plain(story), "assessment": assessment_value(story.assessment)}
        for story in explanation.environments
    ]
    return {**value, **resolution, "environments": stories}


def _story_lines(story: EnvironmentStory, paint: Paint) -> Iterator[str]:
    yield from assessment_lines(story.assessment, paint)
    for title, witnesses in (("rests on", story.evidence), ("so far", story.past)):
        if witnesses:
            yield f"  {paint(title, 'bold')}"
            yield from (f"    {_witness_text(item)}" for item in witnesses)
    if story.missing:
        yield f"  {paint('missing', 'red')} any proof of {', '.join(story.missing)}"
    yield f"  {paint('next', 'cyan')} {story.next_step}"


def _witness_text(item: Witness) -> str:
    who = f" by {item.actor}" if item.actor else ""
    where = f", {item.url}" if item.url else ""
    text = f"{item.environment} {item.status} {item.stack} {item.at[:19]}Z at {item.commit[:8]}{who}{where}"
    let = "".join(f"; overrode {one.check}: {one.reason}" for one in item.overrides)
    return text + let

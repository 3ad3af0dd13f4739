"""A promotion as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.parity import Level
from kubestack_py.model.promotion import PromotionState
from kubestack_py.report.json import plain
from kubestack_py.report.parity import line_text, source_text
from kubestack_py.report.text import plain as unpainted
from kubestack_py.report.text import verdict_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.promotion import Assessment, Promotion
    from kubestack_py.report.text import Paint


def promotion_text(promotion: Promotion, paint: Paint = unpainted) -> str:
    """What would be promoted or was, and why newer commits were not."""
    lines = list(_skipped(promotion, paint))
    if promotion.commit and promotion.assessment:
        lines += _what(promotion, paint)
        lines += assessment_lines(promotion.assessment, paint)
    if promotion.overrides:
        words = "; ".join(f"{item.check}: {item.reason}" for item in promotion.overrides)
        lines.append(f"{paint('overridden', 'yellow')} {words}")
    return "\n".join([*lines, paint(conclusion(promotion), "bold")])


def assessment_lines(assessment: Assessment, paint: Paint) -> Iterator[str]:
    """The gate's checks, the stacks, and the changes that were not lived through."""
    yield verdict_text(assessment.verdict, paint)
    yield from (f"    {source_text(stack)}" for stack in assessment.stacks)
    yield from (
        f"      {line_text(line, paint)}" for line in assessment.parity if line.level is not Level.ALLOW
    )


def conclusion(promotion: Promotion) -> str:
    """What became of it, in one line."""
    environment, tag = promotion.environment, promotion.tag
    commit = promotion.commit.id[:8] if promotion.commit else ""
    match promotion.state:
        case PromotionState.NOTHING:
            at = f" ({promotion.deployed[:8]})" if promotion.deployed else ""
            return f"Nothing to promote: {environment} runs the newest content{at}."
        case PromotionState.REFUSED:
            return f"No commit may be promoted to {environment} now."
        case PromotionState.READY:
            return f"{commit} may be promoted to {environment}."
        case PromotionState.TAGGED:
            return f"{tag} is on {commit} in this clone. Pushing it promotes to {environment}."
        case PromotionState.PUSHED:
            return f"{tag} is on {commit} and was pushed: its pipeline promotes to {environment}."
        case PromotionState.STANDING:
            return f"{tag} promotes {commit} to {environment} already: see its pipeline, or run that again."


def promotion_value(promotion: Promotion) -> dict[str, Any]:
    """`kubestack promote -o json`."""
    assessment = promotion.assessment
    return {
        **plain(promotion),
        "assessment": assessment_value(assessment) if assessment else None,
    }


def assessment_value(assessment: Assessment) -> dict[str, Any]:
    """What the gate says of a commit."""
    verdict = assessment.verdict
    return {
        "gate": {"allowed": verdict.allowed, "checks": plain(verdict.checks)},
        "stacks": plain(assessment.stacks),
        "parity": plain(assessment.parity),
    }


def _skipped(promotion: Promotion, paint: Paint) -> Iterator[str]:
    for item in promotion.skipped:
        yield f"{paint('skipped', 'yellow')} {item.commit.id[:8]} {item.commit.subject}: {item.reason}"
        if item.hint:
            yield f"    {paint(item.hint, 'dim')}"


def _what(promotion: Promotion, paint: Paint) -> Iterator[str]:
    now = f", which runs {promotion.deployed[:8]}" if promotion.deployed else ", which runs nothing yet"
    number = len(promotion.commits) + promotion.more
    commits = "1 commit" if number == 1 else f"{number} commits"
    yield paint(f"{commits} for {promotion.environment}{now}", "bold")
    yield from (f"    {commit.id[:8]} {commit.subject}" for commit in promotion.commits)
    if promotion.more:
        yield f"    … and {promotion.more} more"

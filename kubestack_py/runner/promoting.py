"""`kubestack promote`: find the newest commit that may enter an environment, and tag it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kubestack_py.errors import ConfigurationError, UsageError
from kubestack_py.model.commit import CommitLine
from kubestack_py.model.evidence import Override
from kubestack_py.model.platform import RefKind
from kubestack_py.model.promotion import Promotion, PromotionState, Skipped
from kubestack_py.promotion.overrides import to_trailers
from kubestack_py.promotion.resolve import applied_on
from kubestack_py.runner.assessing import Assessor
from kubestack_py.runner.commit_session import CommitSession
from kubestack_py.runner.promotion_tags import PromotionTags, make_named_tag, make_next_tag, share_tag
from kubestack_py.runner.refs import find_ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.platform import Environment, Platform
    from kubestack_py.model.promotion import Assessment
    from kubestack_py.runner.session import Session
    from kubestack_py.system.git import CommitInfo

LOOKED_AT = 50
LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """What to promote: `to` an environment (None: the first that applies on tags), which `commit` (empty:
    the newest that passes), under which `tag` (empty: the next name), and whether to `make` and `push` it."""

    environment: str | None = None
    commit: str = ""
    tag: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    make: bool = True
    push: bool = False


def promote(session: Session, request: PromotionRequest) -> Promotion:
    """Look for the commit, and tag it unless nothing may be or needs to be promoted.

    Raises `UsageError` for an environment that no tag applies, and `GitError` when the remote is
    away: what others tagged has to be known.
    """
    if request.push and session.remote is None:
        raise UsageError("there is no remote to push to", hint="Add it: git remote add origin URL.")
    session.synchronise()
    tip = CommitSession(session, session.default_tip() or session.git.head())
    environment = _environment(tip.platform, request.environment)
    _check_tag(tip.platform, environment, request.tag)
    found = _Search(tip, environment, request).promotion()
    if found.state is not PromotionState.READY or not request.make:
        return found
    return _tagged(session, request, found)


def _environment(platform: Platform, name: str | None) -> Environment:
    if name is None:
        found = next((e for e in platform.environments if e.apply_on.kind is RefKind.TAG), None)
        if found is None:
            raise UsageError(
                "no environment applies on tags", hint="Each applies on a branch: merge into that branch."
            )
        return found
    found = platform.find(name)
    if found is None:
        known = ", ".join(environment.name for environment in platform.environments)
        raise UsageError(f"there is no environment {name!r}", hint=f"The promotion chain is: {known}.")
    if found.apply_on.kind is not RefKind.TAG:
        raise UsageError(
            f"{name} applies on {found.apply_on}, so there is no tag to make",
            hint=f"Promote to it by merging into its branch, or by pushing to {found.apply_on}.",
        )
    return found


def _check_tag(platform: Platform, environment: Environment, tag: str) -> None:
    meant = applied_on(platform, RefKind.TAG, tag) if tag else environment
    if meant is None or meant.name != environment.name:
        raise UsageError(
            f"the tag {tag} would not promote to {environment.name}",
            hint=f"It has to match {environment.apply_on.pattern}.",
        )


class _Search:
    """The way back from the tip of the default branch to what the environment was last touched with."""

    def __init__(self, tip: CommitSession, environment: Environment, request: PromotionRequest) -> None:
        self._tip = tip
        self._environment = environment
        self._request = request
        deployed = tip.history().deployed(environment.name)
        self._promotion = Promotion(
            environment=environment.name,
            pattern=environment.apply_on.pattern,
            state=PromotionState.REFUSED,
            deployed=deployed.commit if deployed else "",
            overrides=tuple(Override(check=c, reason=r) for c, r in request.overrides.items()),
        )

    def promotion(self) -> Promotion:
        """The newest commit that passes; `NOTHING` where the environment runs the newest content."""
        skipped: list[Skipped] = []
        for info in self._candidates():
            line = CommitLine(id=info.id, subject=info.subject)
            assessed = self._assess(line)
            if isinstance(assessed, Skipped):
                skipped.append(assessed)
            elif not assessed.waits:
                state = self._promotion.state if skipped else PromotionState.NOTHING
                return replace(self._promotion, state=state, skipped=tuple(skipped))
            elif assessed.verdict.allowed:
                return self._ready(line, assessed, skipped)
            elif self._request.commit:
                return replace(self._promotion, commit=line, assessment=assessed)
            else:
                first = assessed.verdict.refusals[0]
                skipped.append(Skipped(commit=line, reason=first.message, hint=first.hint))
        return replace(self._promotion, skipped=tuple(skipped))

    def _candidates(self) -> tuple[CommitInfo, ...]:
        if self._request.commit:
            return (find_ref(self._tip, self._request.commit).info,)
        return self._tip.git.first_parents(
            self._tip.commit, without=self._history_of_touched(), limit=LOOKED_AT
        )

    def _history_of_touched(self) -> tuple[str, ...]:
        """All that is older than what the environment was last touched with: the gate would refuse it."""
        touched = self._tip.history().touched(self._environment.name)
        return (f"{touched}^@",) if touched and self._tip.git.commit_info(touched) else ()

    def _assess(self, commit: CommitLine) -> Assessment | Skipped:
        """What the gate says, by the settings of the commit itself, as in its pipeline."""
        session = CommitSession(self._tip, commit.id)
        try:
            environment = session.platform.find(self._environment.name)
            if environment is None:
                return Skipped(commit=commit, reason=f"it does not know {self._environment.name}")
            if not self._request.commit and environment.gate != self._environment.gate:
                # Else a gate that was tightened would be passed by what came before it.
                why = f"its settings ask another proof for {environment.name} than those of today"
                return Skipped(commit=commit, reason=why, hint="Where that is meant: --to COMMIT.")
            return Assessor(session, environment, self._request.overrides).assess()
        except ConfigurationError as error:
            return Skipped(commit=commit, reason=str(error).replace("\n", "; "))

    def _ready(self, commit: CommitLine, assessed: Assessment, skipped: list[Skipped]) -> Promotion:
        git, deployed = self._tip.git, self._promotion.deployed
        known = deployed if deployed and git.commit_info(deployed) else ""
        # Along first parents: a merged branch is one line.
        coming = git.first_parents(commit.id, without=(known,) if known else ())
        return replace(
            self._promotion,
            state=PromotionState.READY,
            commit=commit,
            assessment=assessed,
            commits=tuple(CommitLine(id=info.id, subject=info.subject) for info in coming[:LISTED]),
            more=max(0, len(coming) - LISTED),
            skipped=tuple(skipped),
        )


def _tagged(session: Session, request: PromotionRequest, found: Promotion) -> Promotion:
    """Make the tag, or take the one that was made by an earlier run, and push it where asked to."""
    assert found.commit is not None  # noqa: S101 - a promotion that is ready has one
    commit, message = found.commit.id, tag_message(found)
    made, pushed = replace(found, state=PromotionState.TAGGED), replace(found, state=PromotionState.PUSHED)
    if request.tag:
        make_named_tag(session, request.tag, commit, message, push=request.push)
        return replace(pushed if request.push else made, tag=request.tag)
    known = PromotionTags(session, found.pattern)
    standing = known.standing(commit, request.overrides)
    if standing and known.is_shared(standing):
        return replace(found, state=PromotionState.STANDING, tag=standing)
    if not standing or (request.push and not share_tag(session, standing)):
        standing = make_next_tag(session, found.pattern, commit, message, push=request.push)
    return replace(pushed if request.push else made, tag=standing)


def tag_message(promotion: Promotion) -> str:
    """The annotation: what is promoted, the commits that come with it, and the overrides as trailers."""
    assert promotion.commit is not None  # noqa: S101 - see above
    lines = [f"- {commit.id[:8]} {commit.subject}" for commit in promotion.commits]
    lines += [f"- and {promotion.more} more"] if promotion.more else []
    trailers = to_trailers({item.check: item.reason for item in promotion.overrides})
    title = f"Promote {promotion.commit.id[:8]} to {promotion.environment}"
    return "\n\n".join(part for part in (title, "\n".join(lines), trailers) if part) + "\n"

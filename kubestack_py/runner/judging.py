"""Ask the gate: gather what it has to know from Git and the evidence, and put its two halves together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py.promotion.gate import Candidate, Standing, judge, overridden
from kubestack_py.promotion.plan_gate import parity_check, parity_lines, policy_check, preview_check
from kubestack_py.promotion.rollback import intended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.outline import ChangeOutline
    from kubestack_py.model.parity import ParityLine
    from kubestack_py.model.platform import Environment
    from kubestack_py.model.policy import PolicyFinding
    from kubestack_py.model.verdict import GateCheck, Verdict
    from kubestack_py.promotion.history import History
    from kubestack_py.runner.session import Session


class Judge:
    """The gate of one environment for one commit.

    `digests` are the content digests of every stack of the platform in that environment.
    """

    def __init__(
        self, session: Session, environment: Environment, commit: str, overrides: Mapping[str, str]
    ) -> None:
        self._session = session
        self._environment = environment
        self._commit = commit
        self._overrides = overrides
        self._ranges: dict[str, frozenset[str]] = {}
        self.history: History = session.history()
        self.digests: dict[str, ContentDigest] = {
            stack: of[environment.name] for stack, of in session.digests(commit).items()
        }

    def before_planning(self) -> Verdict:
        """Everything that can be judged without a plan."""
        candidate = self._candidate()
        platform = self._session.platform
        verdict = judge(platform, self._environment, candidate, self.history, datetime.now(UTC))
        return overridden(verdict, self._overrides)

    def after_planning(
        self,
        verdict: Verdict,
        planned: Mapping[str, Sequence[ChangeOutline]],
        policies: Sequence[PolicyFinding] = (),
    ) -> tuple[Verdict, tuple[ParityLine, ...]]:
        """The verdict with policies, and with parity and preview, which the first environment has not."""
        lines = self.parity(planned)
        checks: tuple[GateCheck, ...] = ()
        previous = self._session.platform.before(self._environment)
        if previous and planned:
            previews = {
                stack: self.history.preview(self._environment.name, stack, self.digests[stack])
                for stack in planned
            }
            checks = (
                parity_check(previous, lines),
                preview_check(self._environment, planned, previews),
            )
        if policies:
            checks = (*checks, policy_check(policies))
        whole = type(verdict)(
            environment=verdict.environment, commit=verdict.commit, checks=(*verdict.checks, *checks)
        )
        return overridden(whole, self._overrides), lines

    def parity(
        self,
        planned: Mapping[str, Sequence[ChangeOutline]],
        ahead: Mapping[str, Sequence[ChangeOutline]] | None = None,
    ) -> tuple[ParityLine, ...]:
        """How the plans compare with what the environment before has lived through.

        `ahead` is what it would live through as well before this one has its turn.
        """
        previous = self._session.platform.before(self._environment)
        if previous is None:
            return ()
        lived = {
            stack: (
                *self.history.lived_through(previous.name, stack, self._since_last_apply(stack)),
                *(ahead or {}).get(stack, ()),
            )
            for stack in planned
        }
        return parity_lines(self._environment, previous, planned, lived)

    def _since_last_apply(self, stack: str) -> frozenset[str]:
        """The commits that the candidate contains and the stack, as it runs now, does not."""
        delivered = self.history.delivered(self._environment.name, stack)
        since = delivered.commit if delivered else ""
        if since not in self._ranges:
            self._ranges[since] = self._session.git.commits_between(since, self._commit)
        return self._ranges[since]

    def _candidate(self) -> Candidate:
        session, commit = self._session, self._commit
        tip = session.default_tip()
        touched = self.history.touched(self._environment.name)
        standing = _standing(session, commit, touched)
        newer = touched if standing is Standing.NEWER else None
        return Candidate(
            commit=commit,
            on_default_branch=tip is not None and (tip == commit or session.git.is_ancestor(commit, tip)),
            shared={stack: digest.shared for stack, digest in self.digests.items()},
            standing=standing,
            deployed=touched or "",
            returns_to=intended(session.git, newer, commit) if newer else "",
            passed_over=0 if touched else len(self.history.of(self._environment.name)),
        )


def _standing(session: Session, commit: str, touched: str | None) -> Standing:
    if touched is None:
        return Standing.FIRST
    if touched == commit:
        return Standing.SAME
    if session.git.is_ancestor(touched, commit):
        return Standing.NEWER
    if session.git.commit_info(touched) is None:
        return Standing.UNKNOWN
    return Standing.OLDER if session.git.is_ancestor(commit, touched) else Standing.APART

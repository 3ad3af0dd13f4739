"""Everything that one page about a platform shows, as it was at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.explanation import EnvironmentStory
from kubestack_py.model.finding import Finding
from kubestack_py.model.outcome import EnvironmentOutcome
from kubestack_py.model.past import PastDelivery
from kubestack_py.model.status import PlatformStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StackNode:
    """A stack in the graph of what needs what; `kind` is `terraform` or `kustomize`."""

    path: str
    kind: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A platform at one moment: `made_at` is UTC, `subject` that of the default branch's newest commit.

    `stories` tell what stands between that commit and each environment, `past` what was done so far,
    newest first. `plans` are there only where somebody asked for them: they alone hold values.
    """

    made_at: str
    version: str
    subject: str
    status: PlatformStatus
    stories: tuple[EnvironmentStory, ...]
    stacks: tuple[StackNode, ...]
    past: tuple[PastDelivery, ...]
    findings: tuple[Finding, ...] = ()
    plans: tuple[EnvironmentOutcome, ...] = ()

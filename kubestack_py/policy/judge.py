"""Ask every rule, and decide what becomes of what they say."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kubestack_py.model.policy import PolicyFinding, PolicyMode
from kubestack_py.policy.changes import large_sizes, protected_resources, public_resources
from kubestack_py.policy.manifests import (
    image_registries,
    image_tags,
    privileged_workloads,
    public_objects,
    required_labels,
    resource_requests,
)
from kubestack_py.policy.own import own_violations
from kubestack_py.policy.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kubestack_py.model.policy import OwnRule, PolicySettings, PolicySubject, Violation, Waiver

CHECKS = (
    protected_resources,
    public_resources,
    public_objects,
    large_sizes,
    privileged_workloads,
    resource_requests,
    image_tags,
    image_registries,
    required_labels,
)


def violations(
    subject: PolicySubject, settings: PolicySettings, own: Iterable[OwnRule] = ()
) -> Iterator[Violation]:
    """All that the built-in rules and the platform's own have to say of one stack."""
    for check in CHECKS:
        yield from check(subject, settings)
    for rule in own:
        yield from own_violations(subject, rule)


def judged(
    found: Mapping[str, Iterable[Violation]],
    settings: PolicySettings,
    environment: str,
    today: str,
    own: Iterable[OwnRule] = (),
) -> tuple[PolicyFinding, ...]:
    """What becomes of violations by stack, on a day (`2026-01-31`, UTC). Rules that are off say nothing."""
    defaults = {id_: rule.mode for id_, rule in RULES.items()}
    defaults |= {item.rule.id: item.rule.mode for item in own}
    findings = []
    for stack, items in found.items():
        for item in items:
            mode = mode_of(item.rule, settings, environment, defaults.get(item.rule, PolicyMode.WARN))
            if mode is PolicyMode.OFF:
                continue
            waiver = _waiver(item, settings.waivers, today)
            findings.append(
                PolicyFinding(
                    rule=item.rule,
                    stack=stack,
                    address=item.address,
                    message=item.message,
                    mode=mode,
                    waived=waiver.reason if waiver else "",
                    until=waiver.until if waiver else "",
                )
            )
    return tuple(sorted(findings, key=_blocking_first))


def mode_of(rule: str, settings: PolicySettings, environment: str, default: PolicyMode) -> PolicyMode:
    """The rule's own mode, else its environment's, else that of all, else its default."""
    return settings.rules.get(rule) or settings.environments.get(environment) or settings.mode or default


def _waiver(found: Violation, waivers: Iterable[Waiver], today: str) -> Waiver | None:
    """The waiver that holds today, the last day included: dates of this form sort as text."""
    return next(
        (
            waiver
            for waiver in waivers
            if waiver.rule == found.rule
            and fnmatchcase(found.address, waiver.address)
            and today <= waiver.until
        ),
        None,
    )


def _blocking_first(finding: PolicyFinding) -> tuple[bool, bool, str, str, str]:
    return (not finding.blocks, bool(finding.waived), finding.stack, finding.rule, finding.address)

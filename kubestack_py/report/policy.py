"""Rules of policies as rows, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.report.json import plain as plain_value
from kubestack_py.report.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.policy import PolicyMode, PolicyRule
    from kubestack_py.report.text import Paint

    RulesWithModes = Sequence[tuple[PolicyRule, Mapping[str, PolicyMode]]]


def rule_rows(rules: RulesWithModes) -> list[tuple[str, ...]]:
    """A row a rule: its mode in every environment, and what it asks."""
    return [(rule.id, *(mode.value for mode in modes.values()), rule.title) for rule, modes in rules]


def rules_value(rules: RulesWithModes) -> dict[str, Any]:
    """`kubestack policy list -o json`."""
    return {"rules": [{**plain_value(rule), "modes": plain_value(dict(modes))} for rule, modes in rules]}


def rule_text(rule: PolicyRule, paint: Paint = plain) -> str:
    """A rule for people, with the waiver to copy."""
    lines = [f"{paint(rule.id, 'bold')}: {rule.title} (by default: {rule.mode})"]
    lines += [f"\nWhy: {rule.why}"] if rule.why else []
    lines += [f"\nWhat to do: {rule.fix}"] if rule.fix else []
    return "\n".join([*lines, f"\nTo accept one violation for a while, in kubestack.yaml:\n\n{waiver(rule)}"])


def waiver(rule: PolicyRule) -> str:
    """A waiver of a rule as it is written into the settings."""
    return (
        "policies:\n  waivers:\n"
        f"    - rule: {rule.id}\n"
        "      address: apps/Deployment/web/web   # a glob over addresses\n"
        "      reason: moved to another name in this change\n"
        '      until: "2026-12-31"'
    )

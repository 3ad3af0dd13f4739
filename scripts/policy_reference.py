"""docs/policies.md from scripts/policies.md and the built-in rules."""

from __future__ import annotations

from pathlib import Path

from kubestack_py.policy.rules import LARGE, PROTECTED, RULES
from scripts.markdown import anchor, table

_TEXT = Path(__file__).parent / "policies.md"
_LISTS = {"protected-resources": ("Protected", PROTECTED), "large-sizes": ("Large", LARGE)}


def policy_reference() -> str:
    """What policies are, every built-in rule, and how to write more."""
    rows = [(f"[`{rule.id}`]({anchor(rule.id)})", rule.title, f"`{rule.mode}`") for rule in RULES.values()]
    text = _TEXT.read_text(encoding="utf-8")
    text = text.replace("{table}", table(["rule", "what it asks", "default"], rows))
    return text.replace("{sections}", "\n\n".join(map(_section, RULES)))


def _section(name: str) -> str:
    rule = RULES[name]
    parts = [f"### {name}", f"{rule.title}. {rule.why}", f"*What to do:* {rule.fix}"]
    if name in _LISTS:
        word, globs = _LISTS[name]
        parts.append(f"{word}: {', '.join(f'`{glob}`' for glob in globs)}.")
    return "\n\n".join(parts)

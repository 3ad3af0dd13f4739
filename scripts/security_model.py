"""docs/security-model.md from scripts/security-model.md and the catalogue of attacks."""

from __future__ import annotations

from pathlib import Path

from scripts.markdown import anchor, table
from tests.attacks.catalogue import ATTACKS, Attack, Group

_TEXT = Path(__file__).with_name("security-model.md")


def security_model() -> str:
    """Who attacks, what is refused and in which words, and what is not defended."""
    text = _TEXT.read_text(encoding="utf-8")
    contents = "\n".join(f"- [{group}]({anchor(group)})" for group in Group)
    return text.replace("{contents}", contents).replace("{attacks}", "\n\n".join(map(_section, Group)))


def _section(group: Group) -> str:
    rows = [_row(attack) for attack in ATTACKS if attack.group is group]
    return f"### {group}\n\n{table(['attack', 'what stops it', 'in words', 'proof'], rows)}"


def _row(attack: Attack) -> list[str]:
    files = dict.fromkeys(proof.partition("::")[0] for proof in attack.proofs)
    proofs = (f"[{Path(file).stem}](../tests/{file})" for file in files)
    words = f"“{attack.words}”" if attack.words else ""
    return [attack.attack, attack.defence, words.replace("*", "\\*"), ", ".join(proofs)]

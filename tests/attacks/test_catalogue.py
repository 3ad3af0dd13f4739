"""Every attack of the catalogue is proved by a test that exists, in the words that the page shows."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.attacks.catalogue import ATTACKS, Attack, Group

TESTS = Path(__file__).parent.parent


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.attack[:40] for attack in ATTACKS])
def test_attack_is_proved(attack: Attack) -> None:
    assert attack.proofs
    for proof in attack.proofs:
        path, _, name = proof.partition("::")
        assert name in functions(path), f"there is no test {proof}"
    texts = [(TESTS / proof.partition("::")[0]).read_text(encoding="utf-8") for proof in attack.proofs]
    assert any(attack.words in text for text in texts), f"no proof holds the words {attack.words!r}"


def test_tests_of_this_folder_are_in_the_catalogue() -> None:
    here = {f"attacks/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    written = {f"{path}::{name}" for path in here for name in functions(path) if name.startswith("test_")}
    named = {proof for attack in ATTACKS for proof in attack.proofs}
    assert {proof for proof in written - named if "test_catalogue" not in proof} == set()


def test_every_group_has_attacks() -> None:
    assert {attack.group for attack in ATTACKS} == set(Group)

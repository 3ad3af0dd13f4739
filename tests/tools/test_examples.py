"""The platforms in examples/ are what the program scaffolds today, byte for byte, and valid."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from scripts.examples import EXAMPLES, TABLE, page, scaffold
from tests.conftest import commit, git
from tests.platforms import Platform, files_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", TABLE)
def test_example_is_fresh_and_valid(name: str, tmp_path: Path) -> None:
    scaffold(TABLE[name], tmp_path / "made")
    assert files_of(EXAMPLES / name) == files_of(tmp_path / "made"), "run `make examples`"
    platform = Platform(root=shutil.copytree(EXAMPLES / name, tmp_path / "platform"))
    git(platform.root, "init", "--quiet")
    commit(platform.root)
    assert "is valid" in platform.ok("validate").out
    assert git(platform.root, "ls-files", "--others", "--ignored", "--exclude-standard") == ""


def test_examples_are_those_of_the_table() -> None:
    assert (EXAMPLES / "README.md").read_text("utf-8") == page(), "run `make examples`"
    assert sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()) == sorted(TABLE)

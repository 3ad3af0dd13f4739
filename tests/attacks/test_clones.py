"""A clone and a repository that want to run something as soon as a command looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import write_tree
from tests.platforms import Platform

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    "validate",
    "status",
    "history",
    "evidence list",
    "plan",
    "diff ops",
    "explain",
    "report",
    "list",
)


def hostile(platform: Platform, marker: Path) -> None:
    """Configuration that a prepared clone, an archive or a shared runner can bring."""
    script = platform.root.parent / "evil"
    script.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\ncat\n")
    script.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "pre-push", "post-checkout", "pre-commit"):
        (platform.root / ".git/hooks" / hook).write_text(f"#!/bin/sh\necho {hook} >> '{marker}'\n")
        (platform.root / ".git/hooks" / hook).chmod(0o755)
    named = {
        "core.fsmonitor",
        "diff.external",
        "core.editor",
        "sequence.editor",
        "gpg.program",
        "interactive.diffFilter",
    }
    for name in named | {"merge.evil.driver", "diff.evil.textconv", "core.pager"}:
        platform.git("config", name, f"{script}")
    platform.git("config", "log.showSignature", "true")
    platform.git("config", "remote.evil.url", f"ext::{script}")


@pytest.mark.parametrize("command", [*COMMANDS, pytest.param("run", marks=pytest.mark.slow)])
def test_clone_runs_nothing(hosted: Platform, tmp_path: Path, command: str) -> None:
    hosted.commit("attributes", {".gitattributes": "* diff=evil merge=evil\n"})
    hosted.push()
    marker = tmp_path / "executed"
    hostile(hosted, marker)
    done = hosted.kubestack(*command.split())
    assert done.code in {0, 2}, done.said
    assert not marker.exists(), marker.read_text()
    hosted.git("status")
    assert marker.exists(), "Git alone runs what the clone names, so the test would notice"


def test_submodule_is_not_fetched(hosted: Platform, tmp_path: Path) -> None:
    """Neither its files nor its address, which could be a command."""
    marker = tmp_path / "executed"
    module = f'[submodule "evil"]\n\tpath = infra/evil\n\turl = ext::sh -c "touch {marker}"\n'
    write_tree(hosted.root, {".gitmodules": module})
    hosted.git("add", ".gitmodules")
    hosted.git("update-index", "--add", "--cacheinfo", f"160000,{hosted.head},infra/evil")
    hosted.git("commit", "--quiet", "--message", "a submodule")
    hosted.push()
    (hosted.root / "infra/evil").mkdir()
    for command in ("validate", "plan"):
        done = hosted.kubestack(command)
        assert done.code in {0, 1, 2}, done.said
    assert not marker.exists()
    assert not list((hosted.root / "infra/evil").iterdir())

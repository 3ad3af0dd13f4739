"""The diff of edits against the real git: `git apply` makes of it what `apply_edits` writes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from hypothesis import given, settings
from hypothesis import strategies as st

from kubestack_py.scaffold.edits import Edits, FileEdit, apply_edits, unified_diff
from tests.conftest import make_repository
from tests.platforms import files_of

NAMES = st.sampled_from(["a.tf", "a b.tf", "ünï/x.yaml", 'q"uote', "tab\tname", "back\\slash", "d/e/f"])
CONTENTS = st.none() | st.text("ab\n\r é", max_size=12).map(str.encode)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, st.tuples(CONTENTS, CONTENTS), min_size=1))
def test_diff_is_what_git_applies(wanted: dict[str, tuple[bytes | None, bytes | None]]) -> None:
    base = Path(mkdtemp())
    try:
        roots = [base / "ours", base / "git"]
        for root in roots:
            make_repository(root)
            for name, (before, _) in wanted.items():
                if before is not None:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_bytes(before)
        edits = Edits(tuple(FileEdit(PurePosixPath(name), *states) for name, states in wanted.items()))
        apply_edits(roots[0], edits)
        diff = unified_diff(edits).encode()
        if diff:
            subprocess.run(["git", "apply", "-"], input=diff, cwd=roots[1], check=True, capture_output=True)
        assert files_of(roots[0]) == files_of(roots[1])
    finally:
        shutil.rmtree(base)

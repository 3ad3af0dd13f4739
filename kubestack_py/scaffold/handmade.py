"""Which files people have edited: those that differ from what the recorded commands write.

The record says what the platform was made from and what was added since. All of it is done again in a
temporary directory, so that nothing has to be remembered about each file.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kubestack_py.errors import EditError, KubestackError
from kubestack_py.scaffold.additions import edits_again
from kubestack_py.scaffold.edits import apply_edits
from kubestack_py.scaffold.record import read_record
from kubestack_py.scaffold.templates import render_template
from kubestack_py.scaffold.versions import templates_of
from kubestack_py.system.files import scratch_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def refuse_handmade(root: Path, paths: Iterable[str], *, force: bool) -> None:
    """Raise `EditError` for files that people edited, or made, unless `force`."""
    edited = [] if force else edited_by_hand(root, paths)
    if edited:
        raise handmade_error(edited)


def handmade_error(edited: Iterable[str]) -> EditError:
    """The error that names the files people edited."""
    shown = "\n".join(f"  {path}" for path in edited)
    return EditError(
        f"these files are not as kubestack wrote them, so somebody worked on them:\n{shown}",
        hint="Look at them. --force removes them all the same; Git has what was committed.",
    )


def edited_by_hand(root: Path, paths: Iterable[str]) -> list[str]:
    """Those of the files below `root` that are not as the recorded commands write them."""
    written = as_written(root)
    return [path for path in paths if (root / path).read_bytes() != written.get(path)]


@cache
def as_written(root: Path) -> dict[str, bytes]:
    """Every file as the recorded commands write it; nothing for a platform without a record."""
    try:
        record = read_record(root)
        with scratch_directory("record") as scratch:
            with templates_of(record.version):
                made = render_template(record.template, record.answers, scratch)
            for entry in record.added:
                apply_edits(made, edits_again(made, entry, root))
            found = (path for path in made.rglob("*") if path.is_file())
            return {path.relative_to(made).as_posix(): path.read_bytes() for path in found}
    except (KubestackError, KeyError, TypeError, ValueError):
        return {}  # what cannot be told to be ours is taken for somebody's work

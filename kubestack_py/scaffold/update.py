"""A platform on its way to newer templates: rendered from both, and merged with what the team made of it.

All of it happens in temporary directories and in Git's object store; `system.merging.take` then brings
the result into the work tree.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from kubestack_py import __version__
from kubestack_py.config.load import load_platform, read_source
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError, EditError, ScaffoldError, UsageError
from kubestack_py.model.ci import CiHost
from kubestack_py.scaffold.additions import edits_again, refuse_unknown
from kubestack_py.scaffold.answers import check_for, problem_with, questions
from kubestack_py.scaffold.edits import apply_edits
from kubestack_py.scaffold.pipelines import pipeline_edits
from kubestack_py.scaffold.record import RECORD, parse_record, read_record, record_bytes, version_order
from kubestack_py.scaffold.templates import render_template
from kubestack_py.scaffold.versions import known_versions, templates_of
from kubestack_py.system.files import disk_errors, scratch_directory
from kubestack_py.system.merging import changed_paths, files_commit, merge, same_tree_commit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.model.finding import Finding
    from kubestack_py.scaffold.answers import Question
    from kubestack_py.scaffold.record import Addition, Record
    from kubestack_py.system.git import Git
    from kubestack_py.system.merging import Conflict, Merged

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """An update that is ready to be taken, from version `before` to version `after`.

    `theirs` is the commit to take and `tree` what comes out, by Git ids; `changed` says `A`, `D` or `M`
    by path, `conflicts` is what Git could not merge, and `stay_deleted` what the team had deleted though
    the templates have something new for it.
    """

    theirs: str
    tree: str
    changed: Mapping[str, str]
    conflicts: tuple[Conflict, ...]
    stay_deleted: tuple[str, ...]
    before: str = ""
    after: str = ""
    notes: tuple[str, ...] = ()


def committed_record(git: Git) -> Record:
    """The record of the platform, as it is committed."""
    content = git.read_file(git.head(), str(RECORD))
    return read_record(git.root) if content is None else parse_record(content)


def target_version(record: Record, asked: str | None) -> str:
    """The version to go to: the one asked for, else this program's own. Raises `UsageError`."""
    target = asked or __version__
    if target not in known_versions():
        raise UsageError(
            f"there are no templates of version {target} here",
            hint=f"There are: {', '.join(known_versions())}. A newer one comes with a newer program.",
        )
    newest = max((record.version, *(entry.version for entry in record.added)), key=version_order)
    if version_order(newest) > version_order(target):
        raise UsageError(
            f"the platform has templates of version {newest}; an update to {target} would go back",
            hint="What was updated can be taken back with `git revert`.",
        )
    return target


def open_questions(record: Record, given: Mapping[str, object]) -> tuple[Question, ...]:
    """The questions that neither the record nor the user has answered: newer templates ask more."""
    return tuple(
        question
        for question in questions(record.template)
        if question.name not in (known := {**record.answers, **given})
        and len(question.choices) != 1
        and question.applies(known)
    )


def prepare(git: Git, record: Record, target: str, given: Mapping[str, object]) -> Update | None:
    """Merge a platform's commit with the templates of `target`; None where it is up to date.

    `given` are answers in place of the recorded ones. Nothing but Git's object store is written to.
    Raises `ConfigurationError` for answers that do not fit, with their lines in the record.
    """
    refuse_unknown(record.added)
    answers = _checked(git, record, given)
    head = git.read_file(git.head(), str(RECORD)) or b""
    with scratch_directory("update") as scratch:
        pair = _Pair(
            old=_rendered(scratch / "old", record.template, record.version, _as_recorded(record, answers)),
            new=_rendered(scratch / "new", record.template, target, answers),
            home=git.root,
        )
        after = replace(
            record,
            version=target,
            answers=read_record(pair.new).answers,
            added=tuple(pair.add(entry, target) for entry in record.added),
        )
        old, new = _files(pair.old), _files(pair.new)
    if after == record:
        return None
    old[str(RECORD)], new[str(RECORD)] = head, record_bytes(after)
    message = f"Update the platform to the templates of {target}"
    ready = _merged(git, old, new, message)
    return replace(ready, before=record.version, after=target, notes=tuple(pair.notes))


class _Pair:
    """A platform as it was rendered, and as it would be now, while additions are made in both."""

    def __init__(self, old: Path, new: Path, home: Path) -> None:
        self.old = old
        self.new = new
        self.notes: list[str] = []
        self._home = home

    def add(self, was: Addition, version: str) -> Addition:
        """Make an addition in both, and return it as it is from now on.

        Where it cannot be made in both it is made in neither, and so stays as the team has it: a node pool
        of a cluster that people wrote themselves, say, or one that new templates bring along.
        """
        now = replace(was, version=version)
        try:
            before = edits_again(self.old, was, self._home)
            after = edits_again(self.new, now, self._home)
        except (ConfigurationError, UsageError, EditError, ScaffoldError) as error:
            name = was.options.get("name", "")
            self.notes.append(f"{was.kind} {name} stays as it is: {error.message}")
            return was
        apply_edits(self.old, before)
        apply_edits(self.new, after)
        return now


def _checked(git: Git, record: Record, given: Mapping[str, object]) -> dict[str, Any]:
    """The answers for the new templates."""
    try:
        return asdict(check_for(record.template, {**record.answers, **given}))
    except ConfigurationError as error:
        source = SettingsSource(
            name=str(RECORD), content=git.read_file(git.head(), str(RECORD)) or record_bytes(record)
        )
        raise ConfigurationError(
            f"the answers do not fit the templates of {__version__}; nothing was changed",
            findings=[_placed(source, finding, given) for finding in error.findings],
            hint=error.hint or "Give others with --answer NAME=VALUE, or correct the file and commit it.",
        ) from error


def _placed(source: SettingsSource, finding: Finding, given: Mapping[str, object]) -> Finding:
    name = re.split(r"[.\[]", finding.key)[0]
    if name in given:
        return finding
    return source.finding(finding.message, ("answers", name), check=finding.check, hint=finding.hint)


def _as_recorded(record: Record, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that the old files are rendered from: the recorded ones, where they can be used at all.

    A record can be edited by anybody, and some answers become names of directories. What was not asked
    then had today's default: a pipeline that is asked for now was not there before.
    """
    usable = {
        name: value
        for name, value in record.answers.items()
        if problem_with(name, value, record.template) is None
    }
    return {**asdict(check_for(record.template, {"name": answers["name"]})), **usable}


def _rendered(parent: Path, template: str, version: str, answers: Mapping[str, Any]) -> Path:
    """The top of a platform that was rendered from the templates of a version.

    Pipelines are text of the program, not of templates: both sides get today's, so that an update changes
    the version that their image installs, and `kubestack ci render` the rest.
    """
    with disk_errors(f"make {parent}"):
        parent.mkdir()
    with templates_of(version):
        root = render_template(template, answers, parent)
    if answers["ci"] != "none":
        platform = load_platform(read_source(root))
        apply_edits(root, pipeline_edits(root, platform, CiHost(answers["ci"]), version))
    return root


def _files(root: Path) -> Files:
    with disk_errors(f"read {root}"):
        paths = (path for path in sorted(root.rglob("*")) if path.is_file())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def _merged(git: Git, old: Files, new: Files, message: str) -> Update:
    """Merge; once more without what the team has deleted, so that it stays deleted."""
    head = git.head()
    deleted: set[str] = set()
    while True:
        theirs, merged = _attempt(git, head, old, new, message)
        found = _deleted_by_the_team(git, head, old, new, merged)
        if not found:
            break
        deleted |= found
        for path in found:
            old.pop(path, None)
            new.pop(path, None)
    return Update(
        theirs=theirs,
        tree=merged.tree,
        changed=changed_paths(git, head, merged.tree),
        conflicts=merged.conflicts,
        stay_deleted=tuple(sorted(deleted)),
    )


def _attempt(git: Git, head: str, old: Files, new: Files, message: str) -> tuple[str, Merged]:
    origin = files_commit(git, old, "What the platform was rendered as")
    theirs = files_commit(git, new, message, origin)
    ours = same_tree_commit(git, head, "What the team made of it", origin)
    return theirs, merge(git, ours, theirs)


def _deleted_by_the_team(git: Git, head: str, old: Files, new: Files, merged: Merged) -> set[str]:
    """Rendered paths that came back in a merge though the team had deleted them, or all around them."""
    gone = {
        path
        for conflict in merged.conflicts
        if conflict.kind in {"modify/delete", "rename/delete"} and not conflict.ours
        for path in conflict.paths
    }
    here = git.list_tree(head)
    result = git.list_tree(merged.tree)
    for path in new.keys() - old.keys():
        if path in result and path not in here and _emptied(path, old, here):
            gone.add(path)
    return gone & (old.keys() | new.keys())


def _emptied(path: str, old: Mapping[str, object], here: Mapping[str, object]) -> bool:
    """Whether the nearest directory of a path that was rendered into has nothing left in it."""
    while "/" in path:
        path = path.rpartition("/")[0]
        if any(name.startswith(f"{path}/") for name in old):
            return not any(name.startswith(f"{path}/") for name in here)
    return False

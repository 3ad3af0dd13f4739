"""The record of a platform: what it was scaffolded from, and what `kubestack add` has added since.

`kubestack update` renders a platform anew from it, so every command that adds or removes something
takes its entry in or out, in the same edits:

    Edits(files=(*files, *record_edits(root, lambda it: it.with_added("cluster", options))), ...)
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kubestack_py import __version__
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError
from kubestack_py.model.finding import Finding, Location
from kubestack_py.scaffold.edits import FileEdit
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from kubestack_py.config.source import KeyPath

RECORD = PurePosixPath(".kubestack/answers.json")
TEMPLATE = "platform"
TEMPLATES = (TEMPLATE, "deploy-repository")
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One thing that was added: its kind (`cluster`), the options that make it again, as JSON values,
    and the version of the program whose templates it was made from."""

    kind: str
    options: Mapping[str, Any]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a platform was made from: template and its version, answers, additions in their order."""

    version: str
    answers: Mapping[str, Any]
    added: tuple[Addition, ...] = ()
    template: str = TEMPLATE

    def with_added(self, kind: str, options: Mapping[str, Any]) -> Record:
        """The record with one more entry at its end; itself where that very entry is there already."""
        if any(entry.kind == kind and entry.options == options for entry in self.added):
            return self
        entry = Addition(kind=kind, options=options, version=__version__)
        return replace(self, added=(*self.added, entry))

    def without_added(self, kind: str, **options: object) -> Record:
        """The record without the entries of a kind that have all of these options."""
        return replace(
            self,
            added=tuple(
                entry
                for entry in self.added
                if entry.kind != kind or not options.items() <= entry.options.items()
            ),
        )

    def with_answers(self, **answers: object) -> Record:
        """The record with other answers: where the thing that changes was asked for at scaffolding."""
        return replace(self, answers={**self.answers, **answers})


def record_edits(root: Path, change: Callable[[Record], Record]) -> tuple[FileEdit, ...]:
    """The edit that changes the record of the platform at `root`, as a tuple of one.

    Empty where there is nothing to change, and where the platform has no record: one that was written
    by hand can be added to all the same. Raises `ConfigurationError` for a record that cannot be read.
    """
    before = _content(root)
    if before is None:
        return ()
    record = parse_record(before)
    changed = change(record)
    return () if changed == record else (FileEdit(path=RECORD, before=before, after=record_bytes(changed)),)


def read_record(root: Path) -> Record:
    """The record of the platform at `root`; raises `ConfigurationError` where there is none, or a bad one."""
    content = _content(root)
    if content is None:
        raise ConfigurationError(
            f"{root} has no {RECORD}, so nothing says what it was scaffolded from",
            hint="It is written by `kubestack new platform`. Where it was deleted, take it back from Git: "
            f"git log --diff-filter=D -- {RECORD}",
        )
    return parse_record(content)


def parse_record(content: bytes) -> Record:
    """A record from the bytes of its file.

    A record without `added` (until 0.1) has no additions. Raises `ConfigurationError` with line and key
    for one that is malformed, of another template, or of a newer program than this one.
    """
    source = SettingsSource(name=str(RECORD), content=content)
    value = _parsed(content)
    problems = list(_problems(source, value))
    if problems:
        raise _unusable(problems)
    return Record(
        template=value["template"],
        version=value["version"],
        answers=value["answers"],
        added=tuple(
            Addition(
                kind=item["kind"], options=item["options"], version=item.get("version", value["version"])
            )
            for item in value.get("added", [])
        ),
    )


def record_bytes(record: Record) -> bytes:
    """The file as the template writes it too: JSON, two spaces, keys in the order of reading."""
    value = {
        "template": record.template,
        "version": record.version,
        "answers": dict(record.answers),
        "added": [asdict(entry) for entry in record.added],
    }
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()


def version_order(version: str) -> tuple[int, int, int]:
    """A version as something to compare, (0, 0, 0) for what is none."""
    found = _VERSION.fullmatch(version)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def _content(root: Path) -> bytes | None:
    path = root / RECORD
    with disk_errors(f"read {path}"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _parsed(content: bytes) -> dict[str, Any]:
    line, column, problem = 1, 1, "has to be one JSON object"
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        line, column, problem = error.lineno, error.colno, error.msg
    except UnicodeDecodeError:
        problem = "is no text in UTF-8"
    else:
        if isinstance(value, dict):
            return value
    where = Location(path=str(RECORD), line=line, column=column)
    raise _unusable([Finding(check="json", where=where, message=problem)])


def _unusable(problems: Sequence[Finding]) -> ConfigurationError:
    return ConfigurationError(
        f"{RECORD} cannot be used",
        findings=problems,
        hint="The program writes this file; `git log` shows who else did.",
    )


def _problems(source: SettingsSource, value: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a parsed record."""
    yield from _wrong_types(source, value, (), {"template": str, "version": str, "answers": dict})
    entries = value.get("added", [])
    if not isinstance(entries, list):
        yield source.finding("has to be a list", ["added"])
        entries = []
    for number, entry in enumerate(entries):
        place = ("added", number)
        if not isinstance(entry, dict):
            yield source.finding("has to be an object with `kind` and `options`", place)
            continue
        yield from _wrong_types(source, entry, place, {"kind": str, "options": dict})
        yield from _unfit_version(source, entry.get("version", value.get("version")), (*place, "version"))
    if value.get("template", TEMPLATE) not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        yield source.finding(f"is {value['template']!r}; known here: {known}", ["template"])
    yield from _unfit_version(source, value.get("version"), ("version",))


def _wrong_types(
    source: SettingsSource, value: Mapping[str, object], place: KeyPath, wanted: Mapping[str, type]
) -> Iterator[Finding]:
    for key, kind in wanted.items():
        if key not in value:
            yield source.finding(f"{key} is missing", place)
        elif not isinstance(value[key], kind):
            yield source.finding(f"has to be {'text' if kind is str else 'an object'}", [*place, key])


def _unfit_version(source: SettingsSource, version: object, place: KeyPath) -> Iterator[Finding]:
    """A version that is none, or that this program is too old for."""
    if not isinstance(version, str):
        return
    if not _VERSION.fullmatch(version):
        yield source.finding(f"{version!r} is no version, such as {__version__}", place)
    elif version_order(version) > version_order(__version__):
        yield source.finding(
            f"{version} is newer than this program ({__version__})",
            place,
            hint=f"install kubestack-py {version} or newer",
        )

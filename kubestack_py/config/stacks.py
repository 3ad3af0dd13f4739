"""Find the stacks that the settings name in the files of the repository."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.pattern import matches
from kubestack_py.model.platform import ITSELF, OVERLAYS, Delivery, Platform, Stack, StackEntry, StackKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kubestack_py.config.source import SettingsSource
    from kubestack_py.model.finding import Finding

_NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._-")


class _Found(NamedTuple):
    """A directory that is a stack, with the entry that named it and that entry's index."""

    entry: StackEntry
    kind: StackKind
    entry_index: int


def discover_stacks(platform: Platform, source: SettingsSource, root: Path) -> tuple[Stack, ...]:
    """Every stack of the platform. Raises `ConfigurationError` with all that `find_stacks` complains of."""
    stacks, findings = find_stacks(platform, source, root)
    if findings:
        raise ConfigurationError(f"{source.name} does not fit the repository", findings=findings)
    return stacks


def find_stacks(
    platform: Platform, source: SettingsSource, root: Path
) -> tuple[tuple[Stack, ...], tuple[Finding, ...]]:
    """The stacks that are there, in the order of the settings, then by path; and what is wrong.

    There is a finding for each entry that leads nowhere, could be both kinds, needs an unknown
    stack or is part of a circle.
    """
    discovery = _Discovery(source, root)
    stacks = discovery.stacks(platform.stacks)
    return stacks, tuple(discovery.findings)


class _Discovery:
    """One search through the repository, collecting what is wrong on the way."""

    def __init__(self, source: SettingsSource, root: Path) -> None:
        self._source = source
        self._root = root
        self._real_root = root.resolve()
        self.findings: list[Finding] = []

    def stacks(self, entries: Sequence[StackEntry]) -> tuple[Stack, ...]:
        found: dict[str, _Found] = {}
        for index, entry in enumerate(entries):
            for path, kind in self._directories(entry, index):
                # What is said of one stack by its path wins over what a pattern says of many.
                if path not in found or not _is_pattern(entry):
                    found[path] = _Found(entry, kind, index)
        stacks = tuple(self._stack(path, item, found) for path, item in found.items())
        for circle in _circles(stacks):
            index = found[circle[0]].entry_index
            self._note(f"stacks need each other in a circle: {' → '.join(circle)}", index, "needs")
        return stacks

    def _note(self, message: str, *key: str | int, hint: str = "") -> None:
        self.findings.append(self._source.finding(message, ["stacks", *key], check="stacks", hint=hint))

    def _directories(self, entry: StackEntry, index: int) -> Iterator[tuple[str, StackKind]]:
        """Paths and kinds of the stacks that one entry names."""
        literal = not _is_pattern(entry)
        candidates = [self._root / entry.path] if literal else self._matching(entry.path)
        nothing = True
        for directory in candidates:
            kinds = _kinds(directory, entry)
            if kinds:
                nothing = False
                path = directory.relative_to(self._root).as_posix()
                problem = self._problem(directory, path, kinds)
                if problem:
                    self._note(problem[0], index, "path", hint=problem[1])
                else:
                    yield path, kinds[0]
        if nothing:
            kind = f"{entry.kind} stack" if entry.kind else "stack"
            there = literal and candidates[0].is_dir()
            message = f"{entry.path} is no {kind}" if there else f"no {kind} found at {entry.path}"
            hint = "a stack is a directory with *.tf files, or with base/ and overlays/<environment>/"
            self._note(message, index, "path", hint=hint)

    def _matching(self, pattern: str) -> list[Path]:
        """What a pattern matches in the order of paths, without what is below a hidden directory."""
        found = sorted(self._root.glob(pattern))
        return [
            path for path in found if not any(part[0] == "." for part in path.relative_to(self._root).parts)
        ]

    def _problem(self, directory: Path, path: str, kinds: Sequence[StackKind]) -> tuple[str, str] | None:
        """What keeps a directory from being a stack, and what to do about it."""
        if not all(set(part) <= _NAME_CHARACTERS and part[0] not in "-." for part in path.split("/")):
            return (
                f"the directory name {path!r} cannot be a stack",
                "use letters, digits and `. _ -` in its name",
            )
        root, real = self._real_root, directory.resolve()
        if not real.is_relative_to(root):
            return (
                f"{path} leads out of the repository",
                "remove the symbolic link; a stack is part of the platform",
            )
        if real != root / path:  # Git holds no files below a link, so they would be in no digest
            return f"{path} is a symbolic link", f"name the directory itself: {real.relative_to(root)}"
        if len(kinds) > 1:
            return f"{path} could be Terraform or Kustomize", "set `kind: terraform` or `kind: kustomize`"
        return None

    def _stack(self, path: str, item: _Found, found: dict[str, _Found]) -> Stack:
        entry, kind, index = item
        needed: dict[str, None] = {}
        for position, pattern in enumerate(entry.needs):
            matched = [other for other in found if matches(pattern, other)]
            if not matched:
                known = ", ".join(found)
                self._note(
                    f"needs {pattern}, which is no stack", index, "needs", position, hint=f"known: {known}"
                )
            needed |= dict.fromkeys(other for other in matched if other != path or "*" not in pattern)
        delivery = (entry.delivery or Delivery.RENDERED) if kind is StackKind.KUSTOMIZE else None
        return Stack(
            path=path,
            kind=kind,
            needs=tuple(needed),
            delivery=delivery,
            force_conflicts=entry.force_conflicts,
            overlays=entry.overlays or OVERLAYS,
        )


def _is_pattern(entry: StackEntry) -> bool:
    return "*" in entry.path


def _kinds(directory: Path, entry: StackEntry) -> list[StackKind]:
    try:
        names = {path.name for path in directory.iterdir()}
    except OSError:  # no directory, or one that nobody may read
        return []
    terraform = any(name.endswith(TERRAFORM_SUFFIXES) for name in names)
    kustomize = any((directory / name).is_dir() for name in (OVERLAYS, "base") if name in names)
    if entry.overlays == ITSELF:
        kustomize = any(directory.glob("*/kustomization.yaml"))
    seen = {StackKind.TERRAFORM: terraform, StackKind.KUSTOMIZE: kustomize}
    return [kind for kind, there in seen.items() if there and entry.kind in {None, kind}]


def _circles(stacks: Sequence[Stack]) -> Iterator[list[str]]:
    """One path for each circle in `needs`, beginning and ending with the same stack."""
    needs = {stack.path: stack.needs for stack in stacks}
    done: set[str] = set()

    def walk(path: str, trail: list[str]) -> list[str] | None:
        if path in trail:
            return [*trail[trail.index(path) :], path]
        if path in done:
            return None
        for needed in needs[path]:
            circle = walk(needed, [*trail, path])
            if circle:
                return circle
        done.add(path)
        return None

    for stack in stacks:
        circle = walk(stack.path, [])
        if circle:
            done.update(circle)
            yield circle

"""The notes of a tree as values: lines of evidence by file. A union of two loses no line of either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.system.commits import data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Notes = Mapping[str, frozenset[str]]  # the lines of each file of the notes tree, by path


def about(path: str) -> str:
    """The commit that a file of the notes tree is about: its id, divided by slashes anywhere."""
    return path.replace("/", "")


def lines_of(note: bytes) -> frozenset[str]:
    """The lines of a note."""
    # Not splitlines: it also divides at characters that JSON leaves as they are (U+2028).
    return frozenset(line for line in note.decode("utf-8", "surrogateescape").split("\n") if line.strip())


def written(note: tuple[str, frozenset[str]]) -> bytes:
    """The command of `git fast-import` that writes a note."""
    path, lines = note
    text = "".join(f"{line}\n" for line in sorted(lines))
    return b"M 100644 inline %s\n%s" % (path.encode(), data(text.encode("utf-8", "surrogateescape")))


def union(known: Notes, other: Notes) -> dict[str, frozenset[str]]:
    """All that is in either; a note that both have keeps the path that it has in `known`."""
    return {**known, **additions(known, ((about(path), lines) for path, lines in other.items()))}


def additions(known: Notes, wanted: Iterable[tuple[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """The files that have to be written so that the `wanted` lines stand on their commits.

    A note that is there keeps its path. The commands of Git for notes are of no use here: they guess
    the paths from the number of notes, and refuse notes on commits that this clone has not.
    """
    paths = {about(path): path for path in known}
    changed: dict[str, frozenset[str]] = {}
    for commit, lines in wanted:
        path = paths.get(commit, f"{commit[:2]}/{commit[2:]}")
        before = changed.get(path, known.get(path, frozenset()))
        if not lines <= before:
            changed[path] = before | lines
    return changed


def missing(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> frozenset[str]:
    """The lines that files of a notes tree held before and hold no more, on whatever path."""
    now = union({}, {path: lines_of(content) for path, content in after.items()})
    kept = {about(path): lines for path, lines in now.items()}
    gone = (lines_of(content) - kept.get(about(path), frozenset()) for path, content in before.items())
    return frozenset[str]().union(*gone)


def in_order(notes: Notes) -> list[tuple[str, str]]:
    """Every line with the commit it is on, oldest first."""
    return sorted({(line, about(path)) for path, note in notes.items() for line in note})


def descending(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The greatest first; the others are put in order only when they are asked for."""
    rest = list(lines)
    if rest:
        greatest = max(rest)
        yield greatest
        yield from sorted((line for line in rest if line != greatest), reverse=True)

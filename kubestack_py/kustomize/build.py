"""Render overlays with the real `kubectl kustomize` or `kustomize`, as few processes as that takes."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.batch import Batch, culprit
from kubestack_py.kustomize.isolation import TraitReader, Traits, entangled
from kubestack_py.kustomize.manifests import in_order, parse, split
from kubestack_py.kustomize.messages import explain, is_about, warnings
from kubestack_py.system.files import disk_errors
from kubestack_py.system.interrupts import interrupts
from kubestack_py.system.process import Command, Completed, run
from kubestack_py.system.yaml import YamlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.system.tools import Tool

BUILD_SECONDS = 300.0
SMALLEST_BATCH = 8  # below this, a second process costs more than it gains (two cores, kubectl 1.32)
LARGEST_BATCH = 64 * 1024  # bytes of manifests: Kustomize's time grows with the square of what it builds
GARBAGE_PERCENT = "400"  # Go's collector looks less often: a fifth less processor time, 12 MB more memory
PATIENCE = 3  # broken overlays that one batch gives up, one by one, before all are built alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """The overlay of a stack; `path` is its directory, relative to the repository."""

    stack: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What the overlay of a stack renders, sorted by address, and what Kustomize warned of."""

    stack: str
    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()


def build(
    tool: Tool, root: Path, overlays: Sequence[Overlay], scratch: Path, parallel: int
) -> dict[str, Rendered | KustomizeError]:
    """Render overlays, at most `parallel` processes at a time; the answer is by stack, in their order.

    A build that fails is a value, so that the others are not lost. `scratch` is an empty directory.
    Overlays share processes where that cannot change the result (see `isolation`).
    """
    builder = _Builder(tool, root.resolve(), scratch)
    results: dict[str, Rendered | KustomizeError] = {}
    with ThreadPoolExecutor(max_workers=max(1, parallel)) as pool:
        for batch in pool.map(builder.together, builder.batches(overlays, parallel)):
            results.update(batch)
        rest = [overlay for overlay in overlays if overlay.stack not in results]
        for overlay, result in zip(rest, pool.map(builder.alone, rest), strict=True):
            results[overlay.stack] = result
    interrupts.check()
    return {overlay.stack: results[overlay.stack] for overlay in overlays}


class _Builder:
    def __init__(self, tool: Tool, root: Path, scratch: Path) -> None:
        self._tool = tool
        self._root = root
        self._scratch = scratch
        self._traits: dict[str, Traits] = {}

    def batches(self, overlays: Sequence[Overlay], parallel: int) -> list[list[Overlay]]:
        """Overlays that may be built together, dealt out to as many processes as are worth starting."""
        if len(overlays) < 2:
            return []
        reader = TraitReader()
        self._traits = {item.stack: reader.read(self._directory(item)) for item in overlays}
        sociable = [item for item in overlays if not self._traits[item.stack].alone]
        count = max(1, min(parallel, len(sociable) // SMALLEST_BATCH))
        dealt = (sociable[start::count] for start in range(count))
        return [part for batch in dealt for part in self._bounded(batch)]

    def _bounded(self, batch: Sequence[Overlay]) -> Iterator[list[Overlay]]:
        """The same overlays, cut where the next one would make a process slow."""
        part: list[Overlay] = []
        size = 0
        for overlay in batch:
            own = self._traits[overlay.stack].size
            if part and size + own > LARGEST_BATCH:
                yield part
                part, size = [], 0
            part.append(overlay)
            size += own
        yield part

    def together(self, overlays: Sequence[Overlay]) -> dict[str, Rendered]:
        """Build in one process; a stack that is missing in the answer has to be built alone."""
        members = dict(enumerate(overlays))
        batch = self._prepare(members)
        for _ in range(PATIENCE):
            if len(members) < 2:
                return {}
            batch.choose(members)
            try:
                completed = self._run(batch.directory, "a shared build")
            except KustomizeError as error:
                broken = culprit(error.detail)
                if broken not in members:
                    return {}
                del members[broken]
            else:
                return self._accepted(members, completed, batch)
        return {}

    def alone(self, overlay: Overlay) -> Rendered | KustomizeError:
        """Build one overlay in a process of its own."""
        try:
            completed = self._run(self._directory(overlay), f"building {overlay.path}")
        except KustomizeError as error:
            return explain(error, overlay.path, self._root)
        try:
            manifests = _manifests(split(completed.out), overlay)
        except KustomizeError as error:
            return error
        return Rendered(stack=overlay.stack, manifests=manifests, warnings=warnings(completed.err))

    def _prepare(self, members: dict[int, Overlay]) -> Batch:
        with disk_errors("prepare a shared build"):
            directory = self._scratch / f"batch-{secrets.token_hex(4)}"
            directory.mkdir()
            batch = Batch(directory)
            for number, overlay in members.items():
                batch.add(number, self._directory(overlay))
        return batch

    def _accepted(
        self, members: dict[int, Overlay], completed: Completed, batch: Batch
    ) -> dict[str, Rendered]:
        """What of a shared build is surely the same as built alone."""
        said = warnings(completed.err)
        documents = batch.take_apart(completed.out)
        if documents is None or not all(self._is_attributed(warning, members) for warning in said):
            return {}
        rendered = {}
        for number, overlay in members.items():
            try:
                rendered[overlay.stack] = _manifests(documents.get(number, []), overlay)
            except KustomizeError:
                return {}
        renaming = {stack for stack in rendered if self._traits[stack].renames}
        return {
            stack: Rendered(
                stack=stack,
                manifests=rendered[stack],
                warnings=tuple(item for item in said if is_about(item, self._traits[stack].fields)),
            )
            for stack in rendered.keys() - entangled(rendered, renaming)
        }

    def _is_attributed(self, warning: str, members: dict[int, Overlay]) -> bool:
        return any(is_about(warning, self._traits[item.stack].fields) for item in members.values())

    def _directory(self, overlay: Overlay) -> Path:
        return self._root / overlay.path

    def _run(self, directory: Path, purpose: str) -> Completed:
        verb = "kustomize" if self._tool.name == "kubectl" else "build"
        return run(
            Command(
                argv=(self._tool.path, verb, *self._tool.options, "."),
                cwd=directory,
                env={"GOGC": GARBAGE_PERCENT},
                error=KustomizeError,
                timeout=BUILD_SECONDS,
                interruptible=True,
                purpose=purpose,
            )
        )


def _manifests(documents: Sequence[bytes], overlay: Overlay) -> tuple[Manifest, ...]:
    try:
        return in_order((parse(text, overlay.path) for text in documents), overlay.path)
    except YamlError as error:
        raise KustomizeError(f"{overlay.path} renders what kubectl cannot read: {error.problem}") from error

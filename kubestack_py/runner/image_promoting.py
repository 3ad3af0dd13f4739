"""`kubestack image promote`: the images that one environment has verified, for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import RefusedError, UsageError
from kubestack_py.model.evidence import RecordStatus
from kubestack_py.promotion.gate import proof
from kubestack_py.runner.content import CommitContent
from kubestack_py.scaffold.images import ImageChange, overlay_entries

if TYPE_CHECKING:
    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.promotion.history import History
    from kubestack_py.runner.session import Session


def verified_record(history: History, environment: str, stack: str) -> Record | None:
    """The newest record of a verification that no later record of the same content takes back."""
    newer: set[object] = set()
    for record in reversed(history.of(environment)):
        if record.stack == stack and history.counts(record):
            if record.status is RecordStatus.VERIFIED and record.digest not in newer:
                return record
            newer.add(record.digest)
    return None


def verified_images(
    session: Session, stack: Stack, source: Environment, target: Environment
) -> tuple[list[ImageChange], Record]:
    """What `target` is to run: the `images:` of the content that `source` has verified, and its record.

    Raises `RefusedError`, in the words of the gate, where nothing is verified, and `UsageError` where the
    commit is not in this clone or sets no image.
    """
    history = session.history()
    record = verified_record(history, source.name, stack.path)
    if record is None:
        newest = history.latest(source.name, stack.path)
        refused = proof(source, stack.path, newest)
        raise RefusedError(f"nothing is promoted: {refused.message}", hint=refused.hint)
    if session.git.commit_info(record.commit) is None:
        raise UsageError(
            f"{record.commit[:8]}, which {source.name} verified, is not in this clone",
            hint="Fetch the whole history (git fetch --unshallow), then run this again.",
        )
    content = CommitContent(session.git, record.commit)
    if content.digests([stack], session.platform.environments)[stack.path][source.name] != record.digest:
        raise RefusedError(
            f"nothing is promoted: {stack.path} at {record.commit[:8]} is not the content that the record "
            f"of {record.at[:19]}Z is about",
            hint=f"Let {source.name} verify the newest commit: kubestack run",
        )
    entries = overlay_entries(content, stack.path, source.name)
    if not entries:
        raise UsageError(
            f"{stack.path} sets no image for {source.name} at {record.commit[:8]}",
            hint="Its images stand in the base, which environments share: `kubestack promote` moves it.",
        )
    changes = [
        ImageChange(stack=stack.path, environment=target.name, image=entry.becomes, name=entry.name)
        for entry in entries
    ]
    return changes, record

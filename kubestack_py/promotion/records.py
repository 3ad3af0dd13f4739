"""One record of evidence as one line of JSON, and back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import EvidenceError
from kubestack_py.model.evidence import RECORD_VERSION, Record
from kubestack_py.model.outline import ChangeOutline

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec.json import Decoder

_MOMENT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def to_line(record: Record) -> str:
    """The record as one line. It begins with the time, so that sorted lines are in order of time."""
    value = {
        "at": record.at,
        "version": RECORD_VERSION,
        "run": record.run,
        "environment": record.environment,
        "stack": record.stack,
        "status": record.status,
        "commit": record.commit,
        "digest": {"shared": record.digest.shared, "environment": record.digest.environment},
        "changes": record.changes,
        "changes_digest": record.changes_digest,
        "outlines": [_outline_value(item) for item in record.outlines],
        "overrides": [{"check": item.check, "reason": item.reason} for item in record.overrides],
        "verification": [
            {"name": result.name, "passed": result.passed, "message": result.message}
            for result in record.verification
        ],
        "tools": record.tools,
        "actor": record.actor,
        "url": record.url,
        "message": record.message,
        "signature": record.signature,
    }
    return json.dumps(_without_empty(value), ensure_ascii=False, separators=(",", ":"))


def unsigned(record: Record) -> str:
    """The line that a signature covers: all of the record but the signature."""
    return to_line(replace(record, signature=""))


def from_line(line: str, noted_on: str = "") -> Record:
    """The record of a line that was found in the note of a commit.

    Raises `EvidenceError` for what is no record, or one of a newer version.
    """
    try:
        record = _decoded(line)
        _check_moment(record.at)
        # Nobody else has seen this value yet, and `replace` would take as long as all the rest.
        object.__setattr__(record, "noted_on", noted_on)
    except (ValueError, OverflowError, RecursionError) as error:
        raise EvidenceError(
            f"the evidence holds a line that is no record: {line[:120]}",
            hint="Somebody edited the notes by hand; `kubestack evidence verify` says where.",
        ) from error
    return record


def is_record(line: str) -> bool:
    """Whether a line is one of evidence, and not what somebody wrote by hand."""
    try:
        from_line(line)
    except EvidenceError:
        return False
    return True


def _decoded(line: str) -> Record:
    """What this program reads of a line; `ValueError` where a field is missing or of another type."""
    version, record, convert = _decoders()
    try:
        _check_version(version.decode(line).version)
        return record.decode(line)
    except UnicodeEncodeError:  # a message may hold bytes that are no text: what a program printed
        value = json.loads(line)
        _check_version(value["version"])
        return convert(value, Record)


@cache
def _decoders() -> tuple[Decoder[Any], Decoder[Record], Callable[[object, type[Record]], Record]]:
    """Typed decoding checks every field, in a fifth of the time of `json.loads`.

    msgspec is imported here, as `kubestack resolve` reads no record.
    """
    import msgspec

    versioned = msgspec.defstruct("Versioned", [("version", int)])
    return msgspec.json.Decoder(versioned), msgspec.json.Decoder(Record), msgspec.convert


def _check_version(version: int) -> None:
    if version > RECORD_VERSION:
        raise EvidenceError(
            f"the evidence holds a record of version {version}; known here is {RECORD_VERSION}",
            hint="Update kubestack: a newer version of it wrote to this repository.",
        )
    if version < 1:
        raise ValueError(version)


def _check_moment(text: str) -> None:
    """Raise `ValueError` for a time that does not sort as text, or cannot be reckoned with."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    datetime.fromisoformat(text)


def _outline_value(outline: ChangeOutline) -> dict[str, Any]:
    return _without_empty(
        {
            "address": outline.address,
            "action": outline.action,
            "paths": list(outline.paths),
            "replace_paths": list(outline.replace_paths),
            "unknown_paths": list(outline.unknown_paths),
            "previous_address": outline.previous_address,
        }
    )


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item not in ("", [], {})}

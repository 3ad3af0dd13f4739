"""One record of evidence as one line of JSON, and back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from kubestack_py.errors import EvidenceError
from kubestack_py.model.changes import ChangeAction, ContentDigest
from kubestack_py.model.evidence import (
    RECORD_VERSION,
    Override,
    Record,
    RecordStatus,
    VerificationResult,
)
from kubestack_py.model.outline import ChangeOutline

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
        value: dict[str, Any] = json.loads(line)
        version = value["version"]
        if isinstance(version, int) and version > RECORD_VERSION:
            raise EvidenceError(
                f"the evidence holds a record of version {version}; known here is {RECORD_VERSION}",
                hint="Update kubestack: a newer version of it wrote to this repository.",
            )
        return _record(value, noted_on)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise EvidenceError(
            f"the evidence holds a line that is no record: {line[:120]}",
            hint="Somebody edited the notes by hand; `kubestack evidence verify` says where.",
        ) from error


def is_record(line: str) -> bool:
    """Whether a line is one of evidence, and not what somebody wrote by hand."""
    try:
        from_line(line)
    except EvidenceError:
        return False
    return True


def _record(value: dict[str, Any], noted_on: str) -> Record:
    if value["version"] != RECORD_VERSION:
        raise ValueError(value["version"])
    return Record(
        at=_moment(value["at"]),
        run=str(value["run"]),
        environment=str(value["environment"]),
        stack=str(value["stack"]),
        status=RecordStatus(value["status"]),
        commit=str(value["commit"]),
        digest=ContentDigest(
            shared=str(value["digest"]["shared"]), environment=str(value["digest"]["environment"])
        ),
        changes={str(key): int(number) for key, number in value.get("changes", {}).items()},
        changes_digest=str(value.get("changes_digest", "")),
        outlines=tuple(_outline(item) for item in value.get("outlines", [])),
        overrides=tuple(
            Override(check=str(item["check"]), reason=str(item["reason"]))
            for item in value.get("overrides", [])
        ),
        verification=tuple(
            VerificationResult(
                name=str(item["name"]), passed=bool(item["passed"]), message=str(item.get("message", ""))
            )
            for item in value.get("verification", [])
        ),
        tools={str(key): str(item) for key, item in value.get("tools", {}).items()},
        actor=str(value.get("actor", "")),
        url=str(value.get("url", "")),
        message=str(value.get("message", "")),
        signature=str(value.get("signature", "")),
        noted_on=noted_on,
    )


def _moment(text: str) -> str:
    """The time as it is written, when it is one that sorts and can be reckoned with."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    datetime.fromisoformat(text)
    return text


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


def _outline(value: dict[str, Any]) -> ChangeOutline:
    return ChangeOutline(
        address=str(value["address"]),
        action=ChangeAction(value["action"]),
        paths=_texts(value.get("paths", [])),
        replace_paths=_texts(value.get("replace_paths", [])),
        unknown_paths=_texts(value.get("unknown_paths", [])),
        previous_address=str(value.get("previous_address", "")),
    )


def _texts(value: list[Any]) -> tuple[str, ...]:
    return tuple(str(item) for item in value)


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item not in ("", [], {})}

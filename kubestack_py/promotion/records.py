"""One record of evidence as one line of JSON, and back."""

from __future__ import annotations

import json
from typing import Any

from kubestack_py.errors import EvidenceError
from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.evidence import RECORD_VERSION, Record, RecordStatus, VerificationResult


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
        "verification": [
            {"name": item.name, "passed": item.passed, "message": item.message}
            for item in record.verification
        ],
        "tools": record.tools,
        "actor": record.actor,
        "url": record.url,
        "message": record.message,
    }
    kept = {key: item for key, item in value.items() if item not in ("", [], {})}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def from_line(line: str) -> Record:
    """The record of a line. Raises `EvidenceError` for what is no record, or one of a newer version."""
    try:
        value: dict[str, Any] = json.loads(line)
        version = value["version"]
        if isinstance(version, int) and version > RECORD_VERSION:
            raise EvidenceError(
                f"the evidence holds a record of version {version}; known here is {RECORD_VERSION}",
                hint="Update kubestack: a newer version of it wrote to this repository.",
            )
        return _record(value)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise EvidenceError(
            f"the evidence holds a line that is no record: {line[:120]}",
            hint="Somebody edited the notes by hand; see it with `git log --notes=kubestack`.",
        ) from error


def _record(value: dict[str, Any]) -> Record:
    return Record(
        at=str(value["at"]),
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
    )

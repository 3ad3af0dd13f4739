"""Other engines: what to call, and what their answers mean. Who asks for one has to have it installed.

conftest and opa get one JSON file a stack, `{stack, environment, changes, manifests}`; checkov gets the
rendered objects. Sources: conftest.dev (output `json`), openpolicyagent.org (`opa eval`), checkov.io.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import PolicyEngineError
from kubestack_py.model.policy import PolicyEngine, Violation
from kubestack_py.policy.changes import value_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubestack_py.model.policy import PolicySubject

# conftest ends with 1 where a policy fails, checkov too unless it is told not to.
ENDINGS = {PolicyEngine.CONFTEST: (0, 1), PolicyEngine.OPA: (0,), PolicyEngine.CHECKOV: (0, 1)}
_REGO = "data.main"


def engine_input(subject: PolicySubject, environment: str) -> dict[str, Any]:
    """What Rego sees of a stack as `input`. Masked values are masked here as well."""
    return {
        "stack": subject.stack,
        "environment": environment,
        "changes": [
            {
                "address": change.address,
                "action": change.action.value,
                "attributes": {item.path: value_of(item.after) for item in change.attributes},
                "replace_paths": list(change.replace_paths),
            }
            for change in subject.changes
        ],
        "manifests": [manifest.document for manifest in subject.manifests],
    }


def engine_argv(engine: PolicyEngine, policies: Path, subject: Path) -> tuple[str, ...]:
    """The command that judges one stack; `subject` is its JSON file, a directory of manifests for checkov."""
    match engine:
        case PolicyEngine.CONFTEST:
            return ("conftest", "test", "--no-color", "--output=json", f"--policy={policies}", str(subject))
        case PolicyEngine.OPA:
            return ("opa", "eval", "--format=json", f"--data={policies}", f"--input={subject}", _REGO)
        case PolicyEngine.CHECKOV:
            return (
                *("checkov", "--directory", str(subject), "--framework", "kubernetes"),
                *("--output", "json", "--quiet", "--compact", "--skip-download"),
            )


def engine_violations(engine: PolicyEngine, stack: str, answer: str) -> Iterator[Violation]:
    """What an engine found. Raises `PolicyEngineError` for an answer that is none."""
    try:
        value = json.loads(answer or "null")
        match engine:
            case PolicyEngine.CONFTEST:
                yield from _of_conftest(stack, value)
            case PolicyEngine.OPA:
                yield from _of_opa(stack, value)
            case PolicyEngine.CHECKOV:
                yield from _of_checkov(stack, value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolicyEngineError(
            f"{engine} gave an answer that cannot be read for {stack}", detail=answer[:400]
        ) from error


def _of_conftest(stack: str, value: list[dict[str, Any]]) -> Iterator[Violation]:
    for file in value:
        for item in (*(file.get("failures") or ()), *(file.get("warnings") or ())):
            yield _rego(PolicyEngine.CONFTEST, stack, item["msg"], item.get("metadata") or {})


def _of_opa(stack: str, value: dict[str, Any]) -> Iterator[Violation]:
    """The sets `deny`, `violation` and `warn` of the package main, as conftest names them."""
    for result in value.get("result", ()):
        for expression in result["expressions"]:
            for name in ("deny", "violation", "warn"):
                for item in expression["value"].get(name, ()):
                    text = item if isinstance(item, str) else item["msg"]
                    yield _rego(PolicyEngine.OPA, stack, text, item if isinstance(item, dict) else {})


def _rego(engine: PolicyEngine, stack: str, text: str, metadata: dict[str, Any]) -> Violation:
    return Violation(rule=engine.value, address=str(metadata.get("address", stack)), message=text)


def _of_checkov(stack: str, value: Any) -> Iterator[Violation]:
    """Failed checks; checkov answers with a bare summary where it found no object to look at."""
    reports = value if isinstance(value, list) else [value]
    for report in reports:
        found = report["results"]["failed_checks"] if "passed" not in report else ()
        for item in found:
            message, address = f"{item['check_id']}: {item['check_name']}", item["resource"] or stack
            yield Violation(rule=PolicyEngine.CHECKOV.value, address=address, message=message)

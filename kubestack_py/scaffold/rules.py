"""What the schema of the answers has to say about them, in words."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

from kubestack_py.model.finding import Finding
from kubestack_py.system.files import resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

PLATFORM = "platform"
SHOWN_CHARACTERS = 60
_ANNOTATIONS = {"title", "description", "default", "x-default", "x-pattern", "x-only", "$comment"}
_CERTAIN = {"type", "enum", "pattern", "maxLength", "minItems", "uniqueItems", "items"}


@cache
def answer_rules(template: str = PLATFORM) -> Mapping[str, Any]:
    """The schema of each answer of a template by its name, in the order to ask for them."""
    rules: dict[str, Any] = _schema(template)["properties"]
    return rules


def findings(answers: Mapping[str, object], template: str = PLATFORM) -> tuple[Finding, ...]:
    """Everything that is wrong, at most once for each value; lists have to be lists here.

    Good answers are recognised without jsonschema, whose import takes a sixth of the whole command.
    It decides, and explains, wherever there is any doubt.
    """
    rules = answer_rules(template)
    if "name" in answers and all(
        name in rules and _surely_fits(answers[name], rules[name]) for name in answers
    ):
        return ()
    from jsonschema import Draft202012Validator

    found: dict[str, Finding] = {}
    for error in Draft202012Validator(_schema(template)).iter_errors(dict(answers)):
        for finding in _explained(error, rules):
            found.setdefault(finding.key, finding)
    return tuple(found.values())


@cache
def _schema(template: str) -> dict[str, Any]:
    file = resource(f"schemas/{template}-answers.schema.json")
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def _surely_fits(value: object, rule: Mapping[str, Any]) -> bool:
    """True only where every keyword of the rule is known here and the value fits them all."""
    if rule.keys() - _ANNOTATIONS - _CERTAIN:
        return False
    if "enum" in rule:
        return value in rule["enum"]
    if isinstance(value, list) and rule["type"] == "array":
        return (
            all(_surely_fits(item, rule["items"]) for item in value)
            and len(set(value)) == len(value) >= rule["minItems"]
        )
    return (
        isinstance(value, str)
        and rule["type"] == "string"
        and len(value) <= rule.get("maxLength", len(value))
        and re.search(rule["pattern"], value) is not None
    )


def _explained(error: ValidationError, rules: Mapping[str, Any]) -> tuple[Finding, ...]:
    rule: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        return tuple(_unknown(name, rules) for name in value if name not in rule["properties"])
    if error.validator == "required":  # of `name`, the only answer without a default
        return (_finding("name", "is missing", f"allowed: {rule['properties']['name']['x-pattern']}"),)
    allowed = f"allowed: {rule['x-pattern']}{_suggestion(value, rule)}"
    return (_finding(error.json_path.removeprefix("$."), f"{_shown(value)} cannot be used", allowed),)


def _finding(key: str, message: str, hint: str) -> Finding:
    return Finding(check="answers", key=key, message=message, hint=hint)


def _unknown(name: str, rules: Mapping[str, Any]) -> Finding:
    import difflib

    near = difflib.get_close_matches(name, rules, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(rules)}"
    return _finding(name, "is no question of this template", hint)


def _suggestion(value: object, rule: Mapping[str, Any]) -> str:
    """The nearest value that would do, as the end of a hint; empty where none is near."""
    if not isinstance(value, str) or "pattern" not in rule:
        return ""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    near = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return f"; for example {near}" if _surely_fits(near, rule) else ""


def _shown(value: object) -> str:
    """The value on one line, with control characters and unicode as escapes."""
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"

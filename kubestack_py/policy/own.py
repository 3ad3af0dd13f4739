"""A platform's own rules: JSON Schema over an object, or over what a plan changes of a resource.

A file holds one rule (or several documents):

    id: backups-are-on
    title: Databases are backed up
    targets: [aws_db_instance]          # kinds of objects and types of resources, as globs
    mode: block                         # what holds where the settings say nothing
    message: set backup_retention_period
    schema: {properties: {backup_retention_period: {minimum: 7}}}

An object is looked at as a whole. Of a resource the schema sees the attributes that the plan sets, with
their nesting; those of an update are only the ones that change.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.finding import Finding, Location
from kubestack_py.model.policy import OwnRule, PolicyMode, PolicyRule, Violation
from kubestack_py.policy.changes import kind_of, value_of
from kubestack_py.policy.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubestack_py.model.changes import AttributeChange
    from kubestack_py.model.policy import PolicySubject

_KNOWN = {"id", "title", "why", "fix", "mode", "targets", "schema", "message"}
_REQUIRED = ("id", "targets", "schema")
_ID = re.compile(r"[a-z]+(-[a-z0-9]+)*")
_STEP = re.compile(r'\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')


def read_own_rule(path: str, value: object) -> OwnRule:
    """The rule of a document. Raises `ConfigurationError` that names the file and what is wrong."""
    problem = _problem(value)
    if problem:
        where = Location(path=path)
        raise ConfigurationError(
            "a rule of the platform cannot be read",
            findings=(Finding(check="policy", where=where, message=problem, hint="see docs/policies.md"),),
        )
    rule: dict[str, Any] = value  # type: ignore[assignment]
    title = rule.get("title", rule["id"])
    return OwnRule(
        rule=PolicyRule(
            id=rule["id"],
            title=title,
            why=rule.get("why", ""),
            fix=rule.get("fix", ""),
            mode=PolicyMode(rule.get("mode", PolicyMode.WARN.value) or PolicyMode.OFF),
        ),
        targets=tuple(rule["targets"]),
        schema=rule["schema"],
        message=rule.get("message", title),
    )


def own_violations(subject: PolicySubject, own: OwnRule) -> Iterator[Violation]:
    """Objects and resources of the rule's targets that do not fit its schema."""
    found = list(_targets(subject, own))
    if not found:
        return
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator = Draft202012Validator(dict(own.schema), registry=Registry())  # never asks the network
    for address, document in found:
        try:
            error = next(validator.iter_errors(document), None)
        except Unresolvable as unresolvable:
            raise ConfigurationError(
                f"the schema of the rule {own.rule.id} refers to {unresolvable.ref}, which is not in it",
                hint="Put it into the schema below `$defs`; nothing is fetched.",
            ) from unresolvable
        if error is not None:
            where = error.json_path.removeprefix("$").removeprefix(".")
            message = f"{own.message} ({where})" if where else own.message
            yield Violation(rule=own.rule.id, address=address, message=message)


def _targets(subject: PolicySubject, own: OwnRule) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for manifest in subject.manifests:
        if _fits(manifest.kind, own):
            yield manifest.address, manifest.document
    rendered = {manifest.address for manifest in subject.manifests}
    for change in subject.changes:
        gone = change.action in {ChangeAction.DELETE, ChangeAction.FORGET}
        if not gone and change.address not in rendered and _fits(kind_of(change.address), own):
            yield change.address, nested(change.attributes)


def _fits(kind: str, own: OwnRule) -> bool:
    return any(fnmatchcase(kind, glob) for glob in own.targets)


def nested(attributes: tuple[AttributeChange, ...]) -> dict[str, Any]:
    """Attributes by dotted path as mappings within mappings; a list is what its indices make of it."""
    root: dict[str | int, Any] = {}
    for attribute in attributes:
        if attribute.after is None:
            continue
        steps = [_step(match) for match in _STEP.finditer(attribute.path)]
        place = root
        for step in steps[:-1]:
            place = place.setdefault(step, {}) if isinstance(place.get(step, {}), dict) else {}
        place[steps[-1]] = value_of(attribute.after)
    return {str(key): _with_lists(value) for key, value in root.items()}


def _step(match: re.Match[str]) -> str | int:
    index, quoted, plain = match.groups()
    if index is not None:
        return int(index)
    return plain if quoted is None else str(json.loads(f'"{quoted}"'))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_with_lists(value[key]) for key in sorted(value)]
    return {str(key): _with_lists(item) for key, item in value.items()}


def _problem(value: object) -> str:
    """What keeps a document from being a rule; empty when nothing does."""
    if not isinstance(value, dict):
        return "a rule is a mapping"
    unknown, missing = sorted(set(value) - _KNOWN), [key for key in _REQUIRED if key not in value]
    if unknown or missing:
        return f"unknown: {', '.join(map(str, unknown))}" if unknown else f"missing: {', '.join(missing)}"
    if not isinstance(value["id"], str) or not _ID.fullmatch(value["id"]):
        return "`id` is made of lower-case words with dashes between them"
    if value["id"] in RULES:
        return f"{value['id']} is a built-in rule; choose another id"
    if not _are_texts(value["targets"]):
        return "`targets` is a list of kinds and types, such as [Deployment, aws_db_*]"
    if value.get("mode", "warn") not in [*(mode.value for mode in PolicyMode), False]:  # a plain `off`
        return "`mode` is off, warn or block"
    if not all(isinstance(value.get(key, ""), str) for key in ("title", "why", "fix", "message")):
        return "title, why, fix and message are texts"
    return _schema_problem(value["schema"])


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _schema_problem(schema: object) -> str:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        return "`schema` is a JSON Schema (a mapping)"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"`schema` is no JSON Schema: {error.message}"
    return ""

"""Structural schemas of CustomResourceDefinitions as JSON Schema that refuses unknown fields.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NESTED = ("items", "not", "additionalProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_KEPT = {
    "type", "enum", "required", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems",
    "maxItems", "minProperties", "maxProperties", "multipleOf", "uniqueItems", "description",
}  # fmt: skip


def json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the objects of a CRD: `apiVersion`, `kind` and `metadata` are always allowed."""
    converted = _converted(schema)
    own = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    converted["properties"] = {**converted.get("properties", {}), **own}
    return converted


def _converted(schema: Mapping[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """One level; branches of `anyOf` and the like repeat fields of their parent and refuse none."""
    result: dict[str, Any] = {key: value for key, value in schema.items() if key in _KEPT}
    properties = schema.get("properties")
    if isinstance(properties, dict):
        result["properties"] = {
            name: _converted(item, strict=strict) for name, item in properties.items() if _is_schema(item)
        }
        if strict and "additionalProperties" not in schema and not _keeps_unknown(schema):
            result["additionalProperties"] = False
    for key in _NESTED:
        if _is_schema(schema.get(key)):
            result[key] = _converted(schema[key], strict=strict and key != "not")
    for key in _LISTS:
        if isinstance(schema.get(key), list):
            result[key] = [_converted(item, strict=False) for item in schema[key] if _is_schema(item)]
    _exclusive(schema, result, "minimum", "exclusiveMinimum")
    _exclusive(schema, result, "maximum", "exclusiveMaximum")
    return _loosened(schema, result)


def _loosened(schema: Mapping[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    if schema.get("x-kubernetes-embedded-resource"):
        result.pop("additionalProperties", None)
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    return result


def _exclusive(schema: Mapping[str, Any], result: dict[str, Any], bound: str, flag: str) -> None:
    """OpenAPI 3.0 has a flag beside the bound, JSON Schema another bound."""
    if schema.get(flag) is True and bound in result:
        result[flag] = result.pop(bound)


def _keeps_unknown(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("x-kubernetes-preserve-unknown-fields"))


def _is_schema(value: object) -> bool:
    return isinstance(value, dict)

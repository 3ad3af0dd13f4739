"""Saved plans as one file: a line that says what it is, a readable header, and the plan files.

    kubestack-plans 1 aes-256-gcm 0123456789abcdef
    {"environment": "ops", "commit": …}
    (the plan files, one after the other, sealed together with both lines)

The header holds names, ids and digests, never a value. The first line says how the rest is sealed:
`aes-256-gcm` with the name of the key, or `sha256`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import RefusedError, UsageError
from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.saved import KustomizeBinding, SavedPlan, SavedPlans, TerraformBinding
from kubestack_py.system.sealing import BrokenSealError, key_name, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.saved import Binding

MAGIC = b"kubestack-plans "
FORMAT = 1
_LONGEST_LINE = 100
_KINDS = {"terraform": TerraformBinding, "kustomize": KustomizeBinding}
_AGAIN = "Plan again, and take the new file: kubestack plan -e ENV --save FILE"


def to_bytes(plans: SavedPlans, key: bytes | None) -> bytes:
    """The file that carries these plans; encrypted when there is a key."""
    seal_name = f"aes-256-gcm {key_name(key)}" if key else "sha256"
    header = json.dumps(_header(plans), sort_keys=True, separators=(",", ":"))
    beside = MAGIC + f"{FORMAT} {seal_name}\n{header}\n".encode()
    return beside + seal(b"".join(plan.file for plan in plans.plans), beside, key)


def from_bytes(content: bytes, name: str, key: bytes | None) -> SavedPlans:
    """The plans of a file that people know as `name`.

    Raises `UsageError` for a file of another kind, and `RefusedError` for one that is of another
    version, was altered or cut short, or does not fit the key. With a key, a file without
    encryption is refused too: anybody could have written it.
    """
    if not content.startswith(MAGIC):
        hint = "Stacks are directories; a file has to come from `kubestack plan --save FILE`."
        raise UsageError(f"{name} is no file of saved plans", hint=hint)
    first, _, rest = content.partition(b"\n")
    _check_seal(first[:_LONGEST_LINE].decode("utf-8", "replace"), name, key)
    line, _, sealed = rest.partition(b"\n")
    try:
        files = unseal(sealed, first + b"\n" + line + b"\n", key)
        return _plans(json.loads(line), files)
    except BrokenSealError as error:
        raise RefusedError(f"{name} was altered or cut short since it was saved", hint=_AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RefusedError(f"{name} has a header that cannot be understood", hint=_AGAIN) from error


def _check_seal(first: str, name: str, key: bytes | None) -> None:
    """Refuse a file of another version, or one that is sealed in another way than the key says."""
    version, _, seal_name = first.removeprefix(MAGIC.decode()).partition(" ")
    if version != str(FORMAT):
        raise RefusedError(
            f"{name} has the format {version!r}, but only {FORMAT} is understood",
            hint="Plan and apply with the same version of kubestack.",
        )
    method, _, wanted = seal_name.partition(" ")
    if method == "sha256" and key:
        raise RefusedError(
            f"{name} is not encrypted although there is a key: somebody without the key may have written it",
            hint="Set KUBESTACK_PLAN_KEY_FILE where the plans are saved too, and plan again.",
        )
    if method == "aes-256-gcm" and key is None:
        raise RefusedError(
            f"{name} is encrypted, and there is no key to open it with",
            hint="Set KUBESTACK_PLAN_KEY_FILE to the file with the key that it was saved with.",
        )
    if method not in {"sha256", "aes-256-gcm"}:
        raise RefusedError(f"{name} was altered: it has an unknown seal", hint=_AGAIN)
    if key and wanted != key_name(key):
        raise RefusedError(
            f"{name} was encrypted with another key",
            hint="Set KUBESTACK_PLAN_KEY_FILE to the file with the key that it was saved with.",
        )


def _header(plans: SavedPlans) -> dict[str, Any]:
    return {
        "environment": plans.environment,
        "commit": plans.commit,
        "ref": plans.ref,
        "at": plans.at,
        "made_by": plans.made_by,
        "plans": [_plan_header(plan) for plan in plans.plans],
    }


def _plan_header(plan: SavedPlan) -> dict[str, Any]:
    kind = next(kind for kind, form in _KINDS.items() if isinstance(plan.binding, form))
    return {
        "stack": plan.stack,
        "content": asdict(plan.content),
        kind: asdict(plan.binding),
        "empty": plan.empty,
        "size": len(plan.file),
        "sha256": hashlib.sha256(plan.file).hexdigest(),
    }


def _plans(value: Mapping[str, Any], files: bytes) -> SavedPlans:
    """The plans of a header; raises `ValueError`, `KeyError` or `TypeError` where it is malformed."""
    plans, at = [], 0
    for item in value["plans"]:
        end = at + _number(item["size"])
        plans.append(_plan(item, files[at:end]))
        at = end
    if not plans or at != len(files) or len({plan.stack for plan in plans}) != len(plans):
        raise ValueError
    texts = {name: _text(value[name]) for name in ("environment", "commit", "ref", "at", "made_by")}
    return SavedPlans(plans=tuple(plans), **texts)


def _plan(value: Mapping[str, Any], file: bytes) -> SavedPlan:
    if hashlib.sha256(file).hexdigest() != value["sha256"]:
        raise ValueError
    return SavedPlan(
        stack=_text(value["stack"]),
        content=ContentDigest(**{name: _text(item) for name, item in value["content"].items()}),
        binding=_binding(value),
        empty=value["empty"] is True,
        file=file,
    )


def _binding(value: Mapping[str, Any]) -> Binding:
    if "terraform" in value:
        facts = dict(value["terraform"])
        return TerraformBinding(serial=_number(facts.pop("serial")), **_texts(facts))
    return KustomizeBinding(**_texts(value["kustomize"]))


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(item) for name, item in values.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value

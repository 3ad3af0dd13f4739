"""Values that SOPS has encrypted and that nobody would decrypt where they arrive.

Flux decrypts whole objects, and whole files inside of a Secret (kustomize-controller, `DecryptResource`).
Lines of a file in `envs:` are neither once Kustomize has made keys of them; kubectl delivery puts them
together again. A ConfigMap is decrypted by neither: everybody who may read pods may read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.kustomize.encrypted import encrypted_keys, is_whole, lone_values, variables
from kubestack_py.model.examined import Problem
from kubestack_py.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from kubestack_py.model.examined import Built

CHECK = "encrypted-value"
_VARIABLES = "a variable of an encrypted file in `envs:`, and would arrive encrypted"
_USE_FILES = (
    "name the file under `files:`, which Flux decrypts, or encrypt a Secret as a whole with SOPS; "
    "`delivery: kubectl` decrypts `envs:` too"
)
_NO_CONFIG_MAP = "make a Secret of it with `secretGenerator`; nobody decrypts a ConfigMap"
_USE_SOPS = "take the text out, and encrypt the whole file with sops: a value alone has no key"


def check_encrypted(objects: Iterable[Built], kubectl: Collection[str]) -> Iterator[Problem]:
    """Problems of Secrets and ConfigMaps; `kubectl` are the stacks that kubectl delivers."""
    for item in objects:
        manifest = item.manifest
        if manifest.group or is_whole(item.document):
            continue
        if manifest.kind == "Secret":
            yield from _secret(item, decrypts_variables=item.stack in kubectl)
        elif manifest.kind == "ConfigMap":
            yield from _config_map(item)


def _secret(item: Built, *, decrypts_variables: bool) -> Iterator[Problem]:
    keys = variables(item.document)
    if keys and not decrypts_variables:
        yield _problem(item, keys, _VARIABLES, _USE_FILES)
    yield from _lone(item)


def _config_map(item: Built) -> Iterator[Problem]:
    keys = variables(item.document)
    if keys:
        yield _problem(item, keys, _VARIABLES, _NO_CONFIG_MAP)
    files = encrypted_keys(item.document)
    if files:
        says = "a whole encrypted file, and would arrive encrypted"
        yield _problem(item, files, says, _NO_CONFIG_MAP, Severity.WARNING)
    yield from _lone(item)


def _lone(item: Built) -> Iterator[Problem]:
    keys = lone_values(item.document)
    if keys:
        yield _problem(item, keys, "encrypted by itself, and would arrive so", _USE_SOPS)


def _problem(
    item: Built, keys: tuple[str, ...], says: str, hint: str, severity: Severity = Severity.ERROR
) -> Problem:
    says = f"{'this is' if len(keys) == 1 else 'each is'} {says}"
    return Problem(
        check=CHECK,
        about=item,
        path=("data", keys[0]),
        message=f"{', '.join(keys)}: {says}",
        hint=hint,
        severity=severity,
    )

"""Settings that lead Terraform itself elsewhere: where its state is, who gives credentials, who gets them.

A backend may name a kubeconfig, and that a program to run; `terraform_remote_state` takes the same settings
and computes them, so that it can also carry what a file function reads to any address. Providers know
programs (`exec`), files that name some (`shared_config_files`, `config_path`), and other endpoints for their
tokens. All of that happens at `init` or in a plan, with backends and providers that everybody uses.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.terraform import hcl_json, syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

REMOTE_STATE = "terraform_remote_state"
# What only names a place in a store that the job's own credentials open.
_PLACES = {
    "s3": {
        *("bucket", "key", "region", "encrypt", "use_lockfile", "dynamodb_table", "kms_key_id"),
        "workspace_key_prefix",
    },
    "gcs": {"bucket", "prefix"},
    "azurerm": {
        *("resource_group_name", "storage_account_name", "container_name", "key"),
        *("subscription_id", "tenant_id", "use_oidc", "use_azuread_auth"),
    },
    "local": {"path", "workspace_dir"},
}
_STEERS = re.compile(
    r"exec|(?:\w+_)?config_paths?|kubeconfig\w*|shared_(?:config|credentials)_files?|credential_process"
    r"|endpoints?|\w+_endpoint|(?:https?_)?proxy(?:_url)?|metadata_host|web_identity_token_file"
)
_COMPUTED = "(computed)"
_LOGINS = {"aws": ["eks", "get-token"], "gke-gcloud-auth-plugin": [], "kubelogin": ["get-token"]}
_OF_LOGINS = {"api_version", "command", "args", "interactive_mode"}
_NAMED = {"block", "attribute", "object_elem"}
_KNOWN_ROOTS = {"terraform", "path"}  # no file of a pull request changes what these say


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """One such setting: what it is called in messages, and its line, 0 where that is not known.

    `content` is the same for the same setting, however it is spaced; it is empty where other files decide
    what the setting says, so that it cannot be compared.
    """

    name: str
    line: int
    content: str


def in_hcl(root: Node) -> Iterator[Steering]:
    """The settings of a file."""
    for block in syntax.blocks(root):
        if block.type == "terraform":
            yield from _places(block)
        elif block.type == "data" and block.labels[:1] == (REMOTE_STATE,):
            if not _is_plain_state(block):
                yield _steering(REMOTE_STATE, block.node)
        elif block.type == "provider" and block.labels:
            yield from _in_provider(block)


def in_json(source: bytes) -> Iterator[Steering]:
    """The settings of a `.tf.json` file."""
    document = hcl_json.load(source)
    for settings in hcl_json.objects(document.get("terraform")):
        for cloud in hcl_json.objects(settings.get("cloud")):
            yield _of_value("cloud", cloud)
        for name, body in hcl_json.labelled(settings, "backend"):
            if not body.keys() <= _PLACES.get(name, set()):
                yield _of_value(f"backend {name}", body)
    for kind, bodies in hcl_json.labelled(document, "data"):
        if kind == REMOTE_STATE:
            yield from (_of_value(REMOTE_STATE, body) for body in hcl_json.objects(list(bodies.values())))
    for name, body in hcl_json.labelled(document, "provider"):
        yield from (_of_value(f"provider {name}: {key}", value) for key, value in _steering_values(body))


def _places(block: syntax.Block) -> Iterator[Steering]:
    for inner in syntax.inner_blocks(block):
        if inner.type == "cloud":
            yield _steering("cloud", inner.node)
        elif inner.type == "backend" and inner.labels:
            known = _PLACES.get(inner.labels[0], set())
            blocks = any(True for _ in syntax.inner_blocks(inner))
            if blocks or not syntax.attributes(inner.body).keys() <= known:
                yield _steering(f"backend {inner.labels[0]}", inner.node)


def _is_plain_state(block: syntax.Block) -> bool:
    """Whether it only names a place; a configuration that is not written out here may name anything."""
    given = syntax.attributes(block.body)
    kind = syntax.literal(given["backend"]) if "backend" in given else None
    config = given.get("config")
    if kind not in _PLACES or config is None or any(True for _ in syntax.inner_blocks(block)):
        return False
    items = list(syntax.object_items(config))
    return bool(items) and all(syntax.key(key) in _PLACES[kind] for key, _ in items)


def _in_provider(block: syntax.Block) -> Iterator[Steering]:
    """Every setting of these names, however deep, as a block, an attribute or a key of an object."""
    for node in syntax.walk(block.node):
        if node.type in _NAMED and node != block.node:
            found = [name for name in _names(node) if name == _COMPUTED or _STEERS.fullmatch(name)]
            if found and not _is_login(node):
                yield _steering(f"provider {block.labels[0]}: {found[0]}", node)


def _is_login(node: Node) -> bool:
    """Whether a program is run that only says who somebody is, as its makers document it."""
    if node.type == "block":
        given = syntax.attributes(next((it for it in node.children if it.type == "body"), None))
    else:
        given = {
            syntax.key(key) or _COMPUTED: value for key, value in syntax.object_items(node.named_children[-1])
        }
    if "command" not in given or not given.keys() <= _OF_LOGINS:
        return False
    first = _LOGINS.get(syntax.literal(given["command"]) or "")
    items = syntax.only(given["args"], "collection_value", "tuple") if "args" in given else None
    said = (
        [syntax.literal(item) for item in items.named_children if item.type == "expression"] if items else []
    )
    return first is not None and said[: len(first)] == first


def _names(node: Node) -> Iterator[str]:
    """What a block (`dynamic "exec"`), an attribute or a key is called; a computed key may be anything."""
    if node.type == "block":
        yield from (
            syntax.text(it).strip('"')
            for it in node.named_children
            if it.type in {"identifier", "string_lit"}
        )
    elif node.named_children:
        first = node.named_children[0]
        yield syntax.text(first) if node.type == "attribute" else syntax.key(first) or _COMPUTED


def _steering(name: str, node: Node) -> Steering:
    content = " ".join(syntax.text(node).split()) if _says_it_itself(node) else ""
    return Steering(name=name, line=syntax.line(node), content=content)


def _says_it_itself(node: Node) -> bool:
    """Whether no other file has a say, save in the arguments of a program that is named here."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if here.type in _NAMED and "args" in _names(here):
            continue
        if here.type == "variable_expr" and syntax.text(here) not in _KNOWN_ROOTS and not _is_key(here):
            return False
        waiting.extend(here.children)
    return True


def _is_key(node: Node) -> bool:
    """Whether a bare word is the key of an object, which the grammar takes for a variable."""
    parent = node.parent
    above = parent.parent if parent else None
    return bool(parent and above and above.type == "object_elem" and above.named_children[0] == parent)


def _steering_values(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if _STEERS.fullmatch(key) or (key == "dynamic" and "exec" in json.dumps(inner)):
                yield key, inner
            else:
                yield from _steering_values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _steering_values(inner)


def _of_value(name: str, value: Any) -> Steering:
    content = json.dumps(value, sort_keys=True)
    return Steering(name=name, line=0, content="" if "${" in content or "%{" in content else content)

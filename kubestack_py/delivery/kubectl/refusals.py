"""Why kubectl or the API server refused, in words. Pure.

The first line of each message goes into evidence, so it names objects, fields and managers, and no values;
kubectl's own text is the detail, which only the terminal shows.
"""

from __future__ import annotations

import re

from kubestack_py.errors import DeliveryError

_UNREACHABLE = re.compile(
    r"Unable to connect|connection refused|was refused|no such host|i/o timeout|connection reset|"
    r"unexpected EOF|\bEOF$|TLS handshake|context deadline exceeded|no route to host|http2: |"
    r"Client\.Timeout|too many requests|ServiceUnavailable|currently unable to handle the request",
    re.MULTILINE,
)
_UNAUTHORISED = re.compile(
    r"Unauthorized|must be logged in|provide credentials|getting credentials|x509: certificate has expired"
)
_CONTEXT = re.compile(r"context \"?[^\n]*\"? does not exist|context was not found for specified context")
_QUOTA = re.compile(r"exceeded quota: (?P<quota>[^,\s]+)")
_CONFLICT = re.compile(
    r"conflicts? with \"(?P<manager>[^\"]*)\"[^\n]*?:(?: (?P<field>\.[^\n]*)|(?P<fields>(?:\n- [^\n]+)+))"
)
_UNKNOWN_FIELD = re.compile(r"unknown field \"(?P<field>[^\"]+)\"")
_NO_KIND = re.compile(r"no matches for kind \"(?P<kind>[^\"]+)\" in version \"(?P<version>[^\"]+)\"")
_NO_NAMESPACE = re.compile(r"namespaces \"(?P<namespace>[^\"]+)\" not found")
_FORBIDDEN = re.compile(r"User \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+) resource \"(?P<what>[^\"]+)\"")


class UnreachableError(DeliveryError):
    """The API server cannot be asked at all, by anybody or by these credentials."""


def refusal(text: str, context: str, address: str = "") -> DeliveryError:
    """The error for what kubectl wrote on standard error; `address` is the object, where one is known."""
    about = address or "an object"
    if _CONTEXT.search(text):
        return UnreachableError(
            f"the kubeconfig has no context {context}",
            hint="See `kubectl config get-contexts`, and correct `cluster:` in kubestack.yaml.",
        )
    if _UNAUTHORISED.search(text):
        return UnreachableError(
            f"the API server of {context} does not accept the credentials: they are wrong or have expired",
            hint="Sign in again, and try `kubectl --context NAME get namespaces`.",
            detail=text,
        )
    if _UNREACHABLE.search(text):
        return UnreachableError(
            f"the API server of {context} cannot be reached",
            hint="Run the same command again when it answers: what was applied is not applied twice.",
            detail=text,
        )
    return _about_object(text, about, context)


def _about_object(text: str, about: str, context: str) -> DeliveryError:
    if conflicts := list(_CONFLICT.finditer(text)):
        owned = "; ".join(f"{match['manager']} manages {_fields(match)}" for match in conflicts)
        return DeliveryError(
            f"{about} has fields that others manage: {owned}",
            hint="Leave these fields out of the manifest, let the other manager go of them, or take them "
            "over with `force_conflicts: true` of the stack.",
        )
    if found := _QUOTA.search(text):
        return DeliveryError(f"{about} would exceed the quota {found['quota']}", detail=text)
    if found := _FORBIDDEN.search(text):
        return DeliveryError(
            f"{found['user']} may not {found['verb']} {found['what']} in {context}",
            hint="Grant it with a Role, or use a context that has the right.",
            detail=text,
        )
    if found := _UNKNOWN_FIELD.search(text):
        return DeliveryError(
            f"{about} has the field {found['field']}, which its API does not know", detail=text
        )
    if found := _NO_KIND.search(text):
        return DeliveryError(
            f"{context} serves no {found['kind']} of {found['version']}",
            hint="Deliver its CustomResourceDefinition in this stack or one that it `needs`.",
        )
    if found := _NO_NAMESPACE.search(text):
        return DeliveryError(
            f"{context} has no namespace {found['namespace']}, which {about} belongs to",
            hint="Render it in this stack or one that it `needs`, or create it.",
        )
    return DeliveryError(f"the API server of {context} refused {about}", detail=text)


def _fields(match: re.Match[str]) -> str:
    if match["field"]:
        return match["field"].strip()
    return ", ".join(line.removeprefix("- ") for line in match["fields"].strip().splitlines())

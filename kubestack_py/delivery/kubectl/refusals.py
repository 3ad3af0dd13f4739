"""Why kubectl or the API server refused, in words. Pure.

The first line of each message goes into evidence, so it names objects, fields and managers, and no values;
kubectl's own text is the detail, which only the terminal shows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LINES = 20
_LOG = re.compile(r"[EWIF]\d{4} [\d:.]+ +\d+ \S+\.go:\d+\] ")
_UNREACHABLE = re.compile(
    r"Unable to connect|connection refused|was refused|no such host|i/o timeout|connection reset|"
    r"unexpected EOF|\bEOF$|TLS handshake|context deadline exceeded|no route to host|http2: |"
    r"Client\.Timeout|too many requests|ServiceUnavailable|currently unable to handle the request|"
    r"etcdserver: (?!request is too large)",
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
_WEBHOOK_DOWN = re.compile(r"failed calling (?:admission )?webhook \"(?P<webhook>[^\"]+)\"")
_WEBHOOK = re.compile(r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request")
_TERMINATING = re.compile(r"in namespace (?P<namespace>\S+) because it is being terminated")
_TYPED = re.compile(r"(?:typed patch object(?: \([^)]*\))?: \.?|ValidationError\(\w+\.)(?P<field>[^\s:)]+)")
_INVALID = re.compile(r"^The [\w.]+ \"[^\"]+\" is invalid: ", re.MULTILINE)
_FIELD = re.compile(r"(?:^|: |\* )([a-z][\w.\[\]/-]*): [A-Z][a-z]+(?: [a-z]+)?(?::|$)", re.MULTILINE)
_FIXED = re.compile(r"immutable|may not change once set|cannot change roleRef|updates to statefulset spec")
_TOO_LARGE = re.compile(
    r"request is too large|Request entity too large|message larger than max|(?:\[\]|annotations): Too long: "
)
_FORBIDDEN = re.compile(
    r"User \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+) resource \"(?P<what>[^\"]+)\""
    r"[^\n]*? (?:in the namespace \"(?P<namespace>[^\"]+)\"|at the cluster scope)"
)


class UnreachableError(DeliveryError):
    """The API server cannot be asked at all, by anybody or by these credentials."""


def refusal(text: str, context: str, address: str = "") -> DeliveryError:
    """The error for what kubectl wrote on standard error; `address` is the object, where one is known."""
    about = address or "an object"
    text = _once(text)
    if found := _WEBHOOK_DOWN.search(text):  # before the rest: its text tells of a connection too
        return DeliveryError(
            f"the admission webhook {found['webhook']} did not answer, and {about} was refused for it",
            hint="See that its pods run, or delete its configuration: the next apply puts it back, last.",
            detail=text,
        )
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


def _once(text: str) -> str:
    """Each line once, without those of kubectl's own log: it repeats an error for every object."""
    lines = list(dict.fromkeys(text.strip().splitlines()))
    lines = [line for line in lines if not _LOG.match(line)] or lines
    few = lines[:MOST_LINES]
    return "\n".join(
        [*few, *([f"and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else [])]
    )


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
    if forbidden := list(_FORBIDDEN.finditer(text)):
        return DeliveryError(
            f"{forbidden[0]['user']} may not {_rights(forbidden)} in {context}",
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
    return _about_content(text, about, context)


def _about_content(text: str, about: str, context: str) -> DeliveryError:
    if found := _WEBHOOK.search(text):
        return DeliveryError(f"the admission webhook {found['webhook']} refused {about}", detail=text)
    if found := _TERMINATING.search(text):
        return DeliveryError(
            f"the namespace {found['namespace']}, which {about} belongs to, is being deleted",
            hint="Run this again when it is gone.",
            detail=text,
        )
    if _TOO_LARGE.search(text):
        return DeliveryError(
            f"{about} is too large for the API",
            hint="An object holds about 1.5 MB, a ConfigMap or Secret 1 MiB: split it.",
            detail=text,
        )
    if _INVALID.search(text):
        fields = ", ".join(dict.fromkeys(_FIELD.findall(text)))
        if _FIXED.search(text):
            return DeliveryError(
                f"{about} differs in {fields or 'fields'}, which cannot be changed once it exists",
                hint="Give it another name, or delete it: the next apply makes it anew.",
                detail=text,
            )
        return DeliveryError(f"{about} is invalid{f' in {fields}' if fields else ''}", detail=text)
    if found := _TYPED.search(text):
        return DeliveryError(f"{about} holds in {found['field']} what its API does not take", detail=text)
    return DeliveryError(f"the API server of {context} refused {about}", detail=text)


def _rights(forbidden: Iterable[re.Match[str]]) -> str:
    """`get configmaps (namespace acme), list nodes`."""
    wanted = (
        f"{match['verb']} {match['what']}{f' (namespace {name})' if (name := match['namespace']) else ''}"
        for match in forbidden
    )
    few = list(dict.fromkeys(wanted))
    return ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")


def _fields(match: re.Match[str]) -> str:
    if match["field"]:
        return match["field"].strip()
    return ", ".join(line.removeprefix("- ") for line in match["fields"].strip().splitlines())

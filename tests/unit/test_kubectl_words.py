"""What API servers and kubelets say, in the words of the program. The texts are those of real ones."""

from __future__ import annotations

from typing import Any

import pytest

from kubestack_py.delivery.kubectl.reasons import of_events, of_pods
from kubestack_py.delivery.kubectl.refusals import refusal

INVALID = 'The Deployment "web" is invalid: '
SELECTOR = 'v1.LabelSelector{MatchLabels:map[string]string{"app":"web2"}}: field is immutable'
STATEFUL = "updates to statefulset spec for fields other than 'replicas', 'template' are forbidden"
INTERNAL = "Error from server (InternalError): Internal error occurred: "
WEBHOOK_DOWN = (
    'failed calling webhook "a.example.com": Post "https://a.b.svc:443/": dial tcp: connection refused'
)
TERMINATING = "because it is being terminated"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"{INVALID}spec.selector: Invalid value: {SELECTOR}",
            "OBJECT differs in spec.selector, which cannot be",
        ),
        (
            'The Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string{"10.0.0.77"}: '
            "may not change once set",
            "OBJECT differs in spec.clusterIPs[0], which cannot be changed once it exists",
        ),
        (
            f'The StatefulSet "web" is invalid: spec: Forbidden: {STATEFUL}',
            "OBJECT differs in spec, which cannot be changed once it exists",
        ),
        (
            f"{INVALID}spec.replicas: Invalid value: -3: must be greater than or equal to 0",
            "OBJECT is invalid in spec.replicas",
        ),
        (
            f"{INVALID}\n* spec.template.spec.containers: Required value\n"
            "* spec.replicas: Invalid value: -3: must be greater than or equal to 0",
            "OBJECT is invalid in spec.template.spec.containers, spec.replicas",
        ),
        (
            "error validating data: ValidationError(Deployment.spec.replicas): invalid type for "
            'io.k8s.api.apps.v1.DeploymentSpec.replicas: got "string", expected "integer"',
            "OBJECT holds in spec.replicas what its API does not take",
        ),
        (
            "Error from server: failed to create typed patch object (a/web; apps/v1, Kind=Deployment): "
            ".spec.replicas: expected numeric (int or float), got string",
            "OBJECT holds in spec.replicas what its API does not take",
        ),
        (
            'Error from server (Forbidden): error when creating "STDIN": configmaps "one" is forbidden: '
            f"unable to create new content in namespace acme {TERMINATING}",
            "the namespace acme, which OBJECT belongs to, is being deleted",
        ),
        (
            'Error from server: admission webhook "a.example.com" denied the request: no: correct-horse',
            "the admission webhook a.example.com refused OBJECT",
        ),
        (
            f"{INTERNAL}{WEBHOOK_DOWN}",
            "the admission webhook a.example.com did not answer, and OBJECT was refused",
        ),
        ("Error from server: etcdserver: request is too large", "OBJECT is too large for the API"),
        (
            'The ConfigMap "one" is invalid: []: Too long: must have at most 1048576 bytes',
            "OBJECT is too large for the API",
        ),
        ("Error from server: etcdserver: request timed out", "the API server of ops cannot be reached"),
        ("Error from server (Timeout): something new", "the API server of ops refused OBJECT"),
    ],
)
def test_refusal_names_object_and_field_and_no_value(text: str, words: str) -> None:
    error = refusal(text, "ops", "OBJECT")
    assert error.message.startswith(words)
    for value in ("10.0.0.77", "web2", "-3", "correct-horse"):
        assert value not in error.message


def test_rights_that_are_missing_are_named_once_each() -> None:
    line = 'Error from server: {0} is forbidden: User "ci" cannot get resource "{0}" in API group "" '
    near, far = 'in the namespace "acme"', "at the cluster scope"
    text = "\n".join(
        line.format(what) + where for what, where in (("pods", near), ("nodes", far), ("pods", near))
    )
    assert refusal(text, "ops").message == "ci may not get pods (namespace acme), get nodes in ops"


def test_what_kubectl_repeats_or_logs_is_no_detail() -> None:
    log = '{} 1 memcache.go:265] "Unhandled Error"'.format("E1124 18:10:43.368799")
    line = "The connection to the server 127.0.0.1:1 was refused"
    assert refusal("\n".join([log, *[line] * 300]), "ops").detail == line


def pod(name: str = "web-1", *, ready: str = "False", **parts: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}, *parts.pop("conditions", ())]
    return {"metadata": {"name": name}, "status": {"phase": "Pending", "conditions": conditions, **parts}}


def container(state: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "web", "ready": False, "state": state, **parts}]}


UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/3 nodes are available: 3 Insufficient cpu.",
}
PULL = container({"waiting": {"reason": "ErrImagePull", "message": "not found"}})


@pytest.mark.parametrize(
    ("pods", "text", "stuck"),
    [
        (
            [pod(ready="True"), pod("web-2", **PULL)],
            "pod web-2: container web: ErrImagePull (not found)",
            True,
        ),
        (
            [pod(conditions=[UNSCHEDULABLE])],
            "pod web-1: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.",
            False,  # an autoscaler may bring a node
        ),
        ([pod(**container({"running": {}}))], "pod web-1: container web runs and is not ready", False),
        ([pod()], "pod web-1 is Pending", False),
        ([pod(ready="True")], "", False),
    ],
    ids=["pull", "nodes", "probe", "pending", "ready"],
)
def test_pods_tell_what_they_wait_for(pods: list[dict[str, Any]], text: str, stuck: bool) -> None:
    reason = of_pods(pods)
    assert (reason.text, reason.stuck) == (text, stuck)


def test_pod_that_is_on_its_way_out_is_no_reason() -> None:
    leaving = pod("old", **PULL)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert of_pods([leaving]).text == ""


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Readiness probe failed: correct-horse", "Unhealthy: Readiness probe failed"),
        (
            "Liveness probe failed: HTTP probe failed with statuscode: 503",
            "Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 503",
        ),
        ("something else", "Unhealthy: something else"),
    ],
)
def test_warning_leaves_out_what_a_probe_printed(message: str, text: str) -> None:
    assert of_events([{"reason": "Unhealthy", "message": message}]) == text

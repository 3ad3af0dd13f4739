"""`delivery: kubectl` by commands, against whatever `cluster` is: plan, apply, prune, conflicts, faults."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.clusters import IMAGE, TestCluster
from tests.platforms import Platform, started

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}}}
data: {{size: "{size}"}}
---
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {token: correct-horse-battery}
---
"""
DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: "{IMAGE}"}}]}}
---
"""
POD = """\
apiVersion: v1
kind: ServiceAccount
metadata: {{name: alone, namespace: {namespace}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: {namespace}, labels: {{app: web}}}}
spec:
  serviceAccountName: alone
  automountServiceAccountToken: false
  containers: [{{name: web, image: "registry.invalid/none:1"}}]
"""
OBJECTS = "web/base/objects.yaml"
PART_OF = "applyset.kubernetes.io/part-of"


def config(name: str = "one", size: int = 1) -> str:
    return CONFIG.format(name=name, size=size)


def land(platform: Platform, objects: str) -> None:
    platform.commit("change", {OBJECTS: objects})


def newest(platform: Platform) -> str:
    record = platform.records("ops")[-1]
    return f"{record['status']}: {record.get('message', '')} {record.get('verification', '')}"


@pytest.mark.slow
def test_delivery_is_planned_applied_verified_and_pruned(cluster: TestCluster, tmp_path: Path) -> None:
    platform = cluster.platform(tmp_path / "acme", config() + config("two") + SECRET + DEPLOYMENT)
    planned = platform.ok("plan", "-e", "ops")
    assert "4 to create" in planned.said
    assert not cluster.names("configmaps", PART_OF), "a plan changes nothing"

    applied = platform.ok("apply", "-e", "ops", "--yes")
    assert "correct-horse" not in applied.said
    assert cluster.names("configmaps", PART_OF) == ["one", "two"]
    owners = cluster.get("configmap", "one", "--show-managed-fields")["metadata"]["managedFields"]
    assert [owner["manager"] for owner in owners] == ["kubestack"]

    cluster.roll_out("web")
    platform.ok("verify", "-e", "ops")
    assert newest(platform).startswith("verified")
    assert "rollout" in newest(platform)

    land(platform, config(size=2) + SECRET.replace("correct", "another") + DEPLOYMENT)
    planned = platform.ok("plan", "-e", "ops")
    for line in (
        f"- delete _/ConfigMap/{cluster.namespace}/two",
        'data.size: "1" → "2"',
        "data.token: (sensitive) → (sensitive)",
        "2 to update, 1 to delete",
    ):
        assert line in planned.said
    platform.ok("apply", "-e", "ops", "--yes")
    assert cluster.names("configmaps", PART_OF) == ["one"]
    assert "no changes" in platform.ok("plan", "-e", "ops").said


@pytest.mark.slow
def test_conflict_names_the_manager_and_how_to_resolve_it(cluster: TestCluster, tmp_path: Path) -> None:
    platform = cluster.platform(tmp_path / "acme", config())
    platform.ok("apply", "-e", "ops", "--yes")
    patch = ["patch", "configmap", "one", "-n", cluster.namespace, "--field-manager=somebody"]
    cluster.kubectl(*patch, '--patch={"data":{"size":"9"}}')

    drifted = platform.kubestack("run", "--event", "schedule")
    assert drifted.code == 4
    assert 'data.size: "1" → "9"' in drifted.said

    land(platform, config(size=2))
    refused = platform.kubestack("apply", "-e", "ops", "--yes")
    assert refused.code == 1
    for words in ("somebody manages .data.size", f"ConfigMap/{cluster.namespace}/one", "force_conflicts"):
        assert words in refused.said
    assert "somebody manages .data.size" in newest(platform)
    assert cluster.get("configmap", "one")["data"] == {"size": "9"}

    platform.edit("kubestack.yaml", "delivery: kubectl", "delivery: kubectl\n  force_conflicts: true")
    platform.commit()
    platform.ok("apply", "-e", "ops", "--yes")
    assert cluster.get("configmap", "one")["data"] == {"size": "2"}


def test_object_of_another_set_is_refused(cluster: TestCluster, tmp_path: Path) -> None:
    cluster.create("ConfigMap", "one", {PART_OF: "applyset-other-v1"})
    platform = cluster.platform(tmp_path / "acme", config())
    done = platform.kubestack("plan", "-e", "ops")
    assert done.code == 1
    assert "web renders what another stack or tool has delivered" in done.said


@pytest.mark.slow
def test_what_finalizers_hold_is_waited_for(cluster: TestCluster, tmp_path: Path) -> None:
    platform = cluster.platform(tmp_path / "acme", config() + config("held"), verify={"rollout_timeout": 2})
    platform.ok("apply", "-e", "ops", "--yes")
    cluster.finalizers("configmap/held", "example.com/hold")
    land(platform, config())
    platform.ok("apply", "-e", "ops", "--yes")
    assert "no changes" in platform.ok("plan", "-e", "ops").said, "it is not deleted twice"
    done = platform.kubestack("verify", "-e", "ops")
    assert done.code == 1
    said = "held is still there: it is being deleted, and waits for example.com/hold"
    assert f"ConfigMap/{cluster.namespace}/{said}" in newest(platform)

    land(platform, config() + config("held"))
    refused = platform.kubestack("plan", "-e", "ops")
    assert refused.code == 1
    assert "web renders what is on its way out" in refused.said
    cluster.finalizers("configmap/held")
    assert "1 to create" in platform.ok("plan", "-e", "ops").said


@pytest.mark.slow
def test_list_of_what_was_delivered_is_found_again(cluster: TestCluster, tmp_path: Path) -> None:
    platform = cluster.platform(tmp_path / "acme", config() + config("two") + SECRET)
    platform.ok("apply", "-e", "ops", "--yes")
    label = cluster.get("configmap", "one")["metadata"]["labels"][PART_OF]
    cluster.create("ConfigMap", "copied", {PART_OF: label})  # as controllers copy labels
    cluster.kubectl(
        "delete", "configmap", "-n", cluster.namespace, "-l", "app.kubernetes.io/managed-by=kubestack"
    )

    land(platform, config() + config("two"))
    planned = platform.ok("plan", "-e", "ops").said
    assert "1 to delete" in planned
    assert f"- delete _/Secret/{cluster.namespace}/token" in planned
    platform.ok("apply", "-e", "ops", "--yes")
    land(platform, config())
    platform.ok("apply", "-e", "ops", "--yes")
    assert cluster.names("configmaps,secrets", PART_OF) == ["copied", "one"]


@pytest.mark.slow
def test_definitions_namespaces_and_webhooks_of_one_stack(cluster: TestCluster, tmp_path: Path) -> None:
    group = f"{cluster.namespace}.example.com"
    objects = f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: {group}/v1
kind: Widget
metadata: {{name: first}}
spec: {{size: 1}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: {cluster.namespace}-b}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: inside, namespace: {cluster.namespace}-b}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: {group}}}
webhooks: []
"""
    platform = cluster.platform(tmp_path / "acme", objects)
    try:
        assert "5 to create" in platform.ok("plan", "-e", "ops").said
        said = platform.ok("apply", "-e", "ops", "--yes").said
        last = [line for line in said.splitlines() if line.endswith(" applied")][-1]
        assert "validatingwebhookconfiguration" in last
        assert "no changes" in platform.ok("plan", "-e", "ops").said
    finally:
        land(platform, config())
        platform.ok("apply", "-e", "ops", "--yes")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "last", "words"),
    [
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
            {},
            "pod web: container web: ImagePullBackOff (no such image)",
        ),
        (
            {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
            {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            "pod web: container web: CrashLoopBackOff, last exit code 137 (OOMKilled; back-off 5m0s)",
        ),
    ],
    ids=["image", "crash"],
)
def test_pod_that_never_becomes_ready_says_why(
    cluster: TestCluster, tmp_path: Path, state: dict[str, object], last: dict[str, object], words: str
) -> None:
    platform = cluster.platform(tmp_path / "acme", DEPLOYMENT, verify={"rollout_timeout": 2})
    platform.ok("apply", "-e", "ops", "--yes")
    cluster.kubectl("apply", "-f", "-", stdin=POD.format(namespace=cluster.namespace))
    container = {"name": "web", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
    statuses = [{**container, "state": state, "lastState": last}]
    cluster.status("pod/web", {"phase": "Pending", "containerStatuses": statuses})
    done = platform.kubestack("verify", "-e", "ops")
    assert done.code == 1
    assert words in done.said
    assert words in newest(platform)
    assert newest(platform).startswith("failed")


@pytest.mark.slow
def test_quota_that_lets_no_pod_in_is_told(cluster: TestCluster, tmp_path: Path) -> None:
    if cluster.controlled:
        cluster.starve()
    platform = cluster.platform(tmp_path / "acme", DEPLOYMENT, verify={"rollout_timeout": 2})
    platform.ok("apply", "-e", "ops", "--yes")
    if not cluster.controlled:
        refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
        message = 'pods "web-1" is forbidden: exceeded quota: small, requested: pods=1'
        cluster.status("deployment/web", {"conditions": [{**refused, "message": message}]})
    done = platform.kubestack("verify", "-e", "ops")
    assert done.code == 1
    assert "its pods cannot be made: " in newest(platform)
    assert "exceeded quota: small, requested: pods=1" in newest(platform)


@pytest.mark.slow
def test_server_that_goes_away_in_the_middle_of_an_apply(cluster: TestCluster, tmp_path: Path) -> None:
    names = [f"c{number:03}" for number in range(150)]
    with cluster.forwarded(tmp_path / "forwarded") as (kubeconfig, line):
        platform = cluster.platform(tmp_path / "acme", "".join(map(config, names)), kubeconfig=kubeconfig)
        with started(platform.root, "apply", "-e", "ops", "--yes") as running:
            assert running.process.stderr
            for said in running.process.stderr:
                if said.endswith(" applied\n"):
                    break
            line.cut()
            done = running.end()
    assert done.code == 1
    assert f"the API server of {cluster.context} cannot be reached" in done.said
    assert "of 150 changed objects were applied; not applied: " in done.said
    assert newest(platform).startswith("failed: the API server")

    platform.edit("kubestack.yaml", str(kubeconfig), str(cluster.kubeconfig))
    platform.commit()
    platform.ok("apply", "-e", "ops", "--yes")
    assert cluster.names("configmaps", PART_OF) == names


def test_credentials_that_are_not_accepted(cluster: TestCluster, tmp_path: Path) -> None:
    kubeconfig = cluster.altered(tmp_path / "expired", "users", {"token": "expired"})
    platform = cluster.platform(tmp_path / "acme", config(), kubeconfig=kubeconfig)
    done = platform.kubestack("apply", "-e", "ops", "--yes")
    assert done.code == 1
    words = f"the API server of {cluster.context} does not accept the credentials"
    assert words in done.said
    assert words in newest(platform)


def test_context_that_is_not_there_or_not_named(cluster: TestCluster, tmp_path: Path) -> None:
    platform = cluster.platform(tmp_path / "acme", config())
    platform.edit("kubestack.yaml", f"context: {cluster.context}", "context: nowhere")
    assert "the kubeconfig has no context nowhere" in platform.kubestack("plan", "-e", "ops").said

    settings = yaml.safe_load((platform.root / "kubestack.yaml").read_text(encoding="utf-8"))
    del settings["environments"][0]["cluster"]
    (platform.root / "kubestack.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = platform.kubestack("plan", "-e", "ops", KUBECONFIG=str(cluster.kubeconfig))
    assert done.code == 2
    assert "ops names no cluster" in done.said

"""Platforms with many stacks, as small as stacks can be: what is left is the cost of handling them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TERRAFORM_STACKS = 50
OVERLAYS = 100

SETTINGS = """\
version: 1
name: acme
default_branch: main
environments:
  - name: ops
    apply_on: {{branch: main}}
stacks:
  - path: {pattern}
"""
RESOURCE = """\
resource "terraform_data" "sample" {{
  input = {{ environment = terraform.workspace, round = {round} }}
}}
"""
BACKEND = """\
terraform {
  backend "local" {
    path          = ".state/terraform.tfstate"
    workspace_dir = ".state"
  }
}
"""
PROVIDER = """\
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 1
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: web
          image: registry.example.com/{name}:1.0
          ports: [{{containerPort: 8080}}]
          resources:
            requests: {{cpu: 100m, memory: 64Mi}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80, targetPort: 8080}}]
"""
OVERLAY = """\
namespace: {name}
resources: [../../base]
replicas: [{{name: {name}, count: {count}}}]
configMapGenerator:
  - name: settings
    literals: [LEVEL=info, ROUND={count}]
"""


def terraform_stacks() -> dict[str, str]:
    """A platform of independent root modules with the built-in provider."""
    tree = {"kubestack.yaml": SETTINGS.format(pattern="stacks/*"), ".gitignore": ".terraform/\n.state/\n"}
    for name in _names(TERRAFORM_STACKS):
        tree[f"stacks/{name}/main.tf"] = RESOURCE.format(round=0)
        tree[f"stacks/{name}/backend.tf"] = BACKEND
    return tree


def changed_stacks(number: int) -> dict[str, str]:
    """The same in another round: each stack has something to do."""
    return {f"stacks/{name}/main.tf": RESOURCE.format(round=number) for name in _names(TERRAFORM_STACKS)}


def applications() -> dict[str, str]:
    """A platform of applications, each with a base and an overlay that renders four objects."""
    tree = {"kubestack.yaml": SETTINGS.format(pattern="manifests/*")}
    for name in _names(OVERLAYS):
        base = f"manifests/{name}/base"
        tree[f"{base}/deployment.yaml"] = DEPLOYMENT.format(name=name)
        tree[f"{base}/service.yaml"] = SERVICE.format(name=name)
        tree[f"{base}/kustomization.yaml"] = "resources: [deployment.yaml, service.yaml]\n"
    return tree | changed_applications(1)


def changed_applications(number: int) -> dict[str, str]:
    """The overlays of another round: every one renders something else."""
    return {
        f"manifests/{name}/overlays/ops/kustomization.yaml": OVERLAY.format(name=name, count=number)
        for name in _names(OVERLAYS)
    }


def stack_paths(root: Path, pattern: str) -> list[str]:
    """Directories of a platform, relative to it, sorted."""
    return sorted(str(path.relative_to(root)) for path in root.glob(pattern))


def _names(count: int) -> list[str]:
    return [f"sample-{number:03}" for number in range(count)]


def two_environments(number: int) -> dict[str, str]:
    """A platform with ops and apps, and so many applications."""
    apps = '  - name: apps\n    apply_on: {tag: "apps-deploy-*"}\nstacks:'
    files = {"kubestack.yaml": SETTINGS.format(pattern="manifests/*").replace("stacks:", apps)}
    for index in range(number):
        path = f"manifests/a{index:03}"
        files[f"{path}/base/deployment.yaml"] = DEPLOYMENT.format(name=f"a{index:03}")
        files[f"{path}/base/kustomization.yaml"] = "resources: [deployment.yaml]\n"
        for environment in ("ops", "apps"):
            files[f"{path}/overlays/{environment}/kustomization.yaml"] = "resources: [../../base]\n"
    return files


def huge_plan(size: int) -> dict[str, object]:
    """A plan of about so many bytes: one resource in a hundred changes."""
    values = {f"key{index}": "x" * 70 for index in range(50)}
    one = 2 * len(str(values))
    resources = [
        {
            "address": f"terraform_data.sample[{index}]",
            "mode": "managed",
            "change": {
                "actions": ["no-op"] if index % 100 else ["update"],
                "before": values,
                "after": values if index % 100 else {**values, "key0": "y"},
                "after_unknown": {},
                "before_sensitive": {},
                "after_sensitive": {},
            },
        }
        for index in range(size // one)
    ]
    return {"format_version": "1.2", "resource_changes": resources, "complete": True, "errored": False}


OBJECTS = 5
"""Objects of one set of `validated`."""


def validated(stacks: int, sets: int) -> dict[str, str]:
    """A platform whose stacks each hold some sets of objects of five kinds."""
    files = {"kubestack.yaml": SETTINGS.format(pattern="manifests/*")}
    for stack in range(stacks):
        top = f"manifests/s-{stack}"
        listed = "".join(f"- set-{number}.yaml\n" for number in range(sets))
        files[f"{top}/base/kustomization.yaml"] = f"resources:\n{listed}"
        files[f"{top}/overlays/ops/kustomization.yaml"] = "resources: [../../base]\nnamespace: web\n"
        for number in range(sets):
            files[f"{top}/base/set-{number}.yaml"] = validated_set(stack, number)
    return files


def validated_set(stack: int, number: int) -> str:
    """One file with its objects, which refer to each other; JSON is YAML."""
    return "---\n".join(_block(item) for item in _set(f"s-{stack}-{number}"))


def validated_objects(stacks: int, sets: int) -> list[dict[str, object]]:
    """The same objects as values."""
    return [item for stack in range(stacks) for number in range(sets) for item in _set(f"s-{stack}-{number}")]


def _block(item: dict[str, object]) -> str:
    import yaml

    return yaml.dump(item, Dumper=yaml.CSafeDumper, sort_keys=False)


def _set(name: str) -> list[dict[str, object]]:
    labels = {"app": name}
    container = {
        "name": "web",
        "image": "registry.example.com/web:1.2.3",
        "ports": [{"name": "http", "containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": name}}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    specs: dict[tuple[str, str], dict[str, object]] = {
        ("apps/v1", "Deployment"): {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod},
        ("v1", "Service"): {
            "selector": labels,
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
        ("networking.k8s.io/v1", "Ingress"): {
            "rules": [{"host": f"{name}.example.com", "http": {"paths": paths}}]
        },
        ("autoscaling/v2", "HorizontalPodAutoscaler"): {
            "minReplicas": 2,
            "maxReplicas": 5,
            "scaleTargetRef": target,
        },
    }
    config: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"a": "b"},
    }
    objects: list[dict[str, object]] = [
        {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
        for (version, kind), spec in specs.items()
    ]
    return [*objects, config]

"""The shipped schemas of custom kinds: documented specs fit them, and nothing unknown does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kubestack_py.system import yaml
from kubestack_py.system.files import resource

FILES = sorted(resource("schemas/crds").glob("*.schema.json"))
SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
BY_KIND = {
    (f"{item['group']}/{item['version']}", item["kind"]): schema
    for schema in SCHEMAS.values()
    for item in schema["x-kubernetes-group-version-kind"]
}
SOURCE = "source.toolkit.fluxcd.io/v1"
IMAGE = "image.toolkit.fluxcd.io/v1"
ARGO = "argoproj.io/v1alpha1"
CERTIFICATES = "cert-manager.io/v1"
LIGHTHOUSE = "config.lighthouse.jenkins-x.io/v1alpha1"
DOCUMENTED = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
spec:
  interval: 1m0s
  url: ssh://git@host/org/deploy.git
  ref: {branch: main}
  secretRef: {name: a}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
spec:
  interval: 5m
  url: oci://ghcr.io/org/app
  ref: {semver: 1.x}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
spec: {interval: 12h, url: 'https://charts.example.com'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec:
  interval: 1h
  chart:
    spec:
      chart: x
      version: 4.15.1
      sourceRef: {kind: HelmRepository, name: x}
  install:
    strategy: {name: RetryOnFailure}
  driftDetection: {mode: warn}
  values:
    any: [thing]
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
spec:
  interval: 1h
  retryInterval: 2m
  timeout: 5m
  sourceRef: {kind: GitRepository, name: flux-system}
  path: ./apps
  prune: true
  wait: true
  dependsOn:
  - {name: infra}
  decryption:
    provider: sops
    secretRef: {name: age}
  postBuild:
    substitute: {a: b}
    substituteFrom:
    - {kind: ConfigMap, name: vars, optional: true}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
spec: {image: ghcr.io/org/app, interval: 5m}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
spec:
  imageRepositoryRef: {name: app}
  policy:
    numerical: {order: asc}
  filterTags: {pattern: ^main-, extract: $ts}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
spec:
  interval: 30m
  sourceRef: {kind: GitRepository, name: a}
  update: {path: ./apps, strategy: Setters}
  git:
    checkout:
      ref: {branch: main}
    push: {branch: updates}
    commit:
      author: {name: a, email: a@example.com}
      messageTemplate: x
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
spec:
  type: github
  address: https://a
  secretRef: {name: t}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
spec:
  providerRef: {name: a}
  eventSeverity: info
  eventSources:
  - {kind: Kustomization, name: '*'}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
spec:
  type: github
  events: [ping, push]
  secretRef: {name: t}
  resources:
  - {apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, name: flux-system}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  project: default
  destination: {server: 'https://kubernetes.default.svc', namespace: a}
  source: {repoURL: 'https://a', path: ., targetRevision: env/ops}
  syncPolicy:
    automated: {prune: true}
---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  goTemplate: true
  generators:
  - git:
      repoURL: https://a
      revision: HEAD
      directories:
      - {path: manifests/*}
  template:
    metadata: {name: a}
    spec:
      project: default
      destination: {name: b}
      source: {repoURL: 'https://a'}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
spec:
  sourceRepos: ['*']
  destinations:
  - {server: '*', namespace: '*'}
  description: all
---
apiVersion: tekton.dev/v1
kind: Task
spec:
  params:
  - {name: version, type: string, default: '1'}
  steps:
  - name: say
    image: alpine
    env:
    - {name: VERSION, value: $(params.version)}
    script: echo "$VERSION" > $(results.said.path)
  results:
  - {name: said, type: string}
---
apiVersion: tekton.dev/v1
kind: TaskRun
spec:
  serviceAccountName: a
  taskRef: {name: a}
  timeout: 1h0m0s
---
apiVersion: tekton.dev/v1
kind: Pipeline
spec:
  tasks:
  - name: first
    taskRef: {name: a}
  - name: second
    runAfter: [first]
    when:
    - {input: $(tasks.first.results.said), operator: in, values: ['1']}
    taskSpec:
      steps:
      - {image: alpine, command: ['true']}
---
apiVersion: tekton.dev/v1
kind: PipelineRun
spec:
  pipelineRef: {name: a}
  taskRunTemplate: {serviceAccountName: a}
  taskRunSpecs:
  - {pipelineTaskName: first, serviceAccountName: b}
  timeouts: {pipeline: 1h}
---
apiVersion: config.lighthouse.jenkins-x.io/v1alpha1
kind: TriggerConfig
spec:
  presubmits:
  - name: pr
    context: pr
    always_run: true
    optional: false
    trigger: ^/retest
    rerun_command: /retest
    source: pullrequest.yaml
  postsubmits:
  - name: release
    source: release.yaml
    branches: [^main$]
  periodics:
  - {name: drift, cron: 0 3 * * *, source: drift.yaml}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
spec:
  acme:
    email: a@example.com
    server: https://acme.example.com/directory
    privateKeySecretRef: {name: account}
    solvers:
    - http01: {ingress: {ingressClassName: nginx}}
      selector: {dnsZones: [example.com]}
    - dns01: {route53: {region: eu-west-1, hostedZoneID: Z1}}
---
apiVersion: cert-manager.io/v1
kind: Issuer
spec: {ca: {secretName: root}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
spec:
  secretName: web-tls
  issuerRef: {name: letsencrypt, kind: ClusterIssuer, group: cert-manager.io}
  dnsNames: [web.example.com]
  duration: 2160h
  usages: [digital signature, server auth]
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
"""
EXAMPLES = [item for item in yaml.load_all(DOCUMENTED.encode(), "documented") if isinstance(item, dict)]


def problems(api_version: str, kind: str, spec: object, **more: object) -> list[str]:
    """What the schema of a kind says about an object with this spec."""
    value = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "a", "namespace": "b"},
        "spec": spec,
    }
    validator = Draft202012Validator(BY_KIND[api_version, kind])
    return [error.message for error in validator.iter_errors({**value, **more})]


@pytest.mark.parametrize("name", SCHEMAS)
def test_crd_schema_is_valid_and_closed(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    [known] = schema["x-kubernetes-group-version-kind"]
    assert name == f"{known['group']}_{known['version']}_{known['kind'].lower()}.schema.json"
    assert open_objects(schema) == []


def open_objects(rule: Any) -> list[Any]:
    if isinstance(rule, list):
        return [found for item in rule for found in open_objects(item)]
    if not isinstance(rule, dict):
        return []
    fields = isinstance(rule.get("type"), dict)  # a kind with fields that are called `type` and `properties`
    inside = isinstance(rule.get("properties"), dict) and not fields
    here = inside and rule.get("additionalProperties") is not False
    return ([rule] if here else []) + [found for item in rule.values() for found in open_objects(item)]


def test_every_documented_kind_has_a_schema_and_an_example() -> None:
    assert sorted(BY_KIND) == sorted((item["apiVersion"], item["kind"]) for item in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["kind"])
def test_documented_spec_fits_and_unknown_fields_do_not(example: dict[str, Any]) -> None:
    version, kind, spec = example["apiVersion"], example["kind"], example["spec"]
    assert problems(version, kind, spec) == []
    assert problems(version, kind, {**spec, "intervall": "1m"})
    assert problems(version, kind, spec, apiVersion=f"{version}beta1")
    for required in BY_KIND[version, kind]["properties"]["spec"].get("required", []):
        assert problems(version, kind, {key: value for key, value in spec.items() if key != required})


@pytest.mark.parametrize(
    ("kind", "version", "spec"),
    [
        ("GitRepository", SOURCE, {"interval": "1m", "url": "file:///srv/deploy.git"}),
        ("GitRepository", SOURCE, {"interval": "soon", "url": "https://host/deploy.git"}),
        ("HelmRelease", "helm.toolkit.fluxcd.io/v2", {"interval": "1h"}),
        (
            "HelmRelease",
            "helm.toolkit.fluxcd.io/v2",
            {"interval": "1h", "chartRef": {"kind": "HelmRepository", "name": "a"}},
        ),
        ("ImagePolicy", IMAGE, {"imageRepositoryRef": {"name": "a"}, "policy": {}}),
        (
            "Pipeline",
            "tekton.dev/v1",
            {"tasks": [{"name": "a", "taskRef": {"name": "a"}, "timeout": "soon"}]},
        ),
        ("Pipeline", "tekton.dev/v1", {"tasks": [{"name": "a"}]}),
        ("PipelineRun", "tekton.dev/v1", {"pipelineRef": {"name": "a"}, "serviceAccountName": "a"}),
        ("Task", "tekton.dev/v1", {"steps": [{"name": "a", "script": "true"}]}),
        ("TriggerConfig", LIGHTHOUSE, {"presubmits": [{"name": "pr", "trigger": "^/test"}]}),
        ("ClusterIssuer", CERTIFICATES, {"ca": {"secretName": "a"}, "selfSigned": {}}),
        ("ClusterIssuer", CERTIFICATES, {"acme": {"server": "https://a"}}),
        ("Certificate", CERTIFICATES, {"secretName": "a", "issuerRef": {"name": "a"}, "usages": ["all"]}),
        ("Application", ARGO, {"project": "a", "destination": {}, "source": {"repoUrl": "https://a"}}),
    ],
)
def test_specs_that_a_controller_refuses_do_not_fit(kind: str, version: str, spec: object) -> None:
    assert problems(version, kind, spec)

"""The pipelines for Lighthouse of Jenkins X: a TriggerConfig and Tekton PipelineRuns (tekton.dev/v1).

Lighthouse names a pushed ref without its kind and does not tell forks apart. So each pipeline begins with
a task that asks the repository, and whatever follows runs by what that task found. Every job is a task
with a service account of its own: that is what clouds and the Git host give rights to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci.hosts.place import OWN_HOST, OWN_TOKEN
from kubestack_py.ci.pipelines.lighthouse_shell import checkout_lines, find_lines
from kubestack_py.ci.pipelines.model import Identity, On
from kubestack_py.ci.pipelines.shell import COMMENT_CREDENTIAL
from kubestack_py.ci.pipelines.text import Apart, Noted, yaml_text
from kubestack_py.model.ci import NO_IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.ci.pipelines.model import Job, Pipeline

FOLDER = ".lighthouse/jenkins-x"
PATHS = tuple(
    f"{FOLDER}/{name}.yaml"
    for name in ("triggers", "pullrequest", "branch", "release", "drift", "service-accounts")
)
_PULL_REQUEST, _PUSH = "pull-request", "branch"
_PARAMETERS = (
    "JOB_NAME",
    "JOB_SPEC",
    "JOB_TYPE",
    "PULL_BASE_REF",
    "PULL_BASE_SHA",
    "PULL_NUMBER",
    "PULL_PULL_REF",
    "PULL_PULL_SHA",
    "REPO_URL",
)
_SIGNING = "/etc/kubestack-signing"
_USER = 1001  # that of ci/Dockerfile


def render_files(pipeline: Pipeline) -> dict[str, str]:
    """The text of every file, by its path."""
    runs = {
        "pullrequest": _jobs(pipeline, On.ANY_CHANGE, On.PULL_REQUEST, On.FORK),
        "branch": _jobs(pipeline, On.ANY_CHANGE, On.BRANCH),
        "release": _jobs(pipeline, On.APPLY),
        "drift": _jobs(pipeline, On.SCHEDULE),
    }
    texts = {"triggers": yaml_text(_triggers(pipeline))}
    texts |= {name: yaml_text(_run(pipeline, name, jobs)) for name, jobs in runs.items()}
    texts["service-accounts"] = "---\n".join(yaml_text(account) for account in _accounts(pipeline))
    return {f"{FOLDER}/{name}.yaml": text for name, text in texts.items()}


def _jobs(pipeline: Pipeline, *kinds: On) -> list[Job]:
    return [job for job in pipeline.jobs if job.on in kinds]


def _triggers(pipeline: Pipeline) -> dict[str, Any]:
    """What starts which file. Patterns match tags as well as branches, so the pipelines look closer."""
    applied = [f"^{refs.expression}$" for refs in pipeline.applied]
    own = "^env/.*$"  # pushed by applies
    pull_request = {"always_run": True, "optional": False, "skip_branches": [own]}
    other = {"skip_branches": [*applied, own]}
    applies = [
        _trigger(job.name, "release", max_concurrency=1, branches=[f"^{job.refs.expression}$"])
        for job in pipeline.jobs
        if job.environment and job.refs
    ]
    drift = {"cron": pipeline.settings.drift, "branch": pipeline.default_branch}
    return Apart(
        {
            "apiVersion": "config.lighthouse.jenkins-x.io/v1alpha1",
            "kind": "TriggerConfig",
            "spec": {
                "presubmits": [_trigger(_PULL_REQUEST, "pullrequest", **pull_request)],
                "postsubmits": [_trigger(_PUSH, "branch", **other), *applies],
                "periodics": [_trigger("drift", "drift", **drift)],
            },
        }
    )


def _trigger(name: str, source: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "context": f"kubestack/{name}", "source": f"{source}.yaml", **more}


def _run(pipeline: Pipeline, name: str, jobs: list[Job]) -> dict[str, Any]:
    find = {
        "name": "find",
        "taskSpec": {
            "results": [{"name": "kind"}, {"name": "ref"}],
            "stepTemplate": _step_template(),
            "steps": [{"name": "find", "image": _image(pipeline), "script": _script(find_lines())}],
        },
    }
    accounts = [
        {"pipelineTaskName": job.name, "serviceAccountName": account(job), **_labels(pipeline, job)}
        for job in jobs
        if job.identity is not Identity.NOBODY
    ]
    return Apart(
        {
            "apiVersion": "tekton.dev/v1",
            "kind": "PipelineRun",
            "metadata": {"name": f"kubestack-{name}"},
            "spec": {
                "timeouts": {"pipeline": f"{pipeline.settings.timeout * 2 + 10}m"},
                "taskRunTemplate": {"serviceAccountName": "kubestack-validate"},
                **({"taskRunSpecs": accounts} if accounts else {}),
                "pipelineSpec": {
                    "params": [{"name": parameter, "default": ""} for parameter in _PARAMETERS],
                    "tasks": [find, *(_task(pipeline, job) for job in jobs)],
                },
            },
        }
    )


def _image(pipeline: Pipeline) -> str | Noted:
    return pipeline.settings.image or Noted(NO_IMAGE, "ci.image of kubestack.yaml goes here")


def account(job: Job) -> str:
    """The service account of a job. A preview writes to the repository, which other plans may not."""
    if job.identity is Identity.APPLY:
        return f"kubestack-apply-{job.environment}"
    return "kubestack-preview" if job.pushes else "kubestack-plan"


def _labels(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    """What Azure's webhook goes by."""
    azure = pipeline.settings.azure and job.identity is not Identity.NOBODY
    return {"metadata": {"labels": {"azure.workload.identity/use": "true"}}} if azure else {}


def _task(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {"name": job.name}
    if job.after:
        found["runAfter"] = [job.after]
    found["timeout"] = f"{pipeline.settings.timeout}m"
    found["when"] = [
        {"input": f"$({name})", "operator": "in", "values": values} for name, values in _when(job)
    ]
    found["params"] = [{"name": "REF", "value": "$(tasks.find.results.ref)"}]
    template = _step_template()
    template["env"] += [{"name": "KUBESTACK_REF", "value": "$(params.REF)"}, *_secrets(pipeline, job)]
    template["env"] += _comment(pipeline, job)
    template["env"] += [{"name": name, "value": value} for name, value in _cloud(pipeline, job).items()]
    step: dict[str, Any] = {"name": "run", "image": _image(pipeline)}
    spec: dict[str, Any] = {"params": [{"name": "REF"}], "stepTemplate": template, "steps": [step]}
    step["script"] = _script([*checkout_lines(job.on), job.command])
    if pipeline.signed and job.pushes:
        template["env"].append({"name": "KUBESTACK_SIGNING_KEY", "value": f"{_SIGNING}/key"})
        step["volumeMounts"] = [{"name": "signing", "mountPath": _SIGNING, "readOnly": True}]
        secret = {"secretName": "kubestack-signing-key", "defaultMode": 0o440}
        spec["volumes"] = [{"name": "signing", "secret": secret}]
    return {**found, "taskSpec": spec}


def _when(job: Job) -> Iterator[tuple[str, list[str]]]:
    """What has to be so for a task to run: values of a parameter or of what the first task found."""
    kind = "tasks.find.results.kind"
    match job.on:
        case On.ANY_CHANGE:
            yield kind, ["pull-request", "fork", "branch"]
        case On.PULL_REQUEST:
            yield kind, ["pull-request"]
        case On.FORK:
            yield kind, ["fork"]
        case On.BRANCH:
            yield kind, ["branch"]
        case On.APPLY if job.refs:
            yield "params.JOB_NAME", [job.after or job.name]
            yield kind, [job.refs.kind]
        case _:
            yield kind, ["schedule"]


def _step_template() -> dict[str, Any]:
    """Names reach a script as variables alone."""
    security = {
        "runAsUser": _USER,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    env = [{"name": name, "value": f"$(params.{name})"} for name in _PARAMETERS]
    return {"env": env, "securityContext": security, "workingDir": "/workspace"}


def _script(lines: list[str]) -> str:
    return "\n".join(["#!/usr/bin/env bash", "set -euo pipefail", *lines, ""])


def _secrets(pipeline: Pipeline, job: Job) -> list[dict[str, Any]]:
    """Variables with secrets, for jobs that meet a cloud."""
    if job.identity is Identity.NOBODY:
        return []
    reference = {"name": "kubestack-secrets"}
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {**reference, "key": name}}}
        for name in pipeline.settings.stored_secrets
    ]


def _comment(pipeline: Pipeline, job: Job) -> list[dict[str, Any]]:
    """Which host to tell, and the token for it."""
    if pipeline.repository is None or not (job.comments or job.issues):
        return []
    reference = {"name": COMMENT_CREDENTIAL, "key": "token"}
    token = {"name": OWN_TOKEN, "valueFrom": {"secretKeyRef": reference}}
    return [{"name": OWN_HOST, "value": str(pipeline.repository)}, token]


def _cloud(pipeline: Pipeline, job: Job) -> dict[str, str]:
    """What providers need beside the token, which the cluster gives to the service account."""
    if job.identity is Identity.NOBODY:
        return {}
    found = {"AWS_REGION": pipeline.settings.aws.region} if pipeline.settings.aws else {}
    if azure := pipeline.settings.azure:
        found |= {"ARM_USE_AKS_WORKLOAD_IDENTITY": "true", "ARM_TENANT_ID": azure.tenant}
        found |= {"ARM_SUBSCRIPTION_ID": azure.subscription} if azure.subscription else {}
    return found


def _accounts(pipeline: Pipeline) -> Iterator[dict[str, Any]]:
    """The service accounts, with the cloud identity of each; secrets for Git are added by its own name."""
    seen: dict[str, dict[str, str]] = {"kubestack-validate": {}}
    seen |= {
        account(job): _annotations(pipeline, job)
        for job in pipeline.jobs
        if job.identity is not Identity.NOBODY
    }
    for name, identities in seen.items():
        metadata: dict[str, Any] = {"name": name}
        if identities:
            metadata["annotations"] = identities
        secrets = [{"name": f"{name}-git"}]
        yield Apart({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "secrets": secrets})


def _annotations(pipeline: Pipeline, job: Job) -> dict[str, str]:
    names = {
        "aws": "eks.amazonaws.com/role-arn",
        "google": "iam.gke.io/gcp-service-account",
        "azure": "azure.workload.identity/client-id",
    }
    return {names[cloud]: pipeline.identity(job, cloud) for cloud in pipeline.clouds}

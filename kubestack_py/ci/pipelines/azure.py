"""The pipeline for Azure Pipelines (learn.microsoft.com, "YAML schema reference").

Every stage is one job. Signing in goes through service connections named `kubestack-plan` and
`kubestack-apply-<environment>`, whose token all clouds can be told to trust.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci.pipelines.model import Identity, On
from kubestack_py.ci.pipelines.shell import (
    FULL_TEXT,
    PLUGINS,
    SUMMARY,
    cache_lines,
    cloud_variables,
    kept_command,
    kept_files,
    sign_in_lines,
)
from kubestack_py.ci.pipelines.text import Apart, yaml_text

if TYPE_CHECKING:
    from kubestack_py.ci.pipelines.model import Job, Pipeline, Refs

PATH = "azure-pipelines.yml"
POOL_IMAGE = "ubuntu-24.04"
_SOURCE = "variables['Build.SourceBranch']"
_REASON = "variables['Build.Reason']"
_PULL_REQUEST = f"eq({_REASON}, 'PullRequest')"
_PUSH = f"in({_REASON}, 'IndividualCI', 'BatchedCI')"
# The one token that the task below puts into the shell, by the names that the lines for each cloud use.
_TELL = {
    SUMMARY: "task.uploadsummary",
    FULL_TEXT: "artifact.upload artifactname=kubestack-comment",
}
_TOKENS = dict.fromkeys(("aws", "google", "azure"), "idToken")


def render(pipeline: Pipeline) -> str:
    """The text of `azure-pipelines.yml`."""
    tags = [refs.pattern.replace("**", "*").replace("?", "*") for refs in pipeline.tags]
    trigger: dict[str, Any] = {"branches": {"include": ["*"], "exclude": ["env/*"]}}
    if tags:
        trigger["tags"] = {"include": tags}
    schedule = {
        "cron": pipeline.settings.drift,
        "displayName": "Drift",
        "branches": {"include": [pipeline.default_branch]},
        "always": "true",
    }
    document = Apart(
        {
            "trigger": trigger,
            "pr": {"branches": {"include": ["*"]}},
            "schedules": [schedule],
            "lockBehavior": "sequential",
            **_where(pipeline),
            "stages": [_stage(pipeline, job) for job in pipeline.jobs],
        }
    )
    return yaml_text(document)


def _where(pipeline: Pipeline) -> dict[str, Any]:
    settings = pipeline.settings
    pool = {"name": settings.runner[0]} if settings.runner else {"vmImage": POOL_IMAGE}
    demands = [f"{label} -equals true" for label in settings.runner[1:]]
    found: dict[str, Any] = {"pool": {**pool, **({"demands": demands} if demands else {})}}
    if settings.image:
        found["resources"] = {"containers": [{"container": "tools", "image": settings.image}]}
    return found


def _stage(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    name = job.name.replace("-", "_")
    found: dict[str, Any] = {"stage": name, "displayName": job.title}
    found["dependsOn"] = job.after.replace("-", "_") if job.after else []
    found["condition"] = _condition(pipeline, job)
    work: dict[str, Any] = {"displayName": job.title, "timeoutInMinutes": str(pipeline.settings.timeout)}
    if pipeline.settings.image:
        work["container"] = "tools"
    steps = _steps(pipeline, job)
    if job.environment:
        strategy = {"runOnce": {"deploy": {"steps": steps}}}
        found["jobs"] = [{"deployment": name, **work, "environment": job.environment, "strategy": strategy}]
    else:
        found["jobs"] = [{"job": name, **work, "steps": steps}]
    return found


def _condition(pipeline: Pipeline, job: Job) -> str:
    others = ", ".join(f"not({_is(refs)})" for refs in pipeline.branches)
    others = f", {others}" if others else ""
    branch = f"and({_PUSH}, startsWith({_SOURCE}, 'refs/heads/'){others})"
    match job.on:
        case On.ANY_CHANGE:
            wanted = f"or({_PULL_REQUEST}, {branch})"
        case On.PULL_REQUEST:
            wanted = f"and({_PULL_REQUEST}, ne(variables['System.PullRequest.IsFork'], 'True'))"
        case On.FORK:
            wanted = f"and({_PULL_REQUEST}, eq(variables['System.PullRequest.IsFork'], 'True'))"
        case On.BRANCH:
            wanted = branch
        case On.APPLY if job.refs:
            wanted = f"and({_PUSH}, {_is(job.refs)})"
        case _:
            wanted = f"eq({_REASON}, 'Schedule')"
    return f"and(succeeded(), {wanted})"


def _is(refs: Refs) -> str:
    """Whether the ref may be meant; `kubestack run` looks closer."""
    if refs.exact:
        return f"eq({_SOURCE}, '{refs.full_prefix}')"
    begins = f"startsWith({_SOURCE}, '{refs.full_prefix}')"
    return f"and({begins}, endsWith({_SOURCE}, '{refs.suffix}'))" if refs.suffix else begins


def _steps(pipeline: Pipeline, job: Job) -> list[dict[str, Any]]:
    """Credentials of git stay in the checkout: that is how this host lets a job fetch and push."""
    checkout = {"checkout": "self", "fetchDepth": "0", "fetchTags": "true"}
    nobody = job.identity is Identity.NOBODY
    checkout["persistCredentials"] = "false" if nobody else "true"
    if job.on is On.ANY_CHANGE:
        return [checkout, {"script": job.command, "displayName": job.title}]
    steps: list[dict[str, Any]] = [checkout]
    lines = ["set -eu", "mkdir -p .terraform"]
    if job.identity is Identity.PLAN:
        cache = {"key": 'terraform | "$(Agent.OS)" | **/*.tf', "restoreKeys": 'terraform | "$(Agent.OS)"'}
        cached = {"task": "Cache@2", "displayName": "Providers of earlier plans"}
        steps.append({**cached, "inputs": {**cache, "path": f"$(System.DefaultWorkingDirectory)/{PLUGINS}"}})
        lines += cache_lines(f"$PWD/{PLUGINS}")
    lines += sign_in_lines(pipeline, job, _TOKENS)
    if pipeline.signed and job.pushes:
        key = {"task": "DownloadSecureFile@1", "name": "signing", "displayName": "Key for evidence"}
        steps.append({**key, "inputs": {"secureFile": "kubestack-signing-key"}})
    lines.append(kept_command(job))
    steps.append(_work(pipeline, job, "\n".join([*lines, ""])))
    tell = [f'test ! -s {file} || echo "##vso[{_TELL[file]}]$PWD/{file}"' for file in kept_files(job)]
    steps.append({"bash": "\n".join(tell), "displayName": "Summary", "condition": "succeededOrFailed()"})
    return steps


def _work(pipeline: Pipeline, job: Job, script: str) -> dict[str, Any]:
    secrets = pipeline.settings.stored_secrets if job.identity is not Identity.NOBODY else ()
    variables = cloud_variables(pipeline, job) | {name: f"$({name})" for name in secrets}
    variables["SYSTEM_ACCESSTOKEN"] = "$(System.AccessToken)"
    if pipeline.signed and job.pushes:
        variables["KUBESTACK_SIGNING_KEY"] = "$(signing.secureFilePath)"
    if not pipeline.clouds or job.identity is Identity.NOBODY:
        return {"bash": script, "displayName": job.title, "env": variables}
    inputs = {
        "azureSubscription": "kubestack-plan" if job.identity is Identity.PLAN else f"kubestack-{job.name}",
        "scriptType": "bash",
        "scriptLocation": "inlineScript",
        "addSpnToEnvironment": True,
        "inlineScript": script,
    }
    return {"task": "AzureCLI@2", "displayName": job.title, "inputs": inputs, "env": variables}

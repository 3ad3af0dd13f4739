"""The pipeline for GitLab (docs.gitlab.com, "CI/CD YAML syntax reference")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci.pipelines.model import Identity, On
from kubestack_py.ci.pipelines.shell import (
    PLUGINS,
    TOKENS,
    audience,
    cache_lines,
    cloud_variables,
    kept_command,
    kept_files,
    sign_in_lines,
)
from kubestack_py.ci.pipelines.text import Apart, yaml_text

if TYPE_CHECKING:
    from kubestack_py.ci.pipelines.model import Job, Pipeline, Refs

PATH = ".gitlab-ci.yml"
_MERGE_REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event"'
_OWN = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"
_FORK = _OWN.replace("==", "!=")
_SCHEDULE = '$CI_PIPELINE_SOURCE == "schedule"'
_PUSH = '$CI_PIPELINE_SOURCE == "push"'
_STAGES = {
    On.ANY_CHANGE: "validate",
    On.BRANCH: "plan",
    On.PULL_REQUEST: "plan",
    On.FORK: "plan",
    On.SCHEDULE: "drift",
}


def render(pipeline: Pipeline) -> str:
    """The text of `.gitlab-ci.yml`."""
    document = Apart(
        {
            "stages": ["validate", "plan", "apply", "preview", "drift"],
            "workflow": {"rules": _workflow()},
            "default": _default(pipeline),
            "variables": {"GIT_DEPTH": "0", "GIT_STRATEGY": "fetch"},
        }
    )
    document |= {job.name: _job(pipeline, job) for job in pipeline.jobs}
    return yaml_text(document)


def _workflow() -> list[dict[str, str]]:
    """Rendered branches, which an apply itself pushes, start nothing."""
    return [
        {"if": _MERGE_REQUEST},
        {"if": "$CI_COMMIT_BRANCH =~ /^env\\//", "when": "never"},
        {"if": _PUSH},
        {"if": _SCHEDULE},
    ]


def _default(pipeline: Pipeline) -> dict[str, Any]:
    settings = pipeline.settings
    found: dict[str, Any] = {}
    if settings.image:
        found["image"] = settings.image
    if settings.runner:
        found["tags"] = list(settings.runner)
    return {**found, "timeout": f"{settings.timeout} minutes", "interruptible": True}


def _job(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    stage = "preview" if job.after else _STAGES.get(job.on, "apply")
    found: dict[str, Any] = {"stage": stage, "rules": _rules(pipeline, job)}
    found["needs"] = [job.after] if job.after else []
    if job.environment:
        found["environment"] = {"name": job.environment}
    if job.lock:
        found["resource_group"] = job.lock
    if job.pushes:
        found["interruptible"] = False
    if job.on is On.ANY_CHANGE:
        return {**found, "script": [job.command]}
    if pipeline.clouds and job.identity is not Identity.NOBODY:
        found["id_tokens"] = {TOKENS[cloud]: {"aud": audience(pipeline, cloud)} for cloud in pipeline.clouds}
    variables = cloud_variables(pipeline, job)
    if variables:
        found["variables"] = variables
    lines = sign_in_lines(pipeline, job)
    if job.identity is Identity.PLAN:
        found["cache"] = {"key": "terraform-providers", "paths": [f"{PLUGINS}/"]}
        lines = cache_lines(f"$CI_PROJECT_DIR/{PLUGINS}") + lines
    found["script"] = ["mkdir -p .terraform", *lines, kept_command(job)]
    found["artifacts"] = {"when": "always", "expire_in": "30 days", "paths": kept_files(job)}
    return found


def _rules(pipeline: Pipeline, job: Job) -> list[dict[str, str]]:
    """When a job runs. A tag's pipeline has no CI_COMMIT_BRANCH, that of a merge request has neither."""
    never = [{"if": f"{_PUSH} && {_is(refs)}", "when": "never"} for refs in pipeline.branches]
    match job.on:
        case On.ANY_CHANGE:
            return [{"if": _MERGE_REQUEST}, *never, {"if": f"{_PUSH} && $CI_COMMIT_BRANCH"}]
        case On.PULL_REQUEST:
            return [{"if": f"{_MERGE_REQUEST} && {_OWN}"}]
        case On.FORK:
            return [{"if": f"{_MERGE_REQUEST} && {_FORK}"}]
        case On.BRANCH:
            return [*never, {"if": f"{_PUSH} && $CI_COMMIT_BRANCH"}]
        case On.APPLY if job.refs:
            return [{"if": f"{_PUSH} && {_is(job.refs)}"}]
        case _:
            return [{"if": _SCHEDULE}]


def _is(refs: Refs) -> str:
    variable = "$CI_COMMIT_BRANCH" if refs.kind == "branch" else "$CI_COMMIT_TAG"
    return f'{variable} == "{refs.pattern}"' if refs.exact else f"{variable} =~ /^{refs.expression}$/"

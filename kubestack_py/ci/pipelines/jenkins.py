"""The pipeline as a declarative Jenkinsfile (jenkins.io, "Pipeline Syntax") for a multibranch project.

Plugins beside the suggested ones: Lockable Resources, and OpenID Connect Provider for the clouds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.ci.hosts.place import OWN_HOST, OWN_TOKEN
from kubestack_py.ci.pipelines.model import Identity, On
from kubestack_py.ci.pipelines.shell import (
    COMMENT,
    COMMENT_CREDENTIAL,
    PLUGINS,
    TOKENS,
    cache_lines,
    cloud_variables,
    kept_command,
    kept_files,
    sign_in_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.ci.pipelines.model import Job, Pipeline, Refs

PATH = "Jenkinsfile"
GIT_CREDENTIALS = "kubestack-git"
_INDENT = "    "
_BEFORE = ("beforeAgent true", "beforeInput true", "beforeOptions true")
_NOT_A_BRANCH = ["not { changeRequest() }", "not { buildingTag() }", "not { triggeredBy 'TimerTrigger' }"]
_OWN = "expression { env.CHANGE_FORK == null }"
_FORK = _OWN.replace("==", "!=")


def render(pipeline: Pipeline) -> str:
    """The text of the `Jenkinsfile`."""
    cron = f"TZ=Etc/UTC\\n{pipeline.settings.drift}"
    body = [
        "agent none",
        *_section("options", ["buildDiscarder(logRotator(numToKeepStr: '100'))"]),
        *_section("triggers", [f"cron(env.BRANCH_NAME == '{pipeline.default_branch}' ? '{cron}' : '')"]),
        *_section("stages", [line for job in pipeline.jobs for line in _stage(pipeline, job)]),
    ]
    return "\n".join(_section("pipeline", body)) + "\n"


def _section(name: str, lines: list[str]) -> list[str]:
    return [f"{name} {{", *(f"{_INDENT}{line}" if line else "" for line in lines), "}"]


def _stage(pipeline: Pipeline, job: Job) -> Iterator[str]:
    body = _section("when", [*_BEFORE, *_when(pipeline, job)])
    if approvers := pipeline.settings.approvers.get(job.environment):
        body += _section("input", [f"message 'Apply {job.environment}?'", f"submitter '{approvers}'"])
    if job.lock:
        body += _section("options", [f"lock(resource: '{job.lock}')"])
    body += _agent(pipeline)
    body += _environment(pipeline, job)
    # Not among the options, where the time would run while an apply waits for its lock or an approval.
    limit = f"timeout(time: {pipeline.settings.timeout}, unit: 'MINUTES')"
    body += _section("steps", _section(limit, _steps(pipeline, job)))
    if job.on is not On.ANY_CHANGE:
        keep = [f"archiveArtifacts artifacts: '{', '.join(_kept(pipeline, job))}', allowEmptyArchive: true"]
        body += _section("post", _section("always", keep))
    yield from _section(f"stage('{job.title}')", body)


def _when(pipeline: Pipeline, job: Job) -> list[str]:
    others = [f"not {{ {_is(refs)} }}" for refs in pipeline.branches]
    branch = [*_NOT_A_BRANCH, "not { branch 'env/**' }", *others]
    match job.on:
        case On.ANY_CHANGE:
            return _section("anyOf", ["changeRequest()", *_section("allOf", branch)])
        case On.PULL_REQUEST:
            return ["changeRequest()", _OWN]
        case On.FORK:
            return ["changeRequest()", _FORK]
        case On.BRANCH:
            return branch
        case On.APPLY if job.refs and job.refs.kind == "branch":
            return [*_NOT_A_BRANCH, _is(job.refs)]
        case On.APPLY if job.refs:
            return ["buildingTag()", _is(job.refs)]
        case _:
            return ["not { changeRequest() }", "not { buildingTag() }", "triggeredBy 'TimerTrigger'"]


def _is(refs: Refs) -> str:
    """Ant's globs know the same wildcards by the same rules."""
    return f"{refs.kind} pattern: '{refs.pattern}', comparator: 'GLOB'"


def _agent(pipeline: Pipeline) -> list[str]:
    settings = pipeline.settings
    label = " && ".join(settings.runner)
    if settings.image:
        given = [f"image '{settings.image}'", *([f"label '{label}'"] if label else [])]
        return _section("agent", _section("docker", given))
    return [f"agent {{ label '{label}' }}" if label else "agent any"]


def _environment(pipeline: Pipeline, job: Job) -> list[str]:
    found = cloud_variables(pipeline, job)
    if job.on is On.SCHEDULE:
        found["KUBESTACK_EVENT"] = "schedule"
    if _speaks(pipeline, job):
        found[OWN_HOST] = str(pipeline.repository)
    return _section("environment", [f"{name} = '{value}'" for name, value in found.items()]) if found else []


def _steps(pipeline: Pipeline, job: Job) -> list[str]:
    if job.on is On.ANY_CHANGE:
        return [f"sh '{job.command}'"]
    lines = ["set -eu", "mkdir -p .terraform"]
    if job.identity is Identity.PLAN:
        lines += cache_lines(f"$WORKSPACE/{PLUGINS}")
    lines += sign_in_lines(pipeline, job)
    lines.append(_command(pipeline, job))
    script = ["sh '''", *(line.replace("\\", "\\\\").replace("'", "\\'") for line in lines), "'''"]
    credentials = _credentials(pipeline, job)
    return _section(f"withCredentials([{', '.join(credentials)}])", script) if credentials else script


def _speaks(pipeline: Pipeline, job: Job) -> bool:
    """Whether a job tells the host of the repository anything."""
    return pipeline.repository is not None and (job.comments or job.issues)


def _command(pipeline: Pipeline, job: Job) -> str:
    """Where no host is known to comment on, the comment is a file for another program to post."""
    return kept_command(job) + (f" --comment-file {COMMENT}" if _posts_later(pipeline, job) else "")


def _kept(pipeline: Pipeline, job: Job) -> list[str]:
    return [*kept_files(job), COMMENT] if _posts_later(pipeline, job) else kept_files(job)


def _posts_later(pipeline: Pipeline, job: Job) -> bool:
    return job.on is On.PULL_REQUEST and pipeline.repository is None


def _credentials(pipeline: Pipeline, job: Job) -> list[str]:
    """What the shell gets, and no longer than for this step: git's, and a token for each cloud."""
    told = [_string(COMMENT_CREDENTIAL, OWN_TOKEN)] if _speaks(pipeline, job) else []
    if job.identity is Identity.NOBODY:
        return told
    role = "plan" if job.identity is Identity.PLAN else job.name
    found = [f"gitUsernamePassword(credentialsId: '{GIT_CREDENTIALS}')", *told]
    found += [_string(f"kubestack-{role}-{cloud}", TOKENS[cloud]) for cloud in pipeline.clouds]
    found += [_string(name, name) for name in pipeline.settings.stored_secrets]
    if pipeline.signed and job.pushes:
        found.append("file(credentialsId: 'kubestack-signing-key', variable: 'KUBESTACK_SIGNING_KEY')")
    return found


def _string(identity: str, variable: str) -> str:
    return f"string(credentialsId: '{identity}', variable: '{variable}')"

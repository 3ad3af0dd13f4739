"""The pipeline for Bitbucket (support.atlassian.com, "Bitbucket Pipelines configuration reference").

Bitbucket chooses one pipeline by the kind and name of a ref, so jobs are grouped by what starts them.
A schedule is set up on the host for the custom pipeline `drift`. Pull requests of forks start nothing,
and neither do rendered branches: they hold no pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci.pipelines.model import Identity, On
from kubestack_py.ci.pipelines.shell import (
    PLUGINS,
    cache_lines,
    cloud_variables,
    kept_command,
    kept_files,
    sign_in_lines,
)
from kubestack_py.ci.pipelines.text import Apart, yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.ci.pipelines.model import Job, Pipeline

PATH = "bitbucket-pipelines.yml"
_TOKEN = "BITBUCKET_STEP_OIDC_TOKEN"  # noqa: S105 - the name of a variable
_TOKENS = dict.fromkeys(("aws", "google", "azure"), _TOKEN)


def render(pipeline: Pipeline) -> str:
    """The text of `bitbucket-pipelines.yml`."""
    settings = pipeline.settings
    document = Apart({})
    if settings.image:
        document["image"] = {"name": settings.image}
    document["options"] = {"max-time": min(settings.timeout, 120)}
    document["clone"] = {"depth": "full"}
    document["definitions"] = {"caches": {"terraform": PLUGINS}}
    document["pipelines"] = {
        "default": _steps(pipeline, _started(pipeline, On.ANY_CHANGE, On.BRANCH)),
        "branches": _applied(pipeline, "branch"),
        "tags": _applied(pipeline, "tag"),
        "pull-requests": {"**": _steps(pipeline, _started(pipeline, On.ANY_CHANGE, On.PULL_REQUEST))},
        "custom": {"drift": _steps(pipeline, _started(pipeline, On.SCHEDULE))},
    }
    document["pipelines"] = {name: held for name, held in document["pipelines"].items() if held}
    return yaml_text(document)


def _started(pipeline: Pipeline, *kinds: On) -> list[Job]:
    return [job for job in pipeline.jobs if job.on in kinds]


def _applied(pipeline: Pipeline, kind: str) -> dict[str, Any]:
    """The applies and previews by the pattern of their refs, which are globs of the same rules here."""
    return {
        refs.pattern: _steps(pipeline, [job for job in pipeline.jobs if job.refs == refs])
        for refs in pipeline.applied
        if refs.kind == kind
    }


def _steps(pipeline: Pipeline, jobs: Iterable[Job]) -> list[dict[str, Any]]:
    return [{"step": _step(pipeline, job)} for job in jobs]


def _step(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {"name": job.title}
    if pipeline.settings.runner:
        found["runs-on"] = list(pipeline.settings.runner)
    if job.environment:
        found["deployment"] = job.environment
    if job.identity is Identity.NOBODY:
        return {**found, "script": [job.command]}
    if pipeline.clouds:
        found["oidc"] = True
    lines = ["mkdir -p .terraform"]
    if job.identity is Identity.PLAN:
        found["caches"] = ["terraform"]
        lines += cache_lines(f"$BITBUCKET_CLONE_DIR/{PLUGINS}")
    if job.on is On.SCHEDULE:
        lines.append("export KUBESTACK_EVENT=schedule")
    lines += [f'export {name}="{value}"' for name, value in cloud_variables(pipeline, job).items()]
    lines += sign_in_lines(pipeline, job, _TOKENS)
    if pipeline.signed and job.pushes:
        lines += [
            'KUBESTACK_SIGNING_KEY="$(mktemp)"',
            'printenv SIGNING_KEY | base64 --decode > "$KUBESTACK_SIGNING_KEY"',
            "export KUBESTACK_SIGNING_KEY",
            "unset SIGNING_KEY",
        ]
    found["script"] = [*lines, kept_command(job)]
    found["artifacts"] = kept_files(job)
    return found

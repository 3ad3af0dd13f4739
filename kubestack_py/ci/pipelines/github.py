"""The pipeline as a workflow of GitHub Actions (docs.github.com, "Workflow syntax")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci.pipelines import actions
from kubestack_py.ci.pipelines.model import Identity, On
from kubestack_py.ci.pipelines.shell import FULL_TEXT, azure_variables, cache_lines
from kubestack_py.ci.pipelines.text import Apart, Noted, yaml_text

if TYPE_CHECKING:
    from kubestack_py.ci.pipelines.model import Job, Pipeline, Refs

PATH = ".github/workflows/kubestack.yaml"
RUNNER = "ubuntu-24.04"
_PLUGINS = "~/.terraform.d/plugin-cache"
_TOKEN = "${{ github.token }}"  # noqa: S105 - an expression that GitHub fills in
_SOURCE = "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name"
_CREDENTIALS = """\
# Git asks for the token when it needs it: it stands in no file. The quotes are for git, not for this shell.
# shellcheck disable=SC2016
git config --local credential.helper \
'!f() { test "$1" != get || printf "username=x-access-token\\npassword=%s\\n" "$GITHUB_TOKEN"; }; f'
"""


def render(pipeline: Pipeline) -> str:
    """The text of the workflow."""
    document = Apart(
        {
            "name": "kubestack",
            "on": _events(pipeline),
            "permissions": {},
            "defaults": {"run": {"shell": "bash"}},
            "jobs": Apart({job.name: _job(pipeline, job) for job in pipeline.jobs}),
        }
    )
    return yaml_text(document)


def _events(pipeline: Pipeline) -> dict[str, Any]:
    push: dict[str, Any] = {"branches": ["**", "!env/**", "!gh-readonly-queue/**"]}
    if pipeline.tags:
        push["tags"] = [_filter(refs) for refs in pipeline.tags]
    return {
        "push": push,
        "pull_request": {},
        "merge_group": {},
        "schedule": [{"cron": pipeline.settings.drift}],
    }


def _filter(refs: Refs) -> str:
    """A pattern as a filter of GitHub, which may let pass more than it: `kubestack run` decides."""
    return refs.pattern.replace("?", "*").replace("+", "\\+")


def _job(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    settings = pipeline.settings
    found: dict[str, Any] = {"name": job.title, "if": _condition(pipeline, job)}
    if job.after:
        found["needs"] = job.after
    found["runs-on"] = list(settings.runner) or RUNNER
    if settings.image:
        found["container"] = {"image": settings.image}
    found["timeout-minutes"] = settings.timeout
    if job.environment:
        found["environment"] = job.environment
    found["concurrency"] = _concurrency(job)
    found["permissions"] = _permissions(pipeline, job)
    found["steps"] = _steps(pipeline, job)
    return found


def _condition(pipeline: Pipeline, job: Job) -> str:
    others = "".join(f" && !({_is(refs)})" for refs in pipeline.branches)
    branch = f"github.event_name == 'push' && github.ref_type == 'branch' && !github.event.deleted{others}"
    match job.on:
        case On.ANY_CHANGE:
            return f"github.event_name == 'pull_request' || github.event_name == 'merge_group' || ({branch})"
        case On.PULL_REQUEST:
            return f"{_SOURCE} == github.repository"
        case On.FORK:
            return f"{_SOURCE} != github.repository"
        case On.BRANCH:
            return branch
        case On.APPLY if job.refs:
            return f"github.event_name == 'push' && !github.event.deleted && {_is(job.refs)}"
        case _:
            return "github.event_name == 'schedule'"


def _is(refs: Refs) -> str:
    """Whether the pushed ref may be meant; the filters and `kubestack run` look closer."""
    if refs.exact:
        return f"github.ref == '{refs.full_prefix}'"
    ending = f" && endsWith(github.ref, '{refs.suffix}')" if refs.suffix else ""
    return f"startsWith(github.ref, '{refs.full_prefix}'){ending}"


def _concurrency(job: Job) -> dict[str, Any]:
    """One apply of an environment at a time, never cancelled; a newer plan of a ref replaces an older one."""
    if job.lock:
        return {"group": job.lock, "cancel-in-progress": False}
    return {"group": f"kubestack-{job.name}-${{{{ github.ref }}}}", "cancel-in-progress": not job.pushes}


def _permissions(pipeline: Pipeline, job: Job) -> dict[str, str]:
    found = {"contents": "write" if job.pushes else "read"}
    if job.identity is not Identity.NOBODY and pipeline.clouds:
        found["id-token"] = "write"
    if job.on is On.FORK:
        return found  # GitHub gives the job of a fork no more than reading, whatever is asked for
    asked = {"pull-requests": job.comments, "statuses": job.statuses, "issues": job.issues}
    return found | {name: "write" for name, wanted in asked.items() if wanted}


def _steps(pipeline: Pipeline, job: Job) -> list[dict[str, Any]]:
    checkout = {"fetch-depth": 0, "persist-credentials": False}
    steps: list[dict[str, Any]] = [{"uses": actions.CHECKOUT, "with": checkout}]
    if job.identity is Identity.NOBODY:
        return [*steps, {"name": job.title, "run": job.command}]
    if job.identity is Identity.PLAN:
        steps.append(_cache())
    steps += [
        {"name": "Let git sign in with the token of this job", "run": _CREDENTIALS},
        *_sign_in(pipeline, job),
        {"name": job.title, "env": _environment(pipeline, job), "run": _script(pipeline, job)},
    ]
    if job.on is On.PULL_REQUEST:
        steps.append(_full_text())
    return steps


def _full_text() -> dict[str, Any]:
    """The comment without the limit of the host, as an artifact; the summary has a larger one."""
    return {
        "uses": actions.UPLOAD,
        "if": "${{ !cancelled() }}",
        "with": {
            "name": "kubestack-comment",
            "path": FULL_TEXT,
            "include-hidden-files": True,
            "if-no-files-found": "ignore",
            "retention-days": 30,
        },
    }


def _cache() -> dict[str, Any]:
    """Providers of earlier plans. Applies take none from a cache, and nothing comes from one on a tag."""
    return {
        "uses": actions.CACHE,
        "with": {
            "path": _PLUGINS,
            "key": "terraform-providers-${{ runner.os }}-${{ hashFiles('**/.terraform.lock.hcl') }}",
            "restore-keys": "terraform-providers-${{ runner.os }}-",
            "lookup-only": Noted(
                "${{ github.ref_type == 'tag' }}", "zizmor: ignore[cache-poisoning] nothing is published"
            ),
        },
    }


def _sign_in(pipeline: Pipeline, job: Job) -> list[dict[str, Any]]:
    """Credentials of AWS and Google for an hour; azurerm asks for its token itself."""
    steps: list[dict[str, Any]] = []
    if aws := pipeline.settings.aws:
        given = {
            "role-to-assume": pipeline.identity(job, "aws"),
            "role-session-name": f"kubestack-{job.name}",
            "aws-region": aws.region,
        }
        steps.append({"uses": actions.AWS, "with": given})
    if google := pipeline.settings.google:
        steps += [
            {
                "name": "Leave Google's credentials file out of the work tree",
                "run": "echo 'gha-creds-*.json' >> .git/info/exclude",
            },
            {
                "uses": actions.GOOGLE,
                "with": {
                    "workload_identity_provider": google.provider,
                    "service_account": pipeline.identity(job, "google"),
                },
            },
        ]
    return steps


def _environment(pipeline: Pipeline, job: Job) -> dict[str, str]:
    found = {"GITHUB_TOKEN": _TOKEN}
    found |= azure_variables(pipeline, job)
    found |= {name: f"${{{{ secrets.{name} }}}}" for name in pipeline.settings.stored_secrets}
    if pipeline.signed and job.pushes:
        found["SIGNING_KEY"] = "${{ secrets.KUBESTACK_SIGNING_KEY }}"
    return found


def _script(pipeline: Pipeline, job: Job) -> str:
    lines = cache_lines(_PLUGINS.replace("~", "$HOME")) if job.identity is Identity.PLAN else []
    if job.refs and job.refs.kind == "tag":
        # checkout makes a light tag of an annotated one; its annotation may hold overrides of the gate.
        lines.append('git fetch --quiet --force --no-tags origin "+$GITHUB_REF:$GITHUB_REF"')
    if pipeline.signed and job.pushes:
        lines += [
            'export KUBESTACK_SIGNING_KEY="$RUNNER_TEMP/signing-key"',
            '(umask 077 && printenv SIGNING_KEY > "$KUBESTACK_SIGNING_KEY")',
            "unset SIGNING_KEY",
        ]
    if job.on is On.PULL_REQUEST:
        return "\n".join([*lines, "mkdir -p .terraform", f"{job.command} --full-text {FULL_TEXT}", ""])
    return "\n".join([*lines, job.command, ""])

"""From the settings of a platform to its pipeline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.ci.pipelines.model import Identity, Job, On, Pipeline, Refs
from kubestack_py.model.ci import WITHOUT_REPOSITORIES, CiHost, CiSettings
from kubestack_py.model.platform import Signing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.ci import CommentSettings
    from kubestack_py.model.platform import Environment, Platform

_RUN = ("kubestack", "run")
_LABELS = (CiHost.GITHUB, CiHost.GITLAB, CiHost.AZURE)
_ISSUES = (CiHost.GITHUB, CiHost.GITLAB)


def design(platform: Platform, host: CiHost) -> Pipeline:
    """The pipeline of a platform; without a `ci` section, with its defaults."""
    applied = tuple(_refs(environment) for environment in platform.environments)
    settings = platform.ci or CiSettings(host=host)
    repository = settings.comment.host if host in WITHOUT_REPOSITORIES else host
    return Pipeline(
        name=platform.name,
        default_branch=platform.default_branch,
        applied=applied,
        jobs=tuple(_jobs(platform, settings, repository)),
        settings=settings,
        repository=repository,
        signed=platform.evidence.signing is Signing.SSH,
    )


def _jobs(platform: Platform, settings: CiSettings, repository: CiHost | None) -> Iterator[Job]:
    """Each job does one decision of an event and no other, so that none needs the rights of two."""
    yield Job(name="validate", title="Validate", on=On.ANY_CHANGE, argv=("kubestack", "validate"))
    yield Job(
        name="plan",
        title=f"Plan {platform.first.name}",
        on=On.BRANCH,
        argv=(*_RUN, "--only", "plan"),
        identity=Identity.PLAN,
    )
    yield from _pull_requests(settings.comment, repository)
    for environment in platform.environments:
        yield from _promotion(platform, environment, told=repository is not None)
    issues = repository in _ISSUES and settings.drift_issue
    yield Job(
        name="drift",
        title="Look for drift",
        on=On.SCHEDULE,
        argv=("kubestack", "drift", *(["--issue"] if issues else [])),
        identity=Identity.PLAN,
        issues=issues,
    )


def _pull_requests(comment: CommentSettings, repository: CiHost | None) -> Iterator[Job]:
    """The plan of a pull request; for one from a fork, in its place, the reason why there is none."""
    told = repository is not None
    statuses = told and comment.statuses
    labels = repository in _LABELS and comment.labels
    more = [*(["--status"] if statuses else []), *(["--label"] if labels else [])]
    yield Job(
        name="pull-request",
        title="Plan the pull request",
        on=On.PULL_REQUEST,
        argv=(*_RUN, "--only", "plan", *more),
        identity=Identity.PLAN,
        comments=told,
        statuses=statuses,
    )
    yield Job(
        name="fork",
        title="Say why a fork is not planned",
        on=On.FORK,
        argv=(*_RUN, "--only", "plan"),
        comments=told,
    )


def _promotion(platform: Platform, environment: Environment, *, told: bool) -> Iterator[Job]:
    """The apply of an environment, then the preview of what comes next, with the rights to read only."""
    name, following = environment.name, platform.after(environment)
    yield Job(
        name=f"apply-{name}",
        title=f"Apply {name}",
        on=On.APPLY,
        argv=(*_RUN, "--only", "apply", "--environment", name),
        identity=Identity.APPLY,
        refs=_refs(environment),
        environment=name,
        lock=f"kubestack-{name}",
        pushes=True,
        comments=told,
    )
    if following:
        yield Job(
            name=f"preview-{following.name}",
            title=f"Preview {following.name}",
            on=On.APPLY,
            argv=(*_RUN, "--only", "plan", "--environment", following.name),
            identity=Identity.PLAN,
            refs=_refs(environment),
            after=f"apply-{name}",
            pushes=True,
        )


def _refs(environment: Environment) -> Refs:
    return Refs(kind=environment.apply_on.kind.value, pattern=environment.apply_on.pattern)

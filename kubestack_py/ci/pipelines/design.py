"""From the settings of a platform to its pipeline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.ci.pipelines.model import Identity, Job, On, Pipeline, Refs
from kubestack_py.model.ci import CiHost, CiSettings
from kubestack_py.model.platform import Signing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.platform import Environment, Platform

_RUN = ("kubestack", "run")


def design(platform: Platform, host: CiHost) -> Pipeline:
    """The pipeline of a platform; without a `ci` section, with its defaults."""
    applied = tuple(_refs(environment) for environment in platform.environments)
    return Pipeline(
        name=platform.name,
        default_branch=platform.default_branch,
        applied=applied,
        jobs=tuple(_jobs(platform)),
        settings=platform.ci or CiSettings(host=host),
        signed=platform.evidence.signing is Signing.SSH,
    )


def _jobs(platform: Platform) -> Iterator[Job]:
    """Each job does one decision of an event and no other, so that none needs the rights of two."""
    yield Job(name="validate", title="Validate", on=On.ANY_CHANGE, argv=("kubestack", "validate"))
    yield Job(
        name="plan",
        title=f"Plan {platform.first.name}",
        on=On.BRANCH,
        argv=(*_RUN, "--only", "plan"),
        identity=Identity.PLAN,
    )
    yield Job(
        name="pull-request",
        title="Plan the pull request",
        on=On.PULL_REQUEST,
        argv=(*_RUN, "--only", "plan"),
        identity=Identity.PLAN,
        comments=True,
    )
    for environment in platform.environments:
        yield from _promotion(platform, environment)
    yield Job(
        name="drift",
        title="Look for drift",
        on=On.SCHEDULE,
        argv=(*_RUN, "--only", "drift"),
        identity=Identity.PLAN,
    )


def _promotion(platform: Platform, environment: Environment) -> Iterator[Job]:
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

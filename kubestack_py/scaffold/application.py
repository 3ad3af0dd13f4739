"""`kubestack new application`: a small service, its image, its manifests, and the pipeline between them."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import UsageError
from kubestack_py.model.ci import NO_IMAGE
from kubestack_py.model.image import parse_image
from kubestack_py.scaffold.answers import problem_with
from kubestack_py.scaffold.render import generate, take_usual_modes
from kubestack_py.system.files import disk_errors, resource

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "templates/application"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAnswers:
    """What an application is made from; `check_application` is the way to get them.

    `registry` is what comes before the name of the image (`ghcr.io/acme`), `deploy_repository` where its
    manifests live, as the host calls it (`acme/deploy`); the first of `environments` gets new images. With
    Lighthouse steps run in `ci_image`, that of the platform's pipelines.
    """

    name: str
    ci: str
    registry: str
    deploy_repository: str
    environments: tuple[str, ...]
    default_branch: str
    ci_image: str = ""


def check_application(answers: ApplicationAnswers) -> ApplicationAnswers:
    """The answers, once they can be used. Raises `UsageError` for the first one that cannot."""
    for field, value in (
        ("application", answers.name),
        ("environments", list(answers.environments)),
        ("default_branch", answers.default_branch),
        ("ci_image", answers.ci_image),
    ):
        problem = problem_with(field, value)
        if problem:
            raise UsageError(f"{problem.message}; nothing was written", hint=problem.hint)
    image = parse_image(f"{answers.registry}/{answers.name}")
    if image is None or image.tag or image.registry == "docker.io" != answers.registry.partition("/")[0]:
        raise UsageError(
            f"{answers.registry!r} is no place for images; nothing was written",
            hint="Write the host and what comes before the name: --registry ghcr.io/acme",
        )
    if not _REPOSITORY.fullmatch(answers.deploy_repository):
        raise UsageError(
            f"{answers.deploy_repository!r} is no repository of a host; nothing was written",
            hint="Write it as the host does: --deploy-repository acme/deploy",
        )
    return answers


def render_application(answers: ApplicationAnswers, parent: Path) -> Path:
    """Write the files of an application to a new directory `parent/<name>`, and return it."""
    project, _, repository = answers.deploy_repository.partition("/")
    values = {
        **asdict(answers),
        "__version": __version__,
        "__first": answers.environments[0],
        "__project": project,
        "__repository": repository,
    }
    values["__image"] = answers.ci_image or NO_IMAGE
    with disk_errors(f"write the application to {parent}"):
        for part in ("common", answers.ci):
            generate(resource(TEMPLATE) / part, values, parent)
        for environment in answers.environments:
            context = {**values, "__environment": environment}
            generate(resource(TEMPLATE) / "overlay", context, parent)
        take_usual_modes(parent / answers.name)
    return parent / answers.name

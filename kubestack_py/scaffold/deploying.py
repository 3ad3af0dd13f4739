"""The files of a deploy repository: what is common, what its operator needs, and the first application."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from kubestack_py.model.ci import NO_IMAGE
from kubestack_py.scaffold import jenkins_x
from kubestack_py.scaffold.answers import JENKINS_X
from kubestack_py.scaffold.homes import APPS, CONFIGS, CONTROLLERS, MANIFESTS
from kubestack_py.scaffold.overlay_lists import write_lists
from kubestack_py.scaffold.render import generate, render_values, take_usual_modes
from kubestack_py.system.files import disk_errors, read_once, resource, scratch_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEMPLATE = "templates/deploy-repository"
FLUX, BRANCHES = "flux", "branches"
_TAG = re.compile(r'^( *newTag: "[^"]*")$', re.MULTILINE)
_ONLY_FIRST = "image-automation.yaml"
_PREVIEWS = "preview-account.yaml"


def render_deploy(values: Mapping[str, Any], parent: Path) -> Path:
    """Write the files of a deploy repository to a new directory `parent/<name>`, and return it.

    Raises `FileError` when the disk refuses; what was written until then stays.
    """
    root = parent / str(values["name"])
    first, *others = values["environments"]
    with disk_errors(f"write the deploy repository to {parent}"):
        for environment in values["environments"]:
            context = _context(values, environment)
            for part in (values["engine"], "common"):  # what is there already stays
                generate(resource(TEMPLATE) / part, context, parent)
        _take_out(values, root, others)
        _first_application(values, root, first)
        if values["engine"] == FLUX and values["follow"] != BRANCHES:
            for home in (APPS, CONTROLLERS, CONFIGS):
                write_lists(root, home, values["environments"])
        take_usual_modes(root)
    return root


def _take_out(values: Mapping[str, Any], root: Path, others: list[str]) -> None:
    """What the templates have for every environment, and only the first one needs, or nobody here does."""
    if values["engine"] == JENKINS_X:
        for environment in others:
            (root / CONFIGS / JENKINS_X / "overlays" / environment / _PREVIEWS).unlink()
    if values["engine"] == FLUX:
        for environment in others:
            (root / "clusters" / environment / _ONLY_FIRST).unlink()
        if values["host"] == "none":
            for path in root.glob("clusters/*/notifications.yaml"):
                path.unlink()


def _context(values: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The variables of the templates: answers, and what follows from them for one environment."""
    follows = values["follow"]
    tagged = follows == "tags" and environment != values["environments"][0]
    source = ">=0.0.0" if tagged else values["default_branch"]
    rendered = follows == BRANCHES
    return {
        **_template(),
        **values,
        "environments": list(values["environments"]),
        "__environment": environment,
        "__first": values["environments"][0],
        "__last": values["environments"][-1],
        "__tagged": tagged,
        "__below": "" if rendered else f"/{environment}",
        "__overlay": "" if rendered else f"/overlays/{environment}",
        "__revision": f"env/{environment}" if rendered else source,
        "__web": _web(values["url"]),
        "__image": values.get("ci_image") or NO_IMAGE,
        "__repository": jenkins_x.repository_of(values["url"]),
    }


@read_once
def _template() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(
        (resource(TEMPLATE) / "cookiecutter.json").read_text(encoding="utf-8")
    )
    return template


def _web(url: str) -> str:
    """The address of a repository for people, as hosts take it for statuses."""
    host, _, path = url.partition("://")[2].rpartition("@")[2].partition("/")
    return f"https://{host.partition(':')[0]}/{path.removesuffix('.git')}"


def _first_application(values: Mapping[str, Any], root: Path, first: str) -> None:
    """The sample of the platform's template, with the marker by which image automation finds its tag."""
    name, engine = values["application"], values["engine"]
    with scratch_directory("application") as scratch:
        answers = {**values, "provider": "local", "environments": list(values["environments"])}
        made = render_values(answers, scratch)
        shutil.copytree(made / MANIFESTS / name, root / APPS / name, dirs_exist_ok=True)
    if engine == FLUX:
        overlay = root / APPS / name / "overlays" / first / "kustomization.yaml"
        marker = f'# {{"$imagepolicy": "flux-system:{name}:tag"}}'
        text = overlay.read_text(encoding="utf-8")
        overlay.write_text(_TAG.sub(rf"\1 {marker}", text), encoding="utf-8")

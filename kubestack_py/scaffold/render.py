"""Render templates with cookiecutter: no hooks, no replay, nothing written to HOME.

Of cookiecutter only `generate` is imported; `cookiecutter.main` would load an HTTP client as well.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kubestack_py.scaffold.homes import MANIFESTS
from kubestack_py.system.files import disk_errors, read_once, resource
from kubestack_py.terraform.selection import HTTP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kubestack_py.scaffold.answers import PlatformAnswers

TEMPLATE = "templates/platform"
SPLIT = "split"
ENVIRONMENT_FILE = "environment.tf"  # a template leaves out a file whose name is empty
LOCAL_CLUSTER = ("infra/cluster.tf", "infra/outputs.tf", "infra/modules/cluster")


def render_platform(answers: PlatformAnswers, parent: Path) -> Path:
    """Write the files of a platform to a new directory `parent/<name>`, and return it.

    Raises `FileError` when the disk refuses; what was written until then stays.
    """
    return render_values(asdict(answers), parent)


def render_values(values: Mapping[str, Any], parent: Path) -> Path:
    """Like `render_platform`, from answers that are not checked: former templates know other questions."""
    first, *between, last = values["environments"]
    with disk_errors(f"write the platform to {parent}"):
        # One folder of a template becomes one directory. The template has the first and the last
        # overlay; each environment between them gets the last one's, in a pass that keeps what is there.
        for environment in (last, *between):
            generate(resource(TEMPLATE), _context(values, first, environment), parent)
        if values["provider"] != "local":
            _remove(parent / values["name"], LOCAL_CLUSTER)
        if values.get("layout") == SPLIT:
            _remove(parent / values["name"], (str(MANIFESTS),))
        take_usual_modes(parent / values["name"])
    return parent / str(values["name"])


def generate(template: Path, context: Mapping[str, Any], parent: Path) -> None:
    """Write the files of a template to `parent`, leaving alone those that are there.

    `context` are the template's variables; how they are written is the same in all templates.
    """
    from cookiecutter.generate import generate_files  # with what it imports, half the time of the command

    generate_files(
        repo_dir=str(template),
        context={"cookiecutter": {"_jinja2_env_vars": _template()["_jinja2_env_vars"], **context}},
        output_dir=str(parent),
        accept_hooks=False,
        overwrite_if_exists=True,
        skip_if_file_exists=True,
    )


@read_once
def _template() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(
        (resource(TEMPLATE) / "cookiecutter.json").read_text(encoding="utf-8")
    )
    return template


def _context(values: Mapping[str, Any], first: str, last: str) -> dict[str, Any]:
    """The variables of the template: its own settings and defaults, and the answers over them."""
    derived = {
        "environments": ",".join(values["environments"]),
        "__first": first,
        "__last": last,
        "__environment_file": ENVIRONMENT_FILE if values.get("backend") == HTTP else "",
    }
    return {**_template(), **values, **derived}


def _remove(root: Path, names: Sequence[str]) -> None:
    """Take away files and directories: a template cannot leave out a directory by itself."""
    for path in (root / name for name in names):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # former templates lack some


def take_usual_modes(root: Path) -> None:
    """Give files the mode that new files get here; the installed template may be read-only."""
    usual = root.stat().st_mode & 0o666
    for path in root.rglob("*"):
        if path.is_file():
            path.chmod(usual)

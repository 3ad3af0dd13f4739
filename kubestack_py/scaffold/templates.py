"""A repository of any template, from its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.scaffold.answers import DEPLOY_REPOSITORY
from kubestack_py.scaffold.deploying import render_deploy
from kubestack_py.scaffold.render import render_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def render_template(template: str, values: Mapping[str, Any], parent: Path) -> Path:
    """Write the files of a template to a new directory `parent/<name>`, and return it.

    The answers are not checked: former templates know other questions.
    """
    return (render_deploy if template == DEPLOY_REPOSITORY else render_values)(values, parent)

"""Each host's pipeline before the linters and schemas of that host: nothing to say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kubestack_py.ci.pipelines.render import render_pipelines
from kubestack_py.model.ci import CiHost
from tests.conftest import git
from tests.programs import program
from tests.unit.test_pipelines import PLAIN, SETTINGS, platform

SCHEMAS = {
    CiHost.GITHUB: ["vendor.github-workflows"],
    CiHost.GITLAB: ["vendor.gitlab-ci"],
    CiHost.AZURE: ["vendor.azure-pipelines", "--regex-variant", "python"],
    CiHost.BITBUCKET: ["vendor.bitbucket-pipelines"],
}
THREE = PLAIN.replace(
    "  - {name: apps,", '  - {name: stage, apply_on: {branch: "release/**"}}\n  - {name: apps,'
)
TEXTS = pytest.mark.parametrize("text", [SETTINGS, PLAIN, THREE], ids=["full", "plain", "three"])


def written(root: Path, host: CiHost, text: str) -> Path:
    """The pipeline in a repository, where its host looks for it."""
    [pipeline] = render_pipelines(platform(text), host)
    path = root / pipeline.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pipeline.text)
    git(root, "init", "--quiet")
    return path


def quiet(root: Path, *argv: str) -> None:
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@TEXTS
@pytest.mark.parametrize("host", SCHEMAS)
def test_schema_accepts(tmp_path: Path, host: CiHost, text: str) -> None:
    path = written(tmp_path, host, text)
    checker = str(program("workflows", "check-jsonschema"))
    quiet(tmp_path, checker, "--builtin-schema", *SCHEMAS[host], str(path))


@pytest.mark.slow
@TEXTS
def test_actionlint_and_zizmor_find_nothing(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, CiHost.GITHUB, text)
    quiet(tmp_path, str(program("workflows", "actionlint")), str(path))
    quiet(tmp_path, str(program("workflows", "zizmor")), "--offline", "--no-progress", str(path))


@pytest.mark.slow
def test_zizmor_would_find_what_a_person_might_add(tmp_path: Path) -> None:
    """The linter looks at what we think it does: a title of a pull request in a shell line is an error."""
    path = written(tmp_path, CiHost.GITHUB, PLAIN)
    evil = path.read_text().replace(
        "run: kubestack validate", "run: echo ${{ github.event.pull_request.title }}"
    )
    path.write_text(evil)
    with pytest.raises(AssertionError, match="template-injection"):
        quiet(tmp_path, str(program("workflows", "zizmor")), "--offline", "--no-progress", str(path))

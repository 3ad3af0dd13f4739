"""What a scaffolded repository holds works with the real tools, whatever the answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kubestack_py.scaffold.answers import PlatformAnswers, check
from kubestack_py.scaffold.platform import new_platform
from kubestack_py.system.files import resource

ANSWERS: dict[str, dict[str, str]] = {
    "default": {"name": "acme"},
    "chain": {"name": "a1", "application": "shop", "environments": "ops,stage,pre-apps,apps"},
    "yaml-words": {
        "name": "no",
        "application": "null",
        "environments": "on,yes,true",
        "default_branch": "1.0",
        "domain": "null.true",
    },
    "hcl-words": {
        "name": "x0",
        "application": "e1",
        "environments": "null,in,if",
        "default_branch": "true",
        "terraform_version": "1.6.0",
    },
    "longest": {
        "name": "a" * 40,
        "application": "b" * 40,
        "environments": ",".join(letter * 16 for letter in "cde"),
        "domain": "f" * 60 + ".example.com",
        "default_branch": "g" * 100,
    },
}


class Scaffold:
    """A scaffolded repository with the answers it was made from."""

    def __init__(self, root: Path, answers: PlatformAnswers) -> None:
        self.root = root
        self.answers = answers

    @property
    def overlays(self) -> Path:
        return self.root / "manifests" / self.answers.application / "overlays"

    def files(self) -> list[Path]:
        return [
            path
            for path in self.root.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        ]

    def terraform(self, *args: str, environment: str = "", ok: int = 0) -> str:
        workspace = {"TF_WORKSPACE": environment} if environment else {}
        done = subprocess.run(
            ["terraform", f"-chdir={self.root / 'infra'}", *args],
            env={**os.environ, **workspace, "TF_IN_AUTOMATION": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    @cache  # noqa: B019 - lives as long as the test
    def objects(self, environment: str) -> dict[str, Any]:
        """What an overlay renders, by kind; the build must not warn."""
        done = subprocess.run(
            ["kubectl", "kustomize", self.overlays / environment], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return {item["kind"]: item for item in yaml.safe_load_all(done.stdout)}


@pytest.fixture(scope="module", params=ANSWERS)
def scaffolded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scaffold:
    """One for each set of answers, to be copied."""
    answers = check(ANSWERS[request.param])
    return Scaffold(new_platform(answers, tmp_path_factory.mktemp("scaffolded"), lambda _: None), answers)


@pytest.fixture
def scaffold(scaffolded: Scaffold, tmp_path: Path) -> Scaffold:
    root = shutil.copytree(scaffolded.root, tmp_path / scaffolded.root.name, symlinks=True)
    return Scaffold(root, scaffolded.answers)


@pytest.fixture
def acme(tmp_path: Path) -> Scaffold:
    answers = check({"name": "acme"})
    return Scaffold(new_platform(answers, tmp_path, lambda _: None), answers)


def duplicates(node: yaml.Node) -> list[str]:
    """Keys that a mapping anywhere below the node holds twice."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        below = [name for _, value in node.value for name in duplicates(value)]
        return [key for key in set(keys) if keys.count(key) > 1] + below
    if isinstance(node, yaml.SequenceNode):
        return [name for item in node.value for name in duplicates(item)]
    return []


def test_files_are_clean(scaffold: Scaffold) -> None:
    for path in scaffold.files():
        text = path.read_text(encoding="utf-8")
        assert text.strip(), path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]$|\t|\r|\n{4}|@[{%#]|[}%#]@", text, re.MULTILINE), path
        assert stat.S_IMODE(path.stat().st_mode) == 0o644, path


def test_yaml_parses_without_duplicate_keys(scaffold: Scaffold) -> None:
    files = [path for path in scaffold.files() if path.suffix == ".yaml"]
    assert len(files) == 6 + 2 * len(scaffold.answers.environments) - 1
    for path in files:
        documents = list(yaml.compose_all(path.read_text(encoding="utf-8")))
        assert documents, path
        assert [name for node in documents for name in duplicates(node)] == [], path


def test_settings_fit_their_schema_and_say_what_was_answered(scaffold: Scaffold) -> None:
    settings = yaml.safe_load((scaffold.root / "kubestack.yaml").read_text(encoding="utf-8"))
    schema = json.loads(resource("schemas/kubestack.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(settings)) == []
    first, *later = scaffold.answers.environments
    assert settings["name"] == scaffold.answers.name
    assert settings["environments"] == [
        {"name": first, "apply_on": {"branch": scaffold.answers.default_branch}},
        *({"name": name, "apply_on": {"tag": f"{name}-deploy-*"}} for name in later),
    ]


def test_recorded_answers_are_those_given(scaffold: Scaffold) -> None:
    recorded = json.loads((scaffold.root / ".kubestack" / "answers.json").read_text(encoding="utf-8"))
    assert recorded["template"] == "platform"
    assert check(recorded["answers"]) == scaffold.answers


@pytest.mark.slow
def test_terraform_is_formatted_valid_and_converges(scaffold: Scaffold) -> None:
    assert scaffold.terraform("fmt", "-check", "-recursive", "-diff") == ""
    scaffold.terraform("init", "-input=false")
    scaffold.terraform("validate")
    for environment in scaffold.answers.environments:
        scaffold.terraform("apply", "-auto-approve", "-input=false", environment=environment)
        scaffold.terraform("plan", "-detailed-exitcode", "-input=false", environment=environment)
        name = json.loads(scaffold.terraform("output", "-json", "cluster_name", environment=environment))
        assert name == f"{scaffold.answers.name}-{environment}-local"
        assert len(name) <= 63


def test_overlays_build_without_warning_and_differ(scaffold: Scaffold) -> None:
    assert {path.name for path in scaffold.overlays.iterdir()} == set(scaffold.answers.environments)
    application = scaffold.answers.application
    for environment in scaffold.answers.environments:
        objects = scaffold.objects(environment)
        assert objects["Namespace"]["metadata"]["name"] == application
        assert {item["metadata"].get("namespace", application) for item in objects.values()} == {application}
        host = f"{application}.{environment}.{scaffold.answers.domain}"
        assert objects["Ingress"]["spec"]["rules"][0]["host"] == host
        assert objects["ConfigMap"]["data"]["PODINFO_UI_MESSAGE"] == f"{application} in {environment}"
    first, last = (
        scaffold.objects(name)["Deployment"]["spec"]
        for name in scaffold.answers.environments[:: len(scaffold.answers.environments) - 1]
    )
    assert first["replicas"] < last["replicas"]
    assert (
        first["template"]["spec"]["containers"][0]["image"]
        != last["template"]["spec"]["containers"][0]["image"]
    )


def test_pods_keep_to_the_restricted_standard(acme: Scaffold) -> None:
    """The rules are those of the Pod Security Standards, which the namespace enforces."""
    objects = acme.objects("apps")
    assert objects["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"livenessProbe", "readinessProbe", "startupProbe", "resources"} <= container.keys()
    config_map = container["envFrom"][0]["configMapRef"]["name"]
    assert config_map == objects["ConfigMap"]["metadata"]["name"]
    assert re.fullmatch(r"web-[a-z0-9]{10}", config_map)


def test_selectors_find_the_pods(acme: Scaffold) -> None:
    objects = acme.objects("apps")
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert objects["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert objects["Service"]["spec"]["selector"].items() <= labels


def test_git_ignores_what_terraform_leaves(acme: Scaffold) -> None:
    acme.terraform("init", "-input=false")
    acme.terraform("apply", "-auto-approve", "-input=false", environment="ops")
    acme.terraform("plan", "-out=ops.tfplan", environment="ops")
    (acme.root / "infra" / ".terraform.lock.hcl").write_text("# a lock file\n")
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=acme.root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "?? infra/.terraform.lock.hcl\n"


def test_fresh_clone_finds_the_state_beside_it(acme: Scaffold) -> None:
    """With workspaces in the default place, `init` of a clone asks a question and fails."""
    acme.terraform("init", "-input=false")
    acme.terraform("apply", "-auto-approve", "-input=false", environment="ops")
    subprocess.run(["rm", "-r", acme.root / "infra" / ".terraform"], check=True)
    acme.terraform("init", "-input=false", environment="ops")
    acme.terraform("plan", "-detailed-exitcode", "-input=false", environment="ops")


def test_readme_names_paths_that_exist(scaffold: Scaffold) -> None:
    text = (scaffold.root / "README.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:infra|manifests|\.kubestack|kubestack\.yaml|\.tool-versions)[^`<]*)`", text)
    )
    assert {"kubestack.yaml", "infra/", "infra/versions.tf", ".kubestack/answers.json"} <= named
    assert [name for name in named if not (scaffold.root / name).exists()] == []
    assert "cookiecutter" not in text

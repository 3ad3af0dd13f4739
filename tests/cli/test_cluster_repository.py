"""`--engine jenkins-x`: a cluster repository that is valid, boots, shows previews and says who may merge."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kubestack_py.checks.schemas import Schemas
from kubestack_py.ci.pipelines.marked import PATHS
from kubestack_py.model.pattern import matches
from kubestack_py.scaffold.catalog import load_catalog
from kubestack_py.scaffold.jenkins_x import SERVICES
from kubestack_py.system.files import resource
from kubestack_py.system.yaml import load, load_all
from tests.conftest import commit, git
from tests.platforms import FAKE, invoke, program

URL = "https://git.example.com/acme/cluster.git"
IMAGE = f"registry.example.com/acme/ci@sha256:{'0' * 64}"
NEW = ("new", "deploy-repository", "cluster", "--no-input", "--engine", "jenkins-x", "--url", URL)
KUBECTL = """\
#!/usr/bin/env bash
# A cluster that takes everything: what it was told goes to KUBECTL_LOG. Rendering is the real one's.
if [[ $1 == kustomize || $1 == version || " $* " == *" --dry-run=client "* ]]; then exec REAL "$@"; fi
printf '%s\\n' "$*" >> "$KUBECTL_LOG"
case "$1 $2" in
  "get configmap") printf '%s' "${APPLIED:-}" ;;
  "get namespaces") printf '%b' "${PREVIEWS:-}" ;;
  apply* | delete*) if [[ $* == *--filename=- ]]; then cat >> "$KUBECTL_LOG"; fi ;;
esac
"""


@pytest.fixture(scope="module")
def scaffolded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("cluster")
    done = invoke(where, *NEW, "--ci", "lighthouse", "--ci-image", IMAGE, "--directory", str(where))
    assert done.code == 0, done.said
    return where / "cluster"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-ins for helm and for a cluster, first on PATH, and kubestack itself."""
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "helm").symlink_to(FAKE / "helm")
    real = subprocess.run(["which", "kubectl"], capture_output=True, text=True, check=True).stdout.strip()
    words = " ".join(f"'{word}'" for word in program())
    for name, text in (
        ("kubectl", KUBECTL.replace("REAL", real)),
        ("kubestack", f'#!/bin/sh\nexec {words} "$@"\n'),
    ):
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECTL_LOG", str(tmp_path / "kubectl.log"))
    return tmp_path / "kubectl.log"


def copied(scaffolded: Path, tmp_path: Path) -> Path:
    """A clone to work in, and its host beside it."""
    git(tmp_path, "clone", "--quiet", "--bare", str(scaffolded), str(tmp_path / "host.git"))
    git(tmp_path, "clone", "--quiet", str(tmp_path / "host.git"), str(tmp_path / "work"))
    return tmp_path / "work"


@pytest.mark.slow
def test_an_environment_that_is_added_is_whole(scaffolded: Path, tmp_path: Path, tools: Path) -> None:
    root = copied(scaffolded, tmp_path)
    done = invoke(root, "add", "environment", "staging", "--after", "ops")
    assert done.code == 0, done.said
    commit(root)
    assert invoke(root, "validate", "-o", "json").json["findings"] == []
    assert (root / "clusters/staging/cluster-vars.yaml").is_file()
    environments = load((root / "jx-requirements.yml").read_bytes(), "")["spec"]["environments"]  # type: ignore[index]
    assert [item["key"] for item in environments] == ["ops", "staging", "apps"]
    assert environments[1]["promotionStrategy"] == "Manual"


def bash(where: Path, script: str, **variables: str) -> str:
    done = subprocess.run(
        ["bash", *script.split()],
        cwd=where,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def documents(path: Path) -> list[Any]:
    return [item for item in load_all(path.read_bytes(), path.name) if isinstance(item, dict)]


@pytest.mark.slow
def test_cluster_repository_is_valid(scaffolded: Path, tmp_path: Path, tools: Path) -> None:
    root = copied(scaffolded, tmp_path)
    done = invoke(root, "validate", "-o", "json")
    assert [item for item in done.json["findings"] if item["severity"] != "note"] == []
    assert invoke(root, "ci", "check").code == 0
    assert not tools.exists(), "no cluster was asked"


@pytest.mark.slow
def test_one_image_runs_everything_and_follows_the_settings(
    scaffolded: Path, tmp_path: Path, tools: Path
) -> None:
    root = copied(scaffolded, tmp_path)
    texts = {path: path.read_text() for path in root.rglob("*.y*ml") if ".git" not in path.parts}
    images = {
        line.split()[-1] for text in texts.values() for line in re.findall("image: registry.*ci@.*", text)
    }
    assert not any("registry.invalid" in text for text in texts.values()), images
    settings = root / "kubestack.yaml"
    settings.write_text(settings.read_text().replace(f'image: "{IMAGE}"', "drift: 0 4 * * *"))
    done = invoke(root, "ci", "check")
    assert done.code == 1
    assert {line.partition(":")[0] for line in done.said.splitlines() if "not ci.image" in line} == set(PATHS)
    assert invoke(root, "ci", "render", "lighthouse").code == 0
    assert all(IMAGE not in (root / path).read_text() for path in PATHS)
    done = invoke(root, "validate", "-o", "json")
    assert [item["check"] for item in done.json["findings"] if item["severity"] != "note"] == ["ci-image"]
    assert done.code == 0
    assert "HELM_VERSION=3.19.0" in (root / "ci/Dockerfile").read_text()


def test_objects_outside_of_stacks_fit_their_schemas(scaffolded: Path) -> None:
    schemas = Schemas("1.33", (), resource("schemas/crds"))
    kinds = set()
    for folder in (".jx/git-operator", ".lighthouse"):
        for path in sorted((scaffolded / folder).rglob("*.yaml")):
            for item in documents(path):
                kinds.add(item["kind"])
                validator = schemas.find(item["apiVersion"], item["kind"])
                assert validator
                assert [error.message for error in validator.compiled.iter_errors(item)] == [], path
    assert kinds == {"Job", "ServiceAccount", "ClusterRoleBinding", "TriggerConfig", "PipelineRun"}


LOCK = "versions.lock.yaml"
TEKTON = "infrastructure/controllers/tekton/base/charts/tekton-pipeline.yaml"


def test_lock_has_every_chart_with_the_version_of_the_catalog(scaffolded: Path) -> None:
    catalog = load_catalog(scaffolded, ["catalog"])
    locked: Any = load((scaffolded / LOCK).read_bytes(), "lock")
    assert set(locked["services"]) == set(SERVICES)
    assert "ingress-nginx" not in locked["services"], "retired"
    for name, service in locked["services"].items():
        entry = catalog.find(name)
        assert {it: chart["version"] for it, chart in service["charts"].items()} == {
            chart.release: chart.version for chart in entry.charts
        }
        assert service["source"].startswith(entry.sources[0].what)


@pytest.mark.slow
def test_commands_change_charts_and_lock_together(scaffolded: Path, tmp_path: Path, tools: Path) -> None:
    root = copied(scaffolded, tmp_path)
    before = git(root, "rev-parse", "HEAD:")

    def locked_version(name: str, release: str) -> str:
        found: Any = load((root / LOCK).read_bytes(), LOCK)
        return str(found["services"][name]["charts"][release]["version"])

    def ok(*arguments: str) -> str:
        done = invoke(root, *arguments)
        assert done.code == 0, done.said
        return done.said

    assert "nothing to do" in ok("catalog", "upgrade")
    chart = root / TEKTON
    chart.write_text(chart.read_text().replace("1.14.0", "1.13.2 # until the next window"))
    assert "tekton-pipeline: 1.13.2 → 1.14.0" in ok("catalog", "upgrade", "--dry-run")
    ok("catalog", "upgrade", "tekton")
    assert "version: 1.14.0 # until the next window\n" in chart.read_text()
    chart.write_text(chart.read_text().replace(" # until the next window", ""))
    assert git(root, "status", "--porcelain") == ""

    ok("catalog", "upgrade", "jx", "--version", "1.2.200")
    assert locked_version("jx", "jxboot-helmfile-resources") == "1.2.200"
    assert locked_version("jx", "jx-build-controller") == "0.5.41"
    assert "newer than the catalog's 1.2.107; it stays" in ok("catalog", "upgrade")
    ok("catalog", "upgrade", "jx", "--version", "1.2.107")
    ok("plan", "-e", "ops")  # helm leaves what it downloads
    ok("remove", "service", "kuberhealthy")
    assert not (root / "infrastructure/controllers/kuberhealthy").exists()
    assert "kuberhealthy" not in (root / LOCK).read_text()
    ok("add", "service", "kuberhealthy", "--version", "1.0.1")
    assert locked_version("kuberhealthy", "kuberhealthy") == "1.0.1"
    ok("catalog", "upgrade")
    commit(root)
    assert (
        git(root, "diff", "--stat", before, "HEAD").splitlines()[-1].strip().startswith("2 files changed")
    ), "the order alone of lock and record is another one"
    for refused in (
        ("nothing-like-it",),
        ("--version", "1.0.0"),
        ("reloader",),
        ("tekton", "--version", "1"),
    ):
        assert invoke(root, "catalog", "upgrade", *refused).code == 2


def test_environments_are_mapped_to_strategies(scaffolded: Path) -> None:
    [requirements] = documents(scaffolded / "jx-requirements.yml")
    found = {item["key"]: item["promotionStrategy"] for item in requirements["spec"]["environments"]}
    assert found == {"ops": "Auto", "apps": "Manual"}


def merges(query: dict[str, Any], repository: str, labels: set[str]) -> bool:
    """Whether the keeper takes a pull request with these labels, by one of its queries."""
    wanted, missing = set(query.get("labels", [])), query.get("missingLabels", [])
    unwanted = any(matches(pattern, label) for pattern in missing for label in labels)
    return repository in query["repos"] and wanted <= labels and not unwanted


@pytest.mark.parametrize(
    ("labels", "merged"),
    [
        ({"approved", "lgtm"}, True),
        ({"approved"}, False),  # what is left once commits were added
        ({"lgtm"}, False),
        ({"approved", "lgtm", "do-not-merge/hold"}, False),
        ({"approved", "lgtm", "needs-ok-to-test"}, False),
        ({"approved", "lgtm", "needs-rebase"}, False),
        ({"env/ops", "updatebot"}, True),
        ({"env/apps", "updatebot"}, False),
        ({"env/ops", "updatebot", "do-not-merge/hold"}, False),
        (set(), False),
    ],
)
def test_keeper_merges(scaffolded: Path, labels: set[str], merged: bool) -> None:
    base = scaffolded / "infrastructure/configs/jenkins-x/base/lighthouse.yaml"
    maps = {item["metadata"]["name"]: item["data"] for item in documents(base)}
    config: Any = load(maps["config"]["config.yaml"].encode(), "config.yaml")
    plugins: Any = load(maps["plugins"]["plugins.yaml"].encode(), "plugins.yaml")
    queries = config["keeper"]["queries"]
    assert any(merges(query, "acme/cluster", labels) for query in queries) == merged
    assert not any(merges(query, "mallory/cluster", labels) for query in queries)
    assert config["keeper"]["batch_size_limit"] == {"": -1}
    assert {"approve", "lgtm", "hold", "trigger"} <= set(plugins["plugins"]["acme/cluster"])


def approvers(root: Path, changed: str) -> set[str]:
    """Who may approve a file: the aliases in OWNERS of its directory and of those above."""
    found: set[str] = set()
    for directory in (root / changed).parents:
        if directory.is_relative_to(root) and (directory / "OWNERS").is_file():
            found |= set(load((directory / "OWNERS").read_bytes(), "OWNERS")["approvers"])  # type: ignore[index]
    return found


def test_owners_of_an_application_approve_for_it_alone(scaffolded: Path) -> None:
    assert approvers(scaffolded, "apps/web/base/deployment.yaml") == {"platform", "web"}
    assert approvers(scaffolded, "kubestack.yaml") == approvers(scaffolded, "apps/api/x.yaml") == {"platform"}
    aliases: Any = load((scaffolded / "OWNERS_ALIASES").read_bytes(), "OWNERS_ALIASES")
    assert aliases["aliases"].keys() == {"platform", "web"}


@pytest.mark.slow
def test_boot_brings_a_cluster_to_its_rendered_branch(scaffolded: Path, tmp_path: Path, tools: Path) -> None:
    """The Job's script, from an empty cluster to an object that leaves; the API server is a stand-in."""
    root, host = copied(scaffolded, tmp_path), str(tmp_path / "host.git")
    boot = {"ENVIRONMENT": "ops", "REPO_URL": host}
    assert "is not there yet" in bash(root, "boot/boot.sh", **boot)
    assert invoke(root, "run", "--ref", "refs/heads/main").code == 0
    first = git(tmp_path / "host.git", "rev-parse", "env/ops")
    assert f"ops has {first}, rendered from {git(root, 'rev-parse', 'HEAD')}" in bash(
        root, "boot/boot.sh", **boot
    )
    said = tools.read_text().splitlines()
    applies = [line for line in said if line.startswith("apply ")]
    assert "customresourcedefinition" in applies[0]
    assert "namespace" in applies[1]
    assert "--dry-run=server" in applies[2]
    assert "deployment.apps_web.yaml" in applies[2]
    assert applies[3] == applies[2].replace(" --dry-run=server", "")
    assert "validatingwebhookconfiguration" in applies[4]
    assert "customresourcedefinition" not in applies[3] + applies[4]
    assert "name: cluster-vars" in tools.read_text()
    assert any(first in line for line in said[-15:]), "what is applied is on record"

    assert "has" in bash(root, "boot/boot.sh", APPLIED=first, **boot)
    (root / "apps/web/base/kustomization.yaml").write_text(
        (root / "apps/web/base/kustomization.yaml").read_text().replace("  - ingress.yaml\n", "")
    )
    (root / "apps/web/base/ingress.yaml").unlink()
    commit(root)
    git(root, "push", "--quiet", "origin", "main")
    assert invoke(root, "run", "--ref", "refs/heads/main").code == 0
    tools.write_text("")
    bash(root, "boot/boot.sh", APPLIED=first, **boot)
    deleted = tools.read_text().partition("delete --ignore-not-found")[2]
    assert "kind: Ingress\n" in deleted


@pytest.mark.slow
def test_previews_come_and_go(scaffolded: Path, tmp_path: Path, tools: Path) -> None:
    root, host = copied(scaffolded, tmp_path), str(tmp_path / "host.git")
    branch = "refs/heads/fix/$(touch pwned)"
    said = bash(root, "previews/preview.sh web", PULL_NUMBER="7", KUBESTACK_REF=branch)
    assert "in the namespace preview-web-pr-7" in said
    assert "kubestack/branch=fix/$(touch pwned)" in tools.read_text()
    assert git(root, "status", "--porcelain") == ""
    git(root, "push", "--quiet", "origin", "HEAD:refs/heads/fix/dns")
    now = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    previews = [
        ("kept", now, "fix/dns"),
        ("gone", now, "fix/other"),
        ("old", now - 300_000, "fix/dns"),
        ("odd", "x", "fix/dns"),
    ]
    listed = "".join(f"preview-{name}\\t{since}\\ttrue\\t{ref}\\n" for name, since, ref in previews)
    listed += (
        f"pr-1-shop\\t{now}\\tapplication\\telsewhere\\npr-2-shop\\t{now - 300_000}\\tapplication\\tx\\n"
    )
    tools.write_text("")
    bash(root, "previews/collect.sh", REPO_URL=host, PREVIEWS=listed)
    deleted = [line.split()[2] for line in tools.read_text().splitlines() if line.startswith("delete")]
    assert deleted == ["preview-gone", "preview-old", "preview-odd", "pr-2-shop"]


def test_jenkins_x_follows_rendered_branches_alone(tmp_path: Path) -> None:
    done = invoke(tmp_path, *NEW, "--follow", "paths")
    assert done.code == 2
    assert "applies the branches env/<environment>" in done.said
    assert list(tmp_path.iterdir()) == []

"""An application's pipelines for Lighthouse: tasks run in order, with its variables, real Git and Kustomize.

Stand-ins are what needs a cluster or builds images: buildah, cosign, and kubectl but for rendering.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.checks.schemas import Schemas
from kubestack_py.system.files import resource
from kubestack_py.system.yaml import load, load_all
from tests.conftest import commit, git, make_repository
from tests.e2e.ci_hosts.lighthouse import filled
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.server import serving
from tests.platforms import invoke, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = """\
version: 1
name: deploy
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: apps/*
ci: {host: lighthouse, comment: {host: gitlab}}
"""
DIGEST = f"sha256:{'a' * 64}"
CI_IMAGE = f"registry.example.com/acme/ci@{DIGEST}"
SCRIPTS = {
    "buildah": f"""\
#!/usr/bin/env bash
echo "buildah $*" >> "$LOG"
if [[ $1 == push ]]; then printf %s {DIGEST} > "$3"; fi
""",
    "cosign": '#!/usr/bin/env bash\necho "cosign $*" >> "$LOG"\n',
    "kubectl": """\
#!/usr/bin/env bash
if [[ $1 == kustomize ]]; then exec REAL "$@"; fi
printf '%s\\n' "kubectl $*" >> "$LOG"
for word in "$@"; do
  if [[ $word == --filename=* ]]; then cat -- "${word#--filename=}" >> "$LOG"; fi
done
if [[ $1 == get ]]; then printf '%b' "${PREVIEWS:-}"; fi
exit 0
""",
}
FOLDER = ".lighthouse/jenkins-x"


class Cluster:
    """Lighthouse and Tekton as far as a pipeline can tell: triggers, parameters, tasks in order, results."""

    def __init__(self, scratch: Path, fake: FakeGitLab) -> None:
        self.scratch, self.fake = scratch, fake
        self.log = scratch / "log"
        self._number = 0
        self._tools(scratch / "bin")
        hosts = scratch / "host" / "acme"
        hosts.mkdir(parents=True)
        options = ["--registry", "ghcr.io/acme", "--deploy-repository", "acme/platform"]
        options += ["--ci-image", CI_IMAGE]
        done = invoke(scratch, "new", "application", "shop", "--ci", "lighthouse", *options)
        assert done.code == 0, done.said
        self.work = scratch / "shop"
        deploy = make_repository(scratch / "deploy", {"kubestack.yaml": SETTINGS}).root
        (deploy / "apps").mkdir()
        subprocess.run(["cp", "-r", str(self.work / "deploy"), str(deploy / "apps/shop")], check=True)
        commit(deploy)
        for name, root in (("shop", self.work), ("platform", deploy)):
            git(scratch, "clone", "--quiet", "--bare", str(root), str(hosts / f"{name}.git"))
        git(self.work, "remote", "add", "origin", str(hosts / "shop.git"))
        self.remote, self.deploy = hosts / "shop.git", hosts / "platform.git"
        git(self.deploy, "config", "http.receivepack", "true")
        fake.repositories, fake.pulls.repository = hosts.parent, self.deploy

    def _tools(self, directory: Path) -> None:
        directory.mkdir()
        real = subprocess.run(["which", "kubectl"], capture_output=True, text=True, check=True).stdout.strip()
        words = " ".join(f"'{word}'" for word in program())
        for name, text in {**SCRIPTS, "kubestack": f'#!/bin/sh\nexec {words} "$@"\n'}.items():
            (directory / name).write_text(text.replace("REAL", real))
            (directory / name).chmod(0o755)

    def said(self) -> str:
        """What the stand-ins were told since the last time."""
        text = self.log.read_text() if self.log.exists() else ""
        self.log.write_text("")
        return text

    def run(self, kind: str, commit: str, **parameters: str) -> dict[str, bool]:
        """Each task that was started, and whether it succeeded."""
        git(self.work, "fetch", "--quiet", "origin")
        done: dict[str, bool] = {}
        triggers = self._document(commit, "triggers.yaml")["spec"][f"{kind}s"]
        for trigger in triggers:
            if kind == "postsubmit":
                assert any(re.search(pattern, "main") for pattern in trigger["branches"])
            given = {"REPO_URL": f"{self.fake.url}/acme/shop.git", **parameters}
            done |= self._pipeline(self._document(commit, trigger["source"])["spec"], given)
        return done

    def _document(self, commit: str, name: str) -> Any:
        return load(git(self.work, "show", f"{commit}:{FOLDER}/{name}").encode(), name)

    def _pipeline(self, spec: Any, given: dict[str, str]) -> dict[str, bool]:
        done: dict[str, bool] = {}
        values = {f"params.{it['name']}": given.get(it["name"], "") for it in spec["pipelineSpec"]["params"]}
        for task in spec["pipelineSpec"]["tasks"]:
            before = [done.get(name, False) for name in task.get("runAfter", [])]
            asked = all(filled(rule["input"], values) in rule["values"] for rule in task.get("when", []))
            if asked and all(before):
                done[task["name"]], results = self._task(task, values)
                values |= {f"tasks.{task['name']}.results.{name}": text for name, text in results.items()}
        return done

    def _task(self, task: Any, values: dict[str, str]) -> tuple[bool, dict[str, str]]:
        self._number += 1
        pod = self.scratch / f"pod-{self._number}"
        results = pod / "results"
        results.mkdir(parents=True)
        spec = task["taskSpec"]
        known = values | {
            f"params.{it['name']}": filled(it["value"], values) for it in task.get("params", [])
        }
        paths = {f"results.{it['name']}.path": str(results / it["name"]) for it in spec.get("results", [])}
        template = spec.get("stepTemplate", {}).get("env", [])
        variables = {it["name"]: filled(it["value"], known) for it in template}
        for step in spec["steps"]:
            assert "$(params." not in step.get("script", ""), "names stand in no script"
            script = filled(step["script"], paths) if "script" in step else ""
            words = [filled(word, known) for word in step.get("args", [])]
            argv = ["bash", "-c", script] if script else [re.split("[/:]", step["image"])[-2], *words]
            secrets = {it["name"]: self.fake.token for it in step.get("env", []) if "valueFrom" in it}
            environ = self._environ(variables | secrets)
            if subprocess.run(argv, cwd=pod, env=environ, timeout=600, check=False).returncode:
                return False, {}
        return True, {path.name: path.read_text() for path in results.iterdir()}

    def _environ(self, variables: dict[str, str]) -> dict[str, str]:
        signed_in = f'!f() {{ echo username=x; echo "password={self.fake.token}"; }}; f'
        given = {  # as Tekton makes it of a Secret for git
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.helper",
            "GIT_CONFIG_VALUE_0": signed_in,
            "LOG": str(self.log),
            "PATH": f"{self.scratch / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        return {**os.environ, **given, **variables}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    fake = FakeGitLab()
    with serving(fake):
        yield Cluster(tmp_path, fake)


def documents(root: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted((root / FOLDER).iterdir()):
        yield from ((path.name, item) for item in load_all(path.read_bytes(), path.name))


def test_objects_fit_their_schemas_and_accounts_exist(tmp_path: Path) -> None:
    options = ["--registry", "ghcr.io/acme", "--deploy-repository", "acme/deploy"]
    done = invoke(tmp_path, "new", "application", "shop", "--ci", "lighthouse", *options)
    assert "registry.invalid/kubestack-ci:0, which cannot be pulled" in done.said
    schemas, used, made = Schemas("1.33", (), resource("schemas/crds")), set(), set()
    for name, item in documents(tmp_path / "shop"):
        validator = schemas.find(item["apiVersion"], item["kind"])
        assert validator
        assert [error.message for error in validator.compiled.iter_errors(item)] == [], name
        if item["kind"] == "PipelineRun":
            used.add(item["spec"]["taskRunTemplate"]["serviceAccountName"])
            used |= {run["serviceAccountName"] for run in item["spec"].get("taskRunSpecs", [])}
        elif item["kind"] == "ServiceAccount":
            made.add(item["metadata"]["name"])
    assert used == made | {"kubestack-preview-apply"}
    assert not (tmp_path / "shop/.github").exists()


@pytest.mark.slow
def test_pull_request_is_previewed_and_its_merge_proposed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, branch = cluster.work, "fix/$(touch${IFS}pwned)"
    base = git(work, "rev-parse", "HEAD")
    git(work, "checkout", "--quiet", "-b", branch)
    (work / "service/greeting.txt").write_text("hello\n")
    commit(work)
    head = git(work, "rev-parse", "HEAD")
    git(work, "push", "--quiet", "origin", branch)
    git(cluster.remote, "update-ref", "refs/pull/7/head", head)
    pull = {
        "PULL_NUMBER": "7",
        "PULL_BASE_SHA": base,
        "PULL_PULL_SHA": head,
        "PULL_PULL_REF": "refs/pull/7/head",
    }
    done = cluster.run("presubmit", head, **pull)
    assert done == {"test": True, "find": True, "image": True, "preview": True}
    said = cluster.said()
    assert f"push --digestfile digest ghcr.io/acme/shop:pr-7-{head[:12]}" in said
    assert f"annotate namespace pr-7-shop --overwrite kubestack/branch={branch} " in said
    assert f"image: ghcr.io/acme/shop:pr-7-{head[:12]}@{DIGEST}\n" in said
    assert said.count("kind: Namespace\n") == said.count("  name: pr-7-shop\n") == 1
    assert said.count("  namespace: pr-7-shop\n") == 2, "Deployment and Service"
    assert "rollout status deployment/shop --namespace=pr-7-shop" in said
    assert not list(cluster.scratch.rglob("pwned"))

    fork = git(work, "commit-tree", "-p", head, "-m", "From a fork", f"{head}^{{tree}}")
    git(work, "push", "--quiet", "origin", f"{fork}:refs/pull/8/head")
    forked = pull | {"PULL_NUMBER": "8", "PULL_PULL_SHA": fork, "PULL_PULL_REF": "refs/pull/8/head"}
    assert cluster.run("presubmit", head, **forked) == {"test": True, "find": True}
    assert cluster.said() == ""

    git(work, "checkout", "--quiet", "main")
    git(work, "merge", "--quiet", "--no-ff", "-m", "Merge", branch)
    git(work, "push", "--quiet", "origin", "main")
    merged = git(work, "rev-parse", "HEAD")
    monkeypatch.setenv("PREVIEWS", f"pr-7-shop\\t1\\t{branch}\\n")
    done = cluster.run("postsubmit", merged, PULL_BASE_SHA=merged)
    assert done == dict.fromkeys(("test", "image", "sign", "propose", "end-previews"), True)
    said = cluster.said()
    assert f"cosign sign --yes --key /etc/cosign/cosign.key ghcr.io/acme/shop@{DIGEST}\n" in said
    assert "delete namespace pr-7-shop " in said
    overlay = git(cluster.deploy, "show", "kubestack/image/shop:apps/shop/overlays/ops/kustomization.yaml")
    assert re.search(rf'newTag: "?main-{merged[:12]}-\d+"?\n', overlay + "\n")
    assert DIGEST in overlay
    (pull_request,) = cluster.fake.pulls.all
    assert (pull_request.source, pull_request.target) == ("kubestack/image/shop", "main")
    assert DIGEST in pull_request.body
    assert "aaaa" not in git(cluster.deploy, "show", "main:apps/shop/overlays/ops/kustomization.yaml")


@pytest.mark.slow
def test_what_fails_its_tests_becomes_no_image(cluster: Cluster) -> None:
    (cluster.work / "service/server.py").write_text("raise SystemExit('broken')\n")
    commit(cluster.work)
    git(cluster.work, "push", "--quiet", "origin", "main")
    broken = git(cluster.work, "rev-parse", "HEAD")
    assert cluster.run("postsubmit", broken, PULL_BASE_SHA=broken) == {"test": False, "end-previews": True}
    assert "buildah" not in cluster.said()


def test_previews_end_with_their_branches(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    git(cluster.work, "checkout", "--quiet", "-b", "open")
    (cluster.work / "new.txt").touch()
    commit(cluster.work)
    git(cluster.work, "push", "--quiet", "origin", "open")
    now = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    previews = [
        ("kept", now, "open"),
        ("gone", now, "other"),
        ("old", now - 300_000, "open"),
        ("merged", now, "main"),
    ]
    monkeypatch.setenv("PREVIEWS", "".join(f"{name}\\t{at}\\t{branch}\\n" for name, at, branch in previews))
    assert cluster.run("periodic", "main") == {"end-previews": True}
    deleted = re.findall("delete namespace ([a-z]+) ", cluster.said())
    assert deleted == ["gone", "old", "merged"]

"""The demo of repositories apart: infrastructure, application, deploy, and one image on its way.

Steps 0 to 5 are those of docs/workflows/flux.md, and each repository is what `kubestack new` scaffolds. Real
are Git, Terraform, Kustomize, the application's tests, the registry's API and every command; acted are the
cluster, whose view is the rendered branch that Flux would apply, and the build of the image, which is packed
without Docker.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py.runner.demo_registry import push_image, registry
from kubestack_py.runner.demo_stage import DEVELOPER, Stage
from kubestack_py.scaffold.answers import check, check_deploy
from kubestack_py.scaffold.application import ApplicationAnswers, check_application
from kubestack_py.scaffold.platform import new_application, new_deploy_repository, new_platform
from kubestack_py.system.git import Git
from kubestack_py.system.process import Command, run
from kubestack_py.system.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.system.console import Console

NAME, DEPLOY, APP = "acme", "acme-deploy", "shop"
_CHANGED = "service/__main__.py"
_TESTS = ("-m", "unittest", "discover", "--start-directory", "tests", "--top-level-directory", ".")
_DEPLOYMENT = f"apps/{APP}/{APP}/deployment.apps_{APP}.yaml"


class SplitDemo:
    """The walk through three repositories."""

    def __init__(self, directory: Path, console: Console) -> None:
        self._directory = directory
        self._infra = Stage(directory, NAME, console, "ci-infrastructure")
        self._deploy = Stage(directory, DEPLOY, console, "ci-deploy")
        self._app = Stage(directory, APP, console, "ci-application")
        self._tags = 0

    def walk(self) -> None:
        """All steps, in their order. Raises when one does not end as told."""
        self._infrastructure()
        with registry() as address:
            self._application(address)
            self._cluster_code()
            image = self._image(f"{address}/acme")
            self._set(image)
            self._promote()
        self._show()

    def _infrastructure(self) -> None:
        stage = self._infra
        stage.title("0. Infrastructure: Terraform is applied to ops, then to apps")
        new_platform(check({"name": NAME, "layout": "split"}), self._directory, lambda _: None)
        stage.open()
        stage.in_ci("refs/heads/main", quiet=True)
        stage.tag("apps-deploy-1", stage.head(), "The first promotion")
        stage.in_ci("refs/tags/apps-deploy-1", quiet=True)
        stage.kubestack(stage.home, "status")

    def _application(self, address: str) -> None:
        stage = self._app
        stage.title("1a. Application: its code is committed to a repository of its own")
        places = {"registry": f"{address}/acme", "deploy_repository": f"acme/{DEPLOY}"}
        stage.say(f"kubestack new application {APP} --registry {places['registry']} …")
        answers = ApplicationAnswers(
            name=APP, ci="github", environments=("ops", "apps"), default_branch="main", **places
        )
        new_application(check_application(answers), self._directory, lambda _: None)
        stage.open()
        stage.shell(
            stage.home, "git", "ls-files", "--", "service", "tests", "Dockerfile", ".github", "deploy"
        )

    def _cluster_code(self) -> None:
        stage = self._deploy
        stage.title("1b. Deploy: it takes over what Terraform knows and the manifests, for ops and then apps")
        new_deploy_repository(check_deploy({"name": DEPLOY}), self._directory, lambda _: None)
        stage.open()
        stage.say(f"kubestack handoff --to {stage.ci.name} --push")
        stage.kubestack(self._infra.ci, "handoff", "--to", str(stage.ci), "--push")
        stage.say(f"cp -R {APP}/deploy {DEPLOY}/apps/{APP}")
        manifests = self._app.home / "deploy"
        files: dict[str, str | None] = {
            f"apps/{APP}/{path.relative_to(manifests).as_posix()}": path.read_text(encoding="utf-8")
            for path in sorted(manifests.rglob("*.yaml"))
        }
        Repository.open(stage.home).commit(f"Run {APP}", files, DEVELOPER)
        Repository.open(stage.home).push("refs/heads/main")
        self._land("kubestack/handoff")
        self._tag()

    def _image(self, place: str) -> str:
        """What the pipeline of the application does, but for Docker and cosign."""
        stage = self._app
        stage.title("2. A pull request of the application merges: its tests run, and its image is built")
        source = (stage.home / _CHANGED).read_text(encoding="utf-8")
        newer = source.replace('"hello"', '"hello again"')
        commit = Repository.open(stage.home).commit("Say hello again", {_CHANGED: newer}, DEVELOPER)
        Repository.open(stage.home).push("refs/heads/main")
        stage.shell(stage.home, "git", "log", "--oneline", "-2")
        stage.say(f"$ python {' '.join(_TESTS)}")
        quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
        done = run(Command(argv=(sys.executable, *_TESTS), cwd=stage.home, env=quiet, merged=True))
        for line in done.text.splitlines()[-3:]:
            stage.indented(line)
        stage.title("3. The image is pushed to a registry, and known by its digest")
        tag = f"main-{commit[:12]}-{datetime.now(UTC):%Y%m%d%H%M%S}"
        code = sorted((stage.home / "service").glob("*.py"))
        files = {f"app/service/{path.name}": path.read_bytes() for path in code}
        address, _, path = f"{place}/{APP}".partition("/")
        image = f"{place}/{APP}:{tag}@{push_image(address, path, tag, files)}"
        stage.say(f"pushed {image}")
        return image

    def _set(self, image: str) -> None:
        stage = self._deploy
        stage.title("4. The deploy repository gets the new image, for ops alone")
        stage.say(f"kubestack image set {APP} {image} -e ops --branch --push")
        stage.kubestack(stage.home, "image", "set", APP, image, "-e", "ops", "--branch", "--push")
        Repository.open(stage.home).checkout("main")
        stage.say("Promoting now would give apps what ops has verified so far, and not the new image:")
        stage.kubestack(stage.home, "image", "promote", APP, "--to", "apps", "--dry-run")
        self._land(f"kubestack/image/{APP}")

    def _promote(self) -> None:
        stage = self._deploy
        stage.title("5. ops has verified the image, so apps may have it")
        stage.say(f"kubestack image promote {APP} --to apps --branch --push")
        stage.kubestack(stage.home, "image", "promote", APP, "--to", "apps", "--branch", "--push")
        self._land(f"kubestack/image/{APP}")
        self._tag()

    def _show(self) -> None:
        stage = self._deploy
        stage.title("What the clusters see: the branches that Flux follows")
        for environment in ("ops", "apps"):
            ref = f"origin/env/{environment}"
            stage.shell(stage.ci, "git", "grep", "-h", "image:", ref, "--", _DEPLOYMENT)
        stage.kubestack(stage.home, "status")

    def _land(self, branch: str) -> None:
        """The pull request of a branch is merged on the host, and CI runs for the default branch."""
        git = Git(self._deploy.home)
        git.call("fetch", "--quiet", "origin")
        git.call("switch", "--quiet", "main")
        git.call("merge", "--quiet", "--no-ff", f"--message=Merge {branch}", f"refs/remotes/origin/{branch}")
        git.call("push", "--quiet", "origin", "main")
        self._deploy.say(f"The pull request of {branch} is merged.")
        self._deploy.in_ci("refs/heads/main")

    def _tag(self) -> None:
        """The commit that ops has verified is promoted to apps."""
        self._tags += 1
        name = f"apps-deploy-{self._tags}"
        self._deploy.tag(name, self._deploy.head(), "Promoted")
        self._deploy.in_ci(f"refs/tags/{name}")

"""The demo of repositories apart: infrastructure, application, deploy, and one image on its way.

Steps 0 to 5 are those of docs/workflows/flux.md. Real are Git, Terraform, Kustomize, the registry's API and
every command; acted are the cluster, whose view is the rendered branch that Flux would apply, and the build
of the image, which is packed without Docker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.runner.demo_registry import push_image, registry
from kubestack_py.runner.demo_stage import DEVELOPER, Stage
from kubestack_py.scaffold.answers import check, check_deploy
from kubestack_py.scaffold.platform import new_deploy_repository, new_platform
from kubestack_py.system.git import Git
from kubestack_py.system.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.system.console import Console

NAME, DEPLOY, APP = "acme", "acme-deploy", "web"
_SOURCE = {
    "app.py": 'print("Hello from {version}")\n',
    "Dockerfile": 'FROM python:3.13-slim\nCOPY app.py /app.py\nUSER 65532\nCMD ["python", "/app.py"]\n',
}
_DEPLOYMENT = "apps/web/web/deployment.apps_web.yaml"


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
        self._repositories()
        with registry() as address:
            image = self._image(address)
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

    def _repositories(self) -> None:
        self._deploy.title("1b. Deploy: it takes over what Terraform knows, then ops and apps get it")
        new_deploy_repository(check_deploy({"name": DEPLOY}), self._directory, lambda _: None)
        self._deploy.open()
        self._deploy.say(f"kubestack handoff --to {self._deploy.ci.name} --push")
        self._deploy.kubestack(self._infra.ci, "handoff", "--to", str(self._deploy.ci), "--push")
        self._land("kubestack/handoff")
        self._tag()
        self._app.title("1a. Application: its code is committed to a repository of its own")
        Git(self._directory).call("init", "--quiet", "--initial-branch=main", str(self._app.home))
        self._source("1.0.0", "Say hello")
        self._app.open()

    def _image(self, address: str) -> str:
        stage = self._app
        stage.title("2. A pull request of the application merges, and its image is built")
        self._source("1.1.0", "Say hello from a newer version")
        Repository.open(stage.home).push("refs/heads/main")
        stage.shell(stage.home, "git", "log", "--oneline", "-2")
        stage.title("3. The image is pushed to a registry")
        files = {name: (stage.home / name).read_bytes() for name in ("app.py",)}
        digest = push_image(address, APP, "1.1.0", files)
        stage.say(f"pushed {address}/{APP}:1.1.0@{digest}")
        return f"{address}/{APP}:1.1.0@{digest}"

    def _set(self, image: str) -> None:
        stage = self._deploy
        stage.title("4. The deploy repository gets the new image, for ops alone")
        stage.say(f"kubestack image set {APP} {image} -e ops --branch --push")
        sample = ("--name", "stefanprodan/podinfo")
        stage.kubestack(stage.home, "image", "set", APP, image, "-e", "ops", *sample, "--branch", "--push")
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

    def _source(self, version: str, message: str) -> None:
        files: dict[str, str | None] = {
            name: text.replace("{version}", version) for name, text in _SOURCE.items()
        }
        Repository.open(self._app.home).commit(message, files, DEVELOPER)

    def _land(self, branch: str) -> None:
        """The pull request of a branch is merged on the host, and CI runs for the default branch."""
        git = Git(self._deploy.home)
        git.call("fetch", "--quiet", "origin")
        git.call("switch", "--quiet", "main")
        identity = ("-c", f"user.name={DEVELOPER[0]}", "-c", f"user.email={DEVELOPER[1]}")
        merge = ("merge", "--quiet", "--no-ff", f"--message=Merge {branch}", "--no-gpg-sign")
        git.call(*identity, *merge, f"refs/remotes/origin/{branch}")
        git.call("push", "--quiet", "origin", "main")
        self._deploy.say(f"The pull request of {branch} is merged.")
        self._deploy.in_ci("refs/heads/main")

    def _tag(self) -> None:
        """The commit that ops has verified is promoted to apps."""
        self._tags += 1
        name = f"apps-deploy-{self._tags}"
        self._deploy.tag(name, self._deploy.head(), "Promoted")
        self._deploy.in_ci(f"refs/tags/{name}")

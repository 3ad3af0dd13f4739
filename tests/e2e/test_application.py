"""The pipeline of a new application, run to its end: tests, image, signature, and the pull request.

Real are the runners, the registry, Git over HTTP and kubestack. `docker` packs a layer without Docker,
`cosign` only signs what the registry has, and the hosts' APIs answer on this machine.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.cli.test_application import SETTINGS
from tests.conftest import git, make_repository
from tests.e2e.ci_hosts import Happened, Host
from tests.e2e.ci_hosts.azure import _MACRO, Azure
from tests.e2e.ci_hosts.github import GitHub
from tests.e2e.ci_hosts.gitlab import GitLab
from tests.e2e.ci_hosts.jenkins import Jenkins
from tests.hosts.azure import FakeAzure
from tests.hosts.github import REPOSITORY, FakeGitHub
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.server import FakeHost, serving
from tests.platforms import Platform, invoke
from tests.registries import registry

DOCKER = """\
#!{python}
import json, subprocess, sys
sys.path.insert(0, {root!r})
from tests.registries import push_image
given = sys.argv[1:]
if given[0] == "run":
    assert "cosign sign --yes --key env://COSIGN_PRIVATE_KEY" in given[-2], given
    sys.exit(subprocess.run(["cosign", "sign", "--yes", given[-1]]).returncode)
if given[0] == "login":
    assert sys.stdin.read() in ("registry-secret", "secret of registry"), "it comes on standard input"
    sys.exit()
assert given[:3] == ["buildx", "build", "--push"], given
name, _, tag = given[given.index("--tag") + 1].rpartition(":")
host, _, repository = name.partition("/")
digest = push_image(host, repository, tag, open("Dockerfile", "rb").read())
with open(given[given.index("--metadata-file") + 1], "w") as file:
    json.dump({{"containerimage.digest": digest}}, file, indent=2)
"""
COSIGN = """\
#!{python}
import sys, urllib.request
command, yes, image = sys.argv[1:]
assert (command, yes) == ("sign", "--yes")
name, _, digest = image.partition("@")
host, _, repository = name.partition("/")
url = f"http://{{host}}/v2/{{repository}}/manifests/{{digest}}"
accepted = {{"Accept": "application/vnd.oci.image.manifest.v1+json"}}
urllib.request.urlopen(urllib.request.Request(url, headers=accepted)).close()
print("signed", image)
"""


WATCHING = f"{SETTINGS}ci: {{host: jenkins, comment: {{host: gitlab}}}}\n"


class World:
    """A deploy repository and a registry, and the application's repository with its CI."""

    def __init__(self, place: Path, address: str, fake: Any, make: Callable[[World, Path], Host]) -> None:
        self.place, self.fake, self.make = place, fake, make
        self.image = f"{address}/acme/shop"
        self.shop = self.deploy = place

    def scaffold(
        self,
        ci: str,
        repository: str = REPOSITORY,
        path: str = f"{REPOSITORY}.git",
        settings: str = SETTINGS,
    ) -> Platform:
        options = ["--ci", ci, "--registry", self.image.rpartition("/")[0], "--deploy-repository", repository]
        done = invoke(self.place, "new", "application", "shop", *options)
        assert done.code == 0, done.said
        self.shop = self.place / "shop"
        git(self.place, "clone", "--quiet", "--bare", "shop", "shop.git")
        git(self.shop, "remote", "add", "origin", str(self.place / "shop.git"))
        tree = {"kubestack.yaml": settings}
        deploy = make_repository(self.place / "deploy", tree)
        shutil.copytree(self.shop / "deploy", deploy.root / "apps" / "shop")
        git(deploy.root, "add", "--all")
        git(deploy.root, "commit", "--quiet", "--message", "shop")
        self.deploy = self.place / "hosted" / path
        git(self.place, "clone", "--quiet", "--bare", "deploy", str(self.deploy))
        git(self.deploy, "config", "http.receivepack", "true")
        self.fake.repositories, self.fake.pulls.repository = self.place / "hosted", self.deploy
        return Platform(root=self.shop, remote=self.place / "shop.git")

    def tools(self, scratch: Path) -> None:
        """Programs in place of those that need Docker, Sigstore or an index of packages."""
        import sys

        root = Path(__file__).parents[2]
        for name, text in (("docker", DOCKER), ("cosign", COSIGN)):
            (scratch / "bin" / name).write_text(text.format(python=sys.executable, root=str(root)))
        for name in ("pip", "pipx", "apk"):
            (scratch / "bin" / name).write_text("#!/bin/sh\n")
        for tool in (scratch / "bin").iterdir():
            tool.chmod(0o755)


def github(world: World, scratch: Path) -> Host:
    host = GitHub(world.scaffold("github"), scratch)
    host.workflow = ".github/workflows/image.yaml"
    url = world.fake.url
    host.options = (
        *("--env", f"GITHUB_SERVER_URL={url}", "--env", f"GITHUB_API_URL={url}"),
        *("--secret", f"DEPLOY_TOKEN={world.fake.token}", "--secret", "REGISTRY_PASSWORD=registry-secret"),
    )
    return host


class WithoutServices(GitLab):
    """A shell cannot start the Docker daemon that the build asks for beside it."""

    def checkout(self, *args: Any, **options: Any) -> Path:
        work = super().checkout(*args, **options)
        pipeline = work / ".gitlab-ci.yml"
        pipeline.write_text(re.sub(r"^  services: .*\n", "", pipeline.read_text(), flags=re.MULTILINE))
        return work


def gitlab(world: World, scratch: Path) -> Host:
    host = WithoutServices(world.scaffold("gitlab"), scratch)
    host.more = {
        "CI_SERVER_URL": world.fake.url,
        "DEPLOY_TOKEN": world.fake.token,
        "REGISTRY_PASSWORD": "registry-secret",
    }
    return host


class AzureWithOutputs(Azure):
    """Variables that a step sets are those of later ones. `given` are the pipeline's own, secrets too."""

    given: Mapping[str, str] = MappingProxyType({})

    def _script(self, work: Path, script: str, step: Any, variables: dict[str, str]) -> tuple[bool, str]:
        variables |= self.given
        filled = _MACRO.sub(lambda found: variables.get(found[1], found[0]), script)
        passed, said = super()._script(work, filled, step, variables)
        for name, value in re.findall(r"##vso\[task\.setvariable variable=(\w+);isOutput=true\](.+)", said):
            variables |= {f"{step['name']}.{name}": value, name: value}
        return passed, said


def azure(world: World, scratch: Path) -> Host:
    host = AzureWithOutputs(world.scaffold("azure", "acme/repo-id", "acme/_git/repo-id"), scratch)
    host.given = {
        "IMAGE": world.image,
        "System.CollectionUri": f"{world.fake.url}/",
        "System.TeamFoundationCollectionUri": f"{world.fake.url}/",
        "DEPLOY_TOKEN": world.fake.token,
        "REGISTRY_USER": "robot",
        "REGISTRY_PASSWORD": "registry-secret",
        "COSIGN_PRIVATE_KEY": "key",
        "COSIGN_PASSWORD": "password",
    }
    return host


def jenkins(world: World, scratch: Path) -> Host:
    """Only the settings of the deploy repository say which host 127.0.0.1 is."""
    world.fake.token = "secret of deploy-token"
    host = Jenkins(world.scaffold("jenkins", settings=WATCHING), scratch)
    host.more = {"GIT_URL": f"{world.fake.url}/acme/shop.git"}
    return host


HOSTS: dict[str, tuple[type[FakeHost], Callable[[World, Path], Host]]] = {
    "github": (FakeGitHub, github),
    "gitlab": (FakeGitLab, gitlab),
    "azure": (FakeAzure, azure),
    "jenkins": (FakeGitLab, jenkins),
}


@pytest.fixture(params=HOSTS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    kind, make = HOSTS[request.param]
    fake = kind()
    with registry(tmp_path / "registry") as address, serving(fake):
        yield World(tmp_path, address, fake, make)


@pytest.mark.slow
def test_merge_of_the_application_becomes_a_request_in_the_deploy_repository(
    world: World, tmp_path: Path
) -> None:
    scratch = tmp_path / "ci"
    scratch.mkdir()
    host = world.make(world, scratch)
    world.tools(scratch)

    git(world.shop, "push", "--quiet", "origin", "main:refs/heads/topic")
    ran = host.run(Happened(kind="pull_request", ref="refs/heads/topic"))
    assert ran.succeeded == ran.jobs.keys() == {"test"}, ran.said
    assert world.fake.pulls.all == []

    ran = host.run(Happened(kind="push", ref="refs/heads/main"))
    assert ran.succeeded == ran.jobs.keys(), ran.said
    assert len(ran.jobs) == 3
    [signed] = set(re.findall(rf"signed ({re.escape(world.image)}@sha256:[0-9a-f]{{64}})", ran.said))
    [pull] = world.fake.pulls.all
    assert (pull.source, pull.target) == ("kubestack/image/shop", "main")
    commit = git(world.shop, "rev-parse", "--short=12", "HEAD")
    proposed = git(world.deploy, "show", "kubestack/image/shop:apps/shop/overlays/ops/kustomization.yaml")
    assert f'newTag: "main-{commit}-' in proposed
    assert f'digest: "{signed.partition("@")[2]}"' in proposed.replace("'", '"')
    assert signed.partition("@")[2] in pull.body
    assert world.fake.token not in ran.said.replace("***", "")

"""`kubestack new deploy-repository`: what is scaffolded is valid, can be promoted, extended and updated."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from kubestack_py.system.yaml import load_all
from tests.conftest import commit, git, write_tree
from tests.platforms import invoke

ENGINES = ("flux", "argo-cd")
NEW = ("new", "deploy-repository", "acme-deploy", "--no-input", "--directory")
FOLLOWED = ("branches", "tags", "paths")


def scaffold(where: Path, *options: str) -> Path:
    done = invoke(where, *NEW, str(where), *options)
    assert done.code == 0, done.said
    return where / "acme-deploy"


def objects(root: Path, environment: str) -> dict[str, dict[str, object]]:
    """The objects of a cluster's wiring by kind and name."""
    found = {}
    for path in sorted((root / "clusters" / environment).rglob("*.yaml")):
        for document in load_all(path.read_bytes(), path.name):
            assert isinstance(document, dict)
            name = document.get("metadata", {}).get("name", "")
            found[f"{document['kind']}/{name}"] = document
    return found


def refused(where: Path, *args: str) -> str:
    done = invoke(where, *args)
    assert done.code == 2, done.said
    return done.said


@pytest.mark.parametrize("follow", FOLLOWED)
@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_is_scaffolded_is_valid_and_can_be_extended(
    tmp_path: Path, engine: str, follow: str
) -> None:
    root = scaffold(tmp_path, "--engine", engine, "--follow", follow)
    for command in (["add", "app", "shop"], ["add", "service", "external-secrets"]):
        done = invoke(root, *command)
        assert done.code == 0, done.said
    assert (root / "apps/shop/overlays/ops/kustomization.yaml").is_file()
    assert (root / "infrastructure/controllers/external-secrets/base").is_dir()
    commit(root)
    done = invoke(root, "validate", "-o", "json")
    assert done.json["findings"] == []
    listed = root / "apps/ops/kustomization.yaml"
    assert listed.is_file() == (engine == "flux" and follow != "branches")
    if listed.is_file():
        for directory in ("apps/ops", "infrastructure/controllers/ops", "infrastructure/configs/ops"):
            built = subprocess.run(
                ["kubectl", "kustomize", directory], cwd=root, check=True, capture_output=True
            )
            assert built.stdout
        assert "../shop/overlays/ops" in listed.read_text()
        assert invoke(root, "remove", "app", "shop").code == 0
        assert "shop" not in listed.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "follow"), [("flux", "branches"), ("flux", "paths"), ("argo-cd", "branches")]
)
def test_an_environment_that_is_added_has_a_cluster_and_can_be_removed_again(
    tmp_path: Path, engine: str, follow: str
) -> None:
    root = scaffold(tmp_path, "--engine", engine, "--follow", follow)
    done = invoke(root, "add", "environment", "staging", "--after", "ops")
    assert done.code == 0, done.said
    assert "clusters/staging/cluster-vars.yaml has the values of ops" in done.said
    commit(root)
    done = invoke(root, "validate", "-o", "json")
    assert done.json["findings"] == []
    there, model = objects(root, "staging"), objects(root, "ops")
    assert not any(item.startswith("Image") for item in there)
    assert {item for item in model if not item.startswith("Image")} == there.keys()
    new = [path for path in git(root, "ls-files").splitlines() if "/staging/" in path]
    texts = "".join((root / path).read_text() for path in new)
    assert "$imagepolicy" not in texts
    assert not re.search(r"\bops\b", texts)
    assert "age: public-key-of-staging" in (root / ".sops.yaml").read_text()
    if follow == "paths" and engine == "flux":
        assert "../web/overlays/staging" in (root / "apps/staging/kustomization.yaml").read_text()
    done = invoke(root, "remove", "environment", "staging")
    assert done.code == 0, done.said
    assert git(root, "diff", "--stat", "HEAD~1") == ""
    assert not (root / "clusters/staging").exists()


def test_no_environment_is_added_where_clusters_follow_tags(tmp_path: Path) -> None:
    root = scaffold(tmp_path, "--follow", "tags")
    assert "room for two environments" in refused(root, "add", "environment", "staging", "--after", "ops")
    assert git(root, "status", "--porcelain") == ""


def test_apps_as_a_model_keeps_the_directories_of_applications(tmp_path: Path) -> None:
    root = scaffold(tmp_path, "--environments", "ops,apps,prod")
    assert invoke(root, "add", "environment", "eu", "--after", "apps").code == 0
    commit(root)
    assert invoke(root, "validate", "-o", "json").json["findings"] == []
    kustomization = objects(root, "eu")["Kustomization/apps"]
    assert kustomization["spec"]["path"] == "./apps"  # type: ignore[index]


@pytest.mark.parametrize("follow", ["branches", "paths"])
def test_validate_finds_what_flux_would_stumble_over(tmp_path: Path, follow: str) -> None:
    root = scaffold(tmp_path, "--follow", follow)
    web, ops = root / "apps/web", root / "clusters/ops"
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {key: plain}\n"
    write_tree(web / "overlays/ops", {"key.sops.yaml": secret})
    for path, old, new in (
        (web / "overlays/ops/kustomization.yaml", "flux-system:web:tag", "apps:web:tag"),
        (web / "overlays/ops/kustomization.yaml", "  - ../../base\n", "  - ../../base\n  - key.sops.yaml\n"),
        (web / "base/service.yaml", "metadata:\n", "metadata:\n  annotations: {zone: '${cluster_zone}'}\n"),
        (ops / "apps.yaml", "name: infrastructure-configs", "name: infrastructure-config"),
        (ops / "infrastructure.yaml", "  dependsOn:\n", "  dependsOn:\n    - name: cert-manager\n"),
        (ops / "infrastructure.yaml", "name: cluster-vars", "name: cluster-vars\n        option: true"),
        (ops / "notifications.yaml", "  providerRef:\n    name: git-host", "  providerRef:\n    name: git"),
    ):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
    commit(root)
    done = invoke(root, "validate", "-o", "json")
    assert done.code == 1
    found = {(item["check"], item["where"]["path"].partition("/")[0]) for item in done.json["findings"]}
    assert found >= {
        ("flux-marker", "apps"),
        ("sops", "apps"),
        ("plain-secret", "apps"),
        ("flux-substitution", "apps"),
        ("flux-reference", "clusters"),
        ("manifest-schema", "clusters"),
    }
    said = " ".join(item["message"] for item in done.json["findings"])
    assert "nothing defines ${cluster_zone} for the Kustomization apps" in said
    assert "there is no Kustomization infrastructure-config in flux-system" in said
    assert "there is no Provider git in flux-system" in said


def test_flux_follows_what_promotion_moves(tmp_path: Path) -> None:
    root = scaffold(
        tmp_path, "--environments", "ops,stage,apps", "--url", "ssh://git@github.com/acme/deploy.git"
    )
    for environment in ("ops", "stage", "apps"):
        found = objects(root, environment)
        patched = (root / "clusters" / environment / "flux-system/kustomization.yaml").read_text()
        assert f"branch: env/{environment}\n" in patched
        assert found["Kustomization/apps"]["spec"]["dependsOn"] == [{"name": "infrastructure-configs"}]  # type: ignore[index]
        assert found["Provider/git-host"]["spec"]["address"] == "https://github.com/acme/deploy"  # type: ignore[index]
        assert ("ImagePolicy/web" in found) == (environment == "ops")
    marked = (root / "apps/web/overlays/ops/kustomization.yaml").read_text()
    assert 'newTag: "6.9.2" # {"$imagepolicy": "flux-system:web:tag"}' in marked
    assert "$imagepolicy" not in (root / "apps/web/overlays/stage/kustomization.yaml").read_text()


def test_a_deploy_repository_is_promoted_like_a_platform(tmp_path: Path) -> None:
    root = scaffold(tmp_path)
    assert invoke(root, "run", "--ref", "refs/heads/main").code == 0
    delivered = git(root, "ls-tree", "-r", "--name-only", "env/ops").splitlines()
    assert "apps/web/web/deployment.apps_web.yaml" in delivered
    assert any(path.startswith("infrastructure/controllers/cert-manager/") for path in delivered)
    compared = invoke(root, "parity", "-e", "apps", "-o", "json").out
    missing = [line for line in json.loads(compared)["lines"] if line["parity"] == "missing"]
    assert {line["level"] for line in missing} == {"allow"}, "image automation is in ops alone by design"
    promote_to_apps(root)
    assert git(root, "rev-parse", "--verify", "env/apps")


def promote_to_apps(root: Path) -> None:
    known = git(root, "tag", "--list").split()
    done = invoke(root, "promote", "apps")
    assert done.code == 0, done.said
    (tag,) = set(git(root, "tag", "--list").split()) - set(known)
    done = invoke(root, "run", "--ref", f"refs/tags/{tag}")
    assert done.code == 0, done.said


def read_by_the_cluster(root: Path, environment: str, engine: str) -> dict[str, object]:
    """What the operator of an environment is told by all that it reads: its own branch, and nothing else."""
    branch = f"env/{environment}"
    found: dict[str, object] = {}
    for path in git(root, "ls-tree", "-r", "--name-only", branch, f"clusters/{environment}/").splitlines():
        item = load_all(git(root, "show", f"{branch}:{path}").encode(), path)[0]
        assert isinstance(item, dict)
        found[f"{item['kind']}/{item['metadata']['name']}"] = item
    text = json.dumps(found)
    assert '"main"' not in text.replace('"checkout": {"ref": {"branch": "main"}}', "")
    assert text.count(f'"{branch}"') == (1 if engine == "flux" else 7)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_merge_changes_no_cluster_but_the_first_one_until_it_is_promoted(
    tmp_path: Path, engine: str
) -> None:
    root = scaffold(tmp_path, "--engine", engine)
    invoke(root, "run", "--ref", "refs/heads/main")
    promote_to_apps(root)
    told = read_by_the_cluster(root, "apps", engine)
    for environment in ("ops", "apps"):
        path = root / "clusters" / environment / "apps.yaml"
        old, new = ("prune: true", "prune: false")
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    base = root / "apps/web/base/deployment.yaml"
    base.write_text(base.read_text().replace("replicas: 1", "replicas: 3"))
    commit(root)
    before = git(root, "rev-parse", "env/apps")
    done = invoke(root, "run", "--ref", "refs/heads/main")
    assert done.code == 0, done.said
    assert read_by_the_cluster(root, "ops", engine) != told
    assert git(root, "rev-parse", "env/apps") == before
    promote_to_apps(root)
    changed = read_by_the_cluster(root, "apps", engine)
    assert {key for key in told if told[key] != changed[key]} == {
        "Kustomization/apps" if engine == "flux" else "ApplicationSet/apps"
    }


def test_update_knows_what_a_deploy_repository_was_made_from(tmp_path: Path) -> None:
    root = scaffold(tmp_path)
    record = root / ".kubestack/answers.json"
    assert json.loads(record.read_text())["added"][0]["options"] == {
        "name": "cert-manager",
        "delivery": "flux",
    }
    assert "up to date" in invoke(root, "update", "--no-input").said
    done = invoke(root, "update", "--no-input", "--answer", "domain=platform.example.org")
    assert done.code == 0, done.said
    assert "ops.platform.example.org" in (root / "clusters/ops/cluster-vars.yaml").read_text()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_split_platform_is_two_valid_repositories(tmp_path: Path, engine: str) -> None:
    done = invoke(
        tmp_path,
        *("new", "platform", "acme", "--no-input", "--directory", str(tmp_path)),
        *("--layout", "split", "--engine", engine, "--environments", "ops,stage,apps", "--ci", "github"),
    )
    assert done.code == 0, done.said
    assert not (tmp_path / "acme/manifests").exists()
    assert (tmp_path / "acme-deploy/clusters/stage/cluster-vars.yaml").is_file()
    for name in ("acme", "acme-deploy"):
        done = invoke(tmp_path / name, "validate", "-o", "json")
        assert [item for item in done.json["findings"] if item["severity"] != "note"] == []
        assert "up to date" in invoke(tmp_path / name, "update", "--no-input").said
    assert invoke(tmp_path / "acme", "plan", "-e", "stage").code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--url", "git@github.com:acme/deploy.git"], "a URL such as ssh://"),
        (["--url", "https://me:secret@github.com/acme/deploy.git"], "without a password"),
        (["--engine", "fleet"], "flux, argo-cd"),
        (["--follow", "tags", "--environments", "ops,stage,apps"], "room for two environments"),
        (["--environments", "ops,ops"], "two or more different names"),
    ],
)
def test_answers_that_cannot_be_used_write_nothing(tmp_path: Path, options: list[str], words: str) -> None:
    said = refused(tmp_path, *NEW, str(tmp_path), *options)
    assert words in said
    assert list(tmp_path.iterdir()) == []

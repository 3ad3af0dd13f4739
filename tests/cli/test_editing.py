"""`kubestack add` and `remove` of environments, apps, stacks and clusters on a scaffolded platform."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from kubestack_py.scaffold.naming import adapted
from tests.platforms import Platform, files_of, invoke

if TYPE_CHECKING:
    from pathlib import Path

    from tests.platforms import Ended

PIPELINE = ".github/workflows/kubestack.yaml"
OVERLAY = "manifests/web/overlays/staging/kustomization.yaml"
PROVIDER = """\
provider "terraform" {
  alias = "eks_gc1_eu-west-1"
}
"""
SECOND = """\
module "eks_gc1_eu-west-1" {
  source = "./modules/cluster"

  configuration_base_key = "apps"
  configuration = {
    apps = { node_pools = { default = { instance_type = "large", min_size = 1, max_size = 2 } } }
    ops  = {}
  }
}

output "second" {
  value = module.eks_gc1_eu-west-1.name
}
"""


def run(platform: Platform, *args: str) -> Ended:
    return invoke(platform.root, *args)


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        (["environment", "staging", "--after", "ops"], ["environment", "staging"]),
        (["app", "shop", "--image", "registry.example.com/shop:1.10"], ["app", "shop"]),
        (["stack", "net/dns", "--kind", "terraform"], ["stack", "net/dns"]),
        (["stack", "policies", "--kind", "kustomize"], ["stack", "policies/"]),
    ],
    ids=lambda args: args[0],
)
def test_add_is_valid_at_once_and_remove_gives_back_the_same_files(
    platform: Platform, add: list[str], remove: list[str]
) -> None:
    before = files_of(platform.root)
    diff = run(platform, "add", *add, "--dry-run").out
    assert files_of(platform.root) == before
    done = run(platform, "add", *add)
    assert done.code == 0, done.said
    after = files_of(platform.root)
    subprocess.run(["terraform", "fmt", "-check", "-recursive"], cwd=platform.root, check=True)
    assert run(platform, "validate").code == 0
    again = run(platform, "add", *add)
    assert (again.out, "nothing to do" in again.err) == ("", True), again.said
    assert run(platform, "remove", *remove).code == 0
    assert files_of(platform.root) == before
    again = run(platform, "remove", *remove)
    assert (again.out, "nothing to do" in again.err) == ("", True), again.said
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=platform.root, check=True)
    assert files_of(platform.root) == after


def test_environment_goes_into_the_chain_and_into_everything(platform: Platform) -> None:
    run(platform, "add", "app", "shop")
    run(platform, "add", "environment", "staging", "--after", "ops")
    listed = run(platform, "list", "environments", "-o", "json").json["environments"]
    assert [item["name"] for item in listed] == ["ops", "staging", "apps"]
    overlay = (platform.root / OVERLAY).read_text()
    assert 'value: "web.staging.acme.example.com"' in overlay
    assert " ops" not in overlay
    assert (platform.root / "manifests/shop/overlays/staging/kustomization.yaml").exists()
    run(platform, "add", "environment", "test", "--after", "staging")
    assert run(platform, "validate").code == 0
    assert "apply test" in run(platform, "resolve", "--ref", "refs/tags/test-deploy-1").out


def on_eks(place: Path, *options: str) -> Platform:
    """A platform with an EKS cluster, and an autoscaler on it that Terraform installs."""
    new = ("new", "platform", "acme", "--no-input", "--provider", "eks", "--region", "eu-west-1")
    assert invoke(place, *new, *options).code == 0
    platform = Platform(root=place / "acme")
    run(platform, "add", "service", "cluster-autoscaler", "--delivery", "terraform")
    return platform


def effective(platform: Platform, environment: str, path: str) -> list[object]:
    """What a path comes to in an environment."""
    shown = run(platform, "config", "show", path, "-e", environment, "-o", "json").json
    return [value["value"] for item in shown["configurations"] for value in item["values"]]


def test_environment_has_names_of_its_own_where_its_neighbours_have(tmp_path: Path) -> None:
    """Like apps in everything, its autoscaler would resize the node groups of apps."""
    platform = on_eks(tmp_path)
    name = "cluster-autoscaler.autoDiscovery.clusterName"
    tags = (
        "    apps = {\n      name_prefix ",
        '    apps = {\n      tags = { team = "apps-owners" }\n      name_prefix ',
    )
    platform.edit("infra/eks_gc0_eu-west-1_cluster.tf", *tags)
    before = files_of(platform.root)
    done = run(platform, "add", "environment", "staging", "--after", "ops")
    assert effective(platform, "staging", name) == ["gc0-staging-eu-west-1"]
    assert effective(platform, "staging", "cluster-autoscaler.replicaCount") == [2]
    assert "_cluster.tf:" in done.err
    assert "staging inherits tags.team = 'apps-owners'. Is that right?" in done.err
    assert run(platform, "validate").code == 0
    run(platform, "remove", "environment", "staging")
    assert files_of(platform.root) == before


def test_environment_inherits_as_its_neighbours_do(tmp_path: Path) -> None:
    """Where parents are written out, from the one behind it; its heirs get its parent when it goes."""
    platform = on_eks(tmp_path, "--environments", "ops,qa,apps")
    cluster = "infra/eks_gc0_eu-west-1_cluster.tf"
    before = files_of(platform.root)
    run(platform, "add", "environment", "dev", "--after", "ops")
    assert 'dev = "qa"' in (platform.root / cluster).read_text()
    assert "# Like qa in everything." in (platform.root / cluster).read_text()
    assert run(platform, "validate").code == 0
    run(platform, "remove", "environment", "dev")
    assert files_of(platform.root) == before
    done = run(platform, "remove", "environment", "qa", "--force")
    assert "ops of module.eks_gc0_eu-west-1 no longer inherits from qa" in done.err
    assert "configuration_parents" not in (platform.root / cluster).read_text()
    assert run(platform, "validate").code == 0, "nobody inherits from qa any more"


def test_environment_is_called_as_its_neighbour_is(platform: Platform) -> None:
    at, on = (
        '    apply_on: {branch: "main"}\n',
        "    cluster: {context: %s}\n    names: {cluster: acme-ops}\n",
    )
    platform.edit("kubestack.yaml", at, at + on % "acme-ops-eu")
    done = run(platform, "add", "environment", "staging", "--after", "ops", "--dry-run")
    assert "acme-staging-eu" in done.out
    assert "`cluster` of staging is made after that of ops: acme-staging-eu. Is that right?" in done.err
    platform.edit("kubestack.yaml", "acme-ops-eu", "elsewhere")
    done = run(platform, "add", "environment", "staging", "--after", "ops")
    assert (done.code, "does not tell what that of staging is called" in done.err) == (2, True)


def test_environment_gets_its_jobs_in_the_pipeline(platform: Platform) -> None:
    run(platform, "ci", "render", "github")
    before = files_of(platform.root)
    run(platform, "add", "environment", "staging", "--after", "ops")
    assert "kubestack run --only apply --environment staging" in (platform.root / PIPELINE).read_text()
    assert run(platform, "validate").code == 0
    run(platform, "remove", "environment", "staging")
    assert files_of(platform.root) == before
    platform.edit(PIPELINE, "jobs:", "# mine\njobs:")
    done = run(platform, "add", "environment", "staging", "--after", "ops")
    assert f"{PIPELINE} is not as it was rendered" in done.err
    assert PIPELINE not in done.out


def test_adapted_leaves_types_alone() -> None:
    text = b"apiVersion: apps/v1\nhost: web.apps.org # apps, acme-apps-eu\ngroup: apps\nx: perhapps apps/v1\n"
    assert adapted(text, "apps", "live") == (
        b"apiVersion: apps/v1\nhost: web.live.org # live, acme-live-eu\ngroup: apps\nx: perhapps apps/v1\n"
    )
    assert adapted(b"\xff apps", "apps", "live") == b"\xff apps"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["add", "environment", "x", "--after", "opz"], "Did you mean ops?"),
        (["add", "environment", "test", "--after", "apps"], "nothing can come after apps"),
        (["add", "environment", "default", "--after", "ops"], "no environment can be called 'default'"),
        (["add", "environment", "A b", "--after", "ops"], "no environment can be called 'A b'"),
        (["add", "environment", "apps-deploy", "--after", "ops"], "without `-deploy`"),
        (["add", "environment", "ops", "--after", "apps"], "there is an environment ops already"),
        (["remove", "environment", "ops"], "every change begins there"),
        (["remove", "environment", "apps"], "the others inherit from it"),
        (["add", "app", "web"], "manifests/web is there already"),
        (["add", "app", "Web"], "no application can be called 'Web'"),
        (["add", "app", "shop", "--image", "a b"], "'a b' is no image"),
        (["add", "stack", "../x", "--kind", "terraform"], "'../x' cannot be a stack"),
        (["add", "stack", "infra/x", "--kind", "terraform"], "one inside of the other"),
        (["add", "stack", "infra", "--kind", "kustomize"], "infra is a terraform stack already"),
        (["add", "stack", ".git", "--kind", "terraform"], "'.git' cannot be a stack"),
        (["remove", "stack", "infra"], "infra"),
        (["remove", "cluster", "cluster"], "infra/cluster.tf:4: cluster is the last cluster"),
    ],
    ids=" ".join,
)
def test_refused_in_words(platform: Platform, args: list[str], said: str) -> None:
    done = run(platform, *args)
    assert done.code == 2, done.said
    assert said in done.said
    assert platform.git("status", "--short") == ""


def test_work_of_people_is_removed_with_force_only(platform: Platform) -> None:
    run(platform, "add", "environment", "staging", "--after", "ops")
    run(platform, "add", "app", "shop")
    platform.edit(OVERLAY, "count: 1", "count: 2")
    platform.edit("infra/cluster.tf", "staging = {}", 'staging = { region = "eu" }')
    (platform.root / "manifests/shop/base/mine.yaml").write_text("a: 1\n")
    before = files_of(platform.root)
    assert OVERLAY in run(platform, "remove", "environment", "staging").err
    assert "manifests/shop/base/mine.yaml" in run(platform, "remove", "app", "shop").err
    platform.edit(OVERLAY, "count: 2", "count: 1")
    assert (
        "infra/cluster.tf:32: staging states something"
        in run(platform, "remove", "environment", "staging").err
    )
    platform.edit(OVERLAY, "count: 1", "count: 2")
    assert files_of(platform.root) == before
    assert run(platform, "remove", "environment", "staging", "--force").code == 0
    assert run(platform, "remove", "app", "shop", "--force").code == 0
    assert not (platform.root / "manifests/shop").exists()


def test_remove_cluster_takes_what_is_its_own(platform: Platform) -> None:
    before = files_of(platform.root)
    second = platform.root / "infra/eks_gc1_eu-west-1_cluster.tf"
    service = platform.root / "infra/eks_gc1_eu-west-1_service_x.tf"
    second.write_text(f"{PROVIDER}\n{SECOND}")
    service.write_text("# x\n")
    use = platform.root / "infra/use.tf"
    use.write_text("locals {\n  x = module.eks_gc1_eu-west-1.name\n}\n")
    args = ("remove", "cluster", "eks_gc1_eu-west-1")
    assert "eks_gc1_eu-west-1_service_x.tf" in run(platform, *args).err, "nobody knows who wrote these files"
    refused = run(platform, *args, "--force")
    assert "infra/use.tf:1: locals refers to eks_gc1_eu-west-1" in refused.err
    use.write_text('output "first" {\n  value = module.cluster.name\n}\n')
    done = run(platform, *args, "--force")
    assert "its node pools: default" in done.err
    assert "its services: infra/eks_gc1_eu-west-1_service_x.tf" in done.err
    use.unlink()
    assert second.read_text().endswith(f"\n\n{PROVIDER}"), "Terraform destroys the cluster through it"
    assert "nothing to do" in run(platform, *args).err
    assert run(platform, *args, "--with-provider").code == 0
    assert files_of(platform.root) == before


def test_remove_stack_that_others_need(platform: Platform) -> None:
    run(platform, "add", "stack", "dns", "--kind", "terraform")
    platform.edit("kubestack.yaml", "needs: [infra]", "needs: [infra, dns]")
    assert "manifests/* needs dns" in run(platform, "remove", "stack", "dns").err


def test_json_beside_what_is_edited_is_left_alone(platform: Platform) -> None:
    """It is read, and in the way of nothing that does not concern it, also when it is broken."""
    extra = platform.root / "infra/extra.tf.json"
    backend = '{"terraform": {"backend": {"local": {"path": "x"}}}, "locals": {"configuration": "x"}}'
    block = (platform.root / "infra/versions.tf").read_text()
    (platform.root / "infra/versions.tf").write_text('terraform {\n  required_version = ">= 1.6, < 2"\n}\n')
    for text in (backend, "{"):
        extra.write_text(text)
        for args in (
            ["add", "environment", "staging", "--after", "ops"],
            ["add", "app", "shop"],
            ["add", "stack", "dns", "--kind", "terraform"],
            ["add", "node-pool", "cluster", "batch", "--max-size", "3"],
            ["list"],
            ["config", "show"],
        ):
            done = run(platform, *args)
            assert done.code == 0, done.said
            noted = "infra/extra.tf.json: the backend is in Terraform's JSON syntax" in done.err
            assert noted == ("dns" in args and text != "{")
        assert extra.read_text() == text
        for args in (["environment", "staging"], ["app", "shop"], ["stack", "dns"]):
            assert run(platform, "remove", *args, "--force").code == 0
        run(platform, "remove", "node-pool", "cluster", "batch")
    (platform.root / "infra/versions.tf").write_text(block)
    assert "infra/extra.tf.json:1:2: this is not valid JSON" in run(platform, "validate").said


def test_environment_refuses_json_with_file_and_line(platform: Platform) -> None:
    (platform.root / "infra/more.tf.json").write_text(
        '{"module": {"m": {"source": "./modules/cluster", "configuration": {"apps": {}, "ops": {}}}}}'
    )
    before = files_of(platform.root)
    done = run(platform, "add", "environment", "staging", "--after", "ops")
    assert done.code == 1
    assert "infra/more.tf.json:1: module.m is in Terraform's JSON syntax" in done.err
    assert files_of(platform.root) == before

"""The life of an EKS platform, by commands: scaffolded, applied, extended, updated and destroyed.

moto answers as AWS, the state and its lock are in S3 there, and services are delivered through Flux.

moto lacks a few things that AWS has. They are left out, or their absence is overlooked, in the platform of
this test alone:

- add-ons and access entries: `addons = false`, and no entry in `access`
- OIDC providers, of which it takes one, even where a request is only repeated: `oidc_provider = false`
- answers of `describe` that are incomplete: files `moto_override.tf`, which Terraform merges into the module
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestack_py.system.git import Git
from tests.conftest import commit, git, make_remote, write_tree
from tests.newer import NewerProgram
from tests.platforms import Platform, kubestack
from tests.programs import program, terraform_configuration
from tests.programs.moto import moto

CLUSTER = "infra/eks_gc0_eu-west-1_cluster.tf"
SERVICES = ("gateway", "cert-manager", "kube-prometheus-stack")
SAMPLE = "@{cookiecutter.name}@/manifests/@{cookiecutter.application}@/base"
COMMANDS = (
    "add node-pool eks_gc0_eu-west-1 batch --instance-type m7g.large --min-size 0 --max-size 20",
    *(f"add service {name} --delivery flux" for name in SERVICES),
    "add app shop --image registry.example.com/shop:1.4.0",
    "bootstrap-state --yes",
)
OVERRIDES = """\
resource "aws_eks_node_group" "this" {
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size, remote_access, update_config]
  }
}

resource "aws_eks_cluster" "this" {
  lifecycle {
    ignore_changes = [access_config]
  }
}

resource "aws_launch_template" "node" {
  lifecycle {
    ignore_changes = [tag_specifications]
  }
}

# Random letters there, and no certificate.
output "certificate_authority" {
  value = aws_eks_cluster.this.certificate_authority[0].data
}
"""
NETWORK = """\
import boto3, json
ec2 = boto3.client("ec2", region_name="eu-west-1")
vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
def subnet(number, zone):
    return ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")
subnets = [subnet(number, zone)["Subnet"]["SubnetId"] for number, zone in enumerate("abab")]
print(json.dumps([vpc, *subnets]))
"""
BEHIND_ITS_BACK = """\
import boto3
boto3.client("iam", region_name="us-east-1").detach_role_policy(
    RoleName="gc0-ops-eu-west-1-node",
    PolicyArn="arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
)
"""
LEFT = """\
import boto3
eks = boto3.client("eks", region_name="eu-west-1")
print(*sorted(eks.list_clusters()["clusters"]))
print(*sorted(eks.describe_cluster(name="gc0-apps-eu-west-1")["cluster"]["resourcesVpcConfig"]["subnetIds"]))
print(len(boto3.client("ec2", region_name="eu-west-1").describe_nat_gateways()["NatGateways"]))
"""


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something that answers as AWS, and Terraform set up for it."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(terraform_configuration(tmp_path / "terraformrc")))
    with moto(tmp_path / "moto.log") as environ:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{program('aws', 'aws').parent}")
        yield


def boto(script: str) -> str:
    """Run a script with the Python that has moto's client."""
    done = subprocess.run(
        [program("moto", "python"), "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def platform(tmp_path: Path, aws: None) -> Platform:
    """The platform on a Git host: ops with a network of its own, the others in one that is there already."""
    options = ("--no-input", "--provider", "eks", "--region", "eu-west-1", "--backend", "s3")
    done = kubestack(tmp_path, "new", "platform", "acme", *options)
    assert done.code == 0, done.said
    made = Platform(root=tmp_path / "acme", remote=tmp_path / "acme.git")
    for command in COMMANDS:
        made.ok(*command.split())
    stand_in_for_aws(made)
    commit(made.root, "Add a pool, services and an application")
    make_remote(Git(made.root), tmp_path / "acme.git")
    return made


def stand_in_for_aws(platform: Platform) -> None:
    """What moto needs, and nobody else."""
    vpc, *subnets = json.loads(boto(NETWORK))
    network = f'vpc_id = "{vpc}", cluster_subnet_ids = {json.dumps(subnets[:2])}'
    platform.edit(
        CLUSTER,
        '      base_domain        = "acme.example.com"\n',
        '      base_domain        = "acme.example.com"\n      addons             = false\n'
        "      oidc_provider      = false\n"
        f"      network            = {{ {network}, node_subnet_ids = {json.dumps(subnets[2:])} }}\n",
    )
    platform.edit(
        CLUSTER,
        'network = { nat_gateways = "single" }',
        'network = { nat_gateways = "single" }\n'
        '      unset   = ["network.vpc_id", "network.cluster_subnet_ids", "network.node_subnet_ids"]',
    )
    write_tree(platform.root, {"infra/modules/eks/moto_override.tf": OVERRIDES})


@pytest.mark.slow
def test_eks_platform_from_an_empty_directory_to_its_end(platform: Platform, tmp_path: Path) -> None:
    assert "is valid" in platform.ok("validate").out
    platform.ok("run")
    assert set(statuses(platform, "ops").values()) == {"verified"}
    assert git(platform.root, "status", "--porcelain") == "", "the lock file has what was installed"
    promote(platform, "apps-deploy-1")
    clusters, subnets, gateways = boto(LEFT).splitlines()
    assert clusters == "gc0-apps-eu-west-1 gc0-ops-eu-west-1"
    assert len(subnets.split()) == 2
    assert gateways == "1", "ops has one, apps is in a network that is there"

    boto(BEHIND_ITS_BACK)
    found = platform.kubestack("plan", "-e", "ops", "--detailed-exitcode")
    assert found.code == 4, found.said
    assert 'create module.eks_gc0_eu-west-1.aws_iam_role_policy_attachment.node["AmazonEKS_CNI' in found.out
    assert "infra (ops): 1 to create" in found.out
    drifted = platform.kubestack("drift", "infra")
    assert drifted.code == 4, drifted.said
    assert (
        '- delete module.eks_gc0_eu-west-1.aws_iam_role_policy_attachment.node["AmazonEKS_CNI' in drifted.out
    )
    assert "infra (ops): drifted: 1 to delete" in drifted.out, "what AWS repeats of a new network is none"
    assert "infra (apps): no drift" in drifted.out, "what a role repeats of its attachments is none"

    platform.git("checkout", "--quiet", "main")
    platform.ok("add", "environment", "staging", "--after", "ops")
    assert "3 environments" in platform.ok("validate").out
    platform.commit("Add staging")
    update(platform, NewerProgram.at(tmp_path / "newer"))
    platform.push()
    assert "infra (staging): 15 to create" in platform.ok("run").out
    promote(platform, "staging-deploy-1")
    assert boto(LEFT).splitlines()[0] == "gc0-apps-eu-west-1 gc0-ops-eu-west-1 gc0-staging-eu-west-1"
    assert platform.ok("plan", "-e", "ops", "--detailed-exitcode").code == 0, "what was detached is back"

    destroy(platform, "ops", "staging", "apps")
    assert (
        boto("import boto3\nprint(boto3.client('eks', region_name='eu-west-1').list_clusters()['clusters'])")
        == "[]\n"
    )


def promote(platform: Platform, tag: str) -> None:
    """Tag what is checked out, and do as CI does."""
    platform.tag(tag)
    platform.ok("run", "--ref", f"refs/tags/{tag}")
    environment = tag.partition("-")[0]
    assert set(statuses(platform, environment).values()) == {"verified"}
    platform.git("checkout", "--quiet", "main")


def statuses(platform: Platform, environment: str) -> dict[str, str]:
    """The last word of the evidence on each stack of an environment; every one has to be there."""
    stacks = ("infra", *(f"manifests/{name}" for name in (*SERVICES, "web", "shop")))
    return {stack: platform.statuses(environment, stack)[-1] for stack in stacks}


def update(platform: Platform, newer: NewerProgram) -> None:
    """Bring the platform to the next release: a module, a chart and the sample application have changed."""
    newer.edit(
        "templates/modules/eks/nodes.tf",
        'name                 = "${local.name}-node"',
        'name                 = "${local.name}-node"\n  description          = "Nodes of ${local.name}"',
    )
    newer.edit("templates/catalog/cert-manager.yaml", 'version: "v1', 'version: "v9')
    newer.edit(f"templates/platform/{SAMPLE}/service.yaml", "targetPort: http", "targetPort: http # new")
    said = platform.ok("update", "--no-input", **newer.environ).said
    assert "The platform is valid" in said
    assert git(platform.root, "diff", "--cached", "--name-only").splitlines() == [
        ".kubestack/answers.json",
        "infra/modules/eks/nodes.tf",
        "manifests/cert-manager/base/cert-manager.yaml",
        "manifests/shop/base/service.yaml",
        "manifests/web/base/service.yaml",
    ]
    platform.git("commit", "--quiet", "--no-edit")


def destroy(platform: Platform, *environments: str) -> None:
    """Everything that Terraform made, in all environments at once: most of it is waiting."""
    command = ["terraform", "-chdir=infra", "destroy", "-auto-approve", "-input=false", "-no-color"]
    started = [
        subprocess.Popen(
            command,
            cwd=platform.root,
            env=os.environ | {"TF_WORKSPACE": environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for environment in environments
    ]
    for process in started:
        said, _ = process.communicate(timeout=1200)
        assert process.returncode == 0, said

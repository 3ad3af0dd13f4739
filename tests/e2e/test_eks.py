"""An EKS platform, scaffolded by commands, taken through ops and apps against what answers as AWS.

moto lacks a few things that AWS has. They are left out, or their absence is overlooked, in the platform of
this test alone:

- add-ons and access entries: `addons = false`, and no entry in `access`
- OIDC providers, of which it takes one, even where a request is only repeated: `oidc_provider = false`
- answers of `describe` that are incomplete: files `moto_override.tf`, which Terraform merges into the module
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubestack_py.system.git import Git
from tests.conftest import commit, git, make_remote, write_tree
from tests.platforms import Platform, kubestack
from tests.programs import program, terraform_configuration
from tests.programs.moto import moto

CLUSTER = "infra/eks_gc0_eu-west-1_cluster.tf"
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
boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="acme-terraform-state")
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
    """The platform on a Git host: ops with a network of its own, apps in one that is there already."""
    vpc, *subnets = json.loads(boto(NETWORK))
    options = ("--no-input", "--provider", "eks", "--region", "eu-west-1", "--backend", "s3")
    done = kubestack(tmp_path, "new", "platform", "acme", *options)
    assert done.code == 0, done.said
    made = Platform(root=tmp_path / "acme", remote=tmp_path / "acme.git")
    network = f'vpc_id = "{vpc}", cluster_subnet_ids = {json.dumps(subnets[:2])}'
    made.edit(CLUSTER, "    apps = {", "    apps = {\n      addons             = false")
    made.edit(
        CLUSTER,
        "\n      node_pools = {\n        default = { instance_types",
        "\n      oidc_provider      = false\n"
        f"      network            = {{ {network}, node_subnet_ids = {json.dumps(subnets[2:])} }}\n"
        "\n      node_pools = {\n        default = { instance_types",
    )
    made.edit(
        CLUSTER,
        'network = { nat_gateways = "single" }',
        'network = { nat_gateways = "single" }\n'
        '      unset   = ["network.vpc_id", "network.cluster_subnet_ids", "network.node_subnet_ids"]',
    )
    write_tree(made.root, {"infra/modules/eks/moto_override.tf": OVERRIDES})
    commit(made.root, "Stand in for AWS")
    make_remote(Git(made.root), tmp_path / "acme.git")
    return made


@pytest.mark.slow
def test_eks_platform_goes_through_ops_and_apps(platform: Platform) -> None:
    assert platform.ok("validate").code == 0
    platform.ok("run")
    assert platform.statuses("ops") == ["started", "verified"]
    assert git(platform.root, "status", "--porcelain") == "", "the lock file has what was installed"
    platform.tag("apps-deploy-1")
    platform.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert platform.statuses("apps") == ["started", "verified"]
    clusters, subnets, gateways = boto(LEFT).splitlines()
    assert clusters == "gc0-apps-eu-west-1 gc0-ops-eu-west-1"
    assert len(subnets.split()) == 2
    assert gateways == "1", "ops has one, apps is in a network that is there"
    boto(BEHIND_ITS_BACK)
    found = platform.kubestack("plan", "-e", "ops", "--detailed-exitcode")
    assert found.code == 4, found.said
    assert "aws_iam_role_policy_attachment.node" in found.out
    assert "AmazonEKS_CNI_Policy" in found.out
    assert "infra (ops): 1 to create" in found.out

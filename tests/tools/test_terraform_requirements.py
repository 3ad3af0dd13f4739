from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.terraform.requirements import module_directories, requirements
from tests.conftest import write_tree

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "eu-west-1"
}
resource "aws_vpc" "a" {
  cidr = "10.0.0.0/16"
}
module "m" {
  source  = "hashicorp/consul/aws"
  version = "1.0"
  size    = 1
}
"""


def edited(directory: Path, old: str, new: str) -> bool:
    """Whether an edit of the module changes what init depends on."""
    assert old in MODULE
    write_tree(directory, {"main.tf": MODULE})
    before = requirements(directory)
    write_tree(directory, {"main.tf": MODULE.replace(old, new)})
    return requirements(directory) != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"hashicorp/aws"', '"example/aws"'),
        ('provider "aws" {', 'provider "azurerm" {'),
        ('region = "eu-west-1"', 'version = "5.0"'),
        ('"aws_vpc"', '"random_pet"'),
        ('cidr = "10.0.0.0/16"', "provider = google-beta"),
        ("hashicorp/consul", "hashicorp/vault"),
        ('"1.0"', '"2.0"'),
    ],
)
def test_requirements_change_with_what_init_installs(tmp_path: Path, old: str, new: str) -> None:
    assert edited(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"eu-west-1"', '"eu-west-2"'), ('"aws_vpc"', '"aws_subnet"'), ("10.0.", "10.1."), ("= 1\n", "= 2\n")],
)
def test_requirements_stay_for_everything_else(tmp_path: Path, old: str, new: str) -> None:
    assert not edited(tmp_path, old, new)


def test_module_directories_are_followed_in_circles_and_past_what_is_missing(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "infra/main.tf": 'module "a" { source = "../a" }\nmodule "gone" { source = "./gone" }',
            "a/main.tf": 'module "back" { source = "../infra" }',
        },
    )
    found = module_directories(tmp_path / "infra")
    assert [path.relative_to(tmp_path.resolve()).as_posix() for path in found] == ["a", "infra", "infra/gone"]

"""Terraform providers, named in files as people write them."""

from __future__ import annotations

import pytest

from kubestack_py.errors import EditError
from kubestack_py.scaffold.providers import Requirement
from kubestack_py.scaffold.requiring import unlocked, with_lock, with_requirement
from kubestack_py.terraform.place import Document

AWS = Requirement(
    name="aws", source="hashicorp/aws", version="~> 5.100", locked="5.100.0", hashes=("h1:a", "zh:b")
)
ENTRY = '    aws = {\n      source  = "hashicorp/aws"\n      version = "~> 5.100"\n    }\n'
HELM = '    helm = { source = "hashicorp/helm" } # charts\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'terraform {\n  required_version = ">= 1.6" # enough\n\n  backend "local" {}\n}\n',
            'terraform {\n  required_version = ">= 1.6" # enough\n\n'
            f'  required_providers {{\n{ENTRY}  }}\n\n  backend "local" {{}}\n}}\n',
        ),
        (
            f"terraform {{\n  required_providers {{\n{HELM}  }}\n}}\n",
            f"terraform {{\n  required_providers {{\n{HELM}{ENTRY}  }}\n}}\n",
        ),
        (
            "terraform {\n  required_providers {}\n}\n",
            f"terraform {{\n  required_providers {{\n{ENTRY}  }}\n}}\n",
        ),
        ("terraform {}\n", f"terraform {{\n  required_providers {{\n{ENTRY}  }}\n}}\n"),
        (
            "terraform {\n  required_providers {\n    aws = {\n      source = 1\n    }\n  }\n}\n",
            "terraform {\n  required_providers {\n    aws = {\n      source = 1\n    }\n  }\n}\n",
        ),
    ],
    ids=["behind-the-version", "behind-another", "empty", "one-line", "there-already"],
)
def test_requirement_is_added_and_the_rest_stays(before: str, after: str) -> None:
    document = with_requirement(Document("versions.tf", before.encode()), AWS)
    assert document.source.decode() == after
    assert with_requirement(document, AWS).source == document.source


def test_requirement_takes_the_line_ends_of_the_file() -> None:
    source = b"terraform {\r\n  required_providers {\r\n  }\r\n}\r\n"
    edited = with_requirement(Document("versions.tf", source), AWS).source
    assert edited.count(b"\n") == edited.count(b"\r\n") == 8


def test_requirement_needs_a_terraform_block() -> None:
    with pytest.raises(EditError, match=r"versions\.tf has no terraform block"):
        with_requirement(Document("versions.tf", b"locals {}\n"), AWS)


def test_lock_file_is_begun_added_to_and_never_changed() -> None:
    begun = with_lock(None, [AWS])
    assert begun is not None
    assert begun.startswith(b'# This file is maintained automatically by "terraform init".')
    assert b'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.100.0"\n' in begun
    newer = begun.replace(b"5.100.0", b"5.101.0")
    assert with_lock(newer, [AWS]) == newer
    assert with_lock(None, []) is None


def test_provider_that_nothing_pins_is_told() -> None:
    helm = Requirement(name="helm", source="hashicorp/helm", version=">= 3.1, < 4")
    [said] = unlocked(with_lock(None, [AWS]), [AWS, helm])
    assert "hashicorp/helm" in said
    assert "providers lock" in said
    assert len(list(unlocked(None, [AWS, helm]))) == 2

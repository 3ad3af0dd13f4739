"""The names by which the files of a stack are told."""

from __future__ import annotations

HCL_SUFFIXES = (".tf", ".tofu")  # OpenTofu reads both
TERRAFORM_SUFFIXES = (*HCL_SUFFIXES, ".tf.json", ".tofu.json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")

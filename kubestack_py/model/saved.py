"""Plans that cross jobs, each with all that it was made for and that has to hold again at the apply."""

from __future__ import annotations

from dataclasses import dataclass, field

from kubestack_py.model.changes import ContentDigest


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformBinding:
    """What a Terraform plan rests on.

    `backend` is its type and a digest of its configuration (`s3 sha256:…`). `lineage` is empty and
    `serial` 0 where the workspace has no state yet. `lock_file` is the SHA-256 of
    `.terraform.lock.hcl`, empty where there is none. `tool` is name and version (`terraform 1.11.4`).
    """

    workspace: str
    backend: str
    lineage: str
    serial: int
    lock_file: str
    tool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KustomizeBinding:
    """What a plan of manifests rests on: SHA-256 of what was rendered, and of what was delivered then."""

    rendered: str
    delivered: str


Binding = TerraformBinding | KustomizeBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """The plan of one stack. `file` is Terraform's plan file, empty for manifests.

    `empty` marks a plan that finds nothing to do.
    """

    stack: str
    content: ContentDigest
    binding: Binding
    empty: bool
    file: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlans:
    """The plans of one environment at one commit.

    `ref` is the full name of the branch or tag that they were made on, empty for a detached HEAD.
    `at` is the time (ISO 8601, UTC), `made_by` the version of the program.
    """

    environment: str
    commit: str
    ref: str
    at: str
    made_by: str
    plans: tuple[SavedPlan, ...]

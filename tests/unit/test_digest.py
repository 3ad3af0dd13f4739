"""Content digests: what changes them, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.platform import ClusterSettings, Delivery, Stack, StackKind
from kubestack_py.promotion.digest import content_digest, owner_of
from kubestack_py.system.git import TreeEntry

ENVIRONMENTS = ("ops", "apps")
WEB = Stack(
    path="manifests/web", kind=StackKind.KUSTOMIZE, needs=("infra", "dns"), delivery=Delivery.RENDERED
)
INFRA = Stack(path="infra", kind=StackKind.TERRAFORM)
FILES = (
    "manifests/web/base/deployment.yaml",
    "manifests/web/base/kustomization.yaml",
    "manifests/web/overlays/ops/kustomization.yaml",
    "manifests/web/overlays/apps/kustomization.yaml",
    "manifests/components/tls/kustomization.yaml",
)


def tree(paths: tuple[str, ...] = FILES, **changed: str) -> dict[str, TreeEntry]:
    return {path: TreeEntry(mode="100644", blob=f"blob of {path}", path=path) for path in paths}


def digest(entries: dict[str, TreeEntry], environment: str = "ops", stack: Stack = WEB) -> ContentDigest:
    return content_digest(stack, environment, ENVIRONMENTS, entries, entries)


def test_another_cluster_is_another_content_of_what_it_holds() -> None:
    here, there = ClusterSettings(context="ops"), ClusterSettings(context="ops-2")

    def at(stack: Stack, cluster: ClusterSettings | None) -> ContentDigest:
        return content_digest(stack, "ops", ENVIRONMENTS, tree(), tree(), cluster=cluster)

    assert at(WEB, here).shared == at(WEB, there).shared == digest(tree()).shared
    assert len({at(WEB, None).environment, at(WEB, here).environment, at(WEB, there).environment}) == 3
    assert at(INFRA, here) == at(INFRA, there)


def edited(path: str, **change: str) -> dict[str, TreeEntry]:
    entries = tree()
    return {**entries, path: replace(entries[path], **change)}


def test_digest_is_the_same_for_the_same_content() -> None:
    assert digest(tree()) == digest(dict(reversed(tree().items())))


def test_digest_shared_part_is_the_same_in_every_environment() -> None:
    ops, apps = digest(tree(), "ops"), digest(tree(), "apps")
    assert ops.shared == apps.shared
    assert ops.environment != apps.environment


@pytest.mark.parametrize(
    "path", ["manifests/web/base/deployment.yaml", "manifests/components/tls/kustomization.yaml"]
)
@pytest.mark.parametrize("change", [{"blob": "new"}, {"mode": "100755"}])
def test_digest_of_a_shared_file(path: str, change: dict[str, str]) -> None:
    before, after = digest(tree()), digest(edited(path, **change))
    assert before.shared != after.shared
    assert before.environment == after.environment


def test_digest_of_the_environments_own_file() -> None:
    before, after = (
        digest(tree()),
        digest(edited("manifests/web/overlays/ops/kustomization.yaml", blob="new")),
    )
    assert before.shared == after.shared
    assert before.environment != after.environment


def test_digest_of_another_environments_file_changes_nothing() -> None:
    assert digest(tree()) == digest(edited("manifests/web/overlays/apps/kustomization.yaml", blob="new"))


def test_digest_counts_the_name_of_a_file() -> None:
    moved = tree((*FILES[1:], "manifests/web/base/renamed.yaml"))
    moved["manifests/web/base/renamed.yaml"] = replace(
        moved["manifests/web/base/renamed.yaml"], blob=tree()[FILES[0]].blob
    )
    assert digest(tree()).shared != digest(moved).shared


def test_digest_leaves_out_files_that_the_commit_lacks() -> None:
    entries = tree()
    assert content_digest(WEB, "ops", ENVIRONMENTS, [*entries, "not/committed"], entries) == digest(entries)


@pytest.mark.parametrize(
    ("stack", "same"),
    [
        (replace(WEB, needs=("dns", "infra")), True),
        (replace(WEB, needs=("infra",)), False),
        (replace(WEB, delivery=None), False),
        (replace(WEB, path="manifests/other"), False),
        (replace(WEB, kind=StackKind.TERRAFORM), False),
    ],
)
def test_digest_covers_the_stacks_settings(stack: Stack, same: bool) -> None:
    assert (digest(tree(), stack=stack).shared == digest(tree()).shared) is same


def test_digest_takes_paths_that_are_no_text() -> None:
    odd = b"infra/\xff.tf".decode("utf-8", "surrogateescape")
    entries = {odd: TreeEntry(mode="100644", blob="b", path=odd)}
    assert digest(entries, stack=INFRA) != digest({}, stack=INFRA)


@given(st.permutations(FILES), st.sampled_from(ENVIRONMENTS))
def test_digest_order_of_files_does_not_matter(files: list[str], environment: str) -> None:
    assert content_digest(WEB, environment, ENVIRONMENTS, files, tree()) == digest(tree(), environment)


@given(st.sets(st.sampled_from(FILES)), st.sets(st.sampled_from(FILES)))
def test_digest_differs_where_the_files_differ(left: set[str], right: set[str]) -> None:
    def of(files: set[str]) -> ContentDigest:
        return content_digest(WEB, "ops", ENVIRONMENTS, files, tree())

    counted = set(FILES) - {"manifests/web/overlays/apps/kustomization.yaml"}
    assert (of(left) == of(right)) is (left & counted == right & counted)


@pytest.mark.parametrize(
    ("stack", "path", "owner"),
    [
        (WEB, "manifests/web/overlays/ops/a/b.yaml", "ops"),
        (WEB, "manifests/web/overlays/apps/kustomization.yaml", "apps"),
        (WEB, "manifests/web/overlays/other/kustomization.yaml", None),
        (WEB, "manifests/web/overlays/ops", None),
        (WEB, "manifests/web/overlays/ops.yaml", None),
        (WEB, "manifests/web/base/overlays/ops/x", None),
        (WEB, "manifests/website/overlays/ops/x", None),
        (WEB, "manifests/web/ops.tfvars", None),
        (INFRA, "infra/ops.tfvars", "ops"),
        (INFRA, "infra/modules/ops.tfvars", None),
        (INFRA, "infra/ops.tf", None),
        (INFRA, "infra/overlays/ops/x", None),
        (INFRA, "infrastructure/ops.tfvars", None),
    ],
)
def test_owner_of(stack: Stack, path: str, owner: str | None) -> None:
    assert owner_of(stack, path, ENVIRONMENTS) == owner

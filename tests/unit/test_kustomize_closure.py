"""The closure of a Kustomize stack, over a tree that is only a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.kustomize.closure import closure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.closure import Closure

BASE = "manifests/shop/base"
OPS = "manifests/shop/overlays/ops"


def closure_of(tree: Mapping[str, str], stack: str = "manifests/shop") -> Closure:
    def read(path: str) -> bytes | None:
        return tree[path].encode() if path in tree else None

    def files(directory: str) -> list[str]:
        return sorted(path for path in tree if not directory or path.startswith(f"{directory}/"))

    return closure(stack, files, read)


def test_closure_has_everything_below_the_stack_and_nothing_beside_it() -> None:
    tree = {
        f"{BASE}/kustomization.yaml": "resources: [app.yaml]",
        f"{BASE}/app.yaml": "",
        f"{OPS}/kustomization.yaml": "resources: [../../base]",
        "manifests/shop/README.md": "",
        "manifests/shopping/app.yaml": "",
    }
    assert closure_of(tree).files == frozenset(tree) - {"manifests/shopping/app.yaml"}


@pytest.mark.parametrize(
    "text",
    [
        "resources: [../../../../lib/x.yaml]",
        "bases: [../../../../lib/x.yaml]",
        "components: [../../../../lib/x.yaml]",
        "crds: [../../../../lib/x.yaml]",
        "configurations: [../../../../lib/x.yaml]",
        "generators: [../../../../lib/x.yaml]",
        "transformers: [../../../../lib/x.yaml]",
        "validators: [../../../../lib/x.yaml]",
        "patches: [{path: ../../../../lib/x.yaml}]",
        "patchesStrategicMerge: [../../../../lib/x.yaml]",
        "patchesJson6902: [{path: ../../../../lib/x.yaml, target: {kind: A, name: b}}]",
        "replacements: [{path: ../../../../lib/x.yaml}]",
        "openapi: {path: ../../../../lib/x.yaml}",
        "configMapGenerator: [{name: a, files: [../../../../lib/x.yaml]}]",
        "configMapGenerator: [{name: a, files: [key.txt=../../../../lib/x.yaml]}]",
        "configMapGenerator: [{name: a, envs: [../../../../lib/x.yaml]}]",
        "secretGenerator: [{name: a, env: ../../../../lib/x.yaml}]",
        "helmCharts: [{name: a, valuesFile: ../../../../lib/x.yaml}]",
        "helmCharts: [{name: a, additionalValuesFiles: [../../../../lib/x.yaml]}]",
        "helmChartInflationGenerator: [{chartName: a, values: ../../../../lib/x.yaml}]",
    ],
)
def test_closure_follows_a_reference_to_a_file(text: str) -> None:
    tree = {f"{OPS}/kustomization.yaml": text, "lib/x.yaml": "", "lib/y.yaml": ""}
    found = closure_of(tree)
    assert found.files == {f"{OPS}/kustomization.yaml", "lib/x.yaml"}
    assert not found.missing


def test_closure_follows_directories_transitively_and_precisely() -> None:
    tree = {
        f"{OPS}/kustomization.yaml": "resources: [../../../../lib/a]\ncomponents: [../../../../lib/c]",
        "lib/a/kustomization.yml": "resources: [one.yaml, ../b]",
        "lib/a/one.yaml": "",
        "lib/a/unused.yaml": "",
        "lib/b/Kustomization": "patches: [{path: p.yaml}]\nresources: [../a]",
        "lib/b/p.yaml": "",
        "lib/c/kustomization.yaml": "kind: Component",
    }
    assert closure_of(tree).files == frozenset(tree) - {"lib/a/unused.yaml"}


@pytest.mark.parametrize("settings", ["", "helmGlobals: {chartHome: ../charts}\n"])
def test_closure_takes_a_chart_home_whole(settings: str) -> None:
    home = "lib/charts" if settings else "lib/a/charts"
    tree = {
        f"{OPS}/kustomization.yaml": "resources: [../../../../lib/a]",
        "lib/a/kustomization.yaml": settings + "helmCharts: [{name: x}]",
        f"{home}/x/templates/deployment.yaml": "",
    }
    assert closure_of(tree).files == frozenset(tree)


@pytest.mark.parametrize(
    "reference",
    [
        "https://example.com/x.yaml",
        "github.com/acme/bases//shop?ref=v1",
        "git@example.com:acme/bases.git",
        "git::https://example.com/acme/bases",
        "ssh://git@example.com/acme/bases?ref=main",
    ],
)
def test_closure_names_remote_references(reference: str) -> None:
    found = closure_of({f"{OPS}/kustomization.yaml": f"resources:\n- {reference}\n"})
    assert [item.target for item in found.remote] == [reference]
    assert found.missing == ()
    assert found.escapes == ()


@pytest.mark.parametrize("reference", ["/etc/passwd", "../../../../../outside", "../../../../.."])
def test_closure_names_references_that_leave_the_repository(reference: str) -> None:
    found = closure_of({f"{OPS}/kustomization.yaml": f"resources: [{reference}]"})
    assert [item.target for item in found.escapes] == [reference]


def test_closure_names_missing_references_with_file_and_line() -> None:
    text = "# app.yaml.bak\nresources:\n- app.yaml\n- ../nothing\n"
    found = closure_of({f"{OPS}/kustomization.yaml": text, "manifests/shop/overlays/nothing/x.yaml": ""})
    assert [(str(item.where), item.target) for item in found.missing] == [
        (f"{OPS}/kustomization.yaml:3", "app.yaml"),
        (f"{OPS}/kustomization.yaml:4", "../nothing"),
    ]


@pytest.mark.parametrize("text", ["resources: [", "- a", "", "resources: 1\npatches: x\nopenapi: []"])
def test_closure_of_a_broken_kustomization_is_the_file_itself(text: str) -> None:
    found = closure_of({f"{OPS}/kustomization.yaml": text})
    assert found.files == {f"{OPS}/kustomization.yaml"}
    assert found.missing == ()


def test_closure_leaves_inline_patches_alone() -> None:
    text = "patchesStrategicMerge:\n- |-\n  kind: A\n  metadata: {name: x}\ntransformers: ['{kind: A}']\n"
    assert closure_of({f"{OPS}/kustomization.yaml": text}).missing == ()


def test_closure_follows_a_reference_to_the_top_of_the_repository() -> None:
    tree = {
        f"{OPS}/kustomization.yaml": "resources: [../../../..]",
        "kustomization.yaml": "resources: [x.yaml]",
        "x.yaml": "",
    }
    assert closure_of(tree).files == frozenset(tree)

"""Builds with the real kubectl: shared processes give what single ones give, or are not used."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.build import Overlay, Rendered, build
from kubestack_py.system.tools import Tool
from tests.conftest import write_tree
from tests.tools.nasty_overlays import NASTY, harmless

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Results = dict[str, Rendered | KustomizeError]
CROSSING = frozenset(
    ("own-config", "gives-config", "robot", "foreign-config", "binding", "api-two", "renamed"),
)
ODD_NAMES = (
    *("with space", "quote'\"s", "$(touch x)", "line\nbreak", "ünïcode ☃", "-rf", "#a: [b"),
    *("a?ref=main", "github.com/acme/x.git"),
)


@pytest.fixture
def kubectl(tmp_path: Path) -> Tool:
    """The real kubectl, behind a script that notes the directory of each run in `runs`."""
    return noting(tmp_path)


def noting(tmp_path: Path) -> Tool:
    found = shutil.which("kubectl")
    assert found, "kubectl is needed: https://kubernetes.io/docs/tasks/tools/"
    script = tmp_path / "kubectl"
    script.write_text(f'#!/bin/sh\npwd >> {tmp_path}/runs\nexec {shlex.quote(found)} "$@"\n')
    script.chmod(0o755)
    return Tool(name="kubectl", path=str(script), version="1.32")


def runs(tool: Tool) -> list[str]:
    return (Path(tool.path).parent / "runs").read_text().splitlines()


def write_stacks(root: Path, stacks: Mapping[str, Mapping[str, str]]) -> list[Overlay]:
    for stack, files in stacks.items():
        write_tree(root / stack, files)
    return [Overlay(stack=stack, path=stack) for stack in stacks]


def built(tool: Tool, root: Path, overlays: Sequence[Overlay], parallel: int = 2) -> Results:
    scratch = root.parent / f"scratch-{len(list(root.parent.glob('scratch-*')))}"
    scratch.mkdir()
    return build(tool, root, overlays, scratch, parallel)


def built_alone(tool: Tool, root: Path, overlays: Sequence[Overlay]) -> Results:
    return {name: value for item in overlays for name, value in built(tool, root, [item]).items()}


def comparable(results: Results) -> dict[str, object]:
    """Results with errors as text: two errors are never equal."""
    return {name: value if isinstance(value, Rendered) else str(value) for name, value in results.items()}


@dataclass(frozen=True, kw_only=True)
class Nasty:
    """A platform with every nasty overlay, and what each gives by itself."""

    root: Path
    kubectl: Tool
    overlays: Mapping[str, Overlay]
    known: dict[str, object] = field(default_factory=dict)

    def alone(self, names: Sequence[str]) -> dict[str, object]:
        """What the overlays give when each is built by itself; built once."""
        wanted = [self.overlays[name] for name in names if name not in self.known]
        self.known.update(comparable(built_alone(self.kubectl, self.root, wanted)))
        return {name: self.known[name] for name in names}


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Nasty:
    place = tmp_path_factory.mktemp("nasty")
    overlays = {item.stack: item for item in write_stacks(place / "platform", NASTY)}
    return Nasty(root=place / "platform", kubectl=noting(place), overlays=overlays)


def addresses(result: Rendered | KustomizeError) -> list[str]:
    assert isinstance(result, Rendered), result
    return [manifest.address for manifest in result.manifests]


@pytest.mark.parametrize(
    "left_out", [(), ("no-target", "twice-one"), ("twice-one", "foreign-config", "vars")]
)
def test_build_of_a_nasty_set_is_the_same_as_one_by_one(
    kubectl: Tool, nasty: Nasty, left_out: tuple[str, ...]
) -> None:
    names = [name for name in NASTY if name not in left_out]
    together = built(kubectl, nasty.root, [nasty.overlays[name] for name in names])
    assert any("scratch" in run for run in runs(kubectl))
    assert comparable(together) == nasty.alone(names)


@pytest.mark.parametrize("first", sorted(NASTY))
def test_build_of_nasty_pairs_is_the_same_as_one_by_one(kubectl: Tool, nasty: Nasty, first: str) -> None:
    for partner in sorted(CROSSING - {first}):
        names = [first, partner]
        pair = built(kubectl, nasty.root, [nasty.overlays[name] for name in names])
        assert comparable(pair) == nasty.alone(names)


def test_build_of_harmless_overlays_takes_one_process(tmp_path: Path, kubectl: Tool) -> None:
    overlays = write_stacks(tmp_path / "platform", {f"app-{n}": harmless(n) for n in range(6)})
    results = built(kubectl, tmp_path / "platform", overlays)
    assert len(runs(kubectl)) == 1
    assert list(results) == [item.stack for item in overlays]
    assert all("_/Namespace/_/shared" in addresses(result) for result in results.values())
    assert comparable(results) == comparable(built_alone(kubectl, tmp_path / "platform", overlays))


def test_build_of_many_overlays_uses_the_processes_it_may(tmp_path: Path, kubectl: Tool) -> None:
    overlays = write_stacks(tmp_path / "platform", {f"app-{n}": harmless(n, f"ns-{n}") for n in range(40)})
    results = built(kubectl, tmp_path / "platform", overlays, parallel=3)
    assert len(runs(kubectl)) == 3
    assert all(isinstance(result, Rendered) and len(result.manifests) == 3 for result in results.values())


def test_build_with_a_broken_overlay_keeps_the_others_together(tmp_path: Path, kubectl: Tool) -> None:
    stacks = {f"app-{n}": harmless(n) for n in range(5)} | {"broken": NASTY["no-target"]}
    results = built(kubectl, tmp_path / "platform", write_stacks(tmp_path / "platform", stacks))
    assert len(runs(kubectl)) == 3  # all, all but the broken one, the broken one for its own error
    error = results["broken"]
    assert isinstance(error, KustomizeError)
    assert error.message.startswith("broken does not build: ")
    assert [type(results[f"app-{n}"]) for n in range(5)] == [Rendered] * 5


def test_build_leaves_no_trace_of_its_stamp(tmp_path: Path, kubectl: Tool) -> None:
    overlays = write_stacks(tmp_path / "platform", {f"app-{n}": harmless(n) for n in range(2)})
    for result in built(kubectl, tmp_path / "platform", overlays).values():
        assert isinstance(result, Rendered)
        text = b"".join(manifest.content for manifest in result.manifests)
        assert b"kubestack" not in text
        assert b"annotations" not in text
        assert b"Namespace-" not in text


def test_build_attributes_warnings_to_the_stack_that_causes_them(tmp_path: Path, kubectl: Tool) -> None:
    old = {
        "kustomization.yaml": "bases: [base]\n",
        "base/kustomization.yaml": "resources: []\nnamespace: x\n",
    }
    stacks = {"old": old, "new": harmless(1), "newer": harmless(2)}
    results = built(kubectl, tmp_path / "platform", write_stacks(tmp_path / "platform", stacks))
    said = {name: value.warnings for name, value in results.items() if isinstance(value, Rendered)}
    assert len(runs(kubectl)) == 1
    assert said["new"] == said["newer"] == ()
    assert [warning.split(".")[0] for warning in said["old"]] == ["'bases' is deprecated"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_build_of_an_odd_directory_name(tmp_path: Path, kubectl: Tool, name: str) -> None:
    root = tmp_path / "platform"
    overlays = write_stacks(root, {name: harmless(1, "one"), "other": harmless(2, "two")})
    results = built(kubectl, root, overlays)
    assert len(runs(kubectl)) == 1
    assert addresses(results[name])[1] == "_/Namespace/_/one"
    assert comparable(results) == comparable(built_alone(kubectl, root, overlays))
    assert not list(tmp_path.rglob("x"))


def test_build_of_a_missing_directory_is_an_error_of_that_stack(tmp_path: Path, kubectl: Tool) -> None:
    overlays = write_stacks(tmp_path / "platform", {"app": harmless(1)})
    results = built(
        kubectl, tmp_path / "platform", [*overlays, Overlay(stack="gone", path="gone/overlays/ops")]
    )
    assert isinstance(results["app"], Rendered)
    error = results["gone"]
    assert isinstance(error, KustomizeError)
    assert "gone/overlays/ops" in error.message
    assert "does not exist" in error.message


def test_build_error_names_file_and_line(tmp_path: Path, kubectl: Tool) -> None:
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": "kind: A\nmetadata:\n  name: x\n bad: : y\n",
        "overlays/ops/kustomization.yaml": "resources: [../../base]\n",
    }
    write_tree(tmp_path / "platform/shop", files)
    overlay = Overlay(stack="shop", path="shop/overlays/ops")
    error = built(kubectl, tmp_path / "platform", [overlay])["shop"]
    assert isinstance(error, KustomizeError)
    assert error.message.startswith("shop/overlays/ops does not build: shop/base/a.yaml:3: ")
    assert str(tmp_path) not in str(error)


def test_build_refuses_one_object_in_two_versions(tmp_path: Path, kubectl: Tool) -> None:
    text = "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: x}\n"
    files = {
        "kustomization.yaml": "resources: [a.yaml]\n",
        "a.yaml": f"{text}---\n{text.replace('v1', 'v2')}",
    }
    overlays = write_stacks(tmp_path / "platform", {"two": files, "app": harmless(1)})
    results = built(kubectl, tmp_path / "platform", overlays)
    assert isinstance(results["app"], Rendered)
    assert str(results["two"]).startswith("two renders example.com/Foo/_/x twice")


def test_build_of_nothing_is_nothing(tmp_path: Path, kubectl: Tool) -> None:
    assert built(kubectl, tmp_path / "platform", []) == {}

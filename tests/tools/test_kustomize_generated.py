"""Names with a hash of the content, against the hashes that the real kubectl makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubestack_py.kustomize.build import Overlay, Rendered, build
from kubestack_py.kustomize.diff import difference
from kubestack_py.kustomize.generated import content_hash, stable_address
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.manifest import Manifest
from kubestack_py.system.tools import KUBECTL, find_tool
from tests.conftest import write_tree

GENERATORS = """\
namespace: shop
configMapGenerator:
- name: plain
  literals: [a=one, b=two]
- name: odd
  literals: ["html=<b> & 'q' \\" é ☃", "empty="]
- name: binary
  files: [blob.bin]
- name: unhashed
  literals: [a=one]
  options: {disableNameSuffixHash: true}
secretGenerator:
- name: secret
  literals: [p=q]
- name: typed
  type: kubernetes.io/basic-auth
  literals: [username=u, password=p]
"""


def rendered(root: Path, cache: Path, text: str) -> dict[str, Manifest]:
    write_tree(root, {"app/overlays/ops/kustomization.yaml": text})
    (root / "app/overlays/ops/blob.bin").write_bytes(bytes(range(256)))
    scratch = root / "scratch"
    scratch.mkdir(exist_ok=True)
    overlay = Overlay(stack="app", path="app/overlays/ops")
    result = build(find_tool(KUBECTL, cache), root, [overlay], scratch, 1)["app"]
    assert isinstance(result, Rendered)
    return {manifest.address: manifest for manifest in result.manifests}


def test_hash_is_the_one_that_kubectl_appends(tmp_path: Path, cache: Path) -> None:
    manifests = rendered(tmp_path, cache, GENERATORS).values()
    hashed = {m.name.rpartition("-")[0]: m for m in manifests if m.name != "unhashed"}
    assert set(hashed) == {"plain", "odd", "binary", "secret", "typed"}
    for base, manifest in hashed.items():
        assert manifest.name == f"{base}-{content_hash(manifest)}"
        assert stable_address(manifest) == f"_/{manifest.kind}/shop/{base}-<hash>"


def test_name_that_only_looks_hashed_is_left_alone(tmp_path: Path, cache: Path) -> None:
    generator = {"name": "web-h7b559hb8t", "options": {"disableNameSuffixHash": True}}
    text = json.dumps({"configMapGenerator": [{**generator, "literals": ["a=b"]}]})
    (manifest,) = rendered(tmp_path, cache, text).values()
    assert stable_address(manifest) == "_/ConfigMap/_/web-h7b559hb8t"


@pytest.mark.parametrize("kind", ["configMapGenerator", "secretGenerator"])
def test_new_content_is_an_update_and_no_deletion(tmp_path: Path, cache: Path, kind: str) -> None:
    before = rendered(tmp_path, cache, f"{kind}:\n- name: web\n  literals: [a=one]\n")
    after = rendered(tmp_path, cache, f"{kind}:\n- name: web\n  literals: [a=two]\n")
    assert before.keys() != after.keys()
    (change,) = difference("app", "ops", before, tuple(after.values())).changes
    assert change.action is ChangeAction.UPDATE
    assert change.address.endswith("/_/web-<hash>")
    assert set(change.paths) == {"data.a", "metadata.name"}

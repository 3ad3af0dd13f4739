"""What overlays rendered is remembered exactly where nothing else can change it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kubestack_py.kustomize.build import Overlay, Rendered
from kubestack_py.kustomize.manifests import parse
from kubestack_py.kustomize.remembered import KEPT_SECONDS, Remembered
from kubestack_py.system import accepted
from kubestack_py.system.accepted import Accepted
from kubestack_py.system.tools import Tool

TOOL = Tool(name="kubectl", path=sys.executable, version="1.32.4")
OVERLAY = Overlay(stack="manifests/web", path="manifests/web/overlays/ops")
CONFIG = b'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  a: "\\u00e9\\U0001f600"\n'
FILES = [
    ("manifests/web/overlays/ops/config.yaml", CONFIG),
    ("manifests/web/overlays/ops/kustomization.yaml", b"resources: [config.yaml]\n"),
]


def rendered(*texts: bytes) -> Rendered:
    manifests = tuple(parse(text, "test") for text in texts)
    return Rendered(stack=OVERLAY.stack, manifests=manifests, warnings=("mind this",))


def keep(remembered: Remembered, root: Path, result: Rendered, files: list[tuple[str, bytes]]) -> str:
    """Keep a result of files that are there; the key."""
    for path, text in files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text)
    key = remembered.key(OVERLAY, files)
    remembered.keep(key, result, root / OVERLAY.path, files)
    return key


def test_recall_gives_what_was_kept(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "cache", TOOL, "1")
    result = rendered(
        CONFIG, b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1.5}\n"
    )
    key = keep(remembered, tmp_path, result, FILES)
    known = Remembered(tmp_path / "cache", TOOL, "1").recall(key, OVERLAY)
    assert known == result
    assert known
    assert [item.document for item in known.manifests] == [item.document for item in result.manifests]
    assert (tmp_path / "cache" / key).stat().st_mode & 0o777 == 0o600


def test_key_is_another_where_anything_is_another() -> None:
    first = Remembered(Path("x"), TOOL, "1")
    keys = [
        first.key(OVERLAY, FILES),
        first.key(OVERLAY, FILES[:1]),
        first.key(OVERLAY, [(FILES[0][0], CONFIG + b"#"), FILES[1]]),
        first.key(OVERLAY, [(FILES[0][0] + "x", CONFIG), FILES[1]]),
        first.key(replace(OVERLAY, path="manifests/web/overlays/apps"), FILES),
        Remembered(Path("x"), TOOL, "2").key(OVERLAY, FILES),
        Remembered(Path("x"), replace(TOOL, version="1.33.0"), "1").key(OVERLAY, FILES),
        Remembered(Path("x"), replace(TOOL, options=("--enable-helm",)), "1").key(OVERLAY, FILES),
        Remembered(Path("x"), replace(TOOL, path=os.__file__), "1").key(OVERLAY, FILES),
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("kustomization", "text"),
    [
        pytest.param(
            b"resources: [config.yaml]\n", CONFIG.replace(b"ConfigMap", b"Secret"), id="open secret"
        ),
        pytest.param(b"configMapGenerator: [{name: a, envs: [e]}]\n", CONFIG, id="variables of the process"),
        pytest.param(b"resources: ['https://example.com/x?ref=v1']\n", CONFIG, id="remote base"),
        pytest.param(b"helmCharts: [{name: x}]\n", CONFIG, id="chart"),
        pytest.param(b"generators: [plugin.yaml]\n", CONFIG, id="plugin"),
    ],
)
def test_nothing_is_kept_of_what_reads_more_or_says_too_much(
    tmp_path: Path, kustomization: bytes, text: bytes
) -> None:
    remembered = Remembered(tmp_path / "cache", TOOL, "1")
    key = keep(remembered, tmp_path, rendered(text), [FILES[0], (FILES[1][0], kustomization)])
    assert remembered.recall(key, OVERLAY) is None
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b'{"manifests": [[1, 2]], "warnings": []}', b"\xff"]
)
def test_damaged_memory_is_no_memory(tmp_path: Path, damage: bytes) -> None:
    remembered = Remembered(tmp_path / "cache", TOOL, "1")
    key = keep(remembered, tmp_path, rendered(CONFIG), FILES)
    (tmp_path / "cache" / key).write_bytes(damage)
    assert remembered.recall(key, OVERLAY) is None


def test_what_is_used_stays_and_the_rest_goes(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "cache", TOOL, "1")
    used = keep(remembered, tmp_path, rendered(CONFIG), FILES)
    unused = keep(remembered, tmp_path, rendered(CONFIG), [*FILES, ("manifests/web/more.txt", b"")])
    for key in (used, unused):
        os.utime(tmp_path / "cache" / key, (0, time.time() - KEPT_SECONDS - 1))
    assert remembered.recall(used, OVERLAY)
    remembered.prune()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [used]


def test_accepted_texts_are_known_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Accepted(tmp_path / "file")
    first.add(b"a")
    first.add(b"b")
    first.save()
    second = Accepted(tmp_path / "file")
    assert b"a" in second
    assert b"c" not in second
    monkeypatch.setattr(accepted, "MOST", 2)
    second.add(b"c")
    second.save()
    third = Accepted(tmp_path / "file")
    assert [text in third for text in (b"a", b"b", b"c")] == [True, False, True]
    Accepted(tmp_path / "no" / "such" / "directory").save()

"""Saved plans as a file: what goes in comes out, and nothing else is ever taken for it."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.errors import FileError, RefusedError, UsageError
from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.saved import KustomizeBinding, SavedPlan, SavedPlans, TerraformBinding
from kubestack_py.promotion.binding import misplaced, outdated
from kubestack_py.promotion.envelope import from_bytes, to_bytes
from kubestack_py.system.sealing import key_name, read_key, seal, unseal

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.saved import Binding

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TERRAFORM = TerraformBinding(
    workspace="ops", backend="s3 sha256:0123", lineage="a1", serial=3, lock_file="ab", tool="terraform 1.11.4"
)
KUSTOMIZE = KustomizeBinding(rendered="cd", delivered="ef")
CONTENT = ContentDigest(shared="12" * 32, environment="34" * 32)
INFRA = SavedPlan(
    stack="infra", content=CONTENT, binding=TERRAFORM, empty=False, file=b"PK a plan with hunter2 in it"
)
WEB = SavedPlan(stack="manifests/web", content=CONTENT, binding=KUSTOMIZE, empty=True)
PLANS = SavedPlans(
    environment="ops",
    commit="c" * 40,
    ref="refs/heads/main",
    at="2026-11-23T07:00:00Z",
    made_by="0.1.0",
    plans=(INFRA, WEB),
)


@pytest.mark.parametrize("key", [None, KEY], ids=["digest", "key"])
def test_envelope_gives_back_what_was_saved(key: bytes | None) -> None:
    assert from_bytes(to_bytes(PLANS, key), "ops.plans", key) == PLANS


def test_envelope_with_a_key_hides_the_plans_and_tells_the_rest() -> None:
    content = to_bytes(PLANS, KEY)
    assert b"hunter2" not in content
    assert b'"serial":3' in content.splitlines()[1]
    assert b"hunter2" in to_bytes(PLANS, None)


def test_envelope_is_never_encrypted_the_same_way_twice() -> None:
    assert to_bytes(PLANS, KEY) != to_bytes(PLANS, KEY)


@pytest.mark.parametrize("key", [None, KEY], ids=["digest", "key"])
@given(data=st.data())
def test_envelope_refuses_a_change_of_any_byte(key: bytes | None, data: st.DataObject) -> None:
    content = bytearray(to_bytes(PLANS, key))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((RefusedError, UsageError)):
        from_bytes(bytes(content), "ops.plans", key)


@pytest.mark.parametrize("key", [None, KEY], ids=["digest", "key"])
@given(data=st.data())
def test_envelope_refuses_to_be_cut_short_or_continued(key: bytes | None, data: st.DataObject) -> None:
    content = to_bytes(PLANS, key)
    size = data.draw(st.integers(0, len(content) - 1))
    for altered in (content[:size], content + b"x", content + content[-32:]):
        with pytest.raises((RefusedError, UsageError)):
            from_bytes(altered, "ops.plans", key)


@given(st.binary(max_size=200))
def test_envelope_refuses_any_other_bytes(rest: bytes) -> None:
    for content in (rest, b"kubestack-plans 1 sha256\n" + rest):
        with pytest.raises((RefusedError, UsageError)):
            from_bytes(content, "ops.plans", None)


@pytest.mark.parametrize(
    ("content", "key", "words"),
    [
        (to_bytes(PLANS, KEY), None, "ops.plans is encrypted, and there is no key to open it with"),
        (to_bytes(PLANS, OTHER_KEY), KEY, "ops.plans was encrypted with another key"),
        (to_bytes(PLANS, None), KEY, "ops.plans is not encrypted although there is a key"),
        (to_bytes(PLANS, KEY)[:-1], KEY, "ops.plans was altered or cut short"),
        (to_bytes(PLANS, None)[:-1], None, "ops.plans was altered or cut short"),
        (b"kubestack-plans 2 sha256\n{}\n", None, "has the format '2', but only 1 is understood"),
        (b"kubestack-plans 1 rot13\n{}\n", None, "has an unknown seal"),
    ],
    ids=["no key", "other key", "downgrade", "cut", "cut, no key", "newer", "unknown seal"],
)
def test_envelope_says_what_is_wrong(content: bytes, key: bytes | None, words: str) -> None:
    with pytest.raises(RefusedError) as caught:
        from_bytes(content, "ops.plans", key)
    assert words in caught.value.message
    assert caught.value.hint


def test_envelope_is_told_from_any_other_file() -> None:
    with pytest.raises(UsageError, match=r"README\.md is no file of saved plans"):
        from_bytes(b"# acme\n", "README.md", None)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b'{"environment":"ops"}',
        b"[" * 100_000,
        b'{"environment":"ops","commit":"c","ref":"","at":"","made_by":"","plans":[]}',
        b'{"environment":1,"commit":"c","ref":"","at":"","made_by":"","plans":[{}]}',
    ],
    ids=["list", "empty", "part", "deep", "no plans", "number"],
)
def test_envelope_refuses_a_header_of_another_form(header: bytes) -> None:
    """The digest fits: somebody without a key wrote this."""
    beside = b"kubestack-plans 1 sha256\n" + header + b"\n"
    with pytest.raises(RefusedError, match="header that cannot be understood"):
        from_bytes(beside + seal(b"", beside, None), "ops.plans", None)


def test_envelope_refuses_plans_of_another_size_or_twice() -> None:
    for plans in (replace(PLANS, plans=(INFRA, INFRA)), replace(PLANS, plans=())):
        with pytest.raises(RefusedError, match="header that cannot be understood"):
            from_bytes(to_bytes(plans, None), "ops.plans", None)


def test_seal_covers_what_is_beside_the_content() -> None:
    for key in (None, KEY):
        assert unseal(seal(b"plan", b"header", key), b"header", key) == b"plan"
    assert key_name(KEY) != key_name(OTHER_KEY)
    assert base64.b64encode(KEY).decode() not in key_name(KEY)


def test_key_is_what_openssl_writes(tmp_path: Path) -> None:
    done = subprocess.run(["openssl", "rand", "-base64", "32"], check=True, capture_output=True)
    (tmp_path / "key").write_bytes(done.stdout)
    assert read_key(tmp_path / "key") == base64.b64decode(done.stdout)


@pytest.mark.parametrize(
    ("text", "words"),
    [("not base64!", "it is not base64"), ("aGVsbG8=", "it has 5 bytes instead of 32"), ("", "has 0 bytes")],
)
def test_key_of_another_form_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        read_key(tmp_path / "key")
    assert "openssl rand -base64 32" in caught.value.hint
    with pytest.raises(FileError):
        read_key(tmp_path / "missing")


def test_misplaced_says_nothing_where_plans_belong() -> None:
    assert misplaced(PLANS, environment="ops", commit="c" * 40, ref="refs/heads/main") == []


def test_misplaced_names_each_difference() -> None:
    assert misplaced(PLANS, environment="apps", commit="d" * 40, ref="") == [
        "they were made for ops, not for apps",
        "they were made at commit cccccccc, but dddddddd is checked out",
        "they were made on refs/heads/main, and this is a detached HEAD",
    ]


def test_outdated_says_nothing_where_all_is_the_same() -> None:
    found: dict[str, Binding] = {"infra": TERRAFORM, "manifests/web": KUSTOMIZE}
    assert outdated("ops", PLANS.plans, dict.fromkeys(found, CONTENT), found) == []


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (replace(TERRAFORM, workspace="apps"), "infra: planned in the workspace ops, and this is apps"),
        (
            replace(TERRAFORM, backend="local sha256:4567"),
            "infra: planned with the backend s3 sha256:0123, and the configuration says local sha256:4567",
        ),
        (replace(TERRAFORM, lineage="b2"), "infra: planned against the state a1, and there is the state b2"),
        (
            replace(TERRAFORM, lineage="", serial=0),
            "infra: planned against the state a1, and there is no state",
        ),
        (replace(TERRAFORM, serial=4), "its state was changed since it was planned: serial 3 then, 4 now"),
        (replace(TERRAFORM, lock_file=""), "infra: planned with another .terraform.lock.hcl"),
        (
            replace(TERRAFORM, tool="tofu 1.9.0"),
            "planned with terraform 1.11.4, and this is tofu 1.9.0; no other version may apply a plan",
        ),
        (KUSTOMIZE, "infra: it was a stack of another kind when it was planned"),
    ],
    ids=["workspace", "backend", "lineage", "no state", "serial", "lock file", "tool", "kind"],
)
def test_outdated_names_what_a_terraform_plan_rests_on(now: TerraformBinding, words: str) -> None:
    (wrong,) = outdated("ops", [INFRA], {"infra": CONTENT}, {"infra": now})
    assert words in wrong


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (replace(KUSTOMIZE, rendered="x"), "manifests/web: its manifests render to something else"),
        (replace(KUSTOMIZE, delivered="x"), "its rendered manifests on env/ops were changed since"),
    ],
    ids=["rendered", "delivered"],
)
def test_outdated_names_what_a_plan_of_manifests_rests_on(now: KustomizeBinding, words: str) -> None:
    (wrong,) = outdated("ops", [WEB], {"manifests/web": CONTENT}, {"manifests/web": now})
    assert words in wrong


def test_outdated_names_other_content() -> None:
    other = replace(CONTENT, shared="56" * 32)
    (wrong,) = outdated("ops", [INFRA], {"infra": other}, {"infra": TERRAFORM})
    assert "planned with the content 121212121212+343434343434, and this is 565656565656+" in wrong

"""What is left of an address without its environment: by whole words, and only what the platform lists."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.model.platform import ApplyOn, Environment, RefKind
from kubestack_py.promotion.normal import comparables, derived_names, normaliser


def environment(name: str, **names: str) -> Environment:
    return Environment(name=name, apply_on=ApplyOn(kind=RefKind.BRANCH, pattern=name), names=names)


OPS = environment("ops", cluster="acme-ops-eu", account="4711")
APPS = environment("apps", cluster="acme-apps-us", account="4712")


def common(address: str, of: Environment) -> str:
    """The form of an address that is compared across environments."""
    [found] = comparables([ChangeOutline(address=address, action=ChangeAction.CREATE)], of)
    assert found.own.address == address
    return found.common.address


@pytest.mark.parametrize(
    ("ops", "apps"),
    [
        ("aws_iam_role.ops", "aws_iam_role.apps"),
        ('aws_iam_role.x["ops"]', 'aws_iam_role.x["apps"]'),
        ("_/Namespace/_/ops-web", "_/Namespace/_/apps-web"),
        ("_/ConfigMap/ops/ops_settings", "_/ConfigMap/apps/apps_settings"),
        ("module.acme-ops-eu.x", "module.acme-apps-us.x"),
        ('x.y["4711/ops"]', 'x.y["4712/apps"]'),
        ("ops", "apps"),
    ],
)
def test_common_form_is_the_same_in_both_environments(ops: str, apps: str) -> None:
    assert common(ops, OPS) == common(apps, APPS)


@pytest.mark.parametrize(
    ("ops", "apps"),
    [
        ("module.devops.x", "module.devapps.x"),
        ("x.ops1", "x.apps1"),
        ("x.Ops", "x.Apps"),
        ("x.y[471]", "x.y[472]"),
        ("x.acme-ops", "x.acme-app"),
        ("x.blue", "x.green"),
        ("_/Secret/apps/web", "_/Secret/ops/web"),
    ],
)
def test_common_form_is_never_guessed(ops: str, apps: str) -> None:
    assert common(ops, OPS) != common(apps, APPS)


def test_common_form_takes_the_longest_name() -> None:
    assert derived_names(OPS) == {"ops": "<environment>", "acme-ops-eu": "<cluster>", "4711": "<account>"}
    put = normaliser(derived_names(OPS))
    assert put("acme-ops-eu/ops/4711") == "<cluster>/<environment>/<account>"


def test_common_form_reads_names_as_text_and_not_as_patterns() -> None:
    dotted = environment("ops", host="ops.example.com")
    assert normaliser(derived_names(dotted))("opsXexampleXcom") == "opsXexampleXcom"
    assert normaliser(derived_names(dotted))("x/ops.example.com") == "x/<host>"


@pytest.mark.parametrize("forged", ['x["<environment>"]', 'x["<cluster>"]'])
def test_common_form_a_key_cannot_spell_a_placeholder(forged: str) -> None:
    """A resource of ops with this key must not stand for the one that apps calls by its own name."""
    assert common(forged, OPS) not in {common('x["apps"]', APPS), common('x["acme-apps-us"]', APPS)}


def test_common_form_covers_every_text_of_a_change() -> None:
    change = ChangeOutline(
        address="a.ops",
        action=ChangeAction.REPLACE,
        paths=("tags.ops", "size"),
        replace_paths=("tags.ops",),
        unknown_paths=("ids.ops",),
        previous_address="b.ops",
    )
    [found] = comparables([change], OPS)
    assert found.own == change
    shared = found.common
    texts = (shared.address, *shared.paths, *shared.replace_paths, *shared.unknown_paths)
    assert not [text for text in (*texts, shared.previous_address) if "ops" in text]
    assert (shared.action, shared.paths[1]) == (ChangeAction.REPLACE, "size")


parts = st.lists(
    st.sampled_from(["ops", "apps", "devops", "acme-ops-eu", "4711", "web", "x", ".", "/", "_", '["', '"]']),
    max_size=8,
).map("".join)


@given(parts)
def test_common_form_replaces_whole_words_and_nothing_else(address: str) -> None:
    """Against another way to say it: split at everything that is no letter or digit."""
    words = re.split(r"([^A-Za-z0-9]+)", address)
    plain = environment("ops")
    expected = "".join("<environment>" if word == "ops" else word for word in words)
    assert normaliser(derived_names(plain))(address) == expected


@given(parts)
def test_common_form_of_another_environment_leaves_the_name_alone(address: str) -> None:
    assert normaliser(derived_names(environment("stage")))(address) == address

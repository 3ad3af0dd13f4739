"""Objects of two environments that are the same one."""

from __future__ import annotations

import pytest

from kubestack_py.model.manifest import Manifest
from kubestack_py.model.platform import ApplyOn, Environment, RefKind
from kubestack_py.promotion.pairing import pair


def environment(name: str, **names: str) -> Environment:
    return Environment(name=name, apply_on=ApplyOn(kind=RefKind.BRANCH, pattern=name), names=names)


def manifests(*places: str) -> dict[str, Manifest]:
    found = {}
    for place in places:
        namespace, name = place.split("/")
        item = Manifest(
            api_version="apps/v1", kind="Deployment", namespace=namespace, name=name, content=b"", document={}
        )
        found[item.address] = item
    return found


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        (["web/web"], ["web/web"], ["web/web"]),
        (["ops/web"], ["apps/web"], ["<environment>/web"]),
        (["web/web-ops"], ["web/web-apps"], ["web/web-<environment>"]),
        (["ops-tools/x"], ["ops-tools/x"], ["ops-tools/x"]),
        (["acme-eu/x"], ["acme-us/x"], ["<cluster>/x"]),
        (["devops/x"], ["devapps/x"], []),
        (["ops/web"], ["staging/web"], []),
    ],
)
def test_pair(one: list[str], other: list[str], met: list[str]) -> None:
    mine, theirs = pair(
        manifests(*one),
        manifests(*other),
        environment("ops", cluster="acme-eu"),
        environment("apps", cluster="acme-us"),
    )
    assert sorted(mine.keys() & theirs.keys()) == [f"apps/Deployment/{place}" for place in met]
    assert (len(mine), len(theirs)) == (len(one), len(other))


def test_pair_renames_nothing_that_has_no_partner() -> None:
    mine, theirs = pair(
        manifests("ops/web"), manifests("apps/other"), environment("ops"), environment("apps")
    )
    assert list(mine) == ["apps/Deployment/ops/web"]
    assert list(theirs) == ["apps/Deployment/apps/other"]


def test_pair_loses_nothing_where_both_spellings_exist() -> None:
    """`ops` and `<environment>` cannot both be names, but one side may have what the other calls alike."""
    one, other = manifests("ops/web", "apps/web"), manifests("apps/web", "staging/web")
    mine, theirs = pair(one, other, environment("ops"), environment("apps"))
    assert list(mine) == ["apps/Deployment/ops/web", "apps/Deployment/apps/web"]
    assert list(theirs) == ["apps/Deployment/apps/web", "apps/Deployment/staging/web"]

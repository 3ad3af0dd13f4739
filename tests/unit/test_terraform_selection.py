"""How an environment's state is selected: one decision, from a stack's files and the settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.platform import ApplyOn, Environment, Platform, RefKind, StackEntry
from kubestack_py.model.state import StateSettings
from kubestack_py.terraform.selection import select

HTTP = 'terraform {\n  backend "http" {%s}\n}\n'
GITLAB = StateSettings(
    address="https://gitlab.example.com/api/v4/projects/42/terraform/state/{stack}-{environment}",
    lock_suffix="/lock",
    lock_method="POST",
    unlock_method="DELETE",
)
ON_MAIN = ApplyOn(kind=RefKind.BRANCH, pattern="main")
PLATFORM = Platform(
    name="acme",
    environments=tuple(Environment(name=name, apply_on=ON_MAIN) for name in ("ops", "apps")),
    stacks=(StackEntry(path="infra"),),
    state=GITLAB,
)


def selected(source: str, platform: Platform = PLATFORM, **more: str) -> dict[str, str | None]:
    files = {"infra/versions.tf": source.encode()} | {f"infra/{k}.tf": v.encode() for k, v in more.items()}
    return dict(select(platform, ["infra", "infra/more"], "infra", "ops", files).variables)


@pytest.mark.parametrize(
    "source", ["", 'terraform {\n  backend "s3" {\n    endpoint = "http://x"\n  }\n}\n', "# http"]
)
def test_workspace_is_selected_where_the_backend_has_them(source: str) -> None:
    assert selected(source) == {"TF_WORKSPACE": "ops"}
    assert selected(source, replace(PLATFORM, state=None)) == {"TF_WORKSPACE": "ops"}


@pytest.mark.parametrize(
    "source", [HTTP % "", HTTP % ' update_method = "PUT" ', '{"terraform": {"backend": {"http": {}}}}']
)
def test_address_is_selected_for_http(source: str) -> None:
    name = "infra/versions.tf.json" if source.startswith("{") else "infra/versions.tf"
    found = select(PLATFORM, ["infra"], "infra", "ops", {name: source.encode()})
    address = "https://gitlab.example.com/api/v4/projects/42/terraform/state/infra-ops"
    assert found.address == address
    assert found.variables == {
        "TF_WORKSPACE": None,
        "TF_HTTP_ADDRESS": address,
        "TF_HTTP_LOCK_ADDRESS": f"{address}/lock",
        "TF_HTTP_LOCK_METHOD": "POST",
        "TF_HTTP_UNLOCK_ADDRESS": f"{address}/lock",
        "TF_HTTP_UNLOCK_METHOD": "DELETE",
        "TF_VAR_environment": "ops",
    }
    assert found.in_shell.startswith(f"TF_HTTP_ADDRESS={address} ")
    assert "TF_WORKSPACE" not in found.in_shell


@pytest.mark.parametrize(
    ("source", "more", "words"),
    [
        (HTTP % ' address = "https://elsewhere.example.com" ', "", "`address` in the block"),
        (HTTP % ' lock_address = "https://elsewhere.example.com" ', "", "`lock_address` in the block"),
        (HTTP % ' password = "x" ', "", "`password` in the block would be in Git"),
        (HTTP % "", HTTP % ' address = "https://elsewhere.example.com" ', "`address` in the block"),
        (HTTP % "", 'terraform {\n  backend "local" {} # http\n}\n', "two backends, local and http"),
    ],
)
def test_block_that_says_another_place_is_refused(source: str, more: str, words: str) -> None:
    """A pull request could send the password elsewhere, by a file that Terraform lays over the others too."""
    with pytest.raises(ConfigurationError) as caught:
        selected(source, aaa_override=more)
    assert any(words in finding.message for finding in caught.value.findings)


def test_http_without_addresses_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        selected(HTTP % "", replace(PLATFORM, state=None))
    assert "kubestack.yaml gives no addresses" in caught.value.findings[0].message


@pytest.mark.parametrize(
    ("stacks", "environments"),
    [(["infra", "infra-ops"], ["apps", "ops-apps"]), (["infra/dns", "infra-dns"], ["ops", "apps"])],
)
def test_two_states_at_one_address_are_refused(stacks: list[str], environments: list[str]) -> None:
    names = tuple(Environment(name=name, apply_on=ON_MAIN) for name in environments)
    platform = replace(PLATFORM, environments=names)
    with pytest.raises(ConfigurationError) as caught:
        select(platform, stacks, stacks[0], environments[0], {"a.tf": (HTTP % "").encode()})
    assert "two states would be at" in caught.value.findings[0].message

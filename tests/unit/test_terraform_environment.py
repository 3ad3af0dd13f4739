from __future__ import annotations

import pytest

from kubestack_py.terraform.environment import scrub


@pytest.mark.parametrize(
    "name",
    ["TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_WORKSPACE", "TF_DATA_DIR", "TF_REATTACH_PROVIDERS", "TF_LOG"],
)
def test_scrub_drops_what_redirects_a_run(name: str) -> None:
    overlay, dropped = scrub({name: "x", "PATH": "/bin"})
    assert overlay[name] is None
    assert dropped == (name,)


@pytest.mark.parametrize(
    "name", ["TF_VAR_region", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_HTTP_PASSWORD", "AWS_PROFILE"]
)
def test_scrub_keeps_inputs_and_credentials(name: str) -> None:
    overlay, dropped = scrub({name: "x"})
    assert name not in overlay
    assert dropped == ()


@pytest.mark.parametrize(
    "name", ["KUBESTACK_COMMENT_TOKEN", "KUBESTACK_DEPLOY_TOKEN", "KUBESTACK_SIGNING_KEY", "SIGNING_KEY"]
)
def test_scrub_keeps_our_own_secrets_from_providers_without_a_word(name: str) -> None:
    overlay, dropped = scrub({name: "x"})
    assert overlay[name] is None
    assert dropped == ()


def test_scrub_keeps_logs_that_go_to_a_file() -> None:
    overlay, dropped = scrub({"TF_LOG": "trace", "TF_LOG_PATH": "/tmp/log"})
    assert "TF_LOG" not in overlay
    assert dropped == ()


def test_scrub_forbids_questions_and_calls_home() -> None:
    overlay, dropped = scrub({"TF_INPUT": "1"})
    assert (overlay["TF_INPUT"], overlay["TF_IN_AUTOMATION"], overlay["CHECKPOINT_DISABLE"]) == (
        "0",
        "1",
        "1",
    )
    assert dropped == ()


def test_scrub_removes_the_workspace_even_when_it_is_not_set() -> None:
    assert scrub({})[0]["TF_WORKSPACE"] is None

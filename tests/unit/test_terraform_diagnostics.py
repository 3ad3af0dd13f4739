from __future__ import annotations

import pytest

from kubestack_py.model.state import by_workspace
from kubestack_py.terraform.diagnostics import Diagnostic, from_json, from_text, joined
from kubestack_py.terraform.hints import Scene, errored_state_hint, hint

SCENE = Scene(tool="terraform", stack="infra", environment="ops", selection=by_workspace("ops"))
LOCK = """Error message: {message}
Lock Info:
  ID:        8621e216-3341
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       ada@build-7
  Version:   1.11.4
  Created:   2026-01-31 17:39:55 +0000 UTC
"""


def locked(message: str) -> Diagnostic:
    return Diagnostic(summary="Error acquiring the state lock", detail=LOCK.format(message=message))


def test_from_json_names_the_file_from_the_top() -> None:
    document = {
        "severity": "error",
        "summary": "Unsupported argument",
        "detail": "No argument here.\n",
        "range": {"filename": "../modules/a/main.tf", "start": {"line": 3, "column": 1}},
    }
    assert str(from_json(document, "infra")) == "modules/a/main.tf:3: Unsupported argument: No argument here."


def test_from_json_falls_back_to_the_address() -> None:
    document = {"severity": "warning", "summary": "slow", "detail": "", "address": "aws_vpc.main"}
    diagnostic = from_json(document, "infra")
    assert str(diagnostic) == "aws_vpc.main: slow"
    assert not diagnostic.is_error


def test_from_text_reads_what_is_written_for_people() -> None:
    text = """
Error: Terraform encountered problems during initialisation, including problems
with the configuration, described below.


Error: Missing name for resource

  on b.tf line 1, in resource "x":
   1: resource "x" {

All resource blocks must have 2 labels (type, name).
"""
    first, second = from_text(text, "infra")
    assert first.summary.endswith("problems with the configuration, described below.")
    assert str(second) == (
        "infra/b.tf:1: Missing name for resource: All resource blocks must have 2 labels (type, name)."
    )


def test_joined_says_everything_once() -> None:
    assert joined([Diagnostic(summary="a"), Diagnostic(summary="b"), Diagnostic(summary="a")]) == "a\nb"


@pytest.mark.parametrize(
    "summary",
    [
        'Backend initialization required, please run "terraform init"',
        "Module not installed",
        "Required plugins are not installed",
        "Missing required provider",
    ],
)
def test_wants_init_knows_the_ways_to_ask_for_it(summary: str) -> None:
    assert Diagnostic(summary=summary).wants_init
    assert not Diagnostic(summary="Invalid index").wants_init


def test_hint_names_the_holder_of_the_lock() -> None:
    text = hint([locked("resource temporarily unavailable")], SCENE)
    assert "by ada@build-7 since 2026-01-31 17:39:55 UTC (Apply)" in text
    assert "kubestack unlock -e ops infra looks whether that can be proved" in text


def test_hint_names_no_holder_that_an_http_backend_does_not_tell() -> None:
    text = hint([locked("HTTP remote state already locked: ID=9f00")], SCENE)
    assert "ada" not in text
    assert "another run, which the backend does not name" in text


def test_hint_does_not_unlock_what_postgresql_releases_itself() -> None:
    assert "kubestack unlock" not in hint([locked("Workspace is already locked: ops")], SCENE)


@pytest.mark.parametrize(
    ("diagnostic", "words"),
    [
        (Diagnostic(summary="Backend configuration changed"), "init -reconfigure"),
        (Diagnostic(summary="Provider dependency changes detected"), "commit the lock file"),
        (Diagnostic(summary="x", detail="doesn't match any\nof the checksums previously"), "providers lock"),
        (Diagnostic(summary="Saved plan is stale"), "makes a new plan"),
    ],
)
def test_hint_gives_the_next_step(diagnostic: Diagnostic, words: str) -> None:
    assert words in hint([diagnostic], SCENE)


def test_hint_is_silent_where_the_message_is_enough() -> None:
    assert hint([Diagnostic(summary="Invalid index")], SCENE) == ""


def test_commands_in_hints_are_quoted_for_the_shell() -> None:
    scene = Scene(tool="tofu", stack="my stack", environment="a;b", selection=by_workspace("a;b"))
    assert scene.command("plan") == "TF_WORKSPACE='a;b' tofu '-chdir=my stack' plan"


def test_errored_state_hint_has_the_command_that_saves_it() -> None:
    assert "TF_WORKSPACE=ops terraform -chdir=infra state push errored.ops.tfstate" in errored_state_hint(
        SCENE, "errored.ops.tfstate"
    )

"""What goes where: results to stdout, talk to stderr, JSON by its schema, colour when asked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from kubestack_py.cli.main import kubestack
from kubestack_py.system.files import resource
from tests.conftest import git
from tests.platforms import ANSI, FakeTerraform, Platform, overlaid, program
from tests.platforms import kubestack as kubestack_program

SCHEMAS = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in resource("schemas").glob("*.json")
}
JSON_COMMANDS = {
    "validate": (["validate"], "validate.schema.json"),
    "resolve": (["resolve"], "resolve.schema.json"),
    "resolve nothing": (["resolve", "--ref", "refs/tags/v1"], "resolve.schema.json"),
    "plan": (["plan", "-e", "apps"], "outcome.schema.json"),
    "apply": (["apply"], "outcome.schema.json"),
    "run": (["run"], "run.schema.json"),
    "run schedule": (["run", "--event", "schedule"], "run.schema.json"),
    "run again": (["run"], "run.schema.json"),
    "verify": (["verify"], "outcome.schema.json"),
    "refused": (["apply", "-e", "apps"], "outcome.schema.json"),
    "status": (["status"], "status.schema.json"),
    "doctor": (["doctor"], "doctor.schema.json"),
}


def check(value: Any, schema: str) -> None:
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(content)) for name, content in SCHEMAS.items()
    )
    Draft202012Validator(SCHEMAS[schema], registry=registry).validate(value)


@pytest.mark.slow
def test_json_of_every_command(hosted: Platform, fake: FakeTerraform) -> None:
    """In one platform, one after the other, so that there is something to show."""
    for name, (args, schema) in JSON_COMMANDS.items():
        if name == "refused":
            hosted.land("infra/cluster.tf", "max_size = 9", "max_size = 12")
        done = hosted.kubestack(*args, "-o", "json")
        assert done.code == (5 if name == "refused" else 0), f"{name}: {done.said}"
        check(done.json, schema)
    for record in hosted.records():
        check(record, "evidence.schema.json")


@pytest.mark.parametrize("modes", ["fail-plan", "fail-apply"])
def test_json_of_a_failure(hosted: Platform, fake: FakeTerraform, modes: str) -> None:
    fake.misbehave(modes)
    done = hosted.kubestack("run", "-o", "json")
    assert done.code == 1
    check(done.json, "run.schema.json")
    stacks = {stack["stack"]: stack for stack in done.json["environments"][0]["stacks"]}
    assert stacks["infra"]["phase"] == "failed"
    assert stacks["infra"]["error"]
    assert len(done.json["environments"]) == 1
    assert "failed: infra" in done.err


def test_results_and_talk_are_apart(hosted: Platform) -> None:
    done = hosted.ok("run")
    assert "infra (ops): verified, 3 to create" in done.out
    assert "infra (apps): 3 to create" in done.out
    assert "creating" not in done.out
    assert "Branch main is what ops applies on." in done.err
    assert "creating" in done.err
    assert "verified" not in done.err


def test_quiet_leaves_results_and_errors(hosted: Platform) -> None:
    done = hosted.ok("--quiet", "run")
    assert "infra (ops): verified" in done.out
    assert done.err == ""
    done = hosted.kubestack("-q", "plan", "-e", "prod")
    assert done.code == 2
    assert "there is no environment 'prod'" in done.err
    assert "The promotion chain is" in done.err


def test_quiet_leaves_warnings(hosted: Platform) -> None:
    done = hosted.ok("-q", "validate", TF_WORKSPACE="apps")
    assert "Warning: ignored from the environment: TF_WORKSPACE" in done.err


def test_no_colour_by_default(hosted: Platform) -> None:
    for command in ("validate", "plan", "status", "doctor", "resolve"):
        assert not ANSI.search(hosted.ok(command, TERM="xterm").said)


@pytest.mark.parametrize("command", ["plan", "status", "doctor", "resolve"])
def test_colour_when_forced(hosted: Platform, command: str) -> None:
    assert ANSI.search(hosted.ok(command, TERM="xterm", FORCE_COLOR="1").out)
    assert not ANSI.search(hosted.ok(command, TERM="xterm", FORCE_COLOR="1", NO_COLOR="1").said)


def test_colour_never_in_json(hosted: Platform) -> None:
    done = hosted.ok("plan", "-o", "json", TERM="xterm", FORCE_COLOR="1")
    assert not ANSI.search(done.out)
    check(done.json, "outcome.schema.json")


@pytest.mark.slow
def test_exit_code_for_pending_changes(hosted: Platform) -> None:
    done = hosted.kubestack("plan", "--detailed-exitcode")
    assert done.code == 4
    assert "ops has changes pending" in done.err
    hosted.ok("run")
    assert hosted.kubestack("plan", "--detailed-exitcode").code == 0


def github(platform: Platform, tmp_path: Path, ref: str = "refs/heads/main", **more: str) -> dict[str, str]:
    """The variables of a GitHub Actions job."""
    payload = tmp_path / "event.json"
    payload.write_text("{}")
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(payload),
        "GITHUB_REF": ref,
        "GITHUB_SHA": platform.head,
        "GITHUB_ACTOR": "dana",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "acme/platform",
        "GITHUB_RUN_ID": "42",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        **more,
    }


def test_github_groups_summary_and_evidence(hosted: Platform, tmp_path: Path) -> None:
    hosted.ok("run", **github(hosted, tmp_path))
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("## kubestack\n")
    assert f"### apply ops at `{hosted.head[:8]}`" in summary
    assert "| infra | ✅ verified | 3 | 0 | 0 | 0 |" in summary
    assert "### plan apps at" in summary
    assert "<details><summary>infra: 3 to create</summary>" in summary
    record = hosted.records("ops")[-1]
    assert record["actor"] == "dana"
    assert record["url"] == "https://github.example/acme/platform/actions/runs/42"


def test_github_groups_are_closed(hosted: Platform, tmp_path: Path, fake: FakeTerraform) -> None:
    fake.misbehave("fail-apply")
    done = hosted.kubestack("run", **github(hosted, tmp_path))
    assert done.code == 1
    commands = [line for line in done.err.splitlines() if line.startswith("::")]
    assert commands[0] == "::group::apply ops"
    assert commands[1] == "::endgroup::"
    assert commands[2].startswith("::error::apply of ops failed: infra")
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "❌ failed" in summary
    assert "local-exec provisioner error" in summary


def test_github_summary_of_a_refusal(hosted: Platform, tmp_path: Path) -> None:
    hosted.git("tag", "apps-deploy-1")
    done = hosted.kubestack("run", **github(hosted, tmp_path, "refs/tags/apps-deploy-1"))
    assert done.code == 5
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "**Refused by the gate:**" in summary
    assert "❌ ops has never applied infra with this content" in summary
    assert "✅" in summary


def test_github_summary_grows(hosted: Platform, tmp_path: Path, fake: FakeTerraform) -> None:
    (tmp_path / "summary.md").write_text("earlier step\n")
    hosted.ok("run", **github(hosted, tmp_path))
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("earlier step\n## kubestack")


def test_github_branch_deletion_means_nothing(hosted: Platform, tmp_path: Path) -> None:
    variables = github(hosted, tmp_path)
    (tmp_path / "event.json").write_text('{"deleted": true}')
    done = hosted.ok("run", **variables)
    assert hosted.records() == []
    assert "delet" in done.err


def test_results_onto_a_full_disk(hosted: Platform) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            program("list"),
            cwd=hosted.root,
            env=overlaid({}),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1, done.stderr
    assert "cannot write the result: No space left on device" in done.stderr
    assert "bug" not in done.stderr


def test_results_into_a_closed_pipe(hosted: Platform) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(program('plan'))} | head -n 1; exit 0"],
        cwd=hosted.root,
        env=overlaid({}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("infra (ops)")
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize("command", ["plan", "doctor", "status"])
def test_terminal_that_knows_only_ascii(hosted: Platform, command: str) -> None:
    hosted.ok(command, PYTHONIOENCODING="ascii")


def test_path_that_is_no_unicode(template: Path, tmp_path: Path) -> None:
    place = tmp_path / b"\xff".decode("utf-8", "surrogateescape")
    place.mkdir()
    for args, where in ((["new", "platform", "acme", "--no-input"], place), (["plan"], place / "acme")):
        done = subprocess.run(program(*args), cwd=where, env=overlaid({}), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert b"bug" not in done.stderr


def test_version_and_help(tmp_path: Path) -> None:
    platform = Platform(root=tmp_path)
    assert platform.ok("--version").out.startswith("kubestack ")
    shown = platform.ok("--help").out
    for word in ("new", "demo", "doctor", "validate", "resolve", "plan", "apply", "verify", "run", "status"):
        assert f"  {word} " in shown
        assert "Examples:" in platform.ok(word, "--help").out or word == "new"
    done = platform.ok("new", "platform", "--help")
    assert "Examples:" in done.out
    assert done.out.startswith("Usage: kubestack new platform ")


def test_completion_knows_environments_and_stacks(hosted: Platform) -> None:
    done = hosted.ok(_KUBESTACK_COMPLETE="bash_complete", COMP_WORDS="kubestack plan -e ", COMP_CWORD="3")
    assert git(hosted.root, "status", "--porcelain") == ""
    assert [line.partition(",")[2] for line in done.out.splitlines()] == ["ops", "apps"]


def test_help_lists_every_command_on_a_line_of_its_own() -> None:
    width = 80
    text = CliRunner().invoke(kubestack, ["--help"], terminal_width=width).output
    lines = [line.split(maxsplit=1)[0] for line in text.splitlines() if line.startswith("  ")]
    for title, section in kubestack.sections.items():
        assert f"\n{title}:\n" in text
        for name, lazy in section.items():
            assert name in lines
            assert f" {lazy.summary}\n" in text, f"{name}: its summary does not fit into {width} columns"


def test_help_of_a_group_cuts_no_sentence_off() -> None:
    for group in ("add", "remove", "policy", "ci", "evidence", "catalog", "config"):
        assert "..." not in CliRunner().invoke(kubestack, [group, "--help"]).output.partition("Commands:")[2]


@pytest.mark.parametrize(
    "args",
    [
        ("validate", "-o", "junit", "--output-file", "out.txt"),
        ("ci", "render", "gitlab", "--output-file", "out.txt"),
        ("report", "--output-file", "out.txt"),
        ("drift", "-e", "ops", "--summary", "out.txt"),
    ],
    ids=lambda args: args[0],
)
def test_files_are_written_from_where_the_command_starts(
    platform: Platform, tmp_path: Path, args: tuple[str, ...]
) -> None:
    done = kubestack_program(tmp_path, "-C", str(platform.root), *args)
    assert (platform.root / "out.txt").is_file(), done.said
    assert not (tmp_path / "out.txt").exists()

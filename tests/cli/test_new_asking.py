"""`kubestack new platform` on a terminal: what is asked, asked again, and left out."""

from __future__ import annotations

import re
from pathlib import Path
from time import monotonic

import pexpect
import pytest

from kubestack_py.scaffold.record import read_record
from tests.platforms import PATIENCE, invoke, overlaid, program

# Every prompt ends so, with a default or without one.
PROMPT = re.compile(r"^(?P<question>[^\n]*): $", re.MULTILINE)


def ask(where: Path, answers: dict[str, list[str]], *args: str, **env: str | None) -> tuple[int, str]:
    """Run the program on a terminal of its own, and answer each question by a word of it.

    What has no answer, or none left, gets Enter. Returns the exit code and all that was on the terminal.
    """
    environment = overlaid({"CI": None, **env})
    command, *rest = program(*args)
    terminal = pexpect.spawn(command, rest, cwd=str(where), env=environment, encoding="utf-8")
    screen, answered, deadline = "", 0, monotonic() + 3 * PATIENCE
    while monotonic() < deadline:
        try:
            screen += terminal.read_nonblocking(65536, timeout=0.05).replace("\r\n", "\n")
        except pexpect.EOF:
            break
        except pexpect.TIMEOUT:
            prompt = PROMPT.search(screen, answered)
            if prompt and prompt.end() == len(screen):
                answered = len(screen)
                typed = next((given for word, given in answers.items() if word in prompt["question"]), [])
                terminal.sendline(typed.pop(0) if typed else "")
    terminal.close()
    return terminal.exitstatus, screen


@pytest.mark.slow
def test_questions_follow_from_answers(tmp_path: Path) -> None:
    """An address is asked for with `http` alone; what cannot be used is asked again, with the reason."""
    answers = {
        "keeps its state": ["nowhere", "http"],
        "Address of a state": ["", "https://me:secret@x.org/{stack}", "https://x.org/{stack}/{environment}"],
        "What plans and applies": ["tofu"],
        "Environments": ["ops", "ops,qa,apps"],
        "Where the platform runs": ["eks"],
        "Region of the": ["mars-1", "eu-west-1"],
    }
    code, screen = ask(tmp_path, answers, "new", "platform", "acme", "--domain", "acme.org")
    assert code == 0, screen
    assert not any(answers.values()), answers
    assert "'nowhere' is not one of" in screen
    assert screen.count("with {stack} and {environment} in its path") == 2
    assert "two or more different names" in screen
    assert "'mars-1' is no region of" in screen
    assert "Domain that the" not in screen, "an option has said it"
    record = read_record(tmp_path / "acme")
    assert record.answers["environments"] == ["ops", "qa", "apps"]
    assert record.answers["state_address"] == "https://x.org/{stack}/{environment}"
    assert (record.answers["engine"], record.answers["terraform_version"]) == ("tofu", "1.10.0")
    assert record.added[0].options["region"] == "eu-west-1"
    assert "opentofu 1.10.0" in (tmp_path / "acme/.tool-versions").read_text()
    assert "tofu: " in (tmp_path / "acme/kubestack.yaml").read_text()


@pytest.mark.slow
def test_enter_takes_the_defaults(tmp_path: Path) -> None:
    """The platform is that of --no-input, to the byte."""
    code, screen = ask(tmp_path, {}, "new", "platform", "acme")
    assert code == 0, screen
    assert "Address of a state" not in screen
    invoke(tmp_path, "new", "platform", "acme", "--no-input", "--directory", str(tmp_path / "other"))
    record = ".kubestack/answers.json"
    assert (tmp_path / "acme" / record).read_bytes() == (tmp_path / "other/acme" / record).read_bytes()


@pytest.mark.slow
def test_engine_of_a_split_platform_is_asked_for(tmp_path: Path) -> None:
    answers = {"infrastructure and clusters apart": ["split"], "syncs the clusters": ["argo-cd"]}
    code, screen = ask(tmp_path, answers, "new", "platform", "acme")
    assert code == 0, screen
    assert read_record(tmp_path / "acme-deploy").answers["engine"] == "argo-cd"


@pytest.mark.parametrize(
    ("engines", "code", "words"),
    [
        (["tofu"], 0, ""),
        (["flux"], 2, "--engine flux belongs to --layout split"),
        (["terraform", "tofu"], 2, "terraform and tofu do the same"),
    ],
)
def test_engines_of_a_platform(tmp_path: Path, engines: list[str], code: int, words: str) -> None:
    options = [part for name in engines for part in ("--engine", name)]
    done = invoke(tmp_path, "new", "platform", "acme", "--no-input", "--directory", str(tmp_path), *options)
    assert (done.code, words in done.err) == (code, True), done.said


def test_general_option_chooses_the_engine_of_a_platform(tmp_path: Path) -> None:
    new = ("new", "platform", "acme", "--no-input", "--directory", str(tmp_path))
    assert invoke(tmp_path, "--engine", "tofu", *new).code == 0
    assert "tofu: " in (tmp_path / "acme/kubestack.yaml").read_text()

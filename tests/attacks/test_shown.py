"""What attackers put into names, addresses and output: no terminal obeys it, and no secret is in it."""

from __future__ import annotations

import json
import shutil
import traceback
from typing import TYPE_CHECKING

import pytest

from kubestack_py.ci.hosts.open import open_host
from kubestack_py.ci.hosts.review import Review
from kubestack_py.errors import HostError
from kubestack_py.model.ci import CiHost
from kubestack_py.model.review import Place
from tests.conftest import write_tree
from tests.hosts.github import FakeGitHub
from tests.hosts.server import Answer, serving
from tests.platforms import Platform, assert_refused

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "notatokenbutasecret"
STEERING = "\x1b[8m\x1b]0;owned\x07\x9b31m\u202egpj\u2066\u200b\r"
KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nq"\\üBAQEFAASCBKc\n-----END PRIVATE KEY-----'
ADDRESSES = {
    "token as user": f"https://{TOKEN}@127.0.0.1:1/acme.git",
    "user and token": f"https://bot:{TOKEN}@127.0.0.1:1/acme.git",
    "token with an at sign": f"http://bot:{TOKEN}@x@127.0.0.1:1/acme.git",
    "token in the query": f"http://127.0.0.1:1/acme.git?private_token={TOKEN}",
    "password for ssh": f"ssh://git:{TOKEN}@127.0.0.1:1/acme.git",
}


def obeyed(text: str) -> list[str]:
    """Characters of a text that would steer a terminal."""
    return [char for char in text if char in STEERING and not char.isprintable()]


def test_names_steer_no_terminal(hosted: Platform) -> None:
    branch = "fix\u202egpj\u2066"
    hosted.git("checkout", "--quiet", "-b", branch)
    done = hosted.ok("resolve")
    assert obeyed(done.said) == []
    assert r"fix\u202egpj\u2066" in done.said
    assert json.loads(hosted.ok("resolve", "-o", "json").out)["ref"] == f"refs/heads/{branch}"
    (hosted.root / f"notes{STEERING}.txt").write_text("x")
    done = assert_refused(
        hosted, "apply", code=2, words=[r"notes\u001b[8m\u001b]0;owned\u0007\u009b31m\u202egpj"]
    )
    assert obeyed(done.said) == []


@pytest.mark.parametrize("args", [["plan", f"--{STEERING}"], [STEERING], ["plan", "--parallel", STEERING]])
def test_arguments_steer_no_terminal(platform: Platform, args: list[str]) -> None:
    done = assert_refused(platform, *args, code=2, words=["Error: ", "[8m"], FORCE_COLOR="1")
    assert obeyed(done.said) == []


def test_letters_that_look_alike_are_other_letters(hosted: Platform) -> None:
    """The Cyrillic letter makes another branch and another tag, which apply nothing."""
    done = hosted.ok("resolve", "--ref=refs/heads/m\u0430in", "-o", "json")
    assert [item["action"] for item in done.json["decisions"]] == ["plan"]
    done = hosted.ok("resolve", "--ref=refs/tags/\u0430pps-deploy-1", "-o", "json")
    assert done.json["decisions"] == []


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_credentials_in_the_address_of_the_host(hosted: Platform, address: str) -> None:
    hosted.git("remote", "set-url", "origin", address)
    here = Platform(root=hosted.root)
    for args in (["run"], ["status"], ["promote", "apps"]):
        done = here.kubestack(*args)
        assert "origin" in done.err, done.said
        assert TOKEN not in done.said


@pytest.mark.parametrize("kind", [CiHost.GITHUB, CiHost.GITLAB, CiHost.BITBUCKET, CiHost.AZURE])
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_credentials_in_the_address_of_an_api(kind: CiHost, address: str) -> None:
    """The libraries put the address into what they raise, and so it is nowhere in what we do."""
    place = Place(host=kind, api=address, repository="1/2", number=7, token="API_TOKEN")
    with pytest.raises(HostError) as failed:
        Review(open_host(place, TOKEN), place, lambda _seconds: None).write(7, "text")
    error = failed.value
    assert "cannot be reached" in error.message
    assert TOKEN not in "".join(traceback.format_exception(error))
    assert TOKEN not in f"{error.message} {error.detail} {error.hint}"


def test_credentials_in_the_answer_of_a_host() -> None:
    said = f"Not found: https://bot:{TOKEN}@git.example.com/acme, or {'x' * 300}?token={TOKEN}"
    with serving(FakeGitHub()) as github:
        assert isinstance(github, FakeGitHub)
        place = Place(
            host=CiHost.GITHUB, api=github.url, repository=github.repository, number=7, token="API_TOKEN"
        )
        github.refuse["GET"] = [Answer(status=404, body={"message": said})] * 9
        with pytest.raises(HostError) as failed:
            Review(open_host(place, github.token), place, lambda _seconds: None).write(7, "text")
    assert "git.example.com/acme" in failed.value.message
    assert TOKEN not in failed.value.message


@pytest.mark.slow
def test_credentials_in_the_address_of_a_source(hosted: Platform, tmp_path: Path) -> None:
    """Of a module and of a base: in findings, in errors of the tools, in the summary, in the evidence."""
    for number, address in enumerate(ADDRESSES.values()):
        module = f'module "x{number}" {{\n  source = "git::{address}"\n}}\n'
        shutil.copytree(hosted.root / "manifests/web", hosted.root / f"manifests/web{number}")
        base = f"manifests/web{number}/base/kustomization.yaml"
        hosted.edit(base, "  - service.yaml\n", f"  - service.yaml\n  - {address}\n")
        write_tree(hosted.root, {f"infra/module{number}.tf": module})
    hosted.commit()
    hosted.push()
    said = hosted.kubestack("validate").said + hosted.kubestack("validate", "-o", "sarif").said
    summary = tmp_path / "summary.md"
    done = hosted.kubestack("run", "--summary", str(summary))
    said += done.said + hosted.kubestack("plan", "-o", "json").said
    for number in range(len(ADDRESSES)):
        assert f"infra/module{number}.tf" in said
        assert f"manifests/web{number} (ops): failed" in done.out, done.said
    assert "127.0.0.1:1" in said
    assert TOKEN not in said
    assert TOKEN not in summary.read_text(encoding="utf-8")
    assert TOKEN not in json.dumps(hosted.records())


@pytest.mark.parametrize("output", ["text", pytest.param("json", marks=pytest.mark.slow)])
def test_secret_that_is_written_in_pieces(hosted: Platform, output: str) -> None:
    """In two writes, and line by line; as it is, and as JSON: what is printed is whole, and all is masked."""
    script = 'printf hunter2-; sleep 0.2; printf "correct-horse\\n"; printf %s "$PRIVATE_KEY" >&2; exit 1'
    command = json.dumps({"run": ["sh", "-c", script]})
    hosted.edit("kubestack.yaml", "commands: []", f"commands: [{command}]")
    hosted.commit()
    hosted.push()
    env = {"PRIVATE_KEY": KEY, "LOGIN_PASSWORD": "hunter2-correct-horse"}
    done = hosted.kubestack("run", "-o", output, **env)
    assert done.code == 1, done.said
    assert "***" in done.said
    assert "hunter2-correct-horse" not in done.said
    assert [line for line in KEY.splitlines() if line in done.said] == []
    assert json.dumps(KEY.splitlines()[2])[1:-1] not in done.said
    assert "MIIEvQ" not in json.dumps(hosted.records())

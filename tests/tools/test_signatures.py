"""Signatures over records, with the real ssh-keygen and a real agent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubestack_py.errors import ToolMissingError, UsageError
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.evidence import Override, Record, RecordStatus, VerificationResult
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.promotion.records import from_line, to_line
from kubestack_py.promotion.signatures import SignatureError, Signer, Signers, signed
from tests.evidence import DIGEST, allowed, record, ssh_key
from tests.platforms import tools_directory

FULL = record(
    "c" * 40,
    changes={"update": 1},
    changes_digest="sha256:1",
    outlines=(ChangeOutline(address='a["ä"]', action=ChangeAction.UPDATE, paths=("x.y",)),),
    overrides=(Override(check="soak", reason="because"),),
    verification=(VerificationResult(name="converged", passed=True),),
    tools={"terraform": "1.11"},
    actor="ci",
    url="https://ci.example.com/1",
    message="„quoted“\u2028",
)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return ssh_key(tmp_path / "ci")


def signers(tmp_path: Path, text: str | None) -> Signers:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return Signers(text.encode() if text is not None else None, scratch, "main:allowed")


def test_signature_holds_after_the_ledger(key: Path, tmp_path: Path) -> None:
    made = from_line(to_line(signed(FULL, key)))
    assert made.signature
    assert signers(tmp_path, allowed(key)).problem(made) == ""
    assert replace(made, signature="") == FULL


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("environment", "apps"),
        ("stack", "dns"),
        ("commit", "d" * 40),
        ("status", RecordStatus.APPLIED),
        ("at", "2026-01-31T12:00:01.000000Z"),
        ("run", "other"),
        ("digest", replace(DIGEST, shared="6" * 64)),
        ("digest", replace(DIGEST, environment="f" * 64)),
        ("outlines", ()),
        ("overrides", ()),
        ("verification", (VerificationResult(name="converged", passed=False),)),
        ("message", ""),
    ],
)
def test_signature_altered_record_does_not_count(key: Path, tmp_path: Path, field: str, value: Any) -> None:
    made = signed(FULL, key)
    altered = replace(made, **{field: value})
    assert (
        signers(tmp_path, allowed(key)).problem(altered)
        == "its signature by ci does not fit what it says: it was altered"
    )


def test_signature_that_is_missing(key: Path, tmp_path: Path) -> None:
    assert signers(tmp_path, allowed(key)).problem(FULL) == "it is not signed"


def test_signature_of_a_stranger(key: Path, tmp_path: Path) -> None:
    stranger = ssh_key(tmp_path / "stranger")
    problem = signers(tmp_path, allowed(key)).problem(signed(FULL, stranger))
    assert problem == "its signer is not in main:allowed"


def test_signature_that_was_put_on_another_record(key: Path, tmp_path: Path) -> None:
    other = signed(replace(FULL, stack="dns"), key)
    problem = signers(tmp_path, allowed(key)).problem(replace(FULL, signature=other.signature))
    assert problem.endswith("it was altered")


@pytest.mark.parametrize(
    "text", ["zzzz", "-----END SSH SIGNATURE-----", "ä\n-f\n/etc/passwd", "\udcff", "=" * 500]
)
def test_signature_that_is_none(key: Path, tmp_path: Path, text: str) -> None:
    problem = signers(tmp_path, allowed(key)).problem(replace(FULL, signature=text))
    assert problem == "its signature cannot be read"


def test_signature_made_for_another_purpose(key: Path, tmp_path: Path) -> None:
    """A key that also signs commits: what it signed there is no evidence."""
    text = to_line(FULL).encode()
    argv = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", "git"]
    done = subprocess.run(argv, input=text, capture_output=True, check=True)
    body = "".join(line for line in done.stdout.decode().splitlines() if not line.startswith("-----"))
    problem = signers(tmp_path, allowed(key)).problem(replace(FULL, signature=body))
    assert problem == "its signature by ci was made for another purpose than evidence of kubestack"


def test_signer_who_is_allowed_for_another_purpose_only(key: Path, tmp_path: Path) -> None:
    problem = signers(tmp_path, allowed(key, options='namespaces="git"')).problem(signed(FULL, key))
    assert "another purpose" in problem


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ('valid-before="20260201"', True),
        ('valid-before="20260131"', False),
        ('valid-after="20260201"', False),
        ('valid-after="20260131",valid-before="20260201"', True),
        ('valid-before="20260131130000"', True),
    ],
)
def test_signer_who_is_allowed_for_a_time(key: Path, tmp_path: Path, options: str, counts: bool) -> None:
    """The time of the record decides: a key that has expired since takes nothing back."""
    problem = signers(tmp_path, allowed(key, options=options)).problem(signed(FULL, key))
    assert problem == (
        "" if counts else "the key of its signer was not valid at that time, says main:allowed"
    )


@pytest.mark.parametrize("names", ["ci@acme,deploy@acme", "*@acme", "!guest@acme,*@acme", '"the runner"'])
def test_signer_names_may_be_patterns(key: Path, tmp_path: Path, names: str) -> None:
    text = f"# who may sign\n\n{names} {allowed(key).partition(' ')[2]}"
    assert signers(tmp_path, text).problem(signed(FULL, key)) == ""


@pytest.mark.parametrize("text", ["", "nonsense\n", "ci\n"])
def test_signers_file_that_names_nobody(key: Path, tmp_path: Path, text: str) -> None:
    assert signers(tmp_path, text).problem(signed(FULL, key)) == "its signer is not in main:allowed"


def test_signers_file_that_is_missing(key: Path, tmp_path: Path) -> None:
    problem = signers(tmp_path, None).problem(signed(FULL, key))
    assert problem == "main:allowed does not exist, so nobody may sign"


def test_problem_is_looked_for_once(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, checker = signed(FULL, key), signers(tmp_path, allowed(key))
    assert checker.problem(made) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checker.problem(made) == ""
    with pytest.raises(ToolMissingError, match="ssh-keygen is not installed"):
        checker.problem(replace(made, stack="dns"))


def test_problem_leaves_no_files(key: Path, tmp_path: Path) -> None:
    signers(tmp_path, allowed(key)).problem(signed(FULL, key))
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["allowed_signers"]


def test_signed_text_that_is_no_character(key: Path, tmp_path: Path) -> None:
    """Paths of files need not be text."""
    made = signed(replace(FULL, stack="manifests/\udcff"), key)
    assert signers(tmp_path, allowed(key)).problem(made) == ""
    assert signers(tmp_path, allowed(key)).problem(replace(made, stack="manifests/\ud800")) != ""


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key that only an agent holds; the path of its public half."""
    if not shutil.which("ssh-agent"):
        pytest.skip("there is no ssh-agent")
    said = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"(SSH_\w+)=([^;]+);", said))
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    held = ssh_key(tmp_path / "held")
    subprocess.run(["ssh-add", "-q", str(held)], check=True, capture_output=True)
    held.unlink()
    yield held.with_name("held.pub")
    subprocess.run(["ssh-agent", "-k"], env={**os.environ, **found}, check=True, capture_output=True)


def test_signed_by_an_agent(agent: Path, tmp_path: Path) -> None:
    text = f"held {agent.read_text()}"
    assert signers(tmp_path, text).problem(signed(FULL, agent)) == ""


def test_signed_by_an_agent_that_is_gone(agent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(SignatureError, match="No private key found") as caught:
        signed(FULL, agent)
    assert "KUBESTACK_SIGNING_KEY" in caught.value.hint


def test_signed_with_a_passphrase_never_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/true")
    with pytest.raises(SignatureError, match="incorrect passphrase"):
        signed(FULL, ssh_key(tmp_path / "locked", passphrase="secret"))


def test_signed_with_a_key_that_others_can_read(key: Path) -> None:
    key.chmod(0o644)
    with pytest.raises(SignatureError, match="too open") as caught:
        signed(FULL, key)
    assert "only its owner can read" in caught.value.hint


def test_signed_with_what_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "nothing"
    path.write_text("nothing")
    with pytest.raises(SignatureError, match=r"signing evidence with .*nothing failed"):
        signed(FULL, path)


def test_signed_without_ssh_keygen(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tools_directory(tmp_path / "tools", ["git"])))
    with pytest.raises(ToolMissingError, match="ssh-keygen is not installed"):
        signed(FULL, key)


def test_signer_refuses_to_sign_for_nobody(key: Path, tmp_path: Path) -> None:
    other = ssh_key(tmp_path / "other")
    with pytest.raises(UsageError, match=r"ci does not count: its signer is not in main:allowed"):
        Signer(key, signers(tmp_path, allowed(other))).sign(FULL)


def test_signer_signs_each_record(key: Path, tmp_path: Path) -> None:
    checker = signers(tmp_path, allowed(key))
    signer = Signer(key, checker)
    made: list[Record] = [signer.sign(replace(FULL, stack=name)) for name in ("infra", "dns")]
    assert [checker.problem(item) for item in made] == ["", ""]
    assert made[0].signature != made[1].signature

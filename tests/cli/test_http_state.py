"""The backend `http`: an address for each environment in place of a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import git
from tests.platforms import Platform, kubestack, program
from tests.states import PASSWORD, States, state_server

LOCK = {
    "ID": "8621e216",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ada@elsewhere",
    "Version": "1",
}


@pytest.fixture(params=["webdav", "gitlab"])
def server(request: pytest.FixtureRequest) -> Iterator[States]:
    with state_server(gitlab=request.param == "gitlab") as held:
        yield held


@pytest.fixture
def one_server() -> Iterator[States]:
    with state_server() as held:
        yield held


def scaffolded(place: Path, server: States) -> Platform:
    """A platform with its states on the server, pushed to a Git host."""
    options = ("--backend", "http", "--state-address", server.address)
    done = kubestack(place, "new", "platform", "acme", "--no-input", *options)
    assert done.code == 0, done.said
    root, remote = place / "acme", place / "acme.git"
    git(place, "clone", "--quiet", "--bare", str(root), str(remote))
    platform = Platform(root=root, remote=remote)
    platform.git("remote", "add", "origin", str(remote))
    platform.git("fetch", "--quiet", "origin")
    return platform


def paths(server: States) -> tuple[str, str]:
    """Where the states of `infra` are in ops and in apps."""
    path = server.address.removeprefix(server.base).replace("{stack}", "infra")
    return path.replace("{environment}", "ops"), path.replace("{environment}", "apps")


@pytest.mark.slow
def test_way_of_a_change_with_states_on_a_server(tmp_path: Path, server: States) -> None:
    platform, env = scaffolded(tmp_path, server), server.env
    ops, apps = paths(server)
    assert platform.ok("validate").code == 0
    platform.ok("run", **env)
    assert list(server.states) == [ops]
    platform.git("checkout", "--quiet", "-b", "newer")
    platform.land("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
    args = ["--event", "pull_request", "--ref", "refs/heads/newer", "--target", "main"]
    done = platform.ok("run", *args, **env)
    assert "infra (ops): 1 to update" in done.out
    assert "infra (apps): 3 to create" in done.out
    platform.git("checkout", "--quiet", "main")
    platform.git("merge", "--quiet", "--ff-only", "newer")
    platform.push()
    platform.ok("run", **env)
    platform.tag("apps-deploy-1")
    platform.ok("run", "--ref", "refs/tags/apps-deploy-1", **env)
    assert set(server.states) == {ops, apps}
    for path, name in ((ops, "ops"), (apps, "apps")):
        assert f"acme-{name}-local".encode() in server.states[path]
    assert platform.statuses("apps")[-1] == "verified"
    assert platform.ok("drift", **env).code == 0
    assert platform.ok("unlock", "-e", "apps", **env).out == "infra (apps): not locked\n"
    assert server.locks == {}
    assert server.strangers == 0
    assert server.methods == (
        {"GET", "POST", "DELETE"} if server.gitlab else {"GET", "POST", "LOCK", "UNLOCK"}
    )
    written = b"".join(path.read_bytes() for path in platform.root.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in written


@pytest.mark.slow
def test_environments_are_worked_on_at_once(tmp_path: Path, one_server: States) -> None:
    """In one directory, with one init; the plan of one never meets the state of the other."""
    platform = scaffolded(tmp_path, one_server)
    platform.ok("run", **one_server.env)
    (platform.root / "infra" / ".terraform").rename(tmp_path / "no-longer-initialised")
    with ThreadPoolExecutor(2) as pool:
        plans = list(
            pool.map(lambda name: platform.ok("plan", "-e", name, **one_server.env), ("ops", "apps"))
        )
    assert "infra (ops): no changes" in plans[0].out
    assert "infra (apps): 3 to create" in plans[1].out


@pytest.mark.slow
def test_server_that_says_no(tmp_path: Path, one_server: States) -> None:
    """Each with a next step, and with nothing applied."""
    platform, server, env = scaffolded(tmp_path, one_server), one_server, one_server.env
    ops, _ = paths(server)
    done = platform.kubestack("plan", "infra", **{**env, "TF_HTTP_PASSWORD": "wrong"})
    assert done.code == 1
    assert "TF_HTTP_PASSWORD say who it is" in done.said
    done = platform.kubestack("unlock", **{**env, "TF_HTTP_PASSWORD": "wrong"})
    assert (done.code, "requires auth" in done.said) == (1, True)
    for answers, words in (
        ({("GET", "/"): 503}, "does not answer, or fails"),
        ({("LOCK", "/"): 500}, "does not answer, or fails"),
        ({("GET", "/"): 403}, "does not let this user in"),
        ({("LOCK", "/"): 405}, "Unexpected HTTP response code 405"),
    ):
        server.answers = answers
        done = platform.kubestack("plan", "infra", **env)
        assert done.code == 1
        assert words in " ".join(done.said.split()), done.said
    server.answers = {}
    assert server.states == {}

    server.locks[ops] = LOCK
    quick = {**env, "KUBESTACK_LOCK_TIMEOUT": "0"}
    done = platform.kubestack("plan", "infra", **quick)
    assert done.code == 1
    assert "kubestack unlock -e ops infra" in done.said
    assert "infra (apps): 3 to create" in platform.ok("plan", "-e", "apps", "infra", **quick).out
    assert platform.kubestack("unlock", **quick).code == 5
    done = platform.ok("unlock", "--force", "--reason", "ada has left", **quick)
    assert "by force: ada has left" in done.out
    assert server.locks == {}

    server.answers = {("POST", ops): 409}
    done = platform.kubestack("run", **env)
    assert done.code == 1
    assert "infra/errored.ops.tfstate" in done.said
    push = next(line for line in done.said.splitlines() if "TF_HTTP_ADDRESS=" in line)
    assert f"TF_HTTP_ADDRESS={server.base}{ops} " in push


@pytest.mark.slow
def test_plan_of_one_environment_on_the_state_of_another(tmp_path: Path, one_server: States) -> None:
    """A file of variables wins over what kubestack says; a saved plan is bound to its address."""
    platform, env = scaffolded(tmp_path, one_server), one_server.env
    platform.commit("wrong", {"infra/terraform.auto.tfvars": 'environment = "apps"\n'})
    done = platform.kubestack("plan", "infra", **env)
    assert done.code == 1
    assert 'infra was planned with environment = "apps" on the state of ops' in done.said
    platform.git("reset", "--quiet", "--hard", "HEAD~1")

    platform.ok("plan", "infra", "--save", "../plan", **env)
    moved = one_server.address.replace("/acme/", "/other/")
    platform.edit("kubestack.yaml", one_server.address, moved)
    platform.git("commit", "--quiet", "--amend", "--no-edit", "--all")
    done = platform.kubestack("apply", "../plan", **env)
    assert done.code != 0
    assert one_server.states == {}


def test_stack_that_would_share_a_state_is_found(tmp_path: Path, one_server: States) -> None:
    platform = scaffolded(tmp_path, one_server)
    platform.edit(
        "infra/versions.tf", 'backend "http" {}', 'backend "http" {\n    address = "http://x/y"\n  }'
    )
    platform.edit("infra/cluster.tf", "environment = var.environment", "environment = terraform.workspace")
    found = json.loads(platform.kubestack("validate", "-o", "json").out)["findings"]
    messages = {item["message"]: item for item in found if item["check"] == "backend"}
    assert any("`address` in the block" in message for message in messages)
    workspace = next(item for text, item in messages.items() if text.startswith("terraform.workspace"))
    assert (workspace["where"]["path"], workspace["where"]["line"]) == ("infra/cluster.tf", 7)
    platform.edit("kubestack.yaml", one_server.base, "http://state.example.com")
    assert "state.address: states go there unencrypted" in platform.kubestack("validate").said
    platform.edit("kubestack.yaml", "http://state.example.com", one_server.base)
    done = platform.kubestack("plan", **one_server.env)
    assert done.code != 0
    assert "`address` in the block would be the same for every environment" in done.said
    assert one_server.methods == set()


@pytest.mark.slow
def test_what_is_added_is_told_its_environment(tmp_path: Path, one_server: States) -> None:
    platform, env = scaffolded(tmp_path, one_server), one_server.env
    platform.ok("add", "stack", "infra-dns", "--kind", "terraform")
    platform.ok("add", "environment", "staging", "--after", "ops")
    platform.commit("more")
    assert platform.ok("validate").code == 0
    assert "infra-dns (staging): no changes" in platform.ok("plan", "-e", "staging", **env).out
    noted = platform.ok("remove", "environment", "staging", "--dry-run").err
    address = one_server.address.replace("{environment}", "staging")
    for stack in ("infra", "infra-dns"):
        assert f"TF_HTTP_ADDRESS={address.replace('{stack}', stack)} " in noted
        assert f"terraform -chdir={stack} destroy" in noted
    assert program()

"""Where a scaffolded platform keeps its state, with the real things: `aws` against moto, and PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
from tests.faults.postgresql import postgresql
from tests.platforms import Ended, kubestack
from tests.programs import program
from tests.programs.moto import moto

# What the backend has to be told to find a server on this machine by its address.
LOOPBACK = """\
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
"""


def scaffold(tmp_path: Path, backend: str) -> Path:
    return new_platform(check({"name": "acme", "backend": backend}), tmp_path, lambda _: None)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of an account with nothing in it, and of the `aws` that asks it."""
    with moto(tmp_path_factory.mktemp("moto") / "log") as env:
        path = f"{program('aws', 'aws').parent}:{os.environ['PATH']}"
        yield {**env, "PATH": path, "AWS_DEFAULT_REGION": "eu-west-1"}


def bootstrap(root: Path, account: dict[str, str], *args: str) -> Ended:
    return kubestack(root, "bootstrap-state", *args, **account)


def ask(account: dict[str, str], *args: str) -> Any:
    aws = [str(program("aws", "aws")), "s3api", *args, "--bucket", "acme-terraform-state"]
    done = subprocess.run(aws, env={**os.environ, **account}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "{}")


@pytest.mark.slow
def test_bucket_is_shown_made_used_mended_and_left_alone(tmp_path: Path, account: dict[str, str]) -> None:
    root = scaffold(tmp_path, "s3")
    shown = bootstrap(root, account, "--dry-run")
    assert shown.out.count("aws s3api") == 4
    assert "LocationConstraint=eu-west-1" in shown.out

    made = bootstrap(root, account, "--yes")
    assert made.code == 0, made.said
    assert ask(account, "get-bucket-versioning") == {"Status": "Enabled"}
    assert set(ask(account, "get-public-access-block")["PublicAccessBlockConfiguration"].values()) == {True}
    assert "AES256" in json.dumps(ask(account, "get-bucket-encryption"))

    versions = root / "infra" / "versions.tf"
    versions.write_text(versions.read_text("utf-8").replace("    use_lockfile = true\n", LOOPBACK))
    planned = kubestack(root, "plan", "-e", "ops", **account)
    assert planned.code == 0, planned.said

    again = bootstrap(root, account, "--yes")
    assert "has all it needs; nothing was changed" in again.err

    ask(account, "put-bucket-versioning", "--versioning-configuration", "Status=Suspended")
    mended = bootstrap(root, account, "--yes", "--kms-key", "alias/state")
    assert "+ versions of every state" in mended.err
    assert "✓ the bucket acme-terraform-state" in mended.err
    assert ask(account, "get-bucket-versioning") == {"Status": "Enabled"}
    assert "alias/state" in json.dumps(ask(account, "get-bucket-encryption"))


@pytest.mark.slow
def test_state_in_postgresql_has_a_row_for_each_environment(tmp_path: Path) -> None:
    root = scaffold(tmp_path, "pg")
    with postgresql() as address:
        for environment in ("ops", "apps"):
            done = kubestack(root, "plan", "infra", "-e", environment, PG_CONN_STR=address)
            assert done.code == 0, done.said
            assert "3 to create" in done.said
        listed = subprocess.run(
            ["terraform", "workspace", "list"],
            cwd=root / "infra",
            env={**os.environ, "PG_CONN_STR": address},
            capture_output=True,
            text=True,
            check=True,
        )
        assert set(listed.stdout.split()) >= {"ops", "apps"}


def test_bootstrap_of_another_backend_says_what_there_is(tmp_path: Path) -> None:
    done = kubestack(scaffold(tmp_path, "gcs"), "bootstrap-state", "--dry-run")
    assert done.code == 2
    assert "no stack keeps its state in S3; backends: gcs (infra/versions.tf:6)" in done.err


def test_bootstrap_of_a_computed_bucket_names_the_block(tmp_path: Path) -> None:
    root = scaffold(tmp_path, "s3")
    versions = root / "infra" / "versions.tf"
    versions.write_text(versions.read_text("utf-8").replace('region       = "eu-west-1"\n', ""))
    done = kubestack(root, "bootstrap-state", "--dry-run")
    assert done.code == 2
    assert "infra/versions.tf:6: the backend names no bucket and region in plain text" in done.err


def test_http_backend_is_refused_with_its_place(tmp_path: Path) -> None:
    root = scaffold(tmp_path, "local")
    versions = root / "infra" / "versions.tf"
    versions.write_text('terraform {\n  backend "http" {\n    address = "http://127.0.0.1:1/state"\n  }\n}\n')
    done = kubestack(root, "validate")
    assert done.code == 1
    assert "infra/versions.tf:2: the backend http knows no workspaces" in done.out

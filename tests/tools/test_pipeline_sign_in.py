"""The lines that put a host's tokens where the clouds' providers look for them, run by real shells."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from kubestack_py.ci.pipelines.design import design
from kubestack_py.ci.pipelines.shell import TOKENS, cloud_variables, sign_in_lines
from kubestack_py.model.ci import CiHost
from tests.unit.test_pipelines import APPS, CLIENTS, PLAN, platform

ONE = dict.fromkeys(TOKENS, "idToken")
SHOW = """\
import json, os, sys
print(json.dumps(dict(os.environ)))
"""


@pytest.mark.parametrize(
    "shell", [["bash", "-euo", "pipefail", "-c"], ["sh", "-eu", "-c"]], ids=["bash", "sh"]
)
@pytest.mark.parametrize("tokens", [TOKENS, ONE], ids=["a token for each cloud", "one token"])
@pytest.mark.parametrize(
    "who",
    [("plan", PLAN, "planner", CLIENTS[1]), ("apply-apps", APPS, "applier-apps", CLIENTS[3])],
    ids=["plan", "apply"],
)
def test_sign_in(tmp_path: Path, shell: list[str], tokens: dict[str, str], who: tuple[str, ...]) -> None:
    name, role, account, client = who
    pipeline = design(platform(), CiHost.GITLAB)
    [job] = [job for job in pipeline.jobs if job.name == name]
    given = {variable: f"{variable} '$(touch pwned)' %s \\n" for variable in set(tokens.values())}
    script = "\n".join([*sign_in_lines(pipeline, job, tokens), f"python3 -c '{SHOW}'"])
    environ = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), **cloud_variables(pipeline, job), **given}
    done = subprocess.run(
        [*shell, script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert said["AWS_ROLE_ARN"] == role
    token = Path(said["AWS_WEB_IDENTITY_TOKEN_FILE"])
    assert token.read_text() == given[tokens["aws"]] + "\n"
    assert token.stat().st_mode & 0o077 == 0
    google = json.loads(Path(said["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())
    assert (
        f"/{account}@acme.iam.gserviceaccount.com:generateAccessToken"
        in google["service_account_impersonation_url"]
    )
    assert Path(google["credential_source"]["file"]).read_text() == given[tokens["google"]] + "\n"
    assert said["ARM_CLIENT_ID"] == client
    assert said["ARM_OIDC_TOKEN"] == given[tokens["azure"]]
    assert not (tmp_path / "pwned").exists()

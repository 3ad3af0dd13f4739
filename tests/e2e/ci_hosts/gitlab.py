"""GitLab: gitlab-ci-local chooses jobs by `rules` and runs them, with the variables that it is given."""

from __future__ import annotations

import re
import subprocess

from tests.conftest import git
from tests.e2e.ci_hosts import REPOSITORY, Happened, Host, Ran
from tests.programs import debian_program, node_program

# What it prints at the end for each job.
_ENDED = re.compile(r"^ *(PASS|FAIL) {2}(\S+)", re.MULTILINE)


class GitLab(Host):
    """It works in the directory itself, so every run gets a new clone."""

    def run(self, happened: Happened) -> Ran:
        """Nothing where the commit holds no pipeline."""
        debian_program("rsync", "rsync")
        work = self.checkout(happened, merged=happened.target == "main")
        git(work, "remote", "set-head", "origin", "main")
        with (work / ".git" / "info" / "exclude").open("a") as exclude:
            exclude.write(".gitlab-ci-local/\n")
        if not (work / ".gitlab-ci.yml").exists():
            return Ran()  # a rendered branch holds manifests alone
        commit = git(work, "rev-parse", "HEAD")
        variables = _variables(happened, commit, self.head(happened)) | self.more
        unset = [name for name, value in variables.items() if value is None]
        given = [f"--variable={name}={value}" for name, value in variables.items() if value is not None]
        done = subprocess.run(
            [
                str(node_program("gitlab-ci-local", "gitlab-ci-local")),
                "--force-shell-executor", "--no-color", *given,
                *(f"--unset-variable={name}" for name in unset),
            ],
            cwd=work, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=900, check=False,
        )  # fmt: skip
        jobs = {name: how == "PASS" for how, name in _ENDED.findall(done.stdout)}
        assert (done.returncode == 0) == all(jobs.values()), done.stdout
        return Ran(jobs=jobs, said=done.stdout)


def _variables(happened: Happened, commit: str, head: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": happened.kind,
        "CI_PROJECT_PATH": REPOSITORY,
        "CI_COMMIT_SHA": commit,
        "CI_COMMIT_REF_NAME": happened.name or "main",
        "CI_COMMIT_BRANCH": happened.name or "main",
        "GITLAB_USER_LOGIN": happened.author,
    }
    if happened.tag:
        found |= {"CI_COMMIT_TAG": happened.name, "CI_COMMIT_BRANCH": None}
    if happened.kind == "pull_request":
        found |= {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_COMMIT_BRANCH": None,
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": happened.name,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": happened.target,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head,
            "CI_MERGE_REQUEST_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43" if happened.fork else "42",
        }
    return found

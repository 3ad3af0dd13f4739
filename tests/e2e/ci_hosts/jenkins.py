"""Jenkins: a small model of declarative pipelines, in Groovy, runs the Jenkinsfile."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.conftest import git
from tests.e2e.ci_hosts import Happened, Host, Ran
from tests.programs import debian_program

MODEL = Path(__file__).with_suffix(".groovy")
_STAGE = re.compile(r"^STAGE (success|failed) (.*)$", re.MULTILINE)
_JOBS = {
    "Look for drift": "drift",
    "Plan the pull request": "pull-request",
    "Plan ops": "plan",
    "Say why a fork is not planned": "fork",
}


class Jenkins(Host):
    """Multibranch builds of branches, pull requests and tags; a timer builds the default branch."""

    def run(self, happened: Happened) -> Ran:
        """Nothing where the commit holds no Jenkinsfile."""
        trees = [self.checkout(happened) for _ in range(3)]
        if not (trees[0] / "Jenkinsfile").exists():
            return Ran()
        variables = self.environment(
            JENKINS_URL="https://ci.acme.example/",
            JAVA_HOME=str(_java_home()),
            **_variables(happened, git(trees[0], "rev-parse", "HEAD")),
            **self.more,
        )
        done = subprocess.run(
            [str(debian_program("groovy", "groovy")), str(MODEL), "Jenkinsfile", *map(str, trees)],
            cwd=trees[0],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        stages = _STAGE.findall(done.stdout)
        jobs = {_JOBS.get(title, title.lower().replace(" ", "-")): how == "success" for how, title in stages}
        assert done.returncode == (0 if all(jobs.values()) else 1), done.stderr
        return Ran(jobs=jobs, said=done.stdout)


def _java_home() -> Path:
    """Debian's groovy does not find a Java that is newer than itself."""
    return Path(os.path.realpath(debian_program("java", "default-jre-headless"))).parent.parent


def _variables(happened: Happened, commit: str) -> dict[str, str]:
    found = {"GIT_COMMIT": commit, "BRANCH_NAME": happened.name or "main"}
    if happened.kind == "schedule":
        found["KUBESTACK_TEST_TIMER"] = "true"
    if happened.tag:
        found["TAG_NAME"] = happened.name
    if happened.kind == "pull_request":
        found |= {
            "BRANCH_NAME": "PR-7",
            "CHANGE_ID": "7",
            "CHANGE_BRANCH": happened.name,
            "CHANGE_TARGET": happened.target,
            "CHANGE_AUTHOR": happened.author,
        }
        found |= {"CHANGE_FORK": "mallory"} if happened.fork else {}
    return found

"""Bitbucket: no program runs its pipelines without containers, so a step is its lines in one shell here."""

from __future__ import annotations

from typing import Any

from kubestack_py.model.pattern import matches
from kubestack_py.system.yaml import load
from tests.conftest import git
from tests.e2e.ci_hosts import REPOSITORY, Happened, Host, Ran

PATH = "bitbucket-pipelines.yml"
# Steps have titles on this host; the tests speak of jobs.
_JOBS = {"Look for drift": "drift", "Plan the pull request": "pull-request", "Plan ops": "plan"}


class Bitbucket(Host):
    """A pipeline is chosen by the kind and the name of a ref; steps end with the first that fails."""

    def run(self, happened: Happened) -> Ran:
        """Every step in a clone of its own, as in a container of its own."""
        ran = Ran()
        work = self.checkout(happened, detached=False)
        if happened.fork or not (work / PATH).exists():
            return ran  # pull requests of forks start nothing, and rendered branches hold no pipeline
        steps = _chosen(load((work / PATH).read_bytes(), PATH), happened)
        for step in (item["step"] for item in steps):
            work = self.checkout(happened, detached=False)
            variables = _variables(happened, git(work, "rev-parse", "HEAD"), str(work))
            success, said = self.bash(work, "\n".join(step["script"]), variables)
            ran.jobs[_JOBS.get(step["name"], step["name"].lower().replace(" ", "-"))] = success
            ran.said += said
            if not success:
                break
        return ran


def _chosen(document: Any, happened: Happened) -> list[Any]:
    """The most specific pipeline: for a branch its own, else `default`; for a tag its own, else none."""
    pipelines = document["pipelines"]
    section, fallback = {
        "pull_request": ("pull-requests", []),
        "schedule": ("custom", pipelines["custom"]["drift"]),
        "push": ("tags", []) if happened.tag else ("branches", pipelines["default"]),
    }[happened.kind]
    found = [
        steps for pattern, steps in pipelines.get(section, {}).items() if matches(pattern, happened.name)
    ]
    chosen: list[Any] = found[0] if found else fallback
    return chosen


def _variables(happened: Happened, commit: str, work: str) -> dict[str, str]:
    found = {
        "BITBUCKET_BUILD_NUMBER": "7",
        "BITBUCKET_CLONE_DIR": work,
        "BITBUCKET_COMMIT": commit,
        "BITBUCKET_REPO_FULL_NAME": REPOSITORY,
        "BITBUCKET_STEP_TRIGGERER_UUID": happened.author,
    }
    if happened.tag:
        return {**found, "BITBUCKET_TAG": happened.name}
    found["BITBUCKET_BRANCH"] = happened.name or "main"
    if happened.kind == "pull_request":
        found |= {"BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_BRANCH": happened.target}
    return found

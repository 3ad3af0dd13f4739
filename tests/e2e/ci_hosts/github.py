"""GitHub Actions: nektos/act runs the jobs here; the filters under `on`, which it ignores, are ours."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from kubestack_py.model.pattern import matches
from kubestack_py.system.yaml import load
from tests.e2e.ci_hosts import REPOSITORY, Happened, Host, Ran
from tests.programs import program

WORKFLOW = ".github/workflows/kubestack.yaml"
_STUB = """\
name: stub
description: in place of an action that needs a network
runs: {using: composite, steps: [{run: "true", shell: bash}]}
"""


class GitHub(Host):
    """Every run gets a clone, which act copies into each job."""

    workflow = WORKFLOW
    options: tuple[str, ...] = ()

    def run(self, happened: Happened) -> Ran:
        """Nothing where the workflow does not ask for the event."""
        work = self.checkout(happened, detached=False)
        if not (work / self.workflow).exists():
            return Ran()  # a rendered branch holds manifests alone
        workflow = load((work / self.workflow).read_bytes(), self.workflow)
        if not is_asked_for(workflow, happened):
            return Ran()
        event = self.scratch / "event.json"
        event.write_text(json.dumps(_payload(happened, self.head(happened))))
        return self._act(work, happened, workflow, ["--eventpath", str(event), *self.options])

    def _act(self, work: Any, happened: Happened, workflow: Any, more: list[str]) -> Ran:
        stub = self.scratch / "stub"
        stub.mkdir(exist_ok=True)
        (stub / "action.yml").write_text(_STUB)
        uses = {step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step}
        stubs = [
            f"--local-repository={use}={stub}" for use in uses if not use.startswith("actions/checkout@")
        ]
        told = [word for name, value in self.more.items() for word in ("--env", f"{name}={value}")]
        done = subprocess.run(
            [
                str(program("workflows", "act")), happened.kind, "--directory", str(work), "--json",
                "--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--actor", happened.author,
                "--env", f"GITHUB_REPOSITORY={REPOSITORY}", "--env", "TERM=dumb", *stubs, *told, *more,
            ],
            env=self.environment(ACT_DISABLE_VERSION_CHECK="1"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        jobs = {line["jobID"]: line["jobResult"] == "success" for line in lines if "jobResult" in line}
        assert (done.returncode == 0) == all(jobs.values()), done.stderr
        return Ran(jobs=jobs, said="\n".join(str(line.get("msg", "")) for line in lines))


def is_asked_for(workflow: Any, happened: Happened) -> bool:
    """Whether `on` names the event and its filters let the ref pass; the last filter that matches decides."""
    wanted = workflow["true"].get(happened.kind)  # what YAML 1.1 makes of `on`
    if wanted is None or happened.kind != "push":
        return wanted is not None
    passes = False
    for pattern in wanted.get("tags" if happened.tag else "branches", []):
        if matches(pattern.removeprefix("!"), happened.name):
            passes = not pattern.startswith("!")
    return passes


def _payload(happened: Happened, commit: str) -> dict[str, Any]:
    match happened.kind:
        case "pull_request":
            origin = "mallory/platform" if happened.fork else REPOSITORY
            head = {"ref": happened.name, "sha": commit, "repo": {"full_name": origin, "fork": happened.fork}}
            return {
                "number": 7,
                "pull_request": {"number": 7, "head": head, "base": {"ref": happened.target}},
            }
        case "schedule":
            return {"schedule": "17 3 * * *"}
        case _:
            return {"ref": happened.ref, "deleted": False, "after": commit}

"""Lighthouse with Tekton: neither runs here, so triggers are matched, tasks ordered, scripts run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kubestack_py.system.yaml import load
from tests.conftest import git
from tests.e2e.ci_hosts import Happened, Host, Ran

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".lighthouse/jenkins-x"
_VARIABLE = re.compile(r"\$\(([a-z]+(?:\.[A-Za-z_-]+)+)\)")
_PULL = "refs/pull/7/head"


class Lighthouse(Host):
    """Triggers by expressions that do not know branches from tags; a task starts after what it needs."""

    def run(self, happened: Happened) -> Ran:
        """Triggers and pipelines are those of the commit; the ref of a pull request goes again."""
        ran = Ran()
        work = self.checkout(happened)
        if not (work / FOLDER).is_dir():
            return ran
        given = self._given(happened)
        if happened.kind == "pull_request":
            git(self.remote, "update-ref", _PULL, given["PULL_PULL_SHA"])
        for trigger in _started(read(work, "triggers.yaml"), happened):
            document = read(work, trigger["source"])
            self._pipeline(document["spec"], given | {"JOB_NAME": trigger["name"]}, ran)
        if happened.kind == "pull_request":
            git(self.remote, "update-ref", "-d", _PULL)
        ran.jobs.pop("find", None)
        return ran

    def _given(self, happened: Happened) -> dict[str, str]:
        """The parameters of a run, as Lighthouse fills them in; an annotated tag comes with its own id."""
        kind = {"pull_request": "presubmit", "schedule": "periodic"}.get(happened.kind, "postsubmit")
        found = {"JOB_TYPE": kind, "JOB_SPEC": f"type:{kind}", "REPO_URL": str(self.remote)}
        if happened.kind == "schedule":
            return found
        if happened.kind == "pull_request":
            head = git(self.remote, "rev-parse", happened.ref)
            if happened.fork:  # a commit that no branch of the repository has
                head = git(self.remote, "commit-tree", "-p", head, "-m", "From a fork", f"{head}^{{tree}}")
            found |= {"PULL_NUMBER": "7", "PULL_PULL_REF": _PULL, "PULL_PULL_SHA": head}
        base = f"refs/heads/{happened.target}" if happened.kind == "pull_request" else happened.ref
        name = base.split("/", 2)[2]
        return {**found, "PULL_BASE_REF": name, "PULL_BASE_SHA": git(self.remote, "rev-parse", base)}

    def _pipeline(self, spec: Any, given: dict[str, str], ran: Ran) -> None:
        values = {f"params.{item['name']}": item["default"] for item in spec["pipelineSpec"]["params"]}
        values |= {f"params.{name}": value for name, value in given.items()}
        for task in spec["pipelineSpec"]["tasks"]:
            before = [ran.jobs[name] for name in task.get("runAfter", []) if name in ran.jobs]
            asked = all(filled(rule["input"], values) in rule["values"] for rule in task.get("when", []))
            if asked and all(before):
                ran.jobs[task["name"]], said, results = self._task(task, values)
                ran.said += said
                values |= {f"tasks.{task['name']}.results.{name}": text for name, text in results.items()}

    def _task(self, task: Any, values: dict[str, str]) -> tuple[bool, str, dict[str, str]]:
        """A pod with an empty workspace. What a task is given replaces the like of the pipeline."""
        self._number += 1
        workspace = self.scratch / f"pod-{self._number}"
        results = workspace / "results"
        results.mkdir(parents=True)
        spec = task["taskSpec"]
        named = {f"params.{item['name']}": filled(item["value"], values) for item in task.get("params", [])}
        known = values | named
        paths = {
            f"results.{item['name']}.path": str(results / item["name"]) for item in spec.get("results", [])
        }
        variables = {
            item["name"]: filled(item["value"], known)
            for item in spec["stepTemplate"]["env"]
            if "value" in item
        }
        for step in spec["steps"]:
            assert not set(_VARIABLE.findall(step["script"])) - paths.keys(), "names stand in no script"
            success, said = self.bash(workspace, filled(step["script"], paths), variables)
            if not success:
                return False, said, {}
        return True, said, {path.name: path.read_text() for path in results.iterdir()}


def filled(text: str, values: dict[str, str]) -> str:
    """What Tekton puts in before anything runs; what it does not know stays."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def read(work: Path, name: str) -> Any:
    """A document of the folder."""
    path = work / FOLDER / name
    return load(path.read_bytes(), str(path))


def _started(document: Any, happened: Happened) -> list[Any]:
    """The triggers of an event. Patterns are regular expressions that may match anywhere in a short name."""
    section = {"pull_request": "presubmits", "schedule": "periodics"}.get(happened.kind, "postsubmits")
    name = happened.target if happened.kind == "pull_request" else happened.name
    return [trigger for trigger in document["spec"][section] if _wanted(trigger, name)]


def _wanted(trigger: Any, name: str) -> bool:
    skipped = any(re.search(pattern, name) for pattern in trigger.get("skip_branches", []))
    only = trigger.get("branches")
    return not skipped and (only is None or any(re.search(pattern, name) for pattern in only))

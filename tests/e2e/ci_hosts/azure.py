"""Azure Pipelines: no program runs them here, so triggers and conditions are worked out, and scripts run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kubestack_py.model.pattern import matches
from kubestack_py.system.yaml import load
from tests.conftest import git
from tests.e2e.ci_hosts import Happened, Host, Ran

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "azure-pipelines.yml"
_TOKEN = re.compile(r"variables\['([^']+)'\]|'([^']*)'|(\w+)\(|([,)])|\s+")
_MACRO = re.compile(r"\$\(([\w.]+)\)")
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": lambda *given: all(given),
    "or": lambda *given: any(given),
    "not": lambda given: not given,
    "eq": lambda one, other: one.lower() == other.lower(),
    "ne": lambda one, other: one.lower() != other.lower(),
    "in": lambda one, *others: one.lower() in [other.lower() for other in others],
    "startsWith": lambda text, start: text.lower().startswith(start.lower()),
    "endsWith": lambda text, end: text.lower().endswith(end.lower()),
}


class Azure(Host):
    """Stages in order, each after the one it depends on; steps of a job share a work tree."""

    def run(self, happened: Happened) -> Ran:
        """Nothing where no trigger asks for it."""
        ran = Ran()
        work = self.checkout(happened)
        if not (work / PATH).exists():
            return ran
        document: Any = load((work / PATH).read_bytes(), PATH)
        if not _is_asked_for(document, happened):
            return ran
        variables = _variables(happened, git(work, "rev-parse", "HEAD"), self.head(happened)) | self.more
        for stage in document["stages"]:
            before = stage["dependsOn"] or None
            functions = _FUNCTIONS | {
                "succeeded": lambda before=before: before is None or ran.jobs.get(before)
            }
            if evaluate(stage["condition"], variables, functions):
                ran.jobs[stage["stage"]] = self._job(happened, stage["jobs"][0], variables, ran)
        ran.jobs = {name.replace("_", "-"): success for name, success in ran.jobs.items()}
        return ran

    def _job(self, happened: Happened, job: Any, variables: dict[str, str], ran: Ran) -> bool:
        work = self.checkout(happened)
        steps = job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        success = True
        for step in steps:
            script = step.get("bash") or step.get("script")
            if script and (success or step.get("condition") == "succeededOrFailed()"):
                passed, said = self._script(work, _filled(script, variables), step, variables)
                success, ran.said = success and passed, ran.said + said
        return success

    def _script(self, work: Path, script: str, step: Any, variables: dict[str, str]) -> tuple[bool, str]:
        """Variables are upper-case with underscores in the environment; secrets are there when mapped."""
        environ = {name.upper().replace(".", "_"): value for name, value in variables.items()}
        mapped = {name: _filled(value, variables) for name, value in step.get("env", {}).items()}
        return self.bash(work, script, environ | mapped)


def evaluate(text: str, variables: dict[str, str], functions: dict[str, Callable[..., Any]]) -> Any:
    """A condition, which is a call of a function with calls, texts and variables."""
    calls: list[tuple[str, list[Any]]] = [("", [])]
    for variable, literal, function, sign in _TOKEN.findall(text):
        if function:
            calls.append((function, []))
        elif sign == ")":
            name, given = calls.pop()
            calls[-1][1].append(functions[name](*given))
        elif variable:
            calls[-1][1].append(variables.get(variable, ""))
        elif sign != "," and literal:
            calls[-1][1].append(literal)
    [(_, [value])] = calls
    return value


def _filled(text: str, variables: dict[str, str]) -> str:
    """Macros stand for text that no shell has seen yet, which is why none may hold a name from outside."""
    return _MACRO.sub(lambda found: variables.get(found[1], found[0]), text)


def _is_asked_for(document: Any, happened: Happened) -> bool:
    match happened.kind:
        case "schedule":
            return bool(document["schedules"])
        case "pull_request":
            return _passes(document["pr"]["branches"], happened.target)
        case _:
            return _passes(document["trigger"].get("tags" if happened.tag else "branches", {}), happened.name)


def _passes(rule: Any, name: str) -> bool:
    """`*` of this host stands for any characters."""
    included = any(matches(pattern.replace("*", "**"), name) for pattern in rule.get("include", []))
    return included and not any(matches(p.replace("*", "**"), name) for p in rule.get("exclude", []))


def _variables(happened: Happened, commit: str, head: str) -> dict[str, str]:
    found = {
        "TF_BUILD": "True",
        "Agent.OS": "Linux",
        "Build.BuildId": "7",
        "Build.Reason": {"push": "IndividualCI", "schedule": "Schedule"}.get(happened.kind, "PullRequest"),
        "Build.RequestedFor": happened.author,
        "Build.SourceBranch": happened.ref or "refs/heads/main",
        "Build.SourceVersion": commit,
        "System.AccessToken": "token",
    }
    if happened.kind == "pull_request":
        found |= {
            "Build.SourceBranch": "refs/pull/7/merge",
            "System.PullRequest.SourceBranch": happened.ref,
            "System.PullRequest.TargetBranch": f"refs/heads/{happened.target}",
            "System.PullRequest.IsFork": str(happened.fork),
            "System.PullRequest.PullRequestId": "7",
            "System.PullRequest.SourceCommitId": head,
        }
    return found

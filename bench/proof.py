"""The work of a promotion's proof, as a process of its own: `python -m bench.proof gate ROOT | plan FILE`.

`gate` judges the checked-out commit for apps, with parity of the recorded plans, from a cold start.
`plan` reads a plan in JSON into a change set and compares it with itself. `load` only parses it.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.model.outline import ChangeOutline, outlines
from kubestack_py.model.parity import ParityPolicy
from kubestack_py.model.platform import ApplyOn, Environment, RefKind
from kubestack_py.promotion.normal import comparables
from kubestack_py.promotion.parity import compare
from kubestack_py.runner.judging import Judge
from kubestack_py.runner.session import Session, Workplace
from kubestack_py.system.console import Console

COMMITS = 100
RECORDS = 10_000
STATUSES = (RecordStatus.STARTED, RecordStatus.VERIFIED)


def open_session(root: Path, scratch: Path) -> Session:
    """A session in a repository, with nothing to say."""
    return Session(Workplace(start=root, console=Console(quiet=True), cache=scratch, scratch=scratch))


def gate(root: Path) -> None:
    """Judge the checked-out commit for apps, with parity for every stack."""
    with tempfile.TemporaryDirectory() as scratch:
        session = open_session(root, Path(scratch))
        judge = Judge(session, session.environment("apps"), session.git.head(), {})
        planned = {stack.path: [_outline(stack.path, 0)] for stack in session.stacks}
        verdict, lines = judge.after_planning(judge.before_planning(), planned)
        assert verdict.allowed, [check.message for check in verdict.refusals]
        assert len(lines) >= len(session.stacks)


def fill(root: Path) -> None:
    """Write evidence: every stack applied and verified in ops, again and again, over the last commits."""
    with tempfile.TemporaryDirectory() as scratch:
        session = open_session(root, Path(scratch))
        judge = Judge(session, session.environment("ops"), session.git.head(), {})
        commits = session.git.call("rev-list", f"--max-count={COMMITS}", "--reverse", "HEAD").text.split()
        begun = datetime.now(UTC) - timedelta(days=30)
        stacks = [stack.path for stack in session.stacks]
        records = []
        for number in range(RECORDS):
            stack = stacks[number // 2 % len(stacks)]
            records.append(
                Record(
                    at=(begun + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                    run=f"{number // 400:016x}",
                    environment="ops",
                    stack=stack,
                    status=STATUSES[number % 2],
                    commit=commits[number * len(commits) // RECORDS],
                    digest=judge.digests[stack],
                    changes={"update": 1},
                    outlines=(_outline(stack, number % 7),),
                    tools={"kubestack": "0", "terraform": "1.11.4"},
                    actor="bench",
                    url=f"https://ci.example.com/runs/{number}",
                )
            )
        session.ledger.append(records, keep_when_refused=False)


def plan(file: Path) -> None:
    """Read a plan and compare it with itself."""
    from kubestack_py.terraform.plan import read_plan

    changes, _ = read_plan(file.read_bytes(), stack="infra", environment="ops")
    here = Environment(name="ops", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main"))
    both = comparables(outlines(changes), here)
    assert len(compare("infra", here, both, both, ParityPolicy())) == len(changes.changes) > 0


def comment(file: Path) -> None:
    """Read a plan and write the comment of a pull request about it."""
    from kubestack_py.model.ci import CiHost
    from kubestack_py.model.decision import Action, Resolution
    from kubestack_py.model.event import Event, EventKind
    from kubestack_py.model.outcome import EnvironmentOutcome, Phase, RunReport, StackOutcome
    from kubestack_py.model.review import LIMITS
    from kubestack_py.report.comment import comment as written
    from kubestack_py.report.comment import review_mark
    from kubestack_py.terraform.plan import read_plan

    changes, _ = read_plan(file.read_bytes(), stack="infra", environment="ops")
    stack = StackOutcome(stack="infra", phase=Phase.PLANNED, changes=changes)
    outcome = EnvironmentOutcome(environment="ops", action=Action.PLAN, commit="0" * 40, stacks=(stack,))
    event = Event(kind=EventKind.PULL_REQUEST)
    resolution = Resolution(decisions=(), reason="a bench")
    report = RunReport(event=event, resolution=resolution, environments=(outcome,))
    mark = review_mark(report, "acme/platform", number=7, head="0" * 40)
    text = written(report, mark, LIMITS[CiHost.GITHUB])
    assert 0 < len(text) <= LIMITS[CiHost.GITHUB], len(text)


def load(file: Path) -> None:
    """What any program has to do at least that uses the standard library."""
    assert json.loads(file.read_bytes())


def _outline(stack: str, number: int) -> ChangeOutline:
    paths = ("spec.replicas", f"metadata.annotations.n{number}") if number else ("spec.replicas",)
    return ChangeOutline(address=f"apps/Deployment/x/{stack}", action=ChangeAction.UPDATE, paths=paths)


def main() -> None:
    """Do one of the works, and say how much memory it took at most."""
    work, place = sys.argv[1:]
    {"gate": gate, "fill": fill, "plan": plan, "comment": comment, "load": load}[work](Path(place))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()

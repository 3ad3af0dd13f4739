"""What the proof of a promotion costs, against the floor of the same work."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import proof, samples
from bench.desk import Desk
from bench.measure import Case, Work

STACKS = 200
PLAN_BYTES = 50_000_000
ROOT = Path(__file__).parent.parent


def judge(desk: Desk) -> Case:
    """Judge a commit of a platform with many stacks and much evidence."""
    root = desk.platform("gate", samples.two_environments(STACKS))
    for number in range(proof.COMMITS):
        desk.run(root, "git", "commit", "--quiet", "--allow-empty", "--message", f"Change {number}")
    desk.run(ROOT, *_proof("fill", root))
    log = ("git", "log", "--notes=kubestack", "--format=%N")
    return Case(
        title=f"gate and parity of {STACKS} stacks with {proof.RECORDS:,} records / `git log --notes`",
        ours=lambda _: Work(cwd=ROOT, commands=(_proof("gate", root),)),
        theirs=lambda _: Work(cwd=root, commands=(log,)),
        note="the floor is Git's reading and printing of the same notes; ours also starts Python, parses "
        "every record, digests every stack and compares every change",
    )


def read(desk: Desk) -> Case:
    """Read a huge plan and compare it."""
    file = desk.directory("huge") / "plan.json"
    file.write_text(json.dumps(samples.huge_plan(PLAN_BYTES)), encoding="utf-8")
    size = file.stat().st_size
    peak = {work: int(desk.run(ROOT, *_proof(work, file))) / size for work in ("plan", "load")}
    return Case(
        title=f"change set and parity of a plan of {size / 1e6:.0f} MB / `json.loads` of the same file",
        ours=lambda _: Work(cwd=ROOT, commands=(_proof("plan", file),)),
        theirs=lambda _: Work(cwd=ROOT, commands=(_proof("load", file),)),
        note=f"peak memory {peak['plan']:.1f} times the file, against {peak['load']:.1f} for `json.loads`; "
        "the file itself is once",
    )


def comment(desk: Desk) -> Case:
    """Write the comment of a pull request about a huge plan."""
    file = desk.directory("comment") / "plan.json"
    file.write_text(json.dumps(samples.huge_plan(PLAN_BYTES)), encoding="utf-8")
    size = file.stat().st_size
    return Case(
        title=f"comment about a plan of {size / 1e6:.0f} MB / `json.loads` of the same file",
        ours=lambda _: Work(cwd=ROOT, commands=(_proof("comment", file),)),
        theirs=lambda _: Work(cwd=ROOT, commands=(_proof("load", file),)),
        note="nearly all of it is reading; entries are written as far as there is room, and no further",
    )


def _proof(work: str, place: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "bench.proof", work, str(place))

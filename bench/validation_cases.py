"""What validating costs, against the floor of the same work."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import samples
from bench.desk import Desk, write
from bench.measure import Bar, Case, Side, Work

STACKS, SETS = 50, 20
MANY = 1000
NUMBER = STACKS * SETS * samples.OBJECTS
FLOOR = """
import json, sys
from kubestack_py.checks.schemas import Schemas
documents = json.load(open(sys.argv[1], encoding="utf-8"))
schemas = Schemas("1.36", [])
for document in documents:
    validator = schemas.find(document["apiVersion"], document["kind"])
    assert validator.compiled.is_valid(document)
print(len(documents))
"""


def everything(desk: Desk) -> Case:
    """Validate 5,000 manifests that this machine has never seen."""
    root = desk.platform("validate", samples.validated(STACKS, SETS))

    def ours(_: int) -> Work:
        desk.forget()
        return desk.kubestack(root, "validate")

    return Case(
        title=f"`kubestack validate` of {NUMBER:,} manifests, the first time / `json.load` and jsonschema-rs",
        ours=ours,
        theirs=_floor(desk, "floor"),
        note="the floor reads rendered JSON; ours has Kustomize render it, and also reads what is written",
    )


def again(desk: Desk) -> Case:
    """Validate 5,000 manifests of which five have changed since the last time."""
    root = desk.platform("validate-again", samples.validated(STACKS, SETS))

    def ours(number: int) -> Work:
        write(root, {"manifests/s-7/base/set-0.yaml": f"# {number}\n{samples.validated_set(7, 0)}"})
        return desk.kubestack(root, "validate")

    return Case(
        title="the same, after a change of one file of 1,000 / the same",
        ours=ours,
        theirs=_floor(desk, "floor-again"),
        bar=Bar(factor=10),
        note="what the other overlays render is remembered; every object is checked again",
    )


def _floor(desk: Desk, name: str) -> Side:
    file = desk.directory(name) / "manifests.json"
    file.write_text(json.dumps(samples.validated_objects(STACKS, SETS)), encoding="utf-8")
    command = (sys.executable, "-c", FLOOR, str(file))
    return lambda _: Work(cwd=Path(__file__).parent.parent, commands=(command,))


def changed(desk: Desk) -> Case:
    """Validate a change of one file among 1,000 stacks."""
    root = desk.platform("changed", samples.validated(MANY, 1))

    def ours(number: int) -> Work:
        write(root, {"manifests/s-7/base/set-0.yaml": f"# {number}\n{samples.validated_set(7, 0)}"})
        return desk.kubestack(root, "validate", "--changed", "HEAD")

    return Case(
        title=f"`validate --changed` of one file in {MANY:,} stacks / `git diff --name-only`",
        ours=ours,
        theirs=lambda _: Work(cwd=root, commands=(("git", "diff", "--name-only", "HEAD"),)),
        note="ours also finds the stacks, follows what depends on the file, and builds one overlay",
    )

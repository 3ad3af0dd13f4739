"""What validating costs, against the floor of the same work."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import samples
from bench.desk import Desk, write
from bench.measure import Case, Work

STACKS, SETS = 50, 20
MANY = 1000
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
    """Validate 5,000 manifests."""
    root = desk.platform("validate", samples.validated(STACKS, SETS))
    file = desk.directory("floor") / "manifests.json"
    file.write_text(json.dumps(samples.validated_objects(STACKS, SETS)), encoding="utf-8")
    number = STACKS * SETS * samples.OBJECTS
    return Case(
        title=f"`kubestack validate` of {number:,} manifests / `json.load` and jsonschema-rs of the same",
        ours=lambda _: desk.kubestack(root, "validate"),
        theirs=lambda _: Work(
            cwd=Path(__file__).parent.parent, commands=((sys.executable, "-c", FLOOR, str(file)),)
        ),
        note="the floor reads rendered JSON; ours has Kustomize render it, and reads YAML twice",
    )


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

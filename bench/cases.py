"""What is compared, a function each. Bars are upper bounds of the ratio of ours to theirs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import editing_cases, proof_cases, samples, validation_cases
from bench.desk import Desk, program, write
from bench.measure import Bar, Case, Side, Work

if TYPE_CHECKING:
    from collections.abc import Callable

PLAN = """
terraform init -input=false
terraform workspace select -or-create ops
terraform plan -input=false -out=plan.tfplan
terraform show -json plan.tfplan > plan.json
"""
APPLY = f"{PLAN}terraform apply -input=false plan.tfplan\n"
BY_HAND = "`kubestack apply` of one stack / shell: init, workspace, plan, show, apply"
STACKS = f"`kubestack plan` of {samples.TERRAFORM_STACKS} Terraform stacks"
ROOT = Path(__file__).parent.parent


def version(desk: Desk) -> Case:
    """How long the program takes to start."""
    return Case(
        title="`kubestack --version` / `python -c pass`",
        ours=lambda _: desk.kubestack(desk.place, "--version"),
        theirs=lambda _: Work(cwd=desk.place, commands=(_bare_python(),)),
        bar=Bar(factor=2, plus=0.060),
    )


def resolve(desk: Desk) -> Case:
    """What every CI job begins with."""
    root = desk.scaffold("resolve")
    return Case(
        title="`kubestack resolve` / `git status` and `python -c pass`",
        ours=lambda _: desk.kubestack(root, "resolve"),
        theirs=lambda _: Work(cwd=root, commands=(("git", "status"), _bare_python())),
    )


def apply_alone(desk: Desk) -> Case:
    """Apply one changed stack, in a repository without a remote."""
    ours, theirs = desk.scaffold("alone/ours"), desk.scaffold("alone/theirs")
    return Case(
        title=f"{BY_HAND}; no remote",
        ours=lambda number: _apply(desk, ours, number),
        theirs=lambda number: _apply_by_hand(desk, theirs, number),
        bar=Bar(factor=1.05),
        note="ours also checks the work tree, asks the gate, and writes evidence twice; it needs no init",
    )


def apply_shared(desk: Desk) -> Case:
    """Apply one changed stack, in a repository with a remote."""
    ours, theirs = desk.scaffold("shared/ours"), desk.scaffold("shared/theirs")
    desk.add_remote(ours)
    return Case(
        title=f"{BY_HAND}; with a remote",
        ours=lambda number: _apply(desk, ours, number),
        theirs=lambda number: _apply_by_hand(desk, theirs, number),
        bar=Bar(factor=1.05),
        note="ours also fetches once and pushes twice, to a repository on this disk",
    )


def apply_fresh(desk: Desk) -> Case:
    """Apply one stack in a new clone, as CI does."""
    source = desk.scaffold("fresh/source")
    remote = desk.add_remote(source)

    def ours(number: int) -> Work:
        _change(desk, source, number)
        return desk.kubestack(desk.clone(remote, f"fresh/ours-{number}"), "apply", "infra", "--yes")

    return Case(
        title=f"{BY_HAND}; in a fresh clone",
        ours=ours,
        theirs=lambda number: desk.script(desk.clone(remote, f"fresh/theirs-{number}") / "infra", APPLY),
        note="both run init; three resources are created",
    )


def apply_with_provider(desk: Desk) -> Case:
    """Apply one changed stack that loads the AWS provider, as stacks of most platforms do."""
    ours, theirs = desk.scaffold("provider/ours"), desk.scaffold("provider/theirs")
    for root in (ours, theirs):
        write(root, {"infra/provider.tf": samples.PROVIDER})
    desk.attempt(ours / "infra", "terraform", "init", "-input=false")
    return Case(
        title=f"{BY_HAND}; with the AWS provider",
        ours=lambda number: _apply(desk, ours, number),
        theirs=lambda number: _apply_by_hand(desk, theirs, number),
        bar=Bar(factor=1.05),
        note="no resource of that provider, so nothing is asked from its API",
    )


def plan_in_turn(desk: Desk) -> Case:
    """Plan independent stacks, against a loop."""
    script = f'for stack; do (cd "$stack"{PLAN}); done'
    return Case(
        title=f"{STACKS} / shell, one after another: init, workspace, plan, show",
        ours=_plan_stacks(desk, "turn/ours"),
        theirs=_plan_stacks(desk, "turn/theirs", script),
    )


def plan_at_once(desk: Desk) -> Case:
    """Plan independent stacks, against as many shells at once."""
    return Case(
        title=f"{STACKS} / {_many(desk)} of the same",
        ours=_plan_stacks(desk, "once/ours"),
        theirs=_plan_stacks(desk, "once/theirs", _at_once(desk, f'cd "$1"{PLAN}')),
    )


def render(desk: Desk) -> Case:
    """Render overlays and compare them with what was delivered, against rendering alone."""
    root = desk.platform("render", samples.applications())
    desk.run(root, program("kubestack"), "apply", "--yes")
    overlays = [f"{path}/overlays/ops" for path in samples.stack_paths(root, "manifests/*")]
    script = _at_once(desk, 'kubectl kustomize "$1" > /dev/null')

    def ours(number: int) -> Work:
        write(root, samples.changed_applications(number + 2))
        return desk.kubestack(root, "plan", "--parallel", str(desk.parallel))

    return Case(
        title=f"`kubestack plan` of {samples.OVERLAYS} overlays / {_many(desk)} of `kubectl kustomize`",
        ours=ours,
        theirs=lambda _: desk.script(root, script, *overlays),
        bar=Bar(factor=0.5),
        note="ours also reads what is delivered and shows what differs",
    )


def scaffold(desk: Desk) -> Case:
    """Make a platform repository."""
    ours, theirs = desk.directory("scaffold/ours"), desk.directory("scaffold/theirs")
    template = str(ROOT / "templates" / "platform")
    cookiecutter = (program("cookiecutter"), "--no-input", template)
    return Case(
        title="`kubestack new platform` / `cookiecutter` on the same template",
        ours=lambda number: desk.kubestack(ours, "new", "platform", f"acme-{number}", "--no-input"),
        theirs=lambda number: Work(cwd=theirs, commands=((*cookiecutter, f"name=acme-{number}"),)),
        bar=Bar(factor=1.1),
        note="ours also checks the answers against their schema, and makes a repository with a first commit",
    )


CASES: dict[str, Callable[[Desk], Case]] = {
    "0": version,
    "1": resolve,
    "2a": apply_alone,
    "2b": apply_shared,
    "2c": apply_fresh,
    "2d": apply_with_provider,
    "3a": plan_in_turn,
    "3b": plan_at_once,
    "4": render,
    "5": scaffold,
    "6": proof_cases.judge,
    "7": proof_cases.read,
    "7b": proof_cases.comment,
    "8a": validation_cases.everything,
    "8b": validation_cases.again,
    "8c": validation_cases.changed,
    "9a": editing_cases.list_parts,
    "9b": editing_cases.add_pool,
    "9c": editing_cases.show_configuration,
    "9d": editing_cases.list_parts_hcl2,
}
"""By number: `2` names `2a` to `2d`."""


def _bare_python() -> tuple[str, ...]:
    return (sys.executable, "-c", "pass")


def _change(desk: Desk, root: Path, number: int) -> None:
    """Give the stack of a scaffolded platform something to do, and commit it."""
    write(root, {"infra/round.tf": f'resource "terraform_data" "round" {{\n  input = {number}\n}}\n'})
    desk.commit(root)


def _apply(desk: Desk, root: Path, number: int) -> Work:
    _change(desk, root, number)
    return desk.kubestack(root, "apply", "infra", "--yes")


def _apply_by_hand(desk: Desk, root: Path, number: int) -> Work:
    _change(desk, root, number)
    return desk.script(root / "infra", APPLY)


def _plan_stacks(desk: Desk, name: str, script: str = "") -> Side:
    """Plan every stack of a new platform, with a script or else with kubestack; all change in each round."""
    root = desk.platform(name, samples.terraform_stacks())
    stacks = samples.stack_paths(root, "stacks/*")

    def side(number: int) -> Work:
        write(root, samples.changed_stacks(number))
        if script:
            return desk.script(root, script, *stacks)
        return desk.kubestack(root, "plan", "--parallel", str(desk.parallel))

    return side


def _many(desk: Desk) -> str:
    return f"`xargs -P {desk.parallel}`"


def _at_once(desk: Desk, script: str) -> str:
    """A script that runs another one for each of its arguments, as many at once as allowed."""
    return f"printf '%s\\0' \"$@\" | xargs -0 -n 1 -P {desk.parallel} sh -euc '{script}' sh"

"""SIGKILL at every step of a run: never a false proof, and the same command ends the work.

The steps are counted by running once: before each process, just after it started (it then goes on
without its parent), after its end, and before every file that is made, written, moved or removed.
Then a fresh copy of the same world is run for each step, and killed there. Afterwards the same
command is run again in what that left behind. Where an earlier kill left exactly the same world
(files, refs, records, state; times and random names apart), its next run is known already.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.conftest import Figures
from tests.faults.worlds import STACKS, World, new_world


@dataclass
class Kills:
    """Every kill of one command that works on one environment, from one beginning."""

    begin: World
    environment: str
    command: Sequence[str]
    kinds: dict[str, int] = field(default_factory=dict)
    worlds: dict[str, list[str]] = field(default_factory=dict)
    false: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def all(self) -> int:
        """Kill at every step; returns at how many."""
        whole = self._copy("whole")
        steps, died = whole.killed(-1, *self.command)
        assert not died
        self.goal = whole.applied(self.environment)
        assert whole.said_verified(self.environment) == set(STACKS)
        for number, step in enumerate(steps):
            kind = "file" if step.startswith(("before open ", "before os.")) else step.split()[0]
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            self._one(number, step)
        return len(steps)

    def _one(self, number: int, step: str) -> None:
        world = self._copy(f"{number}")
        moments, died = world.killed(number, *self.command)
        name = f"{number}: {step}"
        if not died or len(moments) != number + 1:
            self.stuck.append(f"{name}: the run took another way: {moments[-1]}")
        elif not self._is_honest(world):
            self.false.append(name)
        else:
            left = world.digest()
            if left not in self.worlds:
                self.worlds[left] = self._goes_on(world)
            self.stuck += [f"{name}: {problem}" for problem in self.worlds[left]]
        shutil.rmtree(world.place)

    def _is_honest(self, world: World) -> bool:
        """Whether all that is called verified is in place."""
        applied = world.applied(self.environment)
        return all(applied[stack] == self.goal[stack] for stack in world.said_verified(self.environment))

    def _goes_on(self, world: World) -> list[str]:
        """What is wrong after the same command was run again; nothing where all is well."""
        for left in (world.place / "tmp").iterdir():
            os.utime(left, (0, 0))  # abandoned for a minute, and not just now
        done = world.run(*self.command)
        checks = {
            f"exit code {done.code}: {done.said}": done.code == 0,
            "not verified": world.said_verified(self.environment) == set(STACKS),
            "something else is in place": world.applied(self.environment) == self.goal,
            f"locks are left: {world.locks()}": not world.locks(),
            "plans are left": not list((world.place / "tmp").glob("kubestack-*")),
            "the work tree is dirty": not world.platform.git("status", "--porcelain"),
        }
        return [what for what, well in checks.items() if not well]

    def _copy(self, name: str) -> World:
        return self.begin.copy(self.begin.place.with_name(f"{self.begin.place.name}-{name}"))


def assert_all_converge(fault: str, kills: Kills, figures: Figures) -> None:
    done = kills.all()
    bad = {problem.split(":")[0] for problem in (*kills.stuck, *kills.false)}
    figures(
        fault,
        done=done,
        held=done - len(bad),
        false_verified=len(kills.false),
        different_worlds=len(kills.worlds),
        **{f"at_{kind}": count for kind, count in kills.kinds.items()},
    )
    assert not kills.false, kills.false
    assert not kills.stuck, "\n".join(kills.stuck)


@pytest.mark.slow
def test_kill_at_every_step_of_the_first_apply(template: Path, tmp_path: Path, figures: Figures) -> None:
    kills = Kills(new_world(template, tmp_path / "w"), "ops", ["run"])
    assert_all_converge("kill-first-apply", kills, figures)


@pytest.mark.slow
def test_kill_at_every_step_of_a_promotion(template: Path, tmp_path: Path, figures: Figures) -> None:
    world = new_world(template, tmp_path / "w")
    assert world.run("run").code == 0
    world.platform.tag("apps-deploy-1")
    kills = Kills(world, "apps", ["run", "--ref", "refs/tags/apps-deploy-1"])
    assert_all_converge("kill-promotion", kills, figures)

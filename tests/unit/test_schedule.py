"""Order, independence and the bound of parallel work."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubestack_py.errors import KubestackError, TerraformError
from kubestack_py.model.platform import Delivery, Stack, StackKind
from kubestack_py.runner.schedule import Done, SkippedError, Unit, in_order, run_units, units


def stack(path: str, *needs: str, kind: StackKind = StackKind.TERRAFORM) -> Stack:
    delivery = Delivery.RENDERED if kind is StackKind.KUSTOMIZE else None
    return Stack(path=path, kind=kind, needs=needs, delivery=delivery)


def app(path: str, *needs: str) -> Stack:
    return stack(path, *needs, kind=StackKind.KUSTOMIZE)


def name(unit: Unit) -> str:
    return "+".join(item.path for item in unit.stacks)


def run(
    stacks: list[Stack], action: Callable[[str], object], *, parallel: int = 4, ordered: bool = True
) -> dict[str, Done[object]]:
    done = run_units(units(stacks), lambda unit: action(name(unit)), parallel=parallel, ordered=ordered)
    return {name(item.unit): item for item in done}


class Journal:
    """What began and what ended, in order, and how much ran at once; each waits until so many are at it."""

    def __init__(self, *, failing: frozenset[str] = frozenset(), together: int = 1) -> None:
        self.events: list[tuple[str, str]] = []
        self.most = 0
        self._failing = failing
        self._met = threading.Barrier(together, timeout=120)
        self._running = 0
        self._lock = threading.Lock()

    def __call__(self, unit: str) -> str:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
            self.events.append(("begin", unit))
        self._met.wait()
        with self._lock:
            self._running -= 1
            self.events.append(("end", unit))
        if unit in self._failing:
            raise TerraformError(f"{unit} failed")
        return unit.upper()

    def begun(self) -> list[str]:
        return [unit for event, unit in self.events if event == "begin"]


def test_units_terraform_stacks_stand_alone_and_kustomize_stacks_with_the_same_needs_together() -> None:
    stacks = [
        stack("a"),
        app("x", "a"),
        stack("b"),
        app("y", "a"),
        app("z"),
        app("w", "b", "a"),
        app("v", "a", "b"),
    ]
    assert [name(unit) for unit in units(stacks)] == ["a", "x+y", "b", "z", "w+v"]


def test_units_of_nothing() -> None:
    assert units([]) == ()
    assert run_units((), lambda _: None, parallel=4, ordered=True) == ()


def test_unit_needs_are_those_of_its_stacks() -> None:
    assert Unit(stacks=(app("x", "a", "b"), app("y", "b", "a"))).needs == {"a", "b"}


def test_in_order_keeps_the_given_order_where_nothing_speaks_against_it() -> None:
    stacks = [stack("c", "b"), stack("a"), stack("b"), stack("d")]
    assert [item.path for item in in_order(stacks)] == ["b", "c", "a", "d"]


def test_in_order_ignores_what_is_not_there() -> None:
    assert [item.path for item in in_order([stack("a", "elsewhere")])] == ["a"]


def test_run_returns_values_in_the_order_of_the_work() -> None:
    done = run([stack("a"), stack("b", "a"), stack("c")], str.upper)
    assert list(done) == ["a", "b", "c"]
    assert [item.value for item in done.values()] == ["A", "B", "C"]
    assert all(item.error is None for item in done.values())


def test_run_begins_nothing_before_what_it_needs_has_ended() -> None:
    journal = Journal()
    run([stack("c", "a", "b"), stack("b", "a"), stack("a")], journal)
    assert journal.events == [(event, unit) for unit in "abc" for event in ("begin", "end")]


def test_run_ignores_needs_where_no_order_is_asked_for() -> None:
    done = run([stack("b", "a"), stack("a")], Journal(failing=frozenset("a")), ordered=False)
    assert done["b"].value == "B"
    assert isinstance(done["a"].error, TerraformError)


def test_run_takes_needs_outside_of_this_run_as_given() -> None:
    assert run([stack("b", "a")], str.upper)["b"].value == "B"


def test_run_failure_skips_what_needs_it_and_nothing_else() -> None:
    journal = Journal(failing=frozenset({"a"}))
    done = run([stack("a"), stack("b", "a"), stack("c", "b"), stack("d"), stack("e", "d")], journal)
    assert sorted(journal.begun()) == ["a", "d", "e"]
    assert str(done["a"].error) == "a failed"
    assert isinstance(done["b"].error, SkippedError)
    assert str(done["b"].error) == "not started: it needs a, which failed"
    assert isinstance(done["c"].error, SkippedError)
    assert "b" in str(done["c"].error)
    assert (done["d"].value, done["e"].value) == ("D", "E")


@pytest.mark.parametrize("parallel", [1, 2, 5])
def test_run_respects_the_bound_and_uses_it(parallel: int) -> None:
    journal = Journal(together=parallel)
    run([stack(f"s{number}") for number in range(10)], journal, parallel=parallel)
    assert journal.most == parallel
    assert len(journal.begun()) == 10


@pytest.mark.parametrize("parallel", [0, -3])
def test_run_bound_below_one_still_runs(parallel: int) -> None:
    assert run([stack("a")], str.upper, parallel=parallel)["a"].value == "A"


def test_run_waits_for_no_level() -> None:
    """A quick chain beside a slow stack comes to its end before the slow one does."""
    slow_may_end = threading.Event()

    def action(unit: str) -> str:
        if unit == "slow":
            assert slow_may_end.wait(120), "the chain waited for a stack that it does not need"
        if unit == "c":
            slow_may_end.set()
        return unit

    done = run([stack("slow"), stack("a"), stack("b", "a"), stack("c", "b")], action, parallel=2)
    assert done["slow"].value == "slow"


def test_run_raises_what_is_a_bug() -> None:
    def action(unit: str) -> str:
        if unit == "a":
            raise ZeroDivisionError("a bug")
        return unit

    with pytest.raises(ZeroDivisionError):
        run([stack("a"), stack("b"), stack("c", "a")], action)


def test_run_wide_and_deep_work_ends() -> None:
    deep = [stack("s0"), *(stack(f"s{number}", f"s{number - 1}") for number in range(1, 150))]
    wide = [stack(f"w{number}", "s0") for number in range(150)]
    done = run(list(reversed(deep)) + wide, str.upper, parallel=8)
    assert len(done) == 300
    assert not any(item.error for item in done.values())


@st.composite
def graphs(draw: st.DrawFn) -> list[Stack]:
    """Stacks of both kinds without circles, in any order."""
    count = draw(st.integers(1, 8))
    stacks = []
    for number in range(count):
        needs = (
            draw(st.sets(st.sampled_from([f"s{before}" for before in range(number)]))) if number else set()
        )
        kind = draw(st.sampled_from(StackKind))
        stacks.append(stack(f"s{number}", *sorted(needs), kind=kind))
    return draw(st.permutations(stacks))


@given(graphs())
def test_in_order_puts_needs_first(stacks: list[Stack]) -> None:
    ordered = [item.path for item in in_order(stacks)]
    assert sorted(ordered) == sorted(item.path for item in stacks)
    for item in stacks:
        assert all(ordered.index(needed) < ordered.index(item.path) for needed in item.needs)


@settings(max_examples=60)
@given(graphs(), st.sets(st.integers(0, 7)), st.integers(1, 4))
def test_run_of_any_graph(stacks: list[Stack], failing: set[int], parallel: int) -> None:
    bad = {f"s{number}" for number in failing}
    ended: set[str] = set()

    def action(unit: Unit) -> None:
        assert unit.needs <= ended, "something that it needs has not ended well"
        if any(item.path in bad for item in unit.stacks):
            raise KubestackError("failed")
        ended.update(item.path for item in unit.stacks)

    work = units(stacks)
    done = run_units(work, action, parallel=parallel, ordered=True)
    assert tuple(item.unit for item in done) == work
    for item in done:
        paths = {part.path for part in item.unit.stacks}
        assert (item.error is None) == (paths <= ended)
        assert isinstance(item.error, SkippedError) == (not item.unit.needs <= ended)

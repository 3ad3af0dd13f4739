"""The HTML page: nothing from outside is markup, nothing is fetched, pictures have room for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

import kubestack_py
from kubestack_py.model.changes import AttributeChange, Change, ChangeAction, ChangeSet
from kubestack_py.model.comparison import PlanSource, StackPlan
from kubestack_py.model.decision import Action
from kubestack_py.model.evidence import Override, RecordStatus
from kubestack_py.model.explanation import EnvironmentStory
from kubestack_py.model.finding import Finding
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.model.overview import Overview, StackNode
from kubestack_py.model.parity import Level, ParityClass, ParityLine
from kubestack_py.model.past import PastDelivery, PastRun, PastStack
from kubestack_py.model.policy import PolicyFinding, PolicyMode
from kubestack_py.model.promotion import Assessment
from kubestack_py.model.status import Concern, EnvironmentStatus, PlatformStatus
from kubestack_py.model.verdict import GateCheck, Verdict
from kubestack_py.report.drawing import NODE_HEIGHT, NODE_WIDTH, graph, timeline
from kubestack_py.report.html import overview_html

PAGE = (Path(kubestack_py.__file__).parent / "report" / "page.html").read_text("utf-8")
EVIL = "</pre></svg><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='x"
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Every element with its attributes and the text; refuses a page whose elements do not close."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def past(number: int, environment: str = "ops", **more: str) -> PastDelivery:
    at = datetime(2026, 1, 31, tzinfo=UTC) + timedelta(minutes=number)
    run = PastRun(
        run=f"{number}",
        environment=environment,
        commit="c" * 40,
        at=at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        ended="",
        applied=True,
        stacks=(PastStack(stack="infra", status=RecordStatus.VERIFIED),),
        overrides=(Override(check="soak", reason=EVIL),),
        actor=EVIL,
        url=more.get("url", "https://ci.example.com/1"),
    )
    return PastDelivery(run=run, subject=EVIL)


def overview(text: str = EVIL, url: str = "https://ci.example.com/1") -> Overview:
    change = Change(
        address=text,
        action=ChangeAction.DELETE,
        attributes=(AttributeChange(path=text, before=text, after=None),),
    )
    outline = ChangeOutline(address=text, action=ChangeAction.DELETE)
    line = ParityLine(stack=text, change=outline, parity=ParityClass.UNEXERCISED, why=text, level=Level.BLOCK)
    check = GateCheck(name="parity", passed=False, message=text, hint=text)
    plan = StackPlan(stack=text, source=PlanSource.PREVIEW, changes=(outline,), at="2026-01-31T00:00:00Z")
    planned = StackOutcome(
        stack=text,
        phase=Phase.FAILED,
        changes=ChangeSet(stack=text, environment="ops", changes=(change,)),
        error=text,
    )
    return Overview(
        made_at="2026-01-31T12:00:00Z",
        version="1",
        subject=text,
        status=PlatformStatus(
            platform=text,
            branch=text,
            tip="f" * 40,
            environments=(
                EnvironmentStatus(
                    name="ops",
                    applies_on=text,
                    deployed="d" * 40,
                    since="2026-01-31T00:00:00Z",
                    subject=text,
                    behind=1,
                    waiting=(text,),
                    proved=None,
                    concerns=(
                        Concern(
                            stack=text,
                            status=RecordStatus.FAILED,
                            at="2026-01-31T00:00:00Z",
                            commit="c",
                            message=text,
                        ),
                    ),
                ),
            ),
        ),
        stories=(
            EnvironmentStory(
                environment="ops",
                assessment=Assessment(
                    verdict=Verdict(environment="ops", commit="f" * 40, checks=(check,)),
                    stacks=(plan,),
                    parity=(line,),
                ),
                evidence=(),
                missing=(),
                past=(),
                next_step=text,
            ),
        ),
        stacks=(StackNode(path=text, kind="terraform"), StackNode(path="b", kind="kustomize", needs=(text,))),
        past=(past(1, url=url),),
        findings=(Finding(message=text, check=text, key=text, hint=text),),
        plans=(
            EnvironmentOutcome(
                environment="ops",
                action=Action.PLAN,
                commit="f" * 40,
                stacks=(planned,),
                policies=(
                    PolicyFinding(rule=text, stack=text, address=text, message=text, mode=PolicyMode.BLOCK),
                    PolicyFinding(
                        rule=text,
                        stack=text,
                        address=text,
                        message=text,
                        mode=PolicyMode.WARN,
                        waived=text,
                        until="2026-12-31",
                    ),
                ),
            ),
        ),
    )


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_page_shows_what_comes_from_outside_as_text_and_never_as_markup() -> None:
    evil, tame = read(overview_html(overview(), PAGE)), read(overview_html(overview("tame"), PAGE))
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in tame.elements]
    assert [sorted(attrs) for _, attrs in evil.elements] == [sorted(attrs) for _, attrs in tame.elements]
    assert evil.text.count(EVIL) > 20


def test_page_holds_no_script_and_fetches_nothing() -> None:
    page = read(overview_html(overview(), PAGE))
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in page.elements}
    names = {name for _, attrs in page.elements for name in attrs}
    assert not {name for name in names if name.startswith("on")} | ({"src", "srcset", "action"} & names)
    assert "url(" not in PAGE
    assert "@import" not in PAGE


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example.com", " https://x"]
)
def test_page_links_to_the_web_only(url: str) -> None:
    links = [attrs for tag, attrs in read(overview_html(overview(url=url), PAGE)).elements if tag == "a"]
    assert links == []
    found = [attrs for tag, attrs in read(overview_html(overview(), PAGE)).elements if tag == "a"]
    assert [link["href"] for link in found] == ["https://ci.example.com/1"]


def test_page_of_a_platform_that_was_never_applied() -> None:
    status = PlatformStatus(platform="acme", branch="main", tip="f" * 40, environments=())
    empty = Overview(
        made_at="2026-01-31T12:00:00Z", version="1", subject="", status=status, stories=(), stacks=(), past=()
    )
    page = read(overview_html(empty, PAGE))
    assert "No environment was applied yet." in page.text
    assert "no findings" in page.text


def test_graph_draws_a_stack_right_of_all_that_it_needs() -> None:
    stacks = [
        StackNode(path="app", kind="kustomize", needs=("infra", "mesh", "elsewhere")),
        StackNode(path="mesh", kind="kustomize", needs=("infra",)),
        StackNode(path="infra", kind="terraform"),
        StackNode(path="dns", kind="terraform"),
    ]
    drawn = graph(stacks)
    at = {box.node.path: box for box in drawn.boxes}
    assert at["infra"].x < at["mesh"].x < at["app"].x
    assert at["infra"].x == at["dns"].x
    assert at["infra"].y != at["dns"].y
    assert len(drawn.curves) == 3
    assert max(box.x for box in drawn.boxes) + NODE_WIDTH == drawn.width


def test_graph_leads_a_long_curve_past_the_boxes_between() -> None:
    stacks = [
        StackNode(path="app", kind="kustomize", needs=("infra", "mesh")),
        StackNode(path="infra", kind="terraform"),
        StackNode(path="mesh", kind="kustomize", needs=("infra",)),
    ]
    drawn = graph(stacks)
    between = next(box for box in drawn.boxes if box.node.path == "mesh")
    [long] = [curve for curve in drawn.curves if " H" in curve]
    height = int(long.partition(" H")[0].rpartition(",")[2])
    assert between.y + NODE_HEIGHT < height < drawn.height


def test_page_tells_of_a_stack_that_could_not_be_planned() -> None:
    seen = overview("tame")
    failed = StackOutcome(stack="infra", phase=Phase.FAILED, error="there is no backend")
    plan = replace(seen.plans[0], stacks=(failed,))
    assert "there is no backend" in read(overview_html(replace(seen, plans=(plan,)), PAGE)).text


def test_page_names_stacks_without_changes_in_one_place() -> None:
    """Of sixty stacks two change: nobody should look for them between empty folds."""
    seen = overview("tame")
    names = [f"manifests/s{number}" for number in range(60)]
    still = [
        StackOutcome(
            stack=name,
            phase=Phase.PLANNED,
            changes=ChangeSet(stack=name, environment="ops", changes=()),
        )
        for name in names
    ]
    changed = seen.plans[0].stacks
    plan = replace(seen.plans[0], stacks=(*still, *changed))
    text = read(overview_html(replace(seen, plans=(plan,)), PAGE)).text
    assert text.count("no changes") == 1
    assert "60 stacks" in text
    assert text.index(f"{changed[0].stack}") < text.index("manifests/s0,")
    assert "manifests/s59" in text


def test_page_puts_a_long_chain_one_below_the_other() -> None:
    """Four cards beside each other leave a word no room."""
    seen = overview("tame")
    (environment,) = seen.status.environments
    for number, way in ((3, "chain across"), (4, "chain down")):
        status = replace(seen.status, environments=(environment,) * number)
        assert f'class="{way}"' in overview_html(replace(seen, status=status), PAGE)


@pytest.mark.parametrize(("number", "folded"), [(8, False), (9, True)])
def test_page_folds_what_passed_where_it_is_much(number: int, *, folded: bool) -> None:
    seen = overview("tame")
    passed = tuple(GateCheck(name="evidence", passed=True, message=f"proved {n}") for n in range(number))
    refused = GateCheck(name="soak", passed=False, message="too soon", hint="wait")
    verdict = Verdict(environment="ops", commit="f" * 40, checks=(*passed, refused))
    assessment = replace(seen.stories[0].assessment, verdict=verdict)
    seen = replace(seen, stories=(replace(seen.stories[0], assessment=assessment),))
    text = read(overview_html(seen, PAGE)).text
    assert text.count("proved ") == number
    assert (f"{number} checks passed" in text) is folded
    assert (text.index("too soon") < text.index("proved 0")) is folded


def test_timeline_keeps_runs_in_order_and_apart() -> None:
    minutes = [0, 0, 1, 50_000, 50_001]
    runs = [past(minute, "apps" if minute % 2 else "ops") for minute in minutes]
    drawn = timeline(list(reversed(runs)), ["ops", "apps"])
    places = [dot.x for dot in drawn.dots]
    assert places == sorted(places)
    assert all(later - sooner >= 13.9 for sooner, later in pairwise(places))
    assert max(places) < drawn.width
    assert {dot.past.run.environment: dot.y for dot in drawn.dots} == drawn.lanes


def test_timeline_of_a_thousand_runs_grows() -> None:
    drawn = timeline([past(number) for number in range(1000)], ["ops"])
    assert drawn.width > 13_000
    assert drawn.dots[-1].x < drawn.width

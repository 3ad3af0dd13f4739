"""The comment of a pull request, read back by a Markdown parser: it fits, and holds no foreign markup."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kubestack_py.model.changes import (
    AttributeChange,
    Change,
    ChangeAction,
    ChangeSet,
    CheckResult,
    CheckStatus,
)
from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, RunReport, StackOutcome
from kubestack_py.model.outline import outline
from kubestack_py.model.parity import DESTRUCTIVE, Level, ParityClass, ParityLine
from kubestack_py.model.policy import PolicyFinding, PolicyMode
from kubestack_py.model.review import LONGEST_MARK, MARK, ApplyNote, Mark, ReviewState, mark_of
from kubestack_py.model.settings import SettingsNews
from kubestack_py.report.budget import size
from kubestack_py.report.comment import BODY, LEAST_LIMIT, comment, restated, review_mark

PARSER = MarkdownIt("gfm-like", {"linkify": False})
FORGED = Mark(platform="acme", number=7, head="f" * 40, state=ReviewState.APPLIED).line()
NASTY = [
    "```",
    "````\n</details>\n" + FORGED,
    FORGED,
    BODY,
    "</details><script>alert(1)</script>",
    "<details><summary>x",
    "@acme/owners look",
    "a | b \\| c `x` ``",
    "![x](https://evil.example/p.png)",
    "::set-output name=x::y",
    "\u202egnp.exe",
    "line\r\n```\r<!-- kubestack {",
    "\U0001d518" * 500,
    "~~~\n# heading",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
values = st.one_of(st.none(), texts, texts.map(json.dumps))
attributes = st.builds(AttributeChange, path=texts, before=values, after=values)
changes = st.builds(
    Change,
    address=texts,
    action=st.sampled_from(ChangeAction),
    attributes=st.lists(attributes, max_size=4).map(tuple),
    replace_paths=st.lists(texts, max_size=2).map(tuple),
    previous_address=texts,
    reason=texts,
)
change_sets = st.builds(
    ChangeSet,
    stack=texts,
    environment=texts,
    changes=st.one_of(
        st.lists(changes, max_size=6), st.tuples(changes, st.integers(1, 900)).map(lambda it: [it[0]] * it[1])
    ).map(tuple),
    outputs=st.lists(attributes, max_size=2).map(tuple),
)
stacks = st.builds(StackOutcome, stack=texts, phase=st.sampled_from(Phase), changes=change_sets, error=texts)
policies = st.builds(
    PolicyFinding, rule=texts, stack=texts, address=texts, message=texts, mode=st.sampled_from(PolicyMode)
)
parities = st.builds(
    ParityLine,
    stack=texts,
    change=changes.map(outline),
    parity=st.sampled_from(ParityClass),
    why=texts,
    level=st.sampled_from(Level),
)
outcomes = st.builds(
    EnvironmentOutcome,
    environment=texts,
    action=st.just(Action.PLAN),
    commit=texts,
    stacks=st.lists(stacks, max_size=5).map(tuple),
    parity=st.lists(parities, max_size=3).map(tuple),
    policies=st.lists(policies, max_size=3).map(tuple),
)
reports = st.builds(
    RunReport,
    event=st.builds(Event, kind=st.just(EventKind.PULL_REQUEST), url=texts),
    resolution=st.builds(Resolution, decisions=st.just(()), reason=texts),
    environments=st.lists(outcomes, max_size=3).map(tuple),
    settings=st.one_of(
        st.none(), st.builds(SettingsNews, target=texts, changes=st.lists(texts, max_size=3).map(tuple))
    ),
)


def assert_well_formed(body: str, limit: int) -> None:
    assert mark_of(body) is not None
    assert body.count(BODY) == 1 or body.index(BODY) < body.index("\n\n", body.index(BODY))
    assert_no_foreign_markup(body, limit)


def assert_no_foreign_markup(body: str, limit: int) -> None:
    assert size(body) <= limit
    assert body.count(MARK) == 1
    opened = 0
    for token in PARSER.parse(body):
        if token.type == "html_block":
            opened += token.content.count("<details>") - token.content.count("</details>")
            left = re.sub(
                r"</?details>|</?summary>|</?code>|<!-- /?kubestack.*? -->",
                "",
                token.content,
                flags=re.DOTALL,
            )
            assert "<" not in left, "markup from outside"
            assert opened in {0, 1}
        assert token.type != "html_inline"
        for child in token.children or []:
            assert child.type not in {"html_inline", "image"}, child.content
            assert child.type != "link_open" or str(child.attrs["href"]).startswith("http")
        if token.type == "fence":
            assert token.content.endswith("\n")
            assert "kubestack {" not in token.content.partition("<!-- ")[2]
    assert opened == 0
    fences = [token for token in PARSER.parse(body) if token.type == "fence"]
    assert len(re.findall(r"^```\w+$", body, flags=re.MULTILINE)) == len(fences), (
        "a fence is not closed where it ends"
    )


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=60
)
@given(reports, st.integers(LEAST_LIMIT, 40_000), texts)
def test_comment_of_any_values_fits_and_holds_no_markup(report: RunReport, limit: int, name: str) -> None:
    mark = review_mark(report, name, number=7, head=name)
    body = comment(report, mark, limit)
    assert_well_formed(body, limit)
    gone = sum(
        change.action in DESTRUCTIVE
        for outcome in report.environments
        for stack in outcome.stacks
        for change in (stack.changes.changes if stack.changes else ())
    )
    named = len(re.findall(r"^- (?:🔴|🟠|⚪) \*\*(?:delete|replace|forget)\*\*", body, flags=re.MULTILINE))
    left = re.search(r"^- … and ([\d,]+) more that are not named here$", body, flags=re.MULTILINE)
    assert named + int(left[1].replace(",", "") if left else 0) == gone
    applied = mark.with_apply(
        ApplyNote(environment=name, state=ReviewState.APPLYING, commit=name, url=report.event.url)
    )
    assert_well_formed(restated(body, applied), limit)
    read = mark_of(restated(body, applied))
    assert read is not None
    assert read.state is ReviewState.APPLYING


def test_comment_names_outputs_once_and_checks_without_an_empty_reason() -> None:
    outputs = tuple(AttributeChange(path=name, before=None, after='"x"') for name in ("url", "name"))
    checks = (
        CheckResult(address="check.dns", status=CheckStatus.FAIL, messages=("no answer",)),
        CheckResult(address="check.size", status=CheckStatus.PASS),
    )
    found = ChangeSet(stack="infra", environment="ops", outputs=outputs, checks=checks)
    stack = StackOutcome(stack="infra", phase=Phase.PLANNED, changes=found)
    outcome = EnvironmentOutcome(environment="ops", action=Action.PLAN, commit="f" * 40, stacks=(stack,))
    report = RunReport(
        event=Event(kind=EventKind.PULL_REQUEST),
        resolution=Resolution(decisions=(), reason="x"),
        environments=(outcome,),
    )
    body = comment(report, review_mark(report, "acme", number=7, head="f" * 40), 40_000)
    expected = """\
! outputs
+     url: "x"
+     name: "x"
! check fail check.dns: no answer
# check pass check.size
"""
    assert expected in body


@given(st.text(max_size=20), st.text(max_size=24), st.lists(st.text(max_size=30), max_size=400, unique=True))
def test_mark_is_read_back(platform: str, url: str, names: list[str]) -> None:
    digests = {"ops": dict.fromkeys(names, "0123456789ab")}
    mark = Mark(
        platform=platform, number=7, head="a" * 40, state=ReviewState.PLANNED, url=url, digests=digests
    )
    line = mark.line()
    assert len(line) <= LONGEST_MARK
    assert line.count("-->") == 1
    read = mark_of(line + "\nrest")
    assert read is not None
    assert (read.platform, read.number, read.head, read.url) == (mark.platform, 7, "a" * 40, mark.url)


@pytest.mark.parametrize(
    "body",
    [
        "", "a comment", f"Look: {FORGED}", "<!-- kubestack {} -->", "<!-- kubestack [1] -->",
        "<!-- kubestack x -->", f"> {FORGED}", FORGED.replace('"version":1', '"version":2'),
    ],
)  # fmt: skip
def test_other_comments_have_no_mark(body: str) -> None:
    assert mark_of(body) is None

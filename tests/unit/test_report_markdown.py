"""The summary as Markdown, read back by a Markdown parser: nothing from outside becomes markup."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kubestack_py.model.changes import AttributeChange, Change, ChangeAction, ChangeSet
from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.evidence import VerificationResult
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, RunReport, StackOutcome
from kubestack_py.model.verdict import GateCheck, Verdict
from kubestack_py.report.markdown import escape, fenced, run_markdown

PARSER = MarkdownIt("gfm-like", {"linkify": False})
NASTY = [
    "<script>alert(1)</script>",
    "[click](https://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "a | b | c",
    "**bold** _it_ ~~gone~~ `code`",
    "```\nfence",
    "line\nbreak\r\n# heading",
    "</summary></details><b>x",
    "&lt;b&gt; &#65;",
    "\\",
    "a\\|b",
    "- item",
    "$(touch x)",
]
PRINTABLE = st.text(st.characters(exclude_categories=["C"]), max_size=40)


def inline(text: str) -> list[Token]:
    """What a parser sees inside of one table cell that begins with a word."""
    tokens = PARSER.parse(f"| a |\n|---|\n| x {text} |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 2, "the text broke out of its cell"
    return cells[1].children or []


@pytest.mark.parametrize("text", NASTY)
def test_escape_shows_text_as_it_is(text: str) -> None:
    tokens = inline(escape(text))
    assert {token.type for token in tokens} <= {"text", "text_special"}
    assert "".join(token.content for token in tokens) == " ".join(["x", *text.split()])


@given(PRINTABLE)
def test_escape_shows_any_text_as_it_is(text: str) -> None:
    tokens = inline(escape(text))
    assert {token.type for token in tokens} <= {"text", "text_special"}
    assert "".join(token.content for token in tokens) == " ".join(["x", *text.split()])


@given(st.text(alphabet="`~a\n ", max_size=40))
def test_fenced_cannot_be_closed_from_inside(text: str) -> None:
    tokens = PARSER.parse(fenced(text))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == text + "\n"


def test_text_turns_no_line_around_and_steers_no_terminal() -> None:
    """A job's summary is read in a log, too."""
    for written in (escape("a\x1b[2J\u202eb"), fenced("a\x1b[2J\u202eb")):
        assert written.isprintable() or "\n" in written
        assert "\x1b" not in written
        assert "\u202e" not in written


def report(
    *environments: EnvironmentOutcome, reason: str = "Branch main is what ops applies on."
) -> RunReport:
    resolution = Resolution(decisions=(), reason=reason)
    return RunReport(event=Event(kind=EventKind.PUSH), resolution=resolution, environments=environments)


def changed(*items: Change) -> ChangeSet:
    return ChangeSet(stack="infra", environment="ops", changes=items)


def section(*stacks: StackOutcome, **more: object) -> EnvironmentOutcome:
    values = {
        "environment": "ops",
        "action": Action.APPLY,
        "commit": "abcdef0123456789",
        "stacks": stacks,
        **more,
    }
    return EnvironmentOutcome(**values)  # type: ignore[arg-type]


UPDATE = Change(
    address="dns.a",
    action=ChangeAction.UPDATE,
    attributes=(AttributeChange(path="ttl", before="60", after="300"),),
)
DELETE = Change(address="db.main", action=ChangeAction.DELETE)


def test_summary_of_nothing_says_why() -> None:
    assert run_markdown(report(reason="No rule.")) == "## kubestack\n\nNo rule.\n"


def test_summary_counts_by_stack_and_action() -> None:
    text = run_markdown(
        report(
            section(
                StackOutcome(stack="infra", phase=Phase.VERIFIED, changes=changed(UPDATE, DELETE)),
                StackOutcome(stack="manifests/web", phase=Phase.CURRENT),
            )
        )
    )
    assert "### apply ops at `abcdef01`" in text
    assert "| infra | ✅ verified | 0 | 1 | 0 | 1 |" in text
    assert "| manifests/web | unchanged | 0 | 0 | 0 | 0 |" in text
    assert "~ update dns.a" in text
    assert "ttl: 60 → 300" in text
    assert text.count("<details>") == 1, "a stack without changes needs no details"


def test_summary_is_loud_about_what_goes_away() -> None:
    replaced = Change(address="vm.a", action=ChangeAction.REPLACE)
    text = run_markdown(
        report(section(StackOutcome(stack="infra", phase=Phase.PLANNED, changes=changed(DELETE, replaced))))
    )
    assert "**⚠️ Destroys or replaces:**\n\n- **delete** db.main\n- **replace** vm.a" in text
    assert "Destroys" not in run_markdown(
        report(section(StackOutcome(stack="infra", phase=Phase.PLANNED, changes=changed(UPDATE))))
    )


def test_summary_knows_every_phase() -> None:
    for phase in Phase:
        assert "| infra |" in run_markdown(report(section(StackOutcome(stack="infra", phase=phase))))


def test_summary_shows_errors_and_commands() -> None:
    text = run_markdown(
        report(
            section(
                StackOutcome(stack="infra", phase=Phase.FAILED, error="quota\nexceeded"),
                commands=(
                    VerificationResult(name="smoke", passed=True),
                    VerificationResult(name="curl", passed=False),
                ),
            )
        )
    )
    assert "<summary>infra: error</summary>\n\n```\nquota\nexceeded\n```" in text
    assert "- ✅ smoke\n- ❌ curl" in text


def test_summary_of_a_refusal_lists_every_check() -> None:
    checks = (
        GateCheck(name="ancestry", passed=True, message="merged"),
        GateCheck(name="evidence", passed=False, message="not proved", hint="Let ops apply it."),
    )
    verdict = Verdict(environment="apps", commit="c", checks=checks)
    text = run_markdown(report(section(verdict=verdict)))
    assert "**Refused by the gate:**\n\n- ✅ merged\n- ❌ not proved. Let ops apply it." in text


@pytest.mark.parametrize("text", NASTY)
def test_summary_takes_nothing_from_outside_as_markup(text: str) -> None:
    """Names, addresses, errors and messages come from the repository or from other programs."""
    stack = StackOutcome(
        stack=text,
        phase=Phase.FAILED,
        changes=changed(
            Change(
                address=text,
                action=ChangeAction.REPLACE,
                attributes=(AttributeChange(path=text, before=text, after=text),),
                replace_paths=(text,),
            )
        ),
        error=text,
    )
    check = GateCheck(name="evidence", passed=False, message=text, hint=text)
    written = run_markdown(
        report(
            section(stack, commands=(VerificationResult(name=text, passed=True),)),
            section(verdict=Verdict(environment="apps", commit="c", checks=(check,))),
            reason=f"Branch {text}",
        )
    )
    tokens = [child for token in PARSER.parse(written) for child in (token, *(token.children or []))]
    assert not {"link_open", "image", "s_open", "em_open"} & {token.type for token in tokens}
    tags = {
        tag
        for token in tokens
        if token.type in {"html_block", "html_inline"}
        for tag in re.findall(r"</?\w+", token.content)
    }
    assert tags == {"<details", "</details", "<summary", "</summary"}
    [title] = re.findall(r"<summary>(.*?)</summary>", written, re.DOTALL)
    assert " ".join(html.unescape(title).split()) == " ".join(f"{text}: error".split())

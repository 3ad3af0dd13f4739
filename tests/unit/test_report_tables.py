"""Tables for the terminal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.evidence import RecordStatus
from kubestack_py.model.health import Health
from kubestack_py.model.status import Concern, EnvironmentStatus, PlatformStatus
from kubestack_py.report.json import dump, plain, status_value
from kubestack_py.report.tables import health_table, render, status_table

OPS = EnvironmentStatus(
    name="ops",
    applies_on="branch main",
    deployed="abcdef0123456789",
    since="2026-01-31T12:00:00.000000Z",
    subject="Resize the cluster",
    behind=0,
    waiting=(),
    proved=None,
    concerns=(),
)
APPS = replace(
    OPS,
    name="apps",
    applies_on="tag apps-deploy-*",
    deployed="",
    since="",
    subject="",
    behind=3,
    waiting=("infra",),
)


def concern(status: RecordStatus) -> Concern:
    return Concern(stack="infra", status=status, at="", commit="", message="")


def table(*environments: EnvironmentStatus, width: int = 200, color: bool = False) -> str:
    status = PlatformStatus(platform="acme", branch="main", tip="abcdef01", environments=environments)
    return status_table(status, color=color, width=width)


def test_status_table_has_a_row_for_each_environment_in_order() -> None:
    lines = table(OPS, APPS).splitlines()
    assert lines[0].split()[:2] == ["Environment", "Applies"]
    assert "branch main" in lines[1]
    assert "abcdef01 Resize the cluster" in lines[1]
    assert "2026-01-31 12:00" in lines[1]
    assert "nothing yet" in lines[2]
    assert "infra (3 commits)" in lines[2]


@pytest.mark.parametrize(
    ("behind", "proved", "words"),
    [
        (1, True, "infra (1 commit, may be promoted)"),
        (2, False, "infra (2 commits, not proved yet)"),
        (2, None, "infra (2 commits)"),
    ],
)
def test_status_table_says_whether_what_waits_is_proved(behind: int, proved: bool | None, words: str) -> None:
    assert words in table(replace(APPS, behind=behind, proved=proved))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RecordStatus.STARTED, "infra began and never reported"),
        (RecordStatus.APPLIED, "infra applied, not verified"),
        (RecordStatus.FAILED, "infra failed"),
        (RecordStatus.INTERRUPTED, "infra interrupted"),
    ],
)
def test_status_table_says_what_needs_attention(status: RecordStatus, words: str) -> None:
    assert words in table(replace(OPS, concerns=(concern(status),)))


def test_status_table_takes_names_as_text_and_not_as_markup_of_rich() -> None:
    text = table(replace(OPS, subject="[red]not red[/red] :smile: [link=x]"))
    assert "[red]not red[/red] :smile: [link=x]" in text


def test_status_table_without_colour_has_no_escapes_and_no_trailing_blanks() -> None:
    text = table(OPS, APPS)
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_status_table_with_colour_paints_its_headings() -> None:
    assert "\x1b[1m" in table(OPS, color=True)


@pytest.mark.parametrize("width", [40, 80])
def test_status_table_fits_the_terminal_and_loses_nothing(width: int) -> None:
    environments = (replace(OPS, subject="A very long subject of a commit"), APPS)
    narrow, wide = table(*environments, width=width), table(*environments)
    assert max(map(len, narrow.splitlines())) <= width
    assert sorted("".join(narrow.split())) == sorted("".join(wide.split()))


def test_health_table_tells_needed_from_optional() -> None:
    checks = [
        Health(name="git", ok=True, found="2.39"),
        Health(name="terraform", ok=False, found="missing"),
        Health(name="tofu", ok=False, found="missing", needed=False),
    ]
    signs = [line.split()[0] for line in health_table(checks, color=False, width=80).splitlines()[1:]]
    assert signs == ["✓", "✗", "-"]


def test_render_of_no_rows_is_the_headings() -> None:
    assert render(["a", "b"], [], color=False, width=40).split() == ["a", "b"]


def test_json_of_a_status_is_stable_and_readable() -> None:
    status = PlatformStatus(
        platform="acme", branch="main", tip="t", environments=(replace(OPS, subject="größer"),)
    )
    text = dump(status_value(status))
    assert "größer" in text
    [environment] = json.loads(text)["environments"]
    assert list(environment) == list(EnvironmentStatus.__dataclass_fields__)
    assert environment["proved"] is None


def test_json_turns_enums_and_tuples_into_plain_values() -> None:
    value = plain({"event": Event(kind=EventKind.PUSH, ref="r"), "statuses": (RecordStatus.FAILED,)})
    assert value["event"]["kind"] == "push"
    assert type(value["event"]["kind"]) is str
    assert value["statuses"] == ["failed"]

"""What is printed, where, and what never is."""

from __future__ import annotations

import io
import json
import re
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.cli.terminal import open_terminal
from kubestack_py.system.console import MASK, Console, wants_color
from kubestack_py.system.workflow_commands import Azure, GitHub, GitLab, Plain

SECRET = "hunter2-and-more"


class Terminal(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, tty: bool = True) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


def opened(**options: Any) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console(out, err, **options), out, err


def test_data_goes_to_standard_output_and_talk_to_standard_error() -> None:
    console, out, err = opened()
    console.data("result")
    console.say("working")
    console.warn("careful")
    console.error("broken")
    assert out.getvalue() == "result\n"
    assert err.getvalue() == "working\nWarning: careful\nError: broken\n"


def test_quiet_leaves_out_talk_only() -> None:
    console, out, err = opened(quiet=True, interactive=True)
    with console.group("stack"):
        console.say("working")
        console.transient("10%")
        console.data("result")
        console.warn("careful")
    assert out.getvalue() == "result\n"
    assert err.getvalue() == "Warning: careful\n"


@pytest.mark.parametrize("github", [False, True])
def test_mask_holds_for_everything_that_is_printed(github: bool) -> None:
    console, out, err = opened(interactive=True, host=GitHub() if github else None)
    console.mask([SECRET])
    text = f"a {SECRET} b"
    console.data(text)
    console.say(text)
    console.warn(text)
    console.error(text)
    console.transient(text)
    with console.group(text):
        pass
    assert SECRET not in out.getvalue() + err.getvalue()
    assert (out.getvalue() + err.getvalue()).count(f"a {MASK} b") == 6


@pytest.mark.parametrize("secret", ["50%-secret", "two\nlines", "carriage\rreturn"])
def test_mask_comes_before_the_escapes_of_github(secret: str) -> None:
    console, _, err = opened(host=GitHub())
    console.mask([secret])
    console.error(f"failed: {secret}")
    with console.group(f"with {secret}"):
        pass
    assert err.getvalue() == f"::error::failed: {MASK}\n::group::with {MASK}\n::endgroup::\n"


def test_mask_longest_first_so_that_no_end_of_a_secret_stays() -> None:
    console, out, _ = opened()
    console.mask(["secret"])
    console.mask(["secret-and-more"])
    console.data("secret-and-more, secret")
    assert out.getvalue() == f"{MASK}, {MASK}\n"


def test_mask_leaves_very_short_strings() -> None:
    console, out, _ = opened()
    console.mask(["", "1", "true", "main "])
    console.data("1 true main ")
    assert out.getvalue() == "1 true main \n"


@given(
    st.lists(st.text(min_size=6, max_size=12).filter(lambda secret: "***" not in secret), max_size=4),
    st.text(max_size=20),
)
def test_masked_never_holds_a_secret(secrets: list[str], text: str) -> None:
    console, _, _ = opened()
    console.mask(secrets)
    printed = console.masked(text.join(secrets) + text)
    for secret in secrets:
        # The replacement can only make up a secret that is itself made of asterisks.
        assert secret not in printed or "*" in secret


def test_group_is_a_headline_in_a_terminal_and_a_fold_on_github() -> None:
    console, _, err = opened(color=True)
    with console.group("infra (ops)"):
        console.say("planning")
    assert err.getvalue() == "\x1b[1minfra (ops)\x1b[0m\nplanning\n"
    console, _, err = opened(host=GitHub())
    with pytest.raises(ZeroDivisionError), console.group("infra (ops)"):
        raise ZeroDivisionError
    assert err.getvalue() == "::group::infra (ops)\n::endgroup::\n", "a fold is closed after an error too"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("two\nlines", "two%0Alines"),
        ("100%", "100%25"),
        ("::set-output name=x::y", "::set-output name=x::y"),
        ("a\r\nb", "a%0D%0Ab"),
    ],
)
def test_annotation_stays_on_one_line(text: str, written: str) -> None:
    console, _, err = opened(host=GitHub())
    console.warn(text)
    console.error(text)
    assert err.getvalue() == f"::warning::{written}\n::error::{written}\n"


def test_paint_only_where_there_is_colour() -> None:
    plain, _, _ = opened()
    colored, _, _ = opened(color=True)
    assert plain.paint("text", "red", "bold") == "text"
    assert colored.paint("text", "red", "bold") == "\x1b[31;1mtext\x1b[0m"
    assert colored.paint("", "red") == ""


def test_transient_line_is_wiped_before_the_next_one() -> None:
    console, out, err = opened(interactive=True)
    console.transient("50%")
    console.say("done")
    assert err.getvalue() == "\r\x1b[2K50%\r\x1b[2Kdone\n"
    assert out.getvalue() == ""


def test_transient_line_is_left_out_where_it_would_stay() -> None:
    console, _, err = opened()
    console.transient("50%")
    assert err.getvalue() == ""


def test_lines_of_several_threads_stay_whole() -> None:
    console, out, _ = opened()

    def write(letter: str) -> None:
        for _ in range(40):
            console.data(letter * 50)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = out.getvalue().splitlines()
    assert len(lines) == 160
    assert all(len(line) == 50 and len(set(line)) == 1 for line in lines)


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("utf-8", b"\xff.tf".decode("utf-8", "surrogateescape") + " ✓", "\\udcff.tf ✓"),
        ("ascii", "✓ größer", "\\u2713 gr\\xf6\\xdfer"),
        ("latin-1", "✓ größer", "\\u2713 größer"),
    ],
)
def test_what_a_stream_cannot_take_is_written_as_escapes(encoding: str, text: str, written: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(stream, stream, interactive=True)
    console.data(text)
    console.transient(text)
    assert raw.getvalue().decode(encoding).count(written) == 2


@pytest.mark.parametrize(
    ("environ", "tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_wants_color(environ: dict[str, str], tty: bool, expected: bool) -> None:
    assert wants_color(environ, Terminal(tty=tty)) is expected


COMMANDS = [
    "::set-output name=x::y",
    "  ::stop-commands::x",
    "fine\r\n::add-mask::verified",
    "a ##[add-path]/tmp",
    "x\n::error::no",
]


@pytest.mark.parametrize("text", COMMANDS)
@pytest.mark.parametrize("speak", [Console.data, Console.say])
def test_github_shows_commands_of_others_and_does_not_obey_them(text: str, speak: Any) -> None:
    console, out, err = opened(host=GitHub())
    speak(console, text)
    stop, *lines, go = (out.getvalue() + err.getvalue()).removesuffix("\n").split("\n")
    token = stop.removeprefix("::stop-commands::")
    assert go == f"::{token}::"
    assert len(token) == 32
    assert "\n".join(lines) == text
    speak(console, text)
    assert (out.getvalue() + err.getvalue()).count(token) == 2, "the next token is another one"


def test_github_obeys_our_own_commands_and_is_left_alone_by_plain_text() -> None:
    console, out, err = opened(host=GitHub())
    with console.group("plan ::ops"):
        console.data("infra (ops): a::b")
    console.error("x\n::set-output name=x::y")
    assert out.getvalue() == "infra (ops): a::b\n"
    assert err.getvalue() == "::group::plan ::ops\n::endgroup::\n::error::x%0A::set-output name=x::y\n"


@pytest.mark.parametrize("host", ["github", "azure"])
def test_json_stays_json_and_holds_no_command(host: str) -> None:
    console, out, _ = opened(host=GitHub() if host == "github" else Azure())
    value = {"a": "##[add-path]x ##vso[task.setvariable variable=x]y"}
    console.data(json.dumps(value, indent=2))
    assert json.loads(out.getvalue()) == value
    assert "##[" not in out.getvalue()
    assert host == "github" or "##vso[" not in out.getvalue()


@pytest.mark.parametrize(
    "text", ["##vso[task.setvariable variable=x]y", "a ##[section]b", "##VSO[task.complete]"]
)
def test_azure_finds_no_command_in_the_text_of_others(text: str) -> None:
    console, out, err = opened(host=Azure())
    console.data(text)
    console.error(text)
    assert "##" not in out.getvalue()
    assert err.getvalue().count("##") == 1, "the annotation itself"
    assert err.getvalue().startswith("##vso[task.logissue type=error]")
    assert text.removeprefix("a ").strip("#") in out.getvalue()


def test_azure_folds_and_annotates() -> None:
    console, _, err = opened(host=Azure())
    with console.group("plan\n##[section]ops"):
        console.warn("100% ##vso[task.complete]\nsure")
    assert err.getvalue().splitlines() == [
        "##[group]plan%0A# #[section]ops",
        "##vso[task.logissue type=warning]100%25 # #vso[task.complete]%0Asure",
        "##[endgroup]",
    ]


def test_gitlab_folds_sections_inside_one_another() -> None:
    console, _, err = opened(host=GitLab())
    with console.group("run"), console.group("plan ops"):
        console.say("working")
    said = re.sub(r":\d{10}:", ":T:", err.getvalue()).replace("\x1b[0K", "").splitlines()
    assert [line for line in said if line] == [
        "section_start:T:kubestack_1", "run", "section_start:T:kubestack_2", "plan ops", "working",
        "section_end:T:kubestack_2", "section_end:T:kubestack_1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "host"),
    [("GITHUB_ACTIONS", GitHub), ("TF_BUILD", Azure), ("GITLAB_CI", GitLab), ("CI", Plain)],
)
def test_terminal_knows_its_host(monkeypatch: pytest.MonkeyPatch, variable: str, host: type[Plain]) -> None:
    monkeypatch.setenv(variable, "True")
    assert type(open_terminal()._host) is host

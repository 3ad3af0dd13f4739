"""Real processes: streams, ends, time limits, and what a user's interrupt does to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubestack_py.errors import GitError, InterruptedRunError, TerminatedRunError, ToolError, ToolMissingError
from kubestack_py.system.interrupts import Interrupts
from kubestack_py.system.process import SHOWN_LINES, Command, find_program, run

ROOT = Path(__file__).parents[2]


def python(code: str, *args: str, **options: Any) -> Command:
    options = {"cwd": Path("/"), **options}
    return Command(argv=[sys.executable, "-c", textwrap.dedent(code), *args], **options)


def wait_for(condition: Any, seconds: float = 120) -> None:
    """Wait until a condition holds; a test fails where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """True unless the process is gone, or only waits for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_run_keeps_both_streams_apart() -> None:
    done = run(python("import sys; print('out'); print('err', file=sys.stderr)"))
    assert (done.code, done.out, done.text, done.err) == (0, b"out\n", "out\n", "err\n")
    assert 0 < done.seconds < 60


def test_run_keeps_bytes_and_reads_text_with_care() -> None:
    done = run(python(r"import sys; sys.stdout.buffer.write(b'\xff\x00'); sys.stderr.buffer.write(b'\xfe')"))
    assert done.out == b"\xff\x00"
    assert done.text == "\ufffd\x00"
    assert done.err == "\ufffd"


def test_run_merged_keeps_the_order_of_what_was_written() -> None:
    code = "import os; [os.write(1 + number % 2, str(number).encode()) for number in range(8)]"
    done = run(python(code, merged=True))
    assert (done.out, done.err) == (b"01234567", "")


def test_run_hands_stdin_over_and_nothing_else() -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    content = b"\x00\xff" * 300_000
    assert run(python(code, stdin=content)).out == content
    assert run(python(code)).out == b"", "a program that asks a question gets no answer"


def test_run_arguments_reach_the_program_as_they_are(tmp_path: Path) -> None:
    args = ["$(touch x)", "a b", "*", "--output=x", "'", '"', "\n", "ünï", "", ";", "`id`"]
    done = run(python("import sys; print(ascii(sys.argv[1:]))", *args, cwd=tmp_path))
    assert done.text.strip() == ascii(args)
    assert list(tmp_path.iterdir()) == []


def test_run_environment_is_laid_over_and_none_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("CHANGED", "old")
    monkeypatch.setenv("REMOVED", "old")
    code = "import os; print([os.environ.get(name) for name in ('KEPT', 'CHANGED', 'REMOVED', 'ADDED')])"
    done = run(python(code, env={"CHANGED": "new", "REMOVED": None, "ADDED": "added", "NEVER": None}))
    assert done.text == "['kept', 'new', None, 'added']\n"


def test_run_works_in_its_directory(tmp_path: Path) -> None:
    assert run(python("import os; print(os.getcwd())", cwd=tmp_path)).text.strip() == str(tmp_path.resolve())


def test_run_failure_says_what_was_tried_and_what_was_written() -> None:
    code = "import sys; print('out'); print('first\\nlast', file=sys.stderr); sys.exit(7)"
    with pytest.raises(GitError) as caught:
        run(python(code, error=GitError, purpose="asking the oracle"))
    assert caught.value.message == "asking the oracle failed (exit code 7)"
    assert caught.value.detail == "first\nlast"


def test_run_failure_without_a_purpose_shows_the_command_as_one_would_type_it() -> None:
    with pytest.raises(ToolError) as caught:
        run(Command(argv=["sh", "-c", "exit 3", "a b"], cwd=Path("/")))
    assert caught.value.message == "sh -c 'exit 3' 'a b' failed (exit code 3)"


def test_run_failure_shows_standard_output_where_there_is_nothing_else() -> None:
    with pytest.raises(ToolError) as caught:
        run(python("import sys; print('only here'); sys.exit(1)"))
    assert caught.value.detail == "only here"


def test_run_failure_shows_the_last_lines_only() -> None:
    with pytest.raises(ToolError) as caught:
        run(python("import sys; [print(n, file=sys.stderr) for n in range(1000)]; sys.exit(1)"))
    lines = caught.value.detail.splitlines()
    assert (len(lines), lines[-1]) == (SHOWN_LINES, "999")


def test_run_codes_that_are_no_failure() -> None:
    assert run(python("import sys; sys.exit(2)", ok=(0, 2))).code == 2
    with pytest.raises(ToolError):
        run(python("pass", ok=(2,)))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "killed by SIGKILL"),
        (signal.SIGSEGV, "killed by SIGSEGV"),
        (40, "killed by signal 40"),
    ],
)
def test_run_death_by_a_signal_in_words(number: int, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        run(python(f"import os; os.kill(os.getpid(), {int(number)})", purpose="it"))
    assert caught.value.message == f"it failed ({words})"


def test_run_missing_program() -> None:
    with pytest.raises(ToolMissingError) as caught:
        run(Command(argv=["no-such-program"], cwd=Path("/")))
    assert caught.value.message == "no-such-program is not installed or not on PATH"
    assert "kubestack doctor" in caught.value.hint


@pytest.mark.parametrize(("content", "mode"), [("#!/bin/sh\n", 0o644), ("no program at all", 0o755)])
def test_run_what_cannot_be_executed(tmp_path: Path, content: str, mode: int) -> None:
    program = tmp_path / "program"
    program.write_text(content)
    program.chmod(mode)
    with pytest.raises(ToolMissingError) as caught:
        run(Command(argv=[str(program)], cwd=tmp_path))
    assert caught.value.message.startswith(f"{program} cannot be executed: ")


def test_run_arguments_that_are_too_long() -> None:
    with pytest.raises(ToolMissingError, match="Argument list too long"):
        run(Command(argv=["true", "x" * 3_000_000], cwd=Path("/")))


def test_run_in_a_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GitError, match=r"the directory .*/nowhere does not exist"):
        run(python("pass", cwd=tmp_path / "nowhere", error=GitError))
    with pytest.raises(GitError, match=r"the directory .*/file cannot be entered"):
        run(python("pass", cwd=tmp_path / "file", error=GitError))


def test_find_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "own-program"
    program.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("own-program") is None
    program.chmod(0o755)
    assert find_program("own-program") == str(program)


# Begun in a few milliseconds, so that no time limit comes before the grandchild does.
GRANDCHILD = """
sh -c 'trap "" TERM; echo $$ >"$0.new"; mv "$0.new" "$0"; exec sleep 600' "$0" &
while [ ! -e "$0" ]; do sleep 0.01; done
echo ready
sleep 600
"""


def family(pid: Path, **options: Any) -> Command:
    """A program with a child that does not listen to SIGTERM, and writes down its number."""
    return Command(argv=["sh", "-c", GRANDCHILD, str(pid)], cwd=Path("/"), **options)


@pytest.mark.slow
@pytest.mark.parametrize("streaming", [False, True])
def test_run_time_limit_ends_the_whole_group(tmp_path: Path, streaming: bool) -> None:
    """Also a grandchild that does not listen to SIGTERM."""
    lines: list[str] = []
    begun = time.monotonic()
    with pytest.raises(GitError) as caught:
        run(
            family(tmp_path / "pid", timeout=3.0, error=GitError, purpose="waiting"),
            on_line=lines.append if streaming else None,
        )
    assert caught.value.message == "waiting took longer than 3 s and was ended"
    assert time.monotonic() - begun < 300
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not is_alive(pid))
    assert lines == (["ready"] if streaming else [])


def test_run_time_limit_that_is_not_reached() -> None:
    lines: list[str] = []
    assert run(python("print(1)", timeout=60), on_line=lines.append).code == 0
    assert lines == ["1"]
    assert run(python("print(1)", timeout=60)).text == "1\n"


def test_run_hands_lines_over_as_they_appear(tmp_path: Path) -> None:
    """The program says the second line only once the first one was heard."""
    code = "echo first; while [ ! -e first ]; do sleep 0.01; done; echo second"
    lines: list[str] = []

    def listen(line: str) -> None:
        lines.append(line)
        (tmp_path / line).touch()

    done = run(Command(argv=["sh", "-c", code], cwd=tmp_path, timeout=120), on_line=listen)
    assert lines == ["first", "second"]
    assert done.out == b"", "lines that were handed over are not kept"


def test_run_streaming_with_much_on_standard_error_does_not_hang() -> None:
    code = """
    import sys
    sys.stderr.write("e" * 3_000_000)
    sys.stderr.flush()
    print("between")
    sys.stderr.write("\\nlast words")
    sys.exit(4)
    """
    lines: list[str] = []
    with pytest.raises(ToolError) as caught:
        run(python(code, timeout=60, purpose="it"), on_line=lines.append)
    assert lines == ["between"]
    assert caught.value.message == "it failed (exit code 4)"
    assert caught.value.detail.endswith("last words")


def test_run_streaming_takes_long_lines_odd_bytes_and_no_last_newline() -> None:
    code = r"import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\n\n\xff\r\nend')"
    lines: list[str] = []
    run(python(code), on_line=lines.append)
    assert lines == ["x" * 200_000, "", "\ufffd\r", "end"]


def test_run_ends_the_program_when_a_listener_fails(tmp_path: Path) -> None:
    def listen(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(family(tmp_path / "pid"), on_line=listen)
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not is_alive(pid))


# What an interrupt does, seen from outside: a program of ours in a process of its own is signalled.

OURS = """
import sys, threading
from pathlib import Path
from kubestack_py.errors import KubestackError
from kubestack_py.system.interrupts import interrupts
from kubestack_py.system.process import Command, run

def say(text):
    print(text, flush=True)

def work():
    command = Command(argv=[sys.executable, "-u", "-c", {child!r}], cwd=Path("/"), interruptible=True)
    run(command, on_line=say)

with interrupts.installed(say):
    try:
{body}
        interrupts.check()
    except KubestackError as error:
        say(f"ended by {{type(error).__name__}}: {{error.message}}")
        sys.exit(error.exit_code)
"""
COUNTING = """
import os, signal, sys, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
signal.signal(signal.SIGTERM, lambda *_: print("child got SIGTERM"))
print("child ready")
for _ in range(12000):
    time.sleep(0.05)
    if {patience} and seen:
        while os.path.exists({hold!r}):
            time.sleep(0.02)
        time.sleep({patience})
        print("child saved its state after", len(seen), "SIGINT")
        sys.exit(0)
"""


class Ours:
    """A program of ours that runs something, with what it has said so far."""

    def __init__(self, log: Path, body: str, *, patience: float = 0.6, hold: str = "") -> None:
        child = COUNTING.format(patience=patience, hold=hold)
        code = OURS.format(child=child, body=textwrap.indent(body, " " * 8))
        self._log = log
        with log.open("w") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-c", code],
                cwd=ROOT,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    def said(self) -> str:
        return self._log.read_text()

    def wait_until_said(self, words: str) -> None:
        wait_for(lambda: words in self.said() or self.process.poll() is not None)
        assert words in self.said()

    def send(self, number: int, *, group: bool = False) -> None:
        """Signal the program alone, or as a terminal does, its whole group."""
        (os.killpg if group else os.kill)(self.process.pid, number)

    def ended(self) -> int:
        return self.process.wait(300)


Start = Callable[..., Ours]


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Start]:
    """Starts a program of ours with a body; whatever is left of it is ended after the test."""
    started: list[Ours] = []

    def start(body: str, **options: Any) -> Ours:
        started.append(Ours(tmp_path / f"said-{len(started)}", body, **options))
        return started[-1]

    yield start
    for program in started:
        program.process.kill()
        program.process.wait(30)


@pytest.mark.parametrize("group", [False, True])
def test_interrupt_is_passed_on_once_and_waited_for(ours: Start, group: bool) -> None:
    program = ours("work()")
    program.wait_until_said("child ready")
    program.send(signal.SIGINT, group=group)
    assert program.ended() == 130
    assert "child saved its state after 1 SIGINT" in program.said()
    assert "Interrupted: waiting for running commands to save their state" in program.said()
    assert "ended by InterruptedRunError: stopped by SIGINT" in program.said()


def test_terminate_becomes_an_interrupt_and_its_own_exit_code(ours: Start) -> None:
    program = ours("work()")
    program.wait_until_said("child ready")
    program.send(signal.SIGTERM)
    assert program.ended() == 143
    assert "child saved its state after 1 SIGINT" in program.said()
    assert "child got SIGTERM" not in program.said()
    assert "ended by TerminatedRunError: stopped by SIGTERM" in program.said()


def test_second_interrupt_only_warns(ours: Start, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    program = ours("work()", hold=str(hold))
    program.wait_until_said("child ready")
    program.send(signal.SIGINT)
    program.wait_until_said("Interrupted")
    program.send(signal.SIGINT)
    program.wait_until_said("Still waiting")
    hold.unlink()
    assert program.ended() == 130
    assert "child saved its state after 1 SIGINT" in program.said()


def test_third_interrupt_forces(ours: Start) -> None:
    program = ours("work()", patience=0)  # a child that never ends by itself
    program.wait_until_said("child ready")
    for words in ("Interrupted", "Still waiting", "Ended by force"):
        program.send(signal.SIGINT)
        program.wait_until_said(words)
    assert program.ended() == 1
    assert "failed (killed by SIGKILL)" in program.said()


def test_interrupt_reaches_every_running_child(ours: Start) -> None:
    body = """\
threads = [threading.Thread(target=work) for _ in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    program = ours(body)
    wait_for(lambda: program.said().count("child ready") == 3)
    program.send(signal.SIGINT)
    assert program.ended() == 130
    assert program.said().count("child saved its state after 1 SIGINT") == 3


def test_nothing_interruptible_is_started_after_an_interrupt(ours: Start) -> None:
    program = ours("work()\nwork()")
    program.wait_until_said("child ready")
    program.send(signal.SIGINT)
    assert program.ended() == 130
    assert program.said().count("child ready") == 1


def test_interrupt_while_nothing_runs_ends_at_once(ours: Start) -> None:
    program = ours("import time\nsay('thinking')\ntime.sleep(900)")
    program.wait_until_said("thinking")
    begun = time.monotonic()
    program.send(signal.SIGINT)
    assert program.ended() == 130
    assert time.monotonic() - begun < 300


def test_interrupt_ends_what_has_no_state_to_save(ours: Start) -> None:
    program = ours('say("begun")\nrun(Command(argv=["sleep", "900"], cwd=Path("/")))')
    program.wait_until_said("begun")
    time.sleep(0.5)
    begun = time.monotonic()
    program.send(signal.SIGINT)
    assert program.ended() == 130
    assert time.monotonic() - begun < 300


def test_interrupt_waits_for_what_is_deferred(ours: Start) -> None:
    body = """\
import time
with interrupts.deferred():
    say("writing")
    while not interrupts.requested:
        time.sleep(0.01)
    time.sleep(0.2)
    say("written")
"""
    program = ours(body)
    program.wait_until_said("writing")
    program.send(signal.SIGINT)
    assert program.ended() == 130
    assert "written" in program.said()


def test_interrupts_put_the_handlers_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupts().installed(lambda _: None):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, InterruptedRunError), (signal.SIGTERM, TerminatedRunError)]
)
def test_interrupts_check_raises_the_error_of_the_signal(
    number: signal.Signals, kind: type[InterruptedRunError]
) -> None:
    own = Interrupts()
    own.check()
    with own.installed(lambda _: None), own.deferred():
        os.kill(os.getpid(), number)
        wait_for(lambda: own.requested)
    with pytest.raises(InterruptedRunError) as caught:
        own.check()
    assert type(caught.value) is kind


def test_watch_after_an_interrupt_tells_the_late_group() -> None:
    """A child that started just before the signal came, and was not yet known, hears of it too."""
    own = Interrupts()
    with own.installed(lambda _: None), own.deferred():
        os.kill(os.getpid(), signal.SIGINT)
        wait_for(lambda: own.requested)
        child = subprocess.Popen(["sleep", "900"], start_new_session=True)
        with own.watch(child.pid):
            assert child.wait(300) == -signal.SIGINT

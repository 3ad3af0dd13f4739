"""The command `kubestack` and its boundary: every error ends here, in words and with an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from kubestack_py import __version__
from kubestack_py.cli.lazy import Lazy, LazyGroup
from kubestack_py.cli.terminal import open_terminal
from kubestack_py.errors import ExitCode, KubestackError
from kubestack_py.system.console import Console, wants_color
from kubestack_py.system.interrupts import interrupts

SECTIONS = {
    "Begin": {
        "demo": Lazy("demo:demo", "Watch a change travel through ops to apps, on this machine"),
        "new": Lazy("new:new", "Scaffold a repository"),
        "doctor": Lazy("doctor:doctor", "See what this machine and this repository lack"),
    },
    "Scaffold and edit": {
        "list": Lazy("list:list_", "List what the platform is made of"),
        "add": Lazy("add:add", "Add an environment, a cluster, a service, an app and more"),
        "remove": Lazy("remove:remove", "Remove one again"),
        "catalog": Lazy("catalog:catalog", "Look at the platform services that can be added"),
        "config": Lazy("config:config", "See what every environment inherits, and from which line"),
        "update": Lazy("update:update", "Merge newer templates into what your team made of them"),
        "bootstrap-state": Lazy("bootstrap:bootstrap_state", "Make the S3 bucket for Terraform's state"),
    },
    "Check": {
        "validate": Lazy("validate:validate", "Check everything that needs no credentials"),
        "policy": Lazy("policy:policy", "List, explain and ask the policies"),
    },
    "Plan and apply": {
        "plan": Lazy("stacks:plan", "Show what applying would do to an environment"),
        "apply": Lazy("stacks:apply", "Apply the checked-out commit, once the gate lets it pass"),
        "verify": Lazy("stacks:verify", "Verify what was applied, and record it"),
        "drift": Lazy("drift:drift", "Find what was changed without a commit"),
        "unlock": Lazy("unlock:unlock", "Release state locks that a killed run has left"),
    },
    "Promotion and evidence": {
        "status": Lazy("status:status", "Show what each environment runs, and what waits for it"),
        "sync": Lazy("sync:sync", "See what Flux or Argo CD has applied of what was delivered"),
        "promote": Lazy("promote:promote", "Tag the newest commit that may enter an environment"),
        "image": Lazy("image:image", "Set, promote, list and check the images of applications"),
        "handoff": Lazy("handoff:handoff", "Write what Terraform knows into the deploy repository"),
        "parity": Lazy("parity:parity", "Compare a promotion with what ops has lived through"),
        "explain": Lazy("explain:explain", "Tell the story of a tag, branch or commit"),
        "history": Lazy("history:history", "Show what was applied where, newest first"),
        "diff": Lazy("diff:diff", "Show how two environments differ"),
        "rollback": Lazy("rollback:rollback", "Prepare the way back, as a commit on a branch"),
        "evidence": Lazy("evidence:evidence", "List, show and verify the records"),
        "report": Lazy("report:report", "Write one HTML page about the platform"),
    },
    "CI": {
        "run": Lazy("run:run", "Do what the event asks for: what CI calls, every time"),
        "resolve": Lazy("resolve:resolve", "Say what an event means, and do nothing"),
        "ci": Lazy("ci:ci", "Render the pipeline, and check that it still fits"),
    },
}
EPILOG = """\b
Every command explains itself, with examples: kubestack COMMAND --help

\b
Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 a bug, 4 changes pending
(drift, plan --detailed-exitcode), 5 refused, 130 or 143 interrupted."""


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="kubestack", message="%(prog)s %(version)s")
@click.option(
    "-C",
    "--directory",
    "start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Run as if started in this directory.",
)
@click.option(
    "--engine",
    type=click.Choice(["terraform", "tofu"]),
    envvar="KUBESTACK_ENGINE",
    help="Terraform or OpenTofu.  [default: what `tools` in kubestack.yaml names, else the first installed]",
)
@click.option("-q", "--quiet", is_flag=True, help="Only results, warnings and errors.")
@click.pass_context
def kubestack(context: click.Context, start: Path, *, engine: str | None, quiet: bool) -> None:
    """GitOps for platform teams: Terraform and Kustomize, promoted through ops to apps with proof."""
    context.color = wants_color(os.environ, sys.stdout)
    console: Console = context.obj or open_terminal()
    console.quiet = quiet
    context.obj = {"start": start.resolve(), "console": console, "engine": engine or ""}


def main() -> NoReturn:
    """Run the program and end the process; the only place that turns errors into exit codes."""
    gc.set_threshold(50_000, 20, 20)  # what imports make is never garbage; looking for some costs a tenth
    console = open_terminal()
    with interrupts.installed(console.warn):
        code = _guarded(console)
    gc.freeze()  # the end of the process frees everything at once; a last collection only costs time
    sys.exit(code)


def _guarded(console: Console) -> int:
    try:
        result = kubestack.main(prog_name="kubestack", standalone_mode=False, obj=console)
        interrupts.check()
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.Abort:
        console.error("stopped at a question; nothing was changed")
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        _misused(console, error)
        return error.exit_code
    except KubestackError as error:
        _explain(console, error)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001 - the boundary: what arrives here is a bug
        from kubestack_py.cli.bug import report_bug

        return report_bug(console, error, dict(os.environ))
    return result if isinstance(result, int) else ExitCode.DONE


def _misused(console: Console, error: click.ClickException) -> None:
    """What click says of a wrong command line, printed as everything else: it repeats what was given."""
    said = io.StringIO()
    error.show(said)
    console.quiet = False
    console.say(said.getvalue().rstrip("\n"))


def _explain(console: Console, error: KubestackError) -> None:
    """The message with what another program said, then the next step."""
    text = str(error)
    if error.hint:
        text = text.removesuffix(error.hint).rstrip("\n")
    console.error(text)
    if error.hint:
        console.quiet = False  # the next step is part of an error
        console.say(console.paint(error.hint, "cyan"))

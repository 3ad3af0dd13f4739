"""The command `kubestack` and its boundary: every error ends here, in words and with an exit code."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from kubestack_py import __version__
from kubestack_py.cli.lazy import LazyGroup
from kubestack_py.cli.terminal import open_terminal
from kubestack_py.errors import ExitCode, KubestackError
from kubestack_py.system.console import Console, wants_color
from kubestack_py.system.interrupts import interrupts

COMMANDS = {
    "new": "kubestack_py.cli.new:new",
    "bootstrap-state": "kubestack_py.cli.bootstrap:bootstrap_state",
    "add": "kubestack_py.cli.add:add",
    "remove": "kubestack_py.cli.remove:remove",
    "list": "kubestack_py.cli.list:list_",
    "update": "kubestack_py.cli.update:update",
    "demo": "kubestack_py.cli.demo:demo",
    "doctor": "kubestack_py.cli.doctor:doctor",
    "validate": "kubestack_py.cli.validate:validate",
    "resolve": "kubestack_py.cli.resolve:resolve",
    "plan": "kubestack_py.cli.stacks:plan",
    "apply": "kubestack_py.cli.stacks:apply",
    "drift": "kubestack_py.cli.drift:drift",
    "verify": "kubestack_py.cli.stacks:verify",
    "run": "kubestack_py.cli.run:run",
    "policy": "kubestack_py.cli.policy:policy",
    "ci": "kubestack_py.cli.ci:ci",
    "unlock": "kubestack_py.cli.unlock:unlock",
    "status": "kubestack_py.cli.status:status",
    "history": "kubestack_py.cli.history:history",
    "diff": "kubestack_py.cli.diff:diff",
    "config": "kubestack_py.cli.config:config",
    "rollback": "kubestack_py.cli.rollback:rollback",
    "evidence": "kubestack_py.cli.evidence:evidence",
    "parity": "kubestack_py.cli.parity:parity",
    "promote": "kubestack_py.cli.promote:promote",
    "explain": "kubestack_py.cli.explain:explain",
    "report": "kubestack_py.cli.report:report",
    "catalog": "kubestack_py.cli.catalog:catalog",
}
EPILOG = """\b
Begin here:
  kubestack demo                     see a change travel through ops to apps
  kubestack new platform acme        scaffold a platform of your own
  kubestack doctor                   what this machine has and lacks

\b
Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 a bug, 4 changes pending
(only when asked), 5 refused by the gate, 130 or 143 interrupted."""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
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
        error.show()
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


def _explain(console: Console, error: KubestackError) -> None:
    """The message with what another program said, then the next step."""
    text = str(error)
    if error.hint:
        text = text.removesuffix(error.hint).rstrip("\n")
    console.error(text)
    if error.hint:
        console.quiet = False  # the next step is part of an error
        console.say(console.paint(error.hint, "cyan"))

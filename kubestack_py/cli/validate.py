"""`kubestack validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import event_of_ci, open_session
from kubestack_py.cli.options import FILE, parallel_option

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.validation import Validation
    from kubestack_py.system.console import Console

FORMATS = ("text", "json", "junit", "sarif", "github")


@click.command()
@click.option(
    "--changed",
    metavar="BASE",
    default="",
    help="Only what differs from where the work tree left BASE (origin/main), and what depends on it.",
)
@click.option("--strict", is_flag=True, help="Warnings fail as well.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="The format of the report, which goes to standard output.",
)
@click.option(
    "--output-file",
    type=FILE,
    help="Write the report to this file, and text to standard output.",
)
@parallel_option
def validate(
    *, changed: str, strict: bool, output: str, output_file: Path | None, parallel: int | None
) -> None:
    """Check the platform without credentials, network or state; every finding is shown.

    Settings against their schema, environments against Terraform configuration and overlays, HCL
    and YAML syntax, files that lead nowhere, whether every overlay builds, and every object that
    overlays render against the Kubernetes schemas of the platform's version. docs/validation.md
    has the whole list, and how to accept a finding with a reason.

    \b
    Examples:
      kubestack validate
      kubestack validate --changed origin/main -o github
      kubestack validate --strict -o json
      kubestack validate -o sarif --output-file kubestack.sarif
    """
    from kubestack_py.errors import ValidationError
    from kubestack_py.model.finding import Severity
    from kubestack_py.report.validation import summary
    from kubestack_py.runner.validate import examine

    with open_session(parallel) as session:
        validation = examine(session, changed, event_of_ci())
        _show(session.console, validation, output, output_file)
        fails = validation.count(Severity.ERROR) or (strict and validation.count(Severity.WARNING))
        said = summary(validation)
        if fails:
            raise ValidationError(f"the platform is not valid: {said}")
        if output == "text" or output_file:
            number = len(validation.stacks)
            looked = f"{number} {'changed ' if changed else ''}stack{'s' if number != 1 else ''}"
            chain = f"{len(session.platform.environments)} environments, {validation.objects} objects"
            ending = f"; {said}" if said else ""
            session.console.data(f"{session.platform.name} is valid: {looked}, {chain}{ending}")


def _show(console: Console, validation: Validation, output: str, file: Path | None) -> None:
    """The report where it is wanted; where that is a file, people get theirs as well."""
    from kubestack_py.report.validation import validation_text
    from kubestack_py.system.files import write_atomically

    report = "" if output == "text" and not file else _report(validation, output)
    if file:
        content = console.masked(f"{report}\n").encode("utf-8", "backslashreplace")
        write_atomically(file, content)
    if file or output == "text":
        report = validation_text(validation, console.paint)
    if report:
        write = console.commands if output == "github" and not file else console.data
        write(report)


def _report(validation: Validation, output: str) -> str:
    from kubestack_py import __version__
    from kubestack_py.checks.registry import CHECKS
    from kubestack_py.report.annotations import github_annotations
    from kubestack_py.report.json import dump, plain
    from kubestack_py.report.junit import junit
    from kubestack_py.report.sarif import sarif
    from kubestack_py.report.validation import validation_text

    match output:
        case "json":
            return dump(plain(validation))
        case "junit":
            return junit(validation, CHECKS.values())
        case "sarif":
            return dump(sarif(validation, CHECKS.values(), __version__))
        case "github":
            return github_annotations(validation)
        case _:
            return validation_text(validation, lambda text, *_: text)

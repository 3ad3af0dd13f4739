"""`kubestack ci render` and `kubestack ci check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py import __version__
from kubestack_py.cli.context import open_session
from kubestack_py.cli.lazy import Group
from kubestack_py.cli.options import FILE
from kubestack_py.errors import UsageError
from kubestack_py.model.ci import CiHost

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.runner.session import Session

_HOSTS = click.Choice([host.value for host in CiHost])


@click.group(cls=Group)
def ci() -> None:
    """The pipeline of this platform: render it from kubestack.yaml, check that it still fits."""


@ci.command()
@click.argument("host", type=_HOSTS)
@click.option("--stdout", is_flag=True, help="Print the pipeline and write nothing.")
@click.option(
    "--output-file",
    type=FILE,
    help="Write the pipeline to this file alone.  [default: where the host looks for it]",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, as a diff, and change nothing.")
def render(*, host: str, stdout: bool, output_file: Path | None, dry_run: bool) -> None:
    """Write the pipeline of a CI system, and ci/Dockerfile where there is none.

    Everything in it comes from kubestack.yaml: the refs that environments apply on, and in the section
    `ci` the image, the runner, the schedule and the identities of the clouds.

    \b
    Examples:
      kubestack ci render github
      kubestack ci render gitlab --dry-run
      kubestack ci render jenkins --stdout
    """
    if stdout and output_file:
        raise UsageError("--stdout and --output-file exclude each other", hint="Leave out one of them.")
    with open_session() as session:
        if stdout or output_file:
            _write_alone(session, CiHost(host), output_file)
        else:
            _write(session, CiHost(host), dry_run=dry_run)


def _write_alone(session: Session, host: CiHost, output: Path | None) -> None:
    from kubestack_py.ci.pipelines.render import render_pipelines
    from kubestack_py.system.files import write_atomically

    text = "---\n".join(pipeline.text for pipeline in render_pipelines(session.platform, host))
    if output:
        write_atomically(output, text.encode())
    else:
        session.console.data(text.rstrip("\n"))


def _write(session: Session, host: CiHost, *, dry_run: bool) -> None:
    from kubestack_py.scaffold.edits import apply_edits, unified_diff
    from kubestack_py.scaffold.pipelines import pipeline_edits

    console = session.console
    edits = pipeline_edits(session.root, session.platform, host, __version__)
    if not edits.changed:
        console.data(f"the pipeline for {host} is as it should be")
    elif dry_run:
        console.data(unified_diff(edits).rstrip("\n"))
    else:
        apply_edits(session.root, edits)
        for edit in edits.changed:
            console.data(f"wrote {edit.path}")
    for note in edits.notes:
        console.warn(note)


@ci.command()
def check() -> None:
    """Fail, with a diff, when a pipeline in this repository no longer fits kubestack.yaml.

    Compares the pipeline of the host that kubestack.yaml names, and those that `kubestack ci render` wrote
    for other hosts. `kubestack validate` does the same without the diff.

    \b
    Examples:
      kubestack ci check
    """
    from kubestack_py.ci.pipelines.marked import PATHS, marked_findings
    from kubestack_py.ci.pipelines.render import host_of, pipeline_findings
    from kubestack_py.errors import ValidationError
    from kubestack_py.scaffold.edits import Edits, unified_diff
    from kubestack_py.scaffold.pipelines import committed_pipelines, marked_files, pipeline_edits

    with open_session() as session:
        pipelines = committed_pipelines(session.root)
        beside = marked_findings(session.platform, marked_files(session.root))
        findings = (*pipeline_findings(session.platform, pipelines), *beside)
        for finding in findings:
            path = finding.where.path if finding.where else ""
            of = CiHost.LIGHTHOUSE if path in PATHS else host_of(path)
            edits = pipeline_edits(session.root, session.platform, of, __version__)
            pipeline = tuple(edit for edit in edits.files if str(edit.path) == path)
            session.console.data(unified_diff(Edits(pipeline)).rstrip("\n"))
        if findings:
            raise ValidationError("a pipeline does not fit kubestack.yaml", findings=findings)
        if pipelines:
            session.console.data(f"{' and '.join(sorted(pipelines))} as kubestack.yaml asks for it")
        else:
            session.console.data("there is no pipeline here: kubestack ci render HOST writes one")

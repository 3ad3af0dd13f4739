"""`kubestack catalog list`, `show` and `upgrade`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_console
from kubestack_py.cli.editing import carry_out, dry_run_option
from kubestack_py.cli.lazy import Group
from kubestack_py.cli.options import output_option

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from kubestack_py.scaffold.catalog import Catalog


@click.group(cls=Group)
def catalog() -> None:
    """Look at the catalog of platform services, and raise what is there to its versions."""


def complete_service(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the built-in services."""
    from click.shell_completion import CompletionItem

    from kubestack_py.scaffold.catalog import built_in_catalog

    services = built_in_catalog().services
    return [
        CompletionItem(item.name, help=item.summary) for item in services if item.name.startswith(incomplete)
    ]


@catalog.command("list")
@output_option
def list_(*, output: str) -> None:
    """List the platform services that `kubestack add service` can add.

    Inside a platform, its own entries are listed too: those that services.catalog in kubestack.yaml names.

    \b
    Examples:
      kubestack catalog list
      kubestack catalog list -o json
    """
    from kubestack_py.report.catalog import HEADINGS, service_rows, services_value
    from kubestack_py.report.json import dump
    from kubestack_py.report.tables import render

    console = open_console()
    services = _catalog().services
    if output == "json":
        console.data(dump(services_value(services)))
        return
    width = max(100, shutil.get_terminal_size((160, 24)).columns)
    console.data(render(HEADINGS, service_rows(services), color=console.color, width=width))


@catalog.command()
@click.argument("name", shell_complete=complete_service)
@output_option
def show(*, name: str, output: str) -> None:
    """Show all that the catalog knows of a service: charts, values, needs, CRDs, and where it is from.

    \b
    Examples:
      kubestack catalog show cert-manager
      kubestack catalog show istio -o json
    """
    from kubestack_py.report.catalog import service_text, services_value
    from kubestack_py.report.json import dump

    console = open_console()
    service = _catalog().find(name)
    text = service_text(service, console.paint) if output == "text" else dump(services_value([service]))
    console.data(text)


@catalog.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_service)
@click.option("--version", metavar="VERSION", default="", help="Another version for the one service named.")
@dry_run_option
def upgrade(*, names: tuple[str, ...], version: str, dry_run: bool) -> None:
    """Raise services of the platform to the versions of the catalog, all of them or those named.

    Only versions change, whatever else people wrote into the files; `versions.lock.yaml` and the record
    follow. What is newer than the catalog stays. New default values come with `kubestack update`.

    \b
    Examples:
      kubestack catalog upgrade --dry-run
      kubestack catalog upgrade cert-manager lighthouse
      kubestack catalog upgrade tekton --version 1.14.1
    """
    from kubestack_py.cli.context import open_session
    from kubestack_py.scaffold.catalog import load_catalog
    from kubestack_py.scaffold.services.upgrade import upgrade_services

    with open_session() as session:
        known = load_catalog(session.root, session.platform.services.catalog)
        edits = upgrade_services(session.root, session.platform, known, names, version)
        carry_out(session.console, session.root, edits, dry_run=dry_run)


def _catalog() -> Catalog:
    """The platform's catalog, or the built-in one where there is no platform."""
    from kubestack_py.config.load import load_platform, read_source
    from kubestack_py.model.platform import SETTINGS_FILE
    from kubestack_py.scaffold.catalog import load_catalog

    start: Path = click.get_current_context().find_root().obj["start"].absolute()
    root = next((path for path in (start, *start.parents) if (path / SETTINGS_FILE).is_file()), None)
    if root is None:
        return load_catalog(start, ())
    return load_catalog(root, load_platform(read_source(root)).services.catalog)

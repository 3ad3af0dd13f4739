"""`kubestack config`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session, warn_of_broken_files
from kubestack_py.cli.lazy import Group
from kubestack_py.cli.options import environment_option, output_option


@click.group(cls=Group)
def config() -> None:
    """Look at what the environments inherit from each other."""


@config.command()
@click.argument("what", metavar="[CLUSTER|SERVICE|PATH]", default="")
@environment_option
@output_option
def show(*, what: str, environment: str | None, output: str) -> None:
    """Show every value an environment has in the end, with the file and line it comes from.

    Read from the Terraform files, without Terraform: `configuration = {…}` of every module in every
    stack, merged as the platform's module `configuration` does it. An expression that only Terraform can
    evaluate is shown as it is written.

    \b
    Examples:
      kubestack config show
      kubestack config show -e apps cluster
      kubestack config show -e ops node_pools.default
      kubestack config show -e ops -o json
    """
    from kubestack_py.report.configuration import configurations_text
    from kubestack_py.report.json import dump, plain
    from kubestack_py.runner.configuring import show_configuration

    with open_session() as session:
        chosen = session.environment(environment)
        found, unread = show_configuration(session, chosen, what)
        warn_of_broken_files(session)
        for finding in unread:
            session.console.warn(str(finding))
        if output == "json":
            session.console.data(dump({"environment": chosen.name, "configurations": plain(found)}))
        elif found:
            session.console.data(configurations_text(found, session.console.paint))
        else:
            session.console.say("No module of this platform has a configuration that is written out.")

"""`kubestack validate`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import output_option, parallel_option


@click.command()
@parallel_option
@output_option
def validate(*, parallel: int | None, output: str) -> None:
    """Check the platform without credentials, network or state; every finding is shown.

    Settings against their schema, environments against Terraform configuration and overlays, HCL
    and YAML syntax, files that lead nowhere, and whether every overlay builds.

    \b
    Examples:
      kubestack validate
      kubestack validate -o json
    """
    from kubestack_py.errors import ValidationError
    from kubestack_py.model.finding import Severity
    from kubestack_py.runner.validate import examine

    with open_session(parallel) as session:
        findings = examine(session)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        if output == "json":
            from kubestack_py.report.json import dump, plain

            session.console.data(dump({"findings": plain(findings)}))
        else:
            for finding in findings:
                if finding.severity is Severity.WARNING:
                    session.console.warn(str(finding))
        if errors:
            number = f"{len(errors)} error{'s' if len(errors) != 1 else ''}"
            raise ValidationError(
                f"the platform is not valid: {number}", findings=errors if output == "text" else ()
            )
        if output == "text":
            session.console.data(
                f"{session.platform.name} is valid: {len(session.stacks)} stacks, "
                f"{len(session.platform.environments)} environments"
            )

"""`kubestack promote`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, output_option, override_options, overrides_from
from kubestack_py.errors import RefusedError

if TYPE_CHECKING:
    from kubestack_py.model.promotion import Promotion
    from kubestack_py.runner.promoting import PromotionRequest
    from kubestack_py.system.console import Console


@click.command()
@click.argument("environment", metavar="[ENV]", required=False, shell_complete=complete_environment)
@click.option("--to", "commit", metavar="COMMIT", default="", help="This commit, not the newest that passes.")
@click.option("--tag", metavar="NAME", default="", help="Name of the tag.  [default: the pattern's next]")
@click.option("--push", is_flag=True, help="Push the tag, and nothing but the tag.")
@click.option("--dry-run", is_flag=True, help="Only show what would be promoted.")
@override_options
@output_option
def promote(
    *,
    environment: str | None,
    commit: str,
    tag: str,
    push: bool,
    dry_run: bool,
    override: tuple[str, ...],
    reason: str,
    output: str,
) -> None:
    """Tag the newest commit that may enter an environment: by default the first that applies on tags.

    Judges the commits of the default branch, newest first, as the pipeline of the tag will, by
    evidence and recorded previews alone. The annotation of the tag lists the commits that come with
    it, and takes overrides to the pipeline. Exits with 0 where there is nothing to promote, with 5
    where no commit passes; no tag is made then.

    \b
    Examples:
      kubestack promote --dry-run
      kubestack promote --push
      kubestack promote apps --to 3287a429 --push
      kubestack promote --override soak --reason "Outage 4711 needs this fix now" --push
    """
    from kubestack_py.runner.promoting import PromotionRequest

    if push and dry_run:
        raise click.UsageError("--push and --dry-run exclude each other.")
    request = PromotionRequest(
        environment=environment,
        commit=commit,
        tag=tag,
        overrides=overrides_from(override, reason),
        make=not dry_run,
        push=push,
    )
    _promote(request, output)


def _promote(request: PromotionRequest, output: str) -> None:
    from kubestack_py.model.promotion import PromotionState
    from kubestack_py.runner.promoting import promote as make_promotion

    with open_session() as session:
        promotion = make_promotion(session, request)
        _show(session.console, promotion, output)
        if promotion.state is PromotionState.TAGGED and session.remote:
            session.console.say("Push it: run this again with --push.")
    if promotion.state is PromotionState.REFUSED:
        raise RefusedError(f"nothing may be promoted to {promotion.environment}: the reasons are above")


def _show(console: Console, promotion: Promotion, output: str) -> None:
    if output == "json":
        from kubestack_py.report.json import dump
        from kubestack_py.report.promotion import promotion_value

        console.data(dump(promotion_value(promotion)))
        return
    from kubestack_py.report.promotion import promotion_text

    console.data(promotion_text(promotion, console.paint))

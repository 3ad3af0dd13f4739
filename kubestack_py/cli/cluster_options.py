"""Options of clusters that `new platform` and `add cluster` share, and the clusters that they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kubestack_py.scaffold.providers import LOCAL, cloud, provider, provider_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.scaffold.answers import PlatformAnswers
    from kubestack_py.scaffold.clusters import Cluster


def own_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """An option for everything that only one provider asks for, such as `--project-id`."""
    for name in reversed(provider_names()):
        for key, question in provider(name).answers.items():
            option = click.option(
                f"--{key.replace('_', '-')}", metavar="TEXT", help=f"For {name}: {question.title}."
            )
            function = option(function)
    return function


def own_answers(provider_name: str, options: dict[str, Any]) -> dict[str, str]:
    """What of the options answers the questions of a provider."""
    return {key: options[key] for key in provider(provider_name).answers if options[key]}


def force_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--force`."""
    return click.option(
        "--force",
        is_flag=True,
        help="Take regions, zones, machine types and versions that are newer than the lists here.",
    )(function)


def clusters_for(answers: PlatformAnswers, options: dict[str, Any], *, asking: bool) -> list[Cluster]:
    """A cluster for each provider but the local one, with what the options say of it.

    `region` and `kubernetes_version` of `options` are lists of `PROVIDER=VALUE`, or of one value where
    there is one provider. With `asking`, the terminal is asked for what they leave open.
    """
    from kubestack_py.scaffold.clusters import complete

    names = [] if answers.provider == LOCAL else answers.provider.split(",")
    regions = _by_provider("region", options["region"], names)
    versions = _by_provider("kubernetes_version", options["kubernetes_version"], names)
    clusters = []
    for name in names:
        own = own_answers(name, options)
        if asking:
            _ask(name, regions, own)
        cluster = complete(
            name,
            answers.domain,
            name_prefix=options["name_prefix"],
            region=regions.get(name),
            kubernetes_version=versions.get(name),
            answers=own,
        )
        clusters.append(cluster)
    return clusters


def _by_provider(option: str, given: tuple[str, ...], names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.rpartition("=")
        if not sign and len(names) == 1:
            name = names[0]
        if name not in names:
            places = " or ".join(f"{known}={value}" for known in names)
            hint = f"Write {places}." if names else "Only a cluster in a cloud has one: add --provider."
            raise click.UsageError(f"--{option.replace('_', '-')} {text}: for which cluster? {hint}")
        found[name] = value
    return found


def _ask(name: str, regions: dict[str, str], own: dict[str, str]) -> None:
    """Ask for the region and for what only this provider asks for, where no option has said it."""
    known = provider(name)
    if name not in regions:
        regions[name] = click.prompt(
            f"Region of the {known.title} cluster",
            default=known.region,
            value_proc=lambda text: _known_region(name, text),
            err=True,
        )
    for key, question in known.answers.items():
        if key not in own:
            default = None if question.required else ""
            own[key] = click.prompt(
                f"For {name}: {question.title}", default=default, show_default=False, err=True
            )


def _known_region(name: str, text: str) -> str:
    """A region of a provider's lists; a newer one can be given by its option, with --force."""
    from difflib import get_close_matches

    regions = cloud(name).regions
    if text not in regions:
        near = ", ".join(get_close_matches(text, regions)) or "nothing"
        raise click.BadParameter(f"{text!r} is no region of {provider(name).title}; like it: {near}")
    return text

"""Whether a cluster asks for something its cloud has, before the cloud is asked.

The lists work offline and have a date. What is newer than they are is taken with `--force`; what no
cloud would ever take (a name that is too long) is refused all the same.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.finding import Finding
from kubestack_py.scaffold.providers import cloud, provider

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.scaffold.clusters import Cluster

LONGEST_LABEL = 63
DIGEST = 8  # characters that modules/gke puts in place of the region where a name is too long for an account
_PREFIX = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_VERSION = re.compile(r"1\.[0-9]{1,3}")


def check_cluster(cluster: Cluster, environments: Iterable[str], *, force: bool = False) -> None:
    """Raise `ConfigurationError` with everything that is wrong with a cluster, by option.

    `force` goes on where only the lists know nothing of a region, zone, machine type or version.
    """
    problems = [
        *_names(cluster, environments),
        *_sizes(cluster),
        *_own_answers(cluster),
        *(() if force else _unknown(cluster)),
    ]
    if problems:
        raise ConfigurationError(
            f"the cluster {cluster.id} cannot be written; nothing was changed", findings=problems
        )


def unknown_node_type(provider_name: str, node_type: str) -> Finding | None:
    """What the lists say of a machine type that they do not have; for node pools."""
    offered = cloud(provider_name)
    return _missing("node-type", "machine type", node_type, offered.node_types, offered.as_of["node_types"])


def _names(cluster: Cluster, environments: Iterable[str]) -> Iterator[Finding]:
    if not _PREFIX.fullmatch(cluster.name_prefix):
        allowed = "lower-case letters, digits and dashes, beginning with a letter, not ending in a dash"
        yield _finding("name-prefix", f"{cluster.name_prefix!r} cannot be used", f"allowed: {allowed}")
        return
    longest = min(LONGEST_LABEL, provider(cluster.provider).longest_name)
    name = max((cluster.name_in(environment) for environment in environments), key=len)
    if len(name) > longest:
        yield _finding(
            "name-prefix",
            f"the cluster would be called {name}, which is {len(name)} characters; {longest} is the most",
            f"shorten {cluster.name_prefix} by {len(name) - longest}",
        )
    yield from _account(cluster, name)


def _account(cluster: Cluster, name: str) -> Iterator[Finding]:
    """The account that nodes work as has the cluster's name, or a digest in place of the region."""
    longest = provider(cluster.provider).longest_account
    start = name.removesuffix(cluster.region)
    length = min(len(name), len(start) + DIGEST)
    if longest and length > longest:
        yield _finding(
            "name-prefix",
            f"the nodes' account would be called {start}<digest>, {length} characters; {longest} is the most",
            f"shorten {cluster.name_prefix} by {length - longest}, or the environment's name",
        )


def _sizes(cluster: Cluster) -> Iterator[Finding]:
    if not 0 <= cluster.min_size <= cluster.max_size or cluster.max_size < 1:
        yield _finding(
            "min-size",
            f"{cluster.min_size} to {cluster.max_size} nodes is no size",
            "--min-size has to be from 0 to --max-size, and --max-size at least 1",
        )


def _own_answers(cluster: Cluster) -> Iterator[Finding]:
    """What only this provider asks for: missing, malformed, or asked for by another one."""
    questions = provider(cluster.provider).answers
    for name, question in questions.items():
        option, value = name.replace("_", "-"), cluster.answers.get(name)
        if not value and question.required:
            yield _finding(option, f"is missing: {question.title}", f"--{option}: {question.allowed}")
        elif value and not re.fullmatch(question.pattern, value):
            yield _finding(option, f"{value!r} cannot be used", f"allowed: {question.allowed}")
    for name in cluster.answers.keys() - questions.keys():
        yield _finding(name.replace("_", "-"), f"means nothing to {provider(cluster.provider).title}", "")


def _unknown(cluster: Cluster) -> Iterator[Finding]:
    """What the cloud's lists do not have."""
    offered = cloud(cluster.provider)
    as_of = offered.as_of
    found = [_missing("region", "region", cluster.region, tuple(offered.regions), as_of["regions"])]
    zones = offered.regions.get(cluster.region)
    if zones is not None:
        place = f"zone of {cluster.region}"
        found += (_missing("zones", place, zone, zones, as_of["zones"]) for zone in cluster.zones)
    if not _VERSION.fullmatch(cluster.kubernetes_version):
        hint = "a minor version, such as 1.35"
        found.append(_finding("kubernetes-version", f"{cluster.kubernetes_version!r} is no version", hint))
    else:
        versions = offered.kubernetes_versions
        date = as_of["kubernetes_versions"]
        wanted = cluster.kubernetes_version
        found.append(_missing("kubernetes-version", "version of Kubernetes here", wanted, versions, date))
    found.append(unknown_node_type(cluster.provider, cluster.node_type))
    yield from (finding for finding in found if finding)


def _missing(option: str, what: str, value: str, offered: tuple[str, ...], date: str) -> Finding | None:
    found = not_offered(value, what, offered, date)
    return _finding(option, found[0], f"{found[1]}; --force goes on") if found else None


def not_offered(value: str, what: str, offered: tuple[str, ...], date: str) -> tuple[str, str] | None:
    """What to say of a value that is not offered, and what is near it: all where they are few."""
    if value in offered:
        return None
    near = get_close_matches(value, offered, n=3, cutoff=0.5) if len(offered) > 9 else offered
    known = f"near it: {', '.join(near)}" if near else "nothing is like it"
    return f"{value!r} is no {what}, by the list of {date}", known


def _finding(option: str, message: str, hint: str) -> Finding:
    return Finding(check="cluster", key=f"--{option}", message=message, hint=hint)

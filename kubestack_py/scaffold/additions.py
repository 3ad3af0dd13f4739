"""What each kind of addition does to a platform, to do it again: `kubestack update` renders with it.

An addition is made again in a platform that was just rendered, by the function that also makes it for
`kubestack add`; text comes from `templates/` alone, so that of a former version can be had.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubestack_py.config.load import load_platform, read_source
from kubestack_py.errors import ConfigurationError
from kubestack_py.scaffold.record import RECORD
from kubestack_py.scaffold.versions import templates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from kubestack_py.scaffold.edits import Edits
    from kubestack_py.scaffold.record import Addition

    Again = Callable[[Path, Mapping[str, Any], Path], Edits]


def refuse_unknown(added: Iterable[Addition]) -> None:
    """Raise `ConfigurationError` for a kind that this program does not know."""
    for addition in added:
        if addition.kind not in KINDS:
            raise ConfigurationError(
                f"{RECORD} has an addition of the kind {addition.kind!r}, which this program does not know",
                hint=f"Known: {', '.join(KINDS)}.",
            )


def edits_again(root: Path, addition: Addition, home: Path) -> Edits:
    """What an addition changes in the platform at `root`, with the templates of the version that it has.

    `home` is the platform as the team has it, for what only it can know: the files of its own catalog.
    Raises what adding it raises.
    """
    with templates_of(addition.version):
        return KINDS[addition.kind](root, addition.options, home)


def _cluster(root: Path, options: Mapping[str, Any], _home: Path) -> Edits:
    from kubestack_py.scaffold.adding_clusters import add_cluster
    from kubestack_py.scaffold.clusters import Cluster
    from kubestack_py.scaffold.draft import Draft

    draft = Draft(root)
    add_cluster(draft, Cluster.from_options(options), force=True)
    return draft.edits()


def _service(root: Path, options: Mapping[str, Any], home: Path) -> Edits:
    """What it needs comes along: it may be in the platform without being recorded, or be new."""
    from kubestack_py.scaffold.catalog import load_catalog
    from kubestack_py.scaffold.services.add import add_service
    from kubestack_py.scaffold.services.placed import ServiceOptions

    services = load_platform(read_source(home)).services
    catalog = load_catalog(home, services.catalog)
    platform = replace(load_platform(read_source(root)), services=services)
    return add_service(root, platform, catalog, ServiceOptions.from_json(options), with_needs=True)


def _node_pool(root: Path, options: Mapping[str, Any], _home: Path) -> Edits:
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.node_pools import NodePoolOptions, add_node_pool

    draft = Draft(root)
    add_node_pool(draft, NodePoolOptions(**options))
    return draft.edits()


def _environment(root: Path, options: Mapping[str, Any], _home: Path) -> Edits:
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.environments import add_environment

    draft = Draft(root)
    add_environment(draft, **options)
    return draft.edits()


def _app(root: Path, options: Mapping[str, Any], _home: Path) -> Edits:
    from kubestack_py.scaffold.apps import add_app
    from kubestack_py.scaffold.draft import Draft

    draft = Draft(root)
    add_app(draft, options["name"], options.get("image", ""))
    return draft.edits()


def _stack(root: Path, options: Mapping[str, Any], _home: Path) -> Edits:
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.stacks import add_stack

    draft = Draft(root)
    add_stack(draft, **options)
    return draft.edits()


# By the kind in the record: from a rendered platform, the options, and the team's platform to edits.
KINDS: Mapping[str, Again] = {
    "environment": _environment,
    "cluster": _cluster,
    "node-pool": _node_pool,
    "service": _service,
    "app": _app,
    "stack": _stack,
}

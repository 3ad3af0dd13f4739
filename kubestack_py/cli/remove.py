"""`kubestack remove`: one file for each of its commands."""

from __future__ import annotations

import click

from kubestack_py.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "environment": Lazy("remove_environment:environment"),
    "cluster": Lazy("remove_cluster:cluster"),
    "node-pool": Lazy("remove_node_pool:node_pool"),
    "service": Lazy("remove_service:service"),
    "app": Lazy("remove_app:app"),
    "stack": Lazy("remove_stack:stack"),
}


@click.group(cls=LazyGroup, sections={"Commands": COMMANDS})
def remove() -> None:
    """Remove a part of the platform: files are edited, nothing is destroyed."""

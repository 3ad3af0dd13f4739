"""`kubestack add`: one file for each of its commands."""

from __future__ import annotations

import click

from kubestack_py.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "environment": Lazy("add_environment:environment"),
    "cluster": Lazy("add_cluster:cluster"),
    "node-pool": Lazy("add_node_pool:node_pool"),
    "service": Lazy("add_service:service"),
    "app": Lazy("add_app:app"),
    "stack": Lazy("add_stack:stack"),
}


@click.group(cls=LazyGroup, sections={"Commands": COMMANDS})
def add() -> None:
    """Add a part to the platform: files are edited, nothing is applied."""

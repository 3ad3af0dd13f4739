"""`kubestack add`: one file for each of its commands."""

from __future__ import annotations

import click

from kubestack_py.cli.lazy import LazyGroup

COMMANDS = {
    "environment": "kubestack_py.cli.add_environment:environment",
    "cluster": "kubestack_py.cli.add_cluster:cluster",
    "node-pool": "kubestack_py.cli.add_node_pool:node_pool",
    "service": "kubestack_py.cli.add_service:service",
    "app": "kubestack_py.cli.add_app:app",
    "stack": "kubestack_py.cli.add_stack:stack",
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def add() -> None:
    """Add a part to the platform: files are edited, nothing is applied."""

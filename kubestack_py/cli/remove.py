"""`kubestack remove`: one file for each of its commands."""

from __future__ import annotations

import click

from kubestack_py.cli.lazy import LazyGroup

COMMANDS = {
    "environment": "kubestack_py.cli.remove_environment:environment",
    "cluster": "kubestack_py.cli.remove_cluster:cluster",
    "node-pool": "kubestack_py.cli.remove_node_pool:node_pool",
    "service": "kubestack_py.cli.remove_service:service",
    "app": "kubestack_py.cli.remove_app:app",
    "stack": "kubestack_py.cli.remove_stack:stack",
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def remove() -> None:
    """Remove a part of the platform: files are edited, nothing is destroyed."""

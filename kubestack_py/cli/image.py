"""`kubestack image`: one file for each of its commands."""

from __future__ import annotations

import click

from kubestack_py.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "set": Lazy("image_set:set_"),
    "promote": Lazy("image_promote:promote"),
    "list": Lazy("image_list:list_"),
    "check": Lazy("image_check:check"),
}


@click.group(cls=LazyGroup, sections={"Commands": COMMANDS})
def image() -> None:
    """Decide which image an application runs in an environment, and see what runs where."""

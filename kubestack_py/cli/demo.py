"""`kubestack demo`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kubestack_py.cli.context import open_console
from kubestack_py.cli.options import DIRECTORY
from kubestack_py.system.files import scratch_directory

NEXT = """
What next?
  kubestack new platform NAME    scaffold your own platform
  kubestack doctor               see what this machine has and lacks
  kubestack COMMAND --help       every command explains itself, with examples"""


@click.command()
@click.option(
    "--directory",
    type=DIRECTORY,
    help="Work in this new directory and keep it.  [default: a temporary one]",
)
@click.option(
    "--layout",
    type=click.Choice(["single", "split"]),
    default="single",
    show_default=True,
    help="One repository; or infrastructure, application and deploy repositories, and an image's way.",
)
@click.option("--keep", is_flag=True, help="Keep the temporary directory too.")
def demo(*, directory: Path | None, layout: str, keep: bool) -> None:
    """Watch a change travel from a branch through ops to apps, on this machine alone.

    Scaffolds a platform, makes a Git host and a CI checkout for it, and walks the four steps:
    change, review, merge, promote, with one promotion that is refused. Needs git, terraform and
    kubectl; no network, no cloud, no cluster. With --layout split an image travels instead, from its
    application's repository through a registry on loopback and a deploy repository that Flux would follow.

    \b
    Examples:
      kubestack demo
      kubestack demo --layout split
      kubestack demo --directory /tmp/kubestack-demo
    """
    from kubestack_py.runner.demo import Demo
    from kubestack_py.runner.demo_split import SplitDemo
    from kubestack_py.runner.demo_stage import prepare
    from kubestack_py.system.git_command import ENVIRONMENT

    for name in (name for name, value in ENVIRONMENT.items() if value is None):
        os.environ.pop(name, None)  # GIT_DIR and the like would lead GitPython to another repository
    console = open_console()
    play = SplitDemo if layout == "split" else Demo
    if directory or keep:
        import tempfile

        kept = directory or Path(tempfile.mkdtemp(prefix="kubestack-demo-"))
        prepare(kept)
        play(kept, console).walk()
        console.data(f"\nEverything is still in {kept}: look around in {kept / 'acme'}.")
    else:
        with scratch_directory("demo") as scratch:
            play(scratch, console).walk()
        console.data("\nThe directory was removed; with --keep it stays, to look around in.")
    console.data(NEXT)

"""`make examples`: scaffold the platforms of examples/ anew. tests/tools/test_examples.py finds old ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
IDENTITY = "[user]\n\tname = Example\n\temail = example@localhost\n"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A platform: what it shows, and the commands that make it; the first one scaffolds `acme`."""

    shows: str
    commands: tuple[str, ...]


TABLE = {
    "local": Example(
        shows="The smallest platform: two environments, one sample application, and a stand-in for a cluster "
        "that needs no cloud.",
        commands=("new platform acme --no-input",),
    ),
    "eks": Example(
        shows="Amazon EKS with two node pools and its state in S3; certificates, a gateway and "
        "monitoring from the catalog, delivered through Flux.",
        commands=(
            "new platform acme --no-input --provider eks --region eu-west-1 --backend s3",
            "add node-pool eks_gc0_eu-west-1 batch --instance-type m7i.2xlarge --min-size 0 --max-size 20",
            "add service cert-manager --delivery flux",
            "add service gateway --delivery flux",
            "add service kube-prometheus-stack --delivery flux",
        ),
    ),
    "multi-cloud": Example(
        shows="One platform on three clouds: a cluster on EKS, on GKE and on AKS, each in a file and with "
        "modules of its own, all through the same environments.",
        commands=(
            "new platform acme --no-input --provider eks --provider gke --provider aks --backend gcs "
            "--region eks=eu-west-1 --region gke=europe-west4 --region aks=westeurope "
            "--project-id acme-platform",
        ),
    ),
}
INTRODUCTION = """\
# Examples

Platforms as `kubestack` scaffolds them, one folder for each, to look around in before you make your own. They
are written by `make examples` from the templates as they are now, and a test finds a file that is stale.
Each folder is what would be a repository of its own.
"""


def write(directory: Path) -> None:
    """Write every example and the page about them to a directory."""
    for name, example in TABLE.items():
        scaffold(example, directory / name)
    (directory / "README.md").write_text(page(), "utf-8")


def scaffold(example: Example, target: Path) -> None:
    """Run the commands of an example, and leave its files at `target`, without a repository around them."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / ".gitconfig").write_text(IDENTITY, "utf-8")
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "TMPDIR"}}
        for number, command in enumerate(example.commands):
            subprocess.run(
                [sys.executable, "-m", "kubestack_py", "--quiet", *command.split()],
                cwd=home / "acme" if number else home,
                env={**kept, "HOME": scratch, "GIT_CONFIG_NOSYSTEM": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        shutil.copytree(home / "acme", target, ignore=shutil.ignore_patterns(".git"))


def page() -> str:
    """The page about the examples."""
    parts = [INTRODUCTION]
    for name, example in TABLE.items():
        commands = "\n".join(f"$ kubestack {command}" for command in example.commands)
        parts.append(f"## [{name}]({name}/README.md)\n\n{example.shows}\n\n```console\n{commands}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    shutil.rmtree(EXAMPLES, ignore_errors=True)
    EXAMPLES.mkdir()
    write(EXAMPLES)

"""Providers of Google Cloud, Azure and Helm, as far as their schemas go: see `server.py`."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.programs import environment

ROOT = Path(__file__).parents[3]
PROVIDERS = ("google", "azurerm", "helm")
_NAMED = re.compile(r'^\s*(resource|data) "((?:google|azurerm|helm)_\w+)"', re.MULTILINE)


def types_in(*folders: Path) -> set[str]:
    """The types of resources and data sources (`data.NAME`) of these providers that the files below name."""
    found = set()
    for folder in folders:
        for path in folder.rglob("*.tf"):
            for kind, name in _NAMED.findall(path.read_text(encoding="utf-8")):
                found.add(f"data.{name}" if kind == "data" else name)
    return found


@contextmanager
def schema_providers(types: set[str], sockets: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Run a stand-in for each provider; gives variables for Terraform, and each provider's version.

    `sockets` has to be a short path: the address of a socket fits 108 characters.
    """
    variables, versions = {}, {}
    with ExitStack() as running:
        for provider in PROVIDERS:
            names = sorted(name for name in types if name.removeprefix("data.").startswith(f"{provider}_"))
            if not names:
                continue
            started = json.loads(running.enter_context(_server(provider, names, sockets)))
            variables[f"registry.terraform.io/hashicorp/{provider}"] = started["reattach"]
            versions[provider] = started["version"]
        yield {"TF_REATTACH_PROVIDERS": json.dumps(variables)}, versions


@contextmanager
def _server(provider: str, names: list[str], sockets: Path) -> Iterator[str]:
    programs = environment("schemas")
    (archive,) = programs.glob(f"lib/*/site-packages/cdktf_cdktf_provider_{provider}/_jsii/*.jsii.tgz")
    command = [str(programs / "bin" / "python"), "-m", "tests.fake.provider.server"]
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [*command, str(archive), str(sockets / provider), *names],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        try:
            yield process.stdout.readline()
        finally:
            process.kill()

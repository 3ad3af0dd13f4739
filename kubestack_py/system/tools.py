"""Find the programs that do the work, and check that their versions fit.

A version is asked for once per binary: the answer is kept in the user's cache under the binary's
path, size and time of change, since asking costs Terraform 80 ms and kubectl 120 ms each time.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.errors import FileError, ToolError, ToolMissingError
from kubestack_py.system.files import write_atomically
from kubestack_py.system.process import Command, find_program, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROBE_SECONDS = 30.0
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
_PESSIMISTIC_ALONE = re.compile(r"~>(?=\s*\d+\s*(,|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """What is known of a program: how to ask its version, the oldest that works, how to get it."""

    name: str
    version_args: tuple[str, ...]
    parse: Callable[[str], str]
    minimum: str
    how_to_get: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """An installed program whose version is known (`1.11.4`); `options` go with each of its commands."""

    name: str
    path: str
    version: str
    options: tuple[str, ...] = ()


def _json_field(*keys: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        value = json.loads(text)
        for key in keys:
            value = value[key]
        return str(value)

    return parse


GIT = ToolSpec(
    name="git",
    version_args=("version",),
    parse=lambda text: text.split()[2],
    minimum="2.38",
    how_to_get="https://git-scm.com/downloads",
)
TERRAFORM = ToolSpec(
    name="terraform",
    version_args=("version", "-json"),
    parse=_json_field("terraform_version"),
    minimum="1.6",
    how_to_get="https://developer.hashicorp.com/terraform/install",
)
TOFU = ToolSpec(
    name="tofu",
    version_args=("version", "-json"),
    parse=_json_field("terraform_version"),
    minimum="1.6",
    how_to_get="https://opentofu.org/docs/intro/install/",
)
KUBECTL = ToolSpec(
    name="kubectl",
    version_args=("version", "--client", "-o", "json"),
    parse=_json_field("clientVersion", "gitVersion"),
    minimum="1.27",
    how_to_get="https://kubernetes.io/docs/tasks/tools/",
)
SOPS = ToolSpec(
    name="sops",
    version_args=("--version",),
    parse=lambda text: text.split()[1],
    minimum="3.8",
    how_to_get="https://getsops.io/docs/#download",
)
KUSTOMIZE = ToolSpec(
    name="kustomize",
    version_args=("version",),
    parse=lambda text: text.strip(),
    minimum="5.0",
    how_to_get="https://kubectl.docs.kubernetes.io/installation/kustomize/",
)
AWS = ToolSpec(
    name="aws",
    version_args=("--version",),
    parse=lambda text: text.split()[0].removeprefix("aws-cli/"),
    minimum="1.29",
    how_to_get="https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
)


def find_tool(spec: ToolSpec, cache: Path, requirement: str = "") -> Tool:
    """The program on PATH, with a version that fits `requirement` (`>= 1.6, < 2`) and our minimum.

    Raises `ToolMissingError` when it is absent or its version does not fit.
    """
    path = find_program(spec.name)
    if path is None:
        raise ToolMissingError(
            f"{spec.name} is not installed or not on PATH", hint=f"Get it: {spec.how_to_get}"
        )
    tool = Tool(name=spec.name, path=path, version=_version(spec, path, cache))
    for wanted in (f">={spec.minimum}", requirement):
        if not fits(tool.version, wanted):
            raise ToolMissingError(
                f"{tool.name} {tool.version} ({tool.path}) does not fit: {wanted} is needed",
                hint=f"Get another version: {spec.how_to_get}",
            )
    return tool


def find_first(choices: Sequence[tuple[ToolSpec, str]], cache: Path) -> Tool:
    """The first of several programs that is installed, each with its own requirement."""
    for spec, requirement in choices:
        if find_program(spec.name):
            return find_tool(spec, cache, requirement)
    names = " or ".join(spec.name for spec, _ in choices)
    raise ToolMissingError(
        f"{names} is not installed or not on PATH",
        hint=f"Get {choices[0][0].name}: {choices[0][0].how_to_get}",
    )


def fits(version: str, requirement: str) -> bool:
    """Whether a version fits a comma-separated list of comparisons; an empty list fits always.

    `~>` is Terraform's: `~> 1.6` is 1.6 or later below 2, and with one number alone any later version.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    plain = _PESSIMISTIC_ALONE.sub(">=", requirement).replace("~>", "~=")
    try:
        return SpecifierSet(plain).contains(version, prereleases=True)
    except InvalidSpecifier as error:
        raise ToolError(
            f"{requirement!r} is no version requirement", hint="Write comparisons like `>= 1.6, < 2`."
        ) from error


def _version(spec: ToolSpec, path: str, cache: Path) -> str:
    status = Path(path).stat()
    identity = f"{Path(path).resolve()}:{status.st_size}:{status.st_mtime_ns}"
    remembered = cache / f"version-{hashlib.sha256(identity.encode()).hexdigest()[:24]}"
    with suppress(OSError, UnicodeDecodeError):
        known = remembered.read_text(encoding="utf-8")
        if _VERSION.fullmatch(known):
            return known
    version = _ask(spec, path)
    with suppress(FileError):  # a cache that cannot be written only costs time
        write_atomically(remembered, version.encode())
    return version


def _ask(spec: ToolSpec, path: str) -> str:
    done = run(
        Command(
            argv=(path, *spec.version_args),
            cwd=Path("/"),
            env=dict.fromkeys(("TF_CLI_ARGS", "TF_CLI_ARGS_version")),
            timeout=PROBE_SECONDS,
            purpose=f"asking {spec.name} for its version",
        )
    )
    try:
        found = _VERSION.search(spec.parse(done.text))
    except (ValueError, KeyError, IndexError, TypeError):
        found = None
    if found is None:
        raise ToolError(f"{path} does not answer like {spec.name}", detail=done.text.strip()[:500])
    return found.group()

"""What a Terraform root module says as a whole: where its state is, and who inherits what in it."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.model.state import ENVIRONMENT_VARIABLE
from kubestack_py.terraform.configurations import read_configurations
from kubestack_py.terraform.selection import CHECK, is_addressed, selection_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kubestack_py.model.platform import Platform, Stack

_WORKSPACE = re.compile(rb"^[^#\n]*\bterraform\.workspace\b")


def root_module_findings(
    platform: Platform, stack: Stack, paths: Iterable[str], read: Callable[[str], bytes | None]
) -> Iterator[Finding]:
    """A backend that cannot hold several environments, and configurations that cannot be merged."""
    files = {
        path: read(path) or b""
        for path in sorted(paths)
        if posixpath.dirname(path) == stack.path and path.endswith(TERRAFORM_SUFFIXES)
    }
    yield from selection_findings(platform.state, files)
    if is_addressed(files):
        yield from _workspaces(files)
        yield from _in_the_clear(platform)
    names = [environment.name for environment in platform.environments]
    for module in read_configurations(files, names[-1]).modules:
        inheritance = module.inheritance
        inheritance.check_parents()
        for name in names:
            if name in inheritance.configurations:
                inheritance.merged(name)
        yield from dict.fromkeys(inheritance.findings)


def _in_the_clear(platform: Platform) -> Iterator[Finding]:
    """A server on this machine may do without encryption, and no other one."""
    url = urlsplit(platform.state.address if platform.state else "")
    if url.scheme == "http" and url.hostname not in {"localhost", "127.0.0.1"}:
        yield Finding(
            check=CHECK,
            severity=Severity.WARNING,
            where=Location(path=SETTINGS_FILE),
            key="state.address",
            message="states go there unencrypted, with every secret in them, and so does the password",
            hint="use https",
        )


def _workspaces(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Where a root module asks for the workspace, which is `default` in every environment."""
    for path, source in files.items():
        for line, text in enumerate(source.split(b"\n"), start=1):
            if _WORKSPACE.search(text):
                yield Finding(
                    check=CHECK,
                    where=Location(path=path, line=line),
                    message="terraform.workspace is `default` in every environment with the backend http",
                    hint=f"declare a variable `{ENVIRONMENT_VARIABLE}` and write var.{ENVIRONMENT_VARIABLE}",
                )

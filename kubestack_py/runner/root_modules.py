"""What a Terraform root module says as a whole: where its state is, and who inherits what in it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Finding
from kubestack_py.terraform.backend import WITHOUT_WORKSPACES, read_backend
from kubestack_py.terraform.configurations import read_configurations
from kubestack_py.terraform.layout import CONFIGURATION_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kubestack_py.model.platform import Platform, Stack


def root_module_findings(
    platform: Platform, stack: Stack, paths: Iterable[str], read: Callable[[str], bytes | None]
) -> Iterator[Finding]:
    """A backend that cannot hold several environments, and configurations that cannot be merged."""
    files = {
        path: read(path) or b""
        for path in sorted(paths)
        if posixpath.dirname(path) == stack.path and path.endswith(CONFIGURATION_SUFFIXES)
    }
    yield from _backend(files)
    names = [environment.name for environment in platform.environments]
    for module in read_configurations(files, names[-1]).modules:
        inheritance = module.inheritance
        inheritance.check_parents()
        for name in names:
            if name in inheritance.configurations:
                inheritance.merged(name)
        yield from dict.fromkeys(inheritance.findings)


def _backend(files: Mapping[str, bytes]) -> Iterator[Finding]:
    backend = read_backend(files)
    if backend and backend.type == WITHOUT_WORKSPACES:
        yield Finding(
            check="backend",
            where=backend.where,
            message=f"the backend {backend.type} knows no workspaces, and an environment is a workspace",
            hint="take another one: docs/backends.md compares them",
        )

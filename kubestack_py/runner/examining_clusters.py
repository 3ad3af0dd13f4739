"""The clusters of a platform under the eyes of `kubestack validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.platform import StackKind
from kubestack_py.runner.configuring import stack_files
from kubestack_py.scaffold.cluster_settings import settings_findings
from kubestack_py.scaffold.providers import LOCAL
from kubestack_py.terraform.clusters import clusters_in
from kubestack_py.terraform.configurations import read_configurations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.finding import Finding
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.session import Session


def cluster_findings(session: Session, stacks: Iterable[Stack]) -> Iterator[Finding]:
    """What is wrong with the settings of clusters, in each environment that has some."""
    for stack in stacks:
        if stack.kind is StackKind.TERRAFORM:
            yield from _of_stack(session, stack)


def _of_stack(session: Session, stack: Stack) -> Iterator[Finding]:
    files = stack_files(session.root, stack.path)
    clusters = {item.name: item for path, source in files.items() for item in clusters_in(source, path)}
    clusters = {name: item for name, item in clusters.items() if item.provider != LOCAL}
    if not clusters:
        return
    for module in read_configurations(files, session.platform.environments[-1].name).modules:
        inheritance, cluster = module.inheritance, clusters.get(module.name)
        inheritance.check_parents()
        if cluster is None or inheritance.findings:
            continue  # who inherits from whom has to be mended first, and somebody else says so
        for environment in inheritance.configurations:
            values = {value.name: value for value in inheritance.merged(environment).values()}
            yield from settings_findings(cluster.provider, environment, values, cluster.where)

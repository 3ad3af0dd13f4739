"""The files of one cluster: what `new platform`, `add cluster` and `update` all write.

Everything that differs between providers is data (`scaffold.providers`) or stands in their templates.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kubestack_py.scaffold.providers import TEMPLATES, cloud, provider
from kubestack_py.scaffold.render import generate
from kubestack_py.system.files import disk_errors, resource, scratch_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MODULES = "templates/modules"
INFRASTRUCTURE = PurePosixPath("infra")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster as it was asked for, complete; its fields are the options that the record keeps.

    `answers` is what only its provider asks for (`project_id`, `resource_group`).
    """

    provider: str
    name_prefix: str
    region: str
    base_domain: str
    kubernetes_version: str
    zones: tuple[str, ...]
    node_type: str
    min_size: int
    max_size: int
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What the platform calls it: the name of its module and of its file (`eks_gc0_eu-west-1`)."""
        return f"{self.provider}_{self.name_prefix}_{self.region}"

    @property
    def path(self) -> PurePosixPath:
        """Its file in the platform."""
        return INFRASTRUCTURE / f"{self.id}_cluster.tf"

    def name_in(self, environment: str) -> str:
        """What the cloud calls it in an environment; the module `metadata` makes the same name."""
        return f"{self.name_prefix}-{environment}-{self.region}"

    def options(self) -> dict[str, Any]:
        """The cluster as JSON values, for the record; `from_options` makes it again."""
        return asdict(self) | {"zones": list(self.zones), "answers": dict(self.answers)}

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Cluster:
        """The cluster that `options` describe."""
        return cls(**{**options, "zones": tuple(options["zones"])})


def complete(provider_name: str, base_domain: str, **given: Any) -> Cluster:
    """A cluster with the provider's defaults for whatever is None or left out of `given`."""
    known = provider(provider_name)
    stated = {key: value for key, value in given.items() if value not in (None, ())}
    region = stated.get("region", known.region)
    usual = {
        "region": region,
        "name_prefix": "gc0",
        "kubernetes_version": known.kubernetes_version,
        "zones": cloud(provider_name).regions.get(region, ())[: known.zones],
        "node_type": known.node_type,
        "min_size": known.min_size,
        "max_size": known.max_size,
    }
    return Cluster(provider=provider_name, base_domain=base_domain, **usual | stated)


def cluster_files(
    cluster: Cluster, environments: Sequence[str], environment: str = ""
) -> Mapping[PurePosixPath, bytes]:
    """Every file of a cluster by its path in the platform: its own one, and those of its modules.

    `environments` is the promotion chain; the last one is described in full, each of the others inherits
    from the one behind it. `environment` is the expression that tells it, empty for the workspace.
    """
    modules = provider(cluster.provider).modules
    return {
        **{path: content for module in modules for path, content in module_files(module).items()},
        **_rendered(cluster, environments, environment),
    }


def module_files(module: str) -> Mapping[PurePosixPath, bytes]:
    """The files of a module of `templates/modules/` by their path in the platform; they are not rendered."""
    found = _files(resource(MODULES) / module)
    return {INFRASTRUCTURE / "modules" / module / path: content for path, content in found.items()}


def _rendered(
    cluster: Cluster, environments: Sequence[str], environment: str
) -> Mapping[PurePosixPath, bytes]:
    context = {
        "name": "platform",
        "cluster": cluster.id,
        "options": asdict(cluster),
        "environments": list(environments),
        "environment": environment,
        "parents": dict(pairwise(environments[:-1])),
    }
    with scratch_directory("cluster") as scratch:
        generate(resource(f"{TEMPLATES}/{cluster.provider}"), context, scratch)
        return _files(scratch / "platform")


def _files(root: Path) -> dict[PurePosixPath, bytes]:
    with disk_errors(f"read {root}"):
        return {
            PurePosixPath(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

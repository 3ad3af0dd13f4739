"""A service as Terraform takes it: a file beside its cluster's, with the module `service`.

The module keeps the three steps; `depends_on` in the file waits for the cluster and for the services that
this one needs.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import UsageError
from kubestack_py.model.service import CrdSource
from kubestack_py.scaffold.providers import Requirement
from kubestack_py.scaffold.services.values import merged
from kubestack_py.system.files import disk_errors, resource
from kubestack_py.terraform.literals import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.scaffold.services.manifests import Files
    from kubestack_py.scaffold.services.placed import ClusterName, PlacedService

INFRASTRUCTURE = PurePosixPath("infra")
HELM = Requirement(name="helm", source="hashicorp/helm", version=">= 3.1, < 4")
_MODULE = "templates/modules/service"
# How each cloud's own tool lets Helm in, with a token that lives for minutes.
_LOGINS: dict[str, tuple[str, Sequence[str]]] = {
    "eks": ("aws", ("eks", "get-token", "--cluster-name", "{name}", "--region", "{region}")),
    "gke": ("gke-gcloud-auth-plugin", ()),
    # The server's id is the one of AKS in every tenant.
    "aks": (
        "kubelogin",
        ("get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"),
    ),
}


def service_file(cluster: str, service: str) -> PurePosixPath:
    """The file of a service on a cluster."""
    return INFRASTRUCTURE / f"{cluster}_service_{service}.tf"


def helm_file(cluster: str) -> PurePosixPath:
    """The file of a cluster's Helm provider."""
    return INFRASTRUCTURE / f"{cluster}_helm.tf"


def shared_terraform_files(cluster: ClusterName) -> Files:
    """What all services on a cluster share: its Helm provider, and the module `service`."""
    with disk_errors("read the module `service`"):
        module = {path.name: path.read_bytes() for path in sorted(resource(_MODULE).glob("*.tf"))}
    return {
        helm_file(str(cluster)): _provider(cluster).encode(),
        **{INFRASTRUCTURE / "modules" / "service" / name: content for name, content in module.items()},
    }


def terraform_file(
    placed: PlacedService, cluster: ClusterName, needed: Sequence[str], teller: str = ""
) -> bytes:
    """The file of a service on a cluster; `needed` are the services below it that Terraform delivers too.

    `teller` is the expression that tells the environment, empty for the workspace.
    """
    name = placed.service.name
    base = placed.environments[-1]
    whole = _values(placed, base)
    configuration = {base: whole}
    for environment in placed.environments[:-1][::-1]:
        configuration[environment] = _differing(_values(placed, environment), whole, base)
    waits = [f"module.{cluster}", *(f"module.{cluster}_service_{other}" for other in needed)]
    told = f"  environment = {teller}\n\n" if teller else ""
    return f"""\
# {name} on the cluster {cluster}: {placed.service.summary}
# {base} has the values in full; the others state only what differs.

module "{cluster}_service_{name}" {{
  source = "./modules/service"

  providers = {{
    helm = helm.{cluster}
  }}

  releases = {literal(_releases(placed), 2)}

{told}  configuration_base_key = {literal(base)}

  configuration = {literal(configuration, 2)}

  # The cluster, and the services that have to be there before.
  depends_on = [{", ".join(waits)}]
}}
""".encode()


def _releases(placed: PlacedService) -> dict[str, Any]:
    return {
        item.chart.release: {
            "step": item.chart.step.value,
            "repository": item.chart.repository,
            "chart": item.chart.chart,
            "version": item.chart.version,
            "namespace": item.chart.namespace,
            **({"skip_crds": True} if item.chart.crds is CrdSource.ELSEWHERE else {}),
        }
        for item in placed.charts
    }


def _values(placed: PlacedService, environment: str) -> dict[str, Any]:
    """The whole values of each release in an environment."""
    return {item.chart.release: merged(item.base, item.own[environment]) for item in placed.charts}


def _differing(own: Mapping[str, Any], base: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What an environment has to say to have its own values, as it inherits those of the base.

    Raises `UsageError` for a value that only the base has: it could be taken back by null alone, which for
    Helm means something else.
    """
    gone: list[str] = []
    stated = _stated(own, base, "", gone)
    if gone:
        key = gone[0].partition(".")[2]
        raise UsageError(
            f"with terraform, {key} cannot be stated for {name} alone: the others inherit from {name}",
            hint=f"State it for all, and for the others what differs: --set {key}=… --set ENV:{key}=…",
        )
    return stated


def _stated(own: Mapping[str, Any], base: Mapping[str, Any], path: str, gone: list[str]) -> dict[str, Any]:
    gone += [f"{path}{key}" for key in base if key not in own]
    stated: dict[str, Any] = {}
    for key, value in own.items():
        inherited = base.get(key)
        if isinstance(value, dict) and isinstance(inherited, dict):
            inner = _stated(value, inherited, f"{path}{key}.", gone)
            if inner:
                stated[key] = inner
        elif key not in base or value != inherited:
            stated[key] = value
    return stated


def _provider(cluster: ClusterName) -> str:
    command, arguments = _LOGINS[cluster.provider]
    known = {"{name}": f"module.{cluster}.name", "{region}": literal(cluster.region)}
    written = ", ".join(known.get(item, literal(item)) for item in arguments)
    return f"""\
# Helm on the cluster {cluster}, for the services that Terraform delivers. `{command}` logs in
# as whoever runs Terraform; no token is kept.

provider "helm" {{
  alias = "{cluster}"

  kubernetes = {{
    host                   = module.{cluster}.endpoint
    cluster_ca_certificate = module.{cluster}.certificate_authority

    exec = {{
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "{command}"
      args        = [{written}]
    }}
  }}
}}
"""

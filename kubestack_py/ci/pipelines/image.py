"""The Dockerfile of the image that jobs run in: pinned versions, checked downloads, no root."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = "ci/Dockerfile"
BASE = "python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb"
# SHA-256 of what is published for linux/amd64. Who chooses other versions has to look theirs up.
_CHECKSUMS = {
    ("terraform", "1.11.4"): "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    ("kubectl", "1.32.4"): "10d739e9af8a59c9e7a730a2445916e04bc9cbb44bc79d22ce460cd329fa076c",
    ("helm", "3.19.0"): "a7f81ce08007091b86d8bd696eb4d86b8d0f2e1b9f6c714be62f82f96a594496",
}
_PLACES = {
    "terraform": "releases.hashicorp.com/terraform/VERSION/terraform_VERSION_SHA256SUMS",
    "kubectl": "dl.k8s.io/release/vVERSION/bin/linux/amd64/kubectl.sha256",
    "helm": "get.helm.sh/helm-vVERSION-linux-amd64.tar.gz.sha256sum",
}
_TEXT = """\
# syntax=docker/dockerfile:1
# The tools of this platform for CI, with the versions of .tool-versions. Build, push, and put what
# the registry calls it, with the digest, into `ci: {image: …}` of kubestack.yaml.
FROM @base@

@terraform@
@kubectl@
@helm@ARG KUBESTACK_VERSION=@kubestack@

RUN apt-get update \\
 && apt-get install --yes --no-install-recommends git openssh-client \\
 && rm -rf /var/lib/apt/lists/*

# The build stops here when a download is not what the checksum says.
ARG TERRAFORM_RELEASE=https://releases.hashicorp.com/terraform/${TERRAFORM_VERSION}
ADD --checksum=sha256:${TERRAFORM_SHA256} \\
    ${TERRAFORM_RELEASE}/terraform_${TERRAFORM_VERSION}_linux_amd64.zip \\
    /tmp/terraform.zip
ADD --checksum=sha256:${KUBECTL_SHA256} \\
    https://dl.k8s.io/release/v${KUBECTL_VERSION}/bin/linux/amd64/kubectl \\
    /usr/local/bin/kubectl
RUN python -m zipfile --extract /tmp/terraform.zip /usr/local/bin \\
 && rm /tmp/terraform.zip \\
 && chmod 0755 /usr/local/bin/terraform /usr/local/bin/kubectl
@install_helm@
RUN pip install --no-cache-dir "kubestack-py==${KUBESTACK_VERSION}"

# The user that runners hosted by GitHub own the work tree as.
RUN useradd --uid 1001 --create-home runner
USER runner
WORKDIR /home/runner
"""
_INSTALL_HELM = """
# Overlays with charts are built by helm.
ADD --checksum=sha256:${HELM_SHA256} \\
    https://get.helm.sh/helm-v${HELM_VERSION}-linux-amd64.tar.gz \\
    /tmp/helm.tar.gz
RUN tar -xzf /tmp/helm.tar.gz -C /usr/local/bin --strip-components=1 --no-same-owner linux-amd64/helm \\
 && rm /tmp/helm.tar.gz
"""


def dockerfile(versions: Mapping[str, str], kubestack: str) -> str:
    """The Dockerfile for versions of `terraform`, `kubectl` and perhaps `helm`, and of this program."""
    text = _TEXT.replace("@base@", BASE).replace("@kubestack@", kubestack)
    text = text.replace("@install_helm@", _INSTALL_HELM if "helm" in versions else "")
    for tool in _PLACES:
        line = f"{_arguments(tool, versions[tool])}\n" if tool in versions else ""
        text = text.replace(f"@{tool}@\n", line).replace(f"@{tool}@", line)
    return text


def _arguments(tool: str, version: str) -> str:
    name = tool.upper()
    checksum = _CHECKSUMS.get((tool, version))
    place = _PLACES[tool].replace("VERSION", version)
    lines = [f"ARG {name}_VERSION={version}"]
    lines += (
        [f"ARG {name}_SHA256={checksum}"]
        if checksum
        else [f"# Give it with --build-arg, as published in {place}.", f"ARG {name}_SHA256"]
    )
    return "\n".join(lines)

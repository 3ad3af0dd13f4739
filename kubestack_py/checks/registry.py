"""Every check of `kubestack validate`, in the order of docs/validation.md, which is made from this."""

from __future__ import annotations

from kubestack_py.model.check import Check

_ALL = (
    # The platform and its files
    Check(
        id="schema",
        title="Settings fit their schema",
        finds="kubestack.yaml holds what its schema does not allow.",
        fix="Follow the message; docs/kubestack-yaml.md has every key.",
    ),
    Check(
        id="stacks",
        title="Stacks exist",
        finds="`stacks:` names what is not there, or what is no stack.",
        fix="Correct the path, or add the stack.",
    ),
    Check(
        id="environment",
        title="Every environment is configured",
        finds="A `configuration` map lacks the key of an environment, or has one that is none.",
        fix="Add `ops = {}` to inherit everything, or correct the key.",
    ),
    Check(
        id="overlay",
        title="Every environment has an overlay",
        finds="A stack has no `overlays/<environment>`.",
        fix="Add its kustomization.yaml.",
    ),
    Check(
        id="reference",
        title="Files that are referred to exist",
        finds="A kustomization, module or file function leads nowhere, or out of the repository.",
        fix="Correct the path; keep what a stack is made of in the repository.",
    ),
    Check(
        id="hcl-syntax",
        title="HCL can be read",
        finds="A Terraform file is not valid HCL.",
        fix="`terraform fmt` says more.",
    ),
    Check(
        id="yaml",
        title="YAML can be read",
        finds="A file is no YAML, has a key twice, or unfolds into millions of nodes.",
        fix="Follow the message. The overlays of the stack are not built before.",
    ),
    Check(
        id="limit",
        title="Files have a bearable size",
        finds="A file of a stack is larger than 8 MiB; it is not read, and the stack is not built.",
        fix="Split it, or keep such data elsewhere.",
    ),
    Check(
        id="symlink",
        title="Links stay in the repository",
        finds="A symbolic link leads out of the repository; it is not followed, and the stack is not built.",
        fix="Put a copy into the repository.",
    ),
    Check(
        id="build",
        title="Every overlay builds",
        finds="Kustomize refuses an overlay, or warns of it.",
        fix="Follow what Kustomize says.",
    ),
    Check(
        id="ignore",
        title="Accepted findings exist",
        finds="An entry of `validate: {ignore: […]}` accepts no finding, or names no check.",
        fix="Take the entry out.",
    ),
    # Objects that overlays render
    Check(
        id="kubernetes-version",
        title="The version of Kubernetes is known",
        finds="There are no schemas for the `version` of `kubernetes:` here.",
        fix="Name a version that is known, or upgrade kubestack.",
    ),
    Check(
        id="manifest-schema",
        title="Objects fit the schema of their kind",
        finds=(
            "A field is unknown, missing, or of the wrong type, by the schemas of Kubernetes, of the "
            "platform's own CustomResourceDefinitions, or of those that kubestack brings along."
        ),
        fix="Correct the field; the finding says what is allowed.",
    ),
    Check(
        id="manifest-api",
        title="API versions are served",
        finds="The platform's Kubernetes does not serve the API version of an object.",
        fix="Move to the version that the finding names.",
    ),
    Check(
        id="manifest-kind",
        title="Kinds are known",
        finds="No schema describes a kind, so its fields are not checked. This is a note.",
        fix="Add its CustomResourceDefinition to a stack.",
    ),
)

CHECKS: dict[str, Check] = {check.id: check for check in _ALL}

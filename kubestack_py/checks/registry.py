"""Every check of `kubestack validate`, in the order of docs/validation.md, which is made from this."""

from __future__ import annotations

from kubestack_py.checks.registry_terraform import TERRAFORM
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
        id="elsewhere",
        title="Pull requests fetch nothing new",
        finds="In a pull request, an overlay would fetch a base or a chart that its target does not fetch.",
        fix="Allow the address under `pull_requests: {modules: […]}` on the target, or keep a copy here.",
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
    Check(
        id="manifest-reference",
        title="References lead somewhere",
        finds=(
            "A pod, route, role binding or scaler names a ConfigMap, Secret, Service, ServiceAccount, "
            "claim, role or workload (or a key in one) that no stack of the environment renders. What is "
            "marked `optional`, what an ExternalSecret, SealedSecret, Certificate and the like make, and "
            "what lies in the namespace of a Helm release is taken as there."
        ),
        fix="Correct the name, or add the object. What is made elsewhere is accepted with a reason.",
    ),
    Check(
        id="duplicate",
        title="An object is in one stack",
        finds=(
            "Two stacks render the same object for an environment. A Namespace may be shared where all "
            "say the same of it."
        ),
        fix="Keep it in one of them.",
    ),
    Check(
        id="unpinned-image",
        title="Images are named exactly",
        finds=(
            "A container, a pipeline or a Dockerfile names an image without a tag, or with `latest`; in "
            "pipelines and Dockerfiles a tag without a digest is a warning."
        ),
        fix="Name a version, better a digest: `name:1.2.3@sha256:…`.",
    ),
    Check(
        id="helm-values",
        title="Values fit their chart",
        finds=(
            "A HelmRelease or Argo CD Application of a chart in this repository has values that the "
            "chart's values.schema.json refuses."
        ),
        fix="Correct the values; the finding says what is allowed.",
    ),
    Check(
        id="versions-lock",
        title="Charts are as the lock says",
        finds=(
            "A chart of a repository with `versions.lock.yaml` has another version, source or namespace than "
            "is locked there, in its base or in an overlay; is not locked; or is locked and used nowhere."
        ),
        fix="`kubestack add service`, `remove service` and `catalog upgrade` change both together.",
    ),
    # Flux
    Check(
        id="flux-reference",
        title="Flux objects find each other",
        finds=(
            "A source, policy, provider or dependency is not there, or `dependsOn` names another kind, "
            "which is never waited for. What `flux bootstrap` calls `flux-system` is taken as there."
        ),
        fix="Correct the name and namespace, or add the object.",
    ),
    Check(
        id="flux-cycle",
        title="Nothing waits for itself",
        finds=(
            "Kustomizations or HelmReleases depend on each other in a circle, so that none of them is "
            "ever applied."
        ),
        fix="Take one `dependsOn` out.",
    ),
    Check(
        id="flux-substitution",
        title="Variables are defined",
        finds=(
            "A `${variable}` below a Kustomization that substitutes has no value and no default; that "
            "fails the whole Kustomization."
        ),
        fix=(
            "Define it in `postBuild`, write `${name:=default}`, or `$${name}` for what is meant literally."
        ),
    ),
    Check(
        id="flux-marker",
        title="Image markers have a policy",
        finds=(
            'A `# {"$imagepolicy": …}` marker cannot be read, names a policy that is not there, or one in'
            " a namespace without an ImageUpdateAutomation."
        ),
        fix="Correct `namespace:policy`, or move the policy.",
    ),
    *TERRAFORM,
    # Secrets
    Check(
        id="plain-secret",
        title="Secrets are encrypted",
        finds=(
            "An overlay renders a Secret whose values stand in the repository for everybody to read, "
            "base64 or not."
        ),
        fix=(
            "Encrypt the file with SOPS, or let an ExternalSecret or SealedSecret make the Secret; then "
            "change what was readable."
        ),
    ),
    Check(
        id="secret-text",
        title="No keys and tokens in files",
        finds=(
            "A file holds a private key, the token of a known service, a password in a URL, or a variable"
            " of Terraform whose name says that its value is secret."
        ),
        fix="Take it out and change the secret: history keeps it.",
    ),
    Check(
        id="secret-state",
        title="No state in Git",
        finds="A state or plan file of Terraform is in the work tree and not ignored.",
        fix="Remove it, ignore it, and keep state in a backend.",
    ),
    Check(
        id="sops",
        title="Files are encrypted as `.sops.yaml` says",
        finds=(
            "A file that a rule with `path_regex` covers is not encrypted, or a value in an encrypted "
            "file is in plain text though the rule encrypts its key."
        ),
        fix="`sops --encrypt --in-place FILE`, and change what was readable.",
    ),
    Check(
        id="encrypted-value",
        title="What is encrypted gets decrypted",
        finds=(
            "An overlay renders a value that SOPS has encrypted and that would arrive as it is: of a file in "
            "`envs:` of a `secretGenerator` with `delivery: rendered`, in a ConfigMap, or copied out of its "
            "file. `plan` and `apply` refuse these; a whole file in a ConfigMap is a warning."
        ),
        fix=(
            "Name the file under `files:`, encrypt a Secret as a whole, or let kubectl deliver the stack. "
            "What is secret goes into a Secret."
        ),
    ),
)

CHECKS: dict[str, Check] = {check.id: check for check in _ALL}

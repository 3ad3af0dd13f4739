"""The checks of Terraform and pipelines among those of `kubestack validate`."""

from __future__ import annotations

from kubestack_py.model.check import Check

TERRAFORM = (
    Check(
        id="cluster",
        title="Clusters have settings that their provider takes",
        finds=(
            "A cluster in some environment would have a name that is too long, or networks that overlap. "
            "A region, zone, machine type or version that the offline lists do not have is a warning: a list "
            "has a date, and the cloud may have it since."
        ),
        fix="Correct the setting in `infra/<cluster>_cluster.tf`; the finding says what is offered.",
    ),
    Check(
        id="terraform-validate",
        title="Terraform finds the configuration valid",
        finds=(
            "`terraform validate` refuses a copy of the stack. It needs providers that are installed here"
            " already, in the stack by `terraform init` or in a mirror: none is downloaded, and none is "
            "taken from Git, since validating starts them. A note says where it could not be asked."
        ),
        fix="Follow what Terraform says.",
    ),
    Check(
        id="module-call",
        title="Calls of local modules fit",
        finds=(
            "Where Terraform could not look (its providers are not here): a call of a local module has an "
            "argument that the module does not take, or lacks one that it requires; an expression names a "
            "variable, a module or an output of a local module that is not there."
        ),
        fix="Correct the name; the finding says which one may be meant.",
    ),
    Check(
        id="dropped-attribute",
        title="No setting is dropped in silence",
        finds=(
            "An object has an attribute that the type of its variable does not name: Terraform drops it "
            "without a word. Arguments of modules and `.tfvars` are looked at, and the configuration of "
            "every environment, wherever it gets its type."
        ),
        fix="Correct the name, or add the attribute to the type.",
    ),
    Check(
        id="unpinned-module",
        title="Modules have a version",
        finds=(
            "A module comes from a registry without a version, or from a Git repository without a `ref`, "
            "or from a branch."
        ),
        fix="Name a version or a tag.",
    ),
    Check(
        id="unpinned-provider",
        title="Providers have a version",
        finds=(
            "A provider has no version in `required_providers`; a root module without "
            "`.terraform.lock.hcl` is a warning."
        ),
        fix="Name a version, and commit the lock file.",
    ),
    Check(
        id="pipeline",
        title="Pipelines fit the settings",
        finds=(
            "A pipeline that `kubestack ci render` wrote does not say any more what kubestack.yaml asks for."
        ),
        fix="Render it again.",
    ),
    Check(
        id="ci-image",
        title="Pipelines have an image",
        finds="`ci:` names no `image` for Lighthouse, so its steps name one that cannot be pulled.",
        fix="Build and push `ci/Dockerfile`, name it with its digest, and render again.",
    ),
    Check(
        id="unpinned-action",
        title="Actions are named by commit",
        finds=(
            "A workflow of GitHub takes an action from a branch (an error) or at a version tag (a "
            "warning): whoever can move it runs code in your pipeline."
        ),
        fix="Name the commit, with the version as a comment.",
    ),
    Check(
        id="workflow-trigger",
        title="No workflow lends its rights to contributors",
        finds=(
            "A workflow of GitHub runs on `pull_request_target`: whoever opens a pull request starts it, "
            "and it has the secrets and the write token of the target."
        ),
        fix="Run on `pull_request`. `kubestack` itself refuses to work on such an event.",
    ),
    Check(
        id="workflow-permissions",
        title="Workflows ask for the rights that they need",
        finds="A workflow of GitHub, or a job of it, has `permissions: write-all`.",
        fix="Write `permissions: {}` for the workflow, and for each job what it needs.",
    ),
)

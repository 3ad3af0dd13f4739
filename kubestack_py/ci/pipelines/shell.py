"""The lines of shell that jobs share. Nothing of an event stands in them: names come in variables, quoted.

What does stand in them are identities of `kubestack.yaml`, whose patterns leave no room for syntax.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubestack_py.ci.pipelines.model import Identity, On

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.ci.pipelines.model import Job, Pipeline

SUMMARY = ".terraform/kubestack-summary.md"  # below what a platform's .gitignore leaves out
FULL_TEXT = ".terraform/kubestack-full-text.md"
COMMENT = ".terraform/kubestack-comment.md"
COMMENT_CREDENTIAL = "kubestack-comment"
PLUGINS = ".terraform/plugin-cache"
AUDIENCES = {"aws": "sts.amazonaws.com", "azure": "api://AzureADTokenExchange"}
TOKENS = {"aws": "KUBESTACK_AWS_TOKEN", "google": "KUBESTACK_GOOGLE_TOKEN", "azure": "ARM_OIDC_TOKEN"}


def audience(pipeline: Pipeline, cloud: str) -> str:
    """Whom the OIDC token for a cloud is meant for."""
    google = pipeline.settings.google
    return (
        f"https://iam.googleapis.com/{google.provider}" if cloud == "google" and google else AUDIENCES[cloud]
    )


def kept_files(job: Job) -> list[str]:
    """What a job leaves behind for people: the summary, and of a pull request the whole text."""
    return [SUMMARY, *([FULL_TEXT] if job.on is On.PULL_REQUEST else [])]


def kept_command(job: Job) -> str:
    """The command of a job with what makes those files."""
    options = ("--summary", "--full-text")
    return " ".join(
        [job.command, *(f"{option} {file}" for option, file in zip(options, kept_files(job), strict=False))]
    )


def cache_lines(directory: str) -> list[str]:
    """Keep providers in a directory that outlives the job; Terraform checks them against the lock file."""
    return [f'export TF_PLUGIN_CACHE_DIR="{directory}"', 'mkdir -p "$TF_PLUGIN_CACHE_DIR"']


def cloud_variables(pipeline: Pipeline, job: Job) -> dict[str, str]:
    """What Terraform's providers read to sign in with a token."""
    found: dict[str, str] = {}
    if aws := pipeline.settings.aws:
        found |= {
            "AWS_REGION": aws.region,
            "AWS_ROLE_ARN": pipeline.identity(job, "aws"),
            "AWS_ROLE_SESSION_NAME": f"kubestack-{job.name}",
        }
    if pipeline.settings.azure:
        found |= azure_variables(pipeline, job)
    return found if job.identity is not Identity.NOBODY else {}


def azure_variables(pipeline: Pipeline, job: Job) -> dict[str, str]:
    """What azurerm reads, beside the token itself."""
    azure = pipeline.settings.azure
    if azure is None or job.identity is Identity.NOBODY:
        return {}
    subscription = {"ARM_SUBSCRIPTION_ID": azure.subscription} if azure.subscription else {}
    client = pipeline.identity(job, "azure")
    return {
        "ARM_USE_OIDC": "true",
        "ARM_TENANT_ID": azure.tenant,
        "ARM_CLIENT_ID": client,
        **subscription,
    }


def sign_in_lines(pipeline: Pipeline, job: Job, tokens: Mapping[str, str] = TOKENS) -> list[str]:
    """Put the tokens where providers look for them: files that only this user reads, or variables.

    `tokens` names the variable that holds the host's token for each cloud.
    """
    if job.identity is Identity.NOBODY:
        return []
    lines: list[str] = []
    if pipeline.settings.aws:
        lines += [
            'AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"',
            f'printenv {tokens["aws"]} > "$AWS_WEB_IDENTITY_TOKEN_FILE"',
            "export AWS_WEB_IDENTITY_TOKEN_FILE",
        ]
    if pipeline.settings.google:
        lines += [
            'google_token="$(mktemp)"',
            f'printenv {tokens["google"]} > "$google_token"',
            'GOOGLE_APPLICATION_CREDENTIALS="$(mktemp)"',
            f"""google_form='{_google_credentials(pipeline, job)}'""",
            'printf "$google_form" "$google_token" > "$GOOGLE_APPLICATION_CREDENTIALS"',
            "export GOOGLE_APPLICATION_CREDENTIALS",
        ]
    if pipeline.settings.azure and tokens["azure"] != TOKENS["azure"]:
        lines += [f'export {TOKENS["azure"]}="${tokens["azure"]}"']
    return lines


def _google_credentials(pipeline: Pipeline, job: Job) -> str:
    """Google's file for signing in with a token; `%s` stands where the token's own file goes."""
    google = pipeline.settings.google
    account = pipeline.identity(job, "google")
    return json.dumps(
        {
            "type": "external_account",
            "audience": f"//iam.googleapis.com/{google.provider}" if google else "",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://sts.googleapis.com/v1/token",
            "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/"
            f"serviceAccounts/{account}:generateAccessToken",
            "credential_source": {"file": "%s"},
        }
    )

"""What Terraform may inherit from the process environment, and what it must not.

Dropped is what could turn a run into another one than the platform describes: other arguments
(`TF_CLI_ARGS_plan=-destroy`), another workspace or data directory, another provider process. Also
dropped are debug logs that would go to standard error, since they hold secrets in the clear; with
`TF_LOG_PATH` they go to the user's own file and stay. The program's own tokens and keys are not for
providers and modules, whose code a pull request brings; they go without a word, and in CI so do the
host's own tokens unless the settings ask for them. Kept are inputs and credentials: `TF_VAR_*`,
`TF_CLI_CONFIG_FILE`, `TF_PLUGIN_CACHE_DIR`, `TF_HTTP_*`, `TF_ENCRYPTION` and everything of the providers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.ci import HOST_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCK_SECONDS = 60  # how long a state lock is waited for, unless the user says otherwise
_REDIRECTING = (
    "TF_CLI_ARGS",
    "TF_DATA_DIR",
    "TF_FORCE_LOCAL_BACKEND",
    "TF_REATTACH_PROVIDERS",
    "TF_WORKSPACE",
)
_OUR_SECRETS = (
    "KUBESTACK_COMMENT_TOKEN",
    "KUBESTACK_DEPLOY_TOKEN",
    "KUBESTACK_PLAN_KEY_FILE",
    "KUBESTACK_SIGNING_KEY",
    "SIGNING_KEY",  # the key itself, where a host's store hands out variables and no files
)
# With these somebody acts on the repository itself; the second line has the first of GitLab in other forms.
_REPOSITORY_TOKENS = (
    *HOST_TOKENS,
    *("CI_DEPENDENCY_PROXY_PASSWORD", "CI_REGISTRY_PASSWORD", "CI_REPOSITORY_URL"),
    *("BITBUCKET_TOKEN", "GH_TOKEN", "GITLAB_TOKEN"),
)
_ARGUMENTS_PREFIX = "TF_CLI_ARGS_"
_LOG_PREFIX = "TF_LOG"
_LOG_FILE = "TF_LOG_PATH"
_FIXED = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def scrub(environ: Mapping[str, str]) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The overlay to run Terraform with, and the names of the variables that it drops.

    In the overlay, None removes a variable. The caller warns of the names: whoever set them
    expects an effect that they do not have.
    """
    dropped = tuple(sorted(name for name in environ if _is_dropped(name, environ)))
    overlay = dict.fromkeys((*_REDIRECTING, *_OUR_SECRETS, *dropped))
    return {**overlay, **_FIXED}, dropped


def repository_tokens(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the variables with which somebody could act on the repository, such as write to it."""
    return tuple(name for name in _REPOSITORY_TOKENS if name in environ)


def _is_dropped(name: str, environ: Mapping[str, str]) -> bool:
    if name.startswith(_LOG_PREFIX):
        return not environ.get(_LOG_FILE)
    return name in _REDIRECTING or name.startswith(_ARGUMENTS_PREFIX)

"""The one error root, and the exit code that each kind of failure ends the program with.

Whatever inherits from `KubestackError` is expected: the command prints its message, where it
happened and what to do next. Anything else that reaches the boundary in `cli.main` is a bug.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.finding import Finding


class ExitCode(IntEnum):
    """What the process returns; documented in the README and stable across versions."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BUG = 3
    PENDING = 4
    REFUSED = 5
    INTERRUPTED = 130
    TERMINATED = 143


class KubestackError(Exception):
    """An expected failure.

    `message` says what went wrong and where, `hint` what to do next, `detail` is text of another
    program (its standard error) that is shown as it is.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.detail, self.hint) if part)


class UsageError(KubestackError):
    """The command line asks for something that does not exist or cannot be combined."""

    exit_code = ExitCode.USAGE


class ConfigurationError(KubestackError):
    """The platform's own files are wrong; carries every finding, so that all are shown at once."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, findings: Sequence[Finding] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.findings), *([self.hint] if self.hint else [])])


class ValidationError(ConfigurationError):
    """`kubestack validate` found errors; like `ConfigurationError`, for the platform as a whole."""

    exit_code = ExitCode.FAILED


class FileError(KubestackError):
    """A file or directory cannot be read or written."""


class ToolError(KubestackError):
    """Another program failed; `detail` holds what it wrote."""


class ToolMissingError(ToolError):
    """A program that is needed is not installed, or its version does not fit."""


class GitError(ToolError):
    """Git refused; nothing was changed unless the message says so."""


class TerraformError(ToolError):
    """Terraform or OpenTofu failed."""


class KustomizeError(ToolError):
    """`kubectl kustomize` or `kustomize` failed."""


class PolicyEngineError(ToolError):
    """conftest, opa or checkov failed, or gave an answer that cannot be read."""


class EvidenceError(KubestackError):
    """A record could not be read from, written to or shared through the notes ref."""


class RegistryError(KubestackError):
    """A registry cannot be asked, has not what is wanted, or sends something else; `status` is of HTTP."""

    def __init__(self, message: str, *, hint: str = "", detail: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.status = status


class DeliveryError(KubestackError):
    """Rendered manifests could not be delivered."""


class HostError(KubestackError):
    """The host of the pull request did not do what it was asked; nothing else depends on that."""


class ScaffoldError(KubestackError):
    """A repository could not be scaffolded; nothing is left behind."""

    exit_code = ExitCode.USAGE


class EditError(KubestackError):
    """Files of the platform could not be edited as meant; what was there before is there still."""


class ConflictError(KubestackError):
    """An update and the team's own edits cannot be merged without a person; the places are marked."""


class RefusedError(KubestackError):
    """The gate says no; the message lists every reason."""

    exit_code = ExitCode.REFUSED


class RunFailedError(KubestackError):
    """One or more stacks failed; their own errors were shown where they happened."""


class PendingChangesError(KubestackError):
    """Changes are pending, and the caller asked to be told by the exit code."""

    exit_code = ExitCode.PENDING


class InterruptedRunError(KubestackError):
    """The user or the CI system interrupted the run (SIGINT)."""

    exit_code = ExitCode.INTERRUPTED


class TerminatedRunError(InterruptedRunError):
    """The CI system ended the run (SIGTERM)."""

    exit_code = ExitCode.TERMINATED

"""What a pull request would change in the platform's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsNews:
    """A pull request's kubestack.yaml beside the one that decides, which is on the branch `target`.

    `changes` says what would be different after the merge, a line each; `findings` what is wrong
    with the new file.
    """

    target: str
    changes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

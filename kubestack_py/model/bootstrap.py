"""What has to be made before Terraform can keep its state somewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapStep:
    """One thing that the place of the state has to have, and the command that makes it so.

    `there` says whether it has it; None where nobody was asked.
    """

    what: str
    command: tuple[str, ...]
    there: bool | None = None

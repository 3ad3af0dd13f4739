"""A finding: something a check wants to say about a place in the platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; only errors fail a check. A note says what could not be checked."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file. `line` and `column` count from 1; 0 means unknown."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One message with its place and the next step.

    `key` is the path of a setting (`environments[1].apply_on`) or of a field, `check` the stable name of
    the check that speaks (`schema`, `overlay`, `hcl-syntax`), `object` the Kubernetes object that it is
    about (`Service/web/api`), `environment` where that is rendered; both may be empty.
    """

    message: str
    check: str
    severity: Severity = Severity.ERROR
    where: Location | None = None
    key: str = ""
    hint: str = ""
    object: str = ""
    environment: str = ""

    def __str__(self) -> str:
        place = " ".join(part for part in (str(self.where) if self.where else "", self.key) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.hint})" if self.hint else text

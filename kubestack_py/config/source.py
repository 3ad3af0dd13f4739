"""The text of a settings file, and findings that point into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.finding import Finding, Location
from kubestack_py.model.paths import dotted
from kubestack_py.system.yaml import YamlError, load, locate

KeyPath = Sequence[str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSource:
    """The bytes of a file under the name that people know it by (`kubestack.yaml`)."""

    name: str
    content: bytes

    def parse(self) -> object:
        """The YAML value; raises `ConfigurationError` with line and column when it is broken."""
        try:
            return load(self.content, self.name)
        except YamlError as error:
            where = Location(path=self.name, line=error.line, column=error.column)
            finding = Finding(message=error.problem, check="yaml", where=where)
            raise ConfigurationError(f"{self.name} is not valid YAML", findings=[finding]) from error

    def finding(self, message: str, key: KeyPath, *, check: str = "settings", hint: str = "") -> Finding:
        """A finding at a key path, with the line where that key stands."""
        line, column = locate(self.content, key)
        where = Location(path=self.name, line=line, column=column)
        return Finding(message=message, check=check, where=where, key=dotted(key), hint=hint)

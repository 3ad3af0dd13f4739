"""What an environment's configuration comes to, and where each value of it is written."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.finding import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who says a value: an environment, at a place in a file."""

    environment: str
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveValue:
    """One value that an environment has in the end.

    `path` holds the keys that lead to it. `value` is text, a number, a flag, a list, an empty object, or
    None for what was unset. A `computed` one is known to Terraform alone, and its value holds expressions as
    they are written. Several `origins` are those of a list that was added to, the base first.
    """

    path: tuple[str, ...]
    value: object
    origins: tuple[Origin, ...]
    computed: bool = False

    @property
    def name(self) -> str:
        """The path as `unset` and `append` write it."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveConfiguration:
    """An environment's part of one inherited configuration.

    `where` is its address (`module.cluster`), `stack` the stack it is part of, `line` the environment and all
    it inherits from, the nearest first.
    """

    stack: str
    where: str
    line: tuple[str, ...]
    values: tuple[EffectiveValue, ...]

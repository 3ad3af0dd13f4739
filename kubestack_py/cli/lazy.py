"""A command group whose commands are imported when they are used, so that the program starts fast."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Lazy(NamedTuple):
    """A command that is not imported yet: `module:attribute` in this folder, and a line for the help.

    Without that line the help takes the first sentence of the command, for which it is imported.
    """

    target: str
    summary: str = ""


class Group(click.Group):
    """Commands that its help lists with their whole first sentence, where click would cut it off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A list for each section; names are aligned over all of them."""
        width = max(map(len, self.list_commands(ctx)))
        for title, names in self._sections().items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), self._summary(ctx, name)) for name in names])

    def _sections(self) -> Mapping[str, Iterable[str]]:
        return {"Commands": self.commands}

    def _summary(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=200) if command else ""


class LazyGroup(Group):
    """Commands by section and name; imported only to run, to complete or to explain them."""

    def __init__(self, *args: object, sections: Mapping[str, Mapping[str, Lazy]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.sections = sections
        self._lazy = {name: lazy for section in sections.values() for name, lazy in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which a newcomer meets them."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        lazy = self._lazy.get(cmd_name)
        if lazy is None:
            return None
        module, attribute = lazy.target.split(":")
        command: click.Command = getattr(importlib.import_module(f"kubestack_py.cli.{module}"), attribute)
        return command

    def _sections(self) -> Mapping[str, Iterable[str]]:
        return self.sections

    def _summary(self, ctx: click.Context, name: str) -> str:
        return self._lazy[name].summary or super()._summary(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with suggestions for a mistyped name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if type(error).__name__ != "NoSuchCommand":
                raise
            raise click.exceptions.NoSuchCommand(args[0], possibilities=list(self._lazy), ctx=ctx) from None

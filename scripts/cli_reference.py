"""docs/cli.md from the commands themselves."""

from __future__ import annotations

import inspect
import re
from textwrap import dedent
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.main import kubestack
from scripts.markdown import anchor, choice, document, fence, table

if TYPE_CHECKING:
    from collections.abc import Iterator

# What describes the JSON of each command that has `-o json`, in schemas/<name>.schema.json.
JSON_SCHEMAS = {
    "doctor": "doctor",
    "validate": "validate",
    "list": "inventory",
    "resolve": "resolve",
    "plan": "outcome",
    "apply": "outcome",
    "drift": "drift",
    "verify": "outcome",
    "run": "run",
    "policy list": "policy-rules",
    "policy check": "policy-check",
    "status": "status",
    "sync status": "sync-status",
    "parity": "parity",
    "handoff": "handoff",
    "image list": "image-list",
    "image check": "image-check",
    "promote": "promotion",
    "explain": "explanation",
    "history": "history",
    "diff": "diff",
    "config show": "config-show",
    "rollback": "rollback",
    "catalog list": "catalog-services",
    "catalog show": "catalog-services",
    "evidence list": "evidence-list",
    "evidence show": "evidence-list",
    "evidence verify": "evidence-verify",
}
_DEFAULT_IN_HELP = re.compile(r"\s*\[default: (?P<default>.+)\]$")


def cli_reference() -> str:
    """Every command with its usage, options, defaults and examples."""
    commands = list(_commands("kubestack", kubestack))
    rows = [(f"[`{name}`]({anchor(name)})", _summary(command)) for name, command in commands[1:]]
    return document(
        "# Commands",
        "<!-- Written by `make docs` from the commands in kubestack_py/cli. -->",
        table(["command", "what it does"], rows),
        *(_section(name, command) for name, command in commands),
    )


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The program and every command that does something, with their full names."""
    if not isinstance(command, click.Group) or command is kubestack:
        yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found and not found.hidden:
                yield from _commands(f"{name} {child}", found)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    options = [item for item in command.get_params(context) if isinstance(item, click.Option)]
    text = inspect.cleandoc(command.help or "")
    return document(
        f"## {name}",
        *_paragraphs(text),
        fence("", usage),
        table(
            ["option", "meaning", "default"],
            [_row(option, context) for option in options if "--help" not in option.opts],
        ),
        _json(name, command),
        *_examples(text),
        *_paragraphs(command.epilog or "", keep_blocks=True),
    ).rstrip("\n")


def _summary(command: click.Command) -> str:
    """The first sentence."""
    return " ".join((command.help or "").partition("\n\n")[0].split())


def _paragraphs(text: str, *, keep_blocks: bool = False) -> Iterator[str]:
    """The running text; blocks that click leaves as they are come as code, or not at all."""
    for block in text.split("\n\n"):
        if not block.startswith("\b"):
            yield " ".join(block.split())
        elif keep_blocks:
            yield fence("text", block.removeprefix("\b\n"))


def _json(name: str, command: click.Command) -> str:
    schema = f"schemas/{JSON_SCHEMAS.get(name.partition(' ')[2], '')}.schema.json"
    has_json = any(parameter.name == "output" for parameter in command.params)
    return f"What `-o json` prints is described by [{schema}](../{schema})." if has_json else ""


def _examples(text: str) -> Iterator[str]:
    """The block of examples, as one would type them."""
    for block in text.split("\n\n"):
        if block.startswith("\b\nExamples:"):
            lines = dedent("\n".join(block.splitlines()[2:])).splitlines()
            # What goes on from the line before is no command of its own.
            yield fence("console", "\n".join(f"{'  ' if line[:1] == ' ' else '$ '}{line}" for line in lines))


def _row(option: click.Option, context: click.Context) -> tuple[str, str, str]:
    text = option.help or ""
    told = _DEFAULT_IN_HELP.search(text)
    default = told["default"] if told else _default(option)
    meaning = [_DEFAULT_IN_HELP.sub("", text), _range(option)]
    if option.envvar and default != f"${option.envvar}":
        meaning.append(f"Variable: `{option.envvar}`.")
    return _name(option, context), " ".join(filter(None, meaning)), default


def _name(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {choice(option.type.choices)}"
    if isinstance(option.type, click.IntRange):
        return f"{names} N"
    return f"{names} {option.make_metavar(context)}"


def _range(option: click.Option) -> str:
    kind = option.type
    if not isinstance(kind, click.IntRange):
        return ""
    return f"At least {kind.min}." if kind.max is None else f"From {kind.min} to {kind.max}."


def _default(option: click.Option) -> str:
    value = option.to_info_dict()["default"]
    if option.is_flag or value is None or str(value) == "":
        return ""
    return f"`{value}`"

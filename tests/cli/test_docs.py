"""The documents keep up with the program: generated ones are fresh, and what the others show is true."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kubestack_py import errors
from kubestack_py.cli.main import kubestack
from kubestack_py.config.load import load_platform
from kubestack_py.config.schema import findings
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ExitCode, KubestackError
from scripts.cli_reference import JSON_SCHEMAS
from scripts.docs import DOCUMENTS, ROOT

README = ROOT / "README.md"
GUIDES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ERRORS = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, KubestackError)
]


def settings_examples() -> list[tuple[str, str]]:
    """Every whole settings file that a guide shows, with the place where it stands."""
    return [
        (f"{path.name}:{number}", block)
        for path in GUIDES
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text("utf-8"), re.DOTALL))
        if re.search(r"^version: 1$", block, re.MULTILINE)
    ]


def documented_exit_codes() -> set[int]:
    """The numbers in the first column of the README's table of exit codes."""
    table = re.search(r"^\| exit code \|.*\n((?:\|.*\n)+)", README.read_text("utf-8"), re.MULTILINE)
    assert table, "README.md has no table whose first column is `exit code`"
    return {int(number) for row in table[1].splitlines() for number in re.findall(r"\d+", row.split("|")[1])}


def lines_of_shell() -> Iterator[tuple[str, str]]:
    """Every call of kubestack in the guides and in the READMEs of scaffolded platforms, with its place."""
    for path in [*GUIDES, *sorted((ROOT / "examples").rglob("README.md"))]:
        if path.name != "cli.md":
            for block in re.findall(
                r"^ *```(?:console|sh)\n(.*?)^ *```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL
            ):
                for line in re.findall(
                    r"^ *(?:\$ )?(kubestack .*)$", block.replace("\\\n", " "), re.MULTILINE
                ):
                    yield path.relative_to(ROOT).as_posix(), line


def problem_with_call(line: str) -> str:
    """What the program would say to the arguments of a call in a shell; empty where it would take them."""
    words = shlex.split(line, comments=True)[1:]
    end = next((place for place, word in enumerate(words) if word in ("&&", "|", ">", ";")), len(words))
    command: click.Command = kubestack
    rest = words[:end]
    try:
        while isinstance(command, click.Group):
            context = command.make_context(command.name, rest, obj={})
            if not context._protected_args:
                return ""
            name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            assert found, name
            command = found
        command.make_context(command.name, rest)
    except click.exceptions.Exit:
        return ""
    except click.ClickException as error:
        return error.format_message()
    return ""


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def commands(name: str, command: click.Command) -> dict[str, click.Command]:
    """Every command by its full name."""
    found = {name: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            inner = command.get_command(context, child)
            assert inner is not None
            found |= commands(f"{name} {child}", inner)
    return found


COMMANDS = commands("kubestack", kubestack)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_document_is_fresh(name: str) -> None:
    written = (ROOT / name).read_text("utf-8")
    assert written == DOCUMENTS[name](), f"{name} is stale: run `make docs`"


def test_the_entry_that_the_catalog_page_shows_fits_the_schema() -> None:
    text = (ROOT / "docs" / "catalog.md").read_text("utf-8")
    [block] = re.findall(r"```yaml\n(name: .*?)```", text, re.DOTALL)
    source = SettingsSource(name="entry", content=block.encode())
    assert findings(source, source.parse(), "catalog") == []


def test_no_page_is_left_of_a_service_that_is_gone() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "catalog").iterdir()}
    assert pages <= set(DOCUMENTS)


@pytest.mark.parametrize(
    "name",
    [name for name in COMMANDS if name == "kubestack" or not isinstance(COMMANDS[name], click.Group)],
)
def test_cli_reference_holds_every_option_of(name: str) -> None:
    sections = re.split(r"^## ", DOCUMENTS["docs/cli.md"](), flags=re.MULTILINE)
    section = next(text for text in sections if text.startswith(f"{name}\n"))
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            for option in parameter.opts:
                assert f"`{option}`" in section


@pytest.mark.parametrize("name", [name for name in COMMANDS if not isinstance(COMMANDS[name], click.Group)])
def test_cli_reference_shows_examples_of(name: str) -> None:
    sections = re.split(r"^## ", DOCUMENTS["docs/cli.md"](), flags=re.MULTILINE)
    section = next(text for text in sections if text.startswith(f"{name}\n"))
    assert re.search(rf"^```console\n\$ {name}\b", section, re.MULTILINE)


def test_json_schemas_are_there_for_every_command_with_json() -> None:
    with_json = {
        name.partition(" ")[2]
        for name, command in COMMANDS.items()
        if any(parameter.name == "output" for parameter in command.params)
    }
    assert with_json == set(JSON_SCHEMAS)
    for schema in JSON_SCHEMAS.values():
        assert (ROOT / "schemas" / f"{schema}.schema.json").is_file()


def test_settings_examples_are_found() -> None:
    places = {place.partition(":")[0] for place, _ in settings_examples()}
    assert {"README.md", "kubestack-yaml.md"} <= places


@pytest.mark.parametrize(("place", "text"), settings_examples())
def test_settings_example_is_valid(place: str, text: str) -> None:
    source = SettingsSource(name=place, content=text.encode())
    assert findings(source, source.parse()) == []
    assert load_platform(source).environments


@pytest.mark.parametrize("error", ERRORS)
def test_readme_documents_the_exit_code_of(error: type[KubestackError]) -> None:
    assert error.exit_code in documented_exit_codes()


def test_readme_documents_every_exit_code_and_no_other() -> None:
    assert documented_exit_codes() == set(ExitCode)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_guide_names_make_targets_that_exist(guide: Path) -> None:
    blocks = re.findall(r"`([^`\n]+)`|^\$ (.+)$", guide.read_text("utf-8"), re.MULTILINE)
    code = "\n".join(text for pair in blocks for text in pair if text)
    named = set(re.findall(r"\bmake (?:[A-Z]+=\S+ )*([a-z][a-z-]*)", code))
    assert named <= make_targets()


def test_every_call_that_a_document_shows_is_one_that_the_program_takes() -> None:
    calls = list(lines_of_shell())
    assert len(calls) > 150
    assert not [f"{place}: {line}: {said}" for place, line in calls if (said := problem_with_call(line))]
    assert "No such option" in problem_with_call("kubestack promote --nonesuch  # so this test can fail")


def test_readme_lists_every_command() -> None:
    table = re.search(r"^\| section \| commands \|\n((?:\|.*\n)+)", README.read_text("utf-8"), re.MULTILINE)
    assert table
    named = set(re.findall(r"`([a-z-]+)`", table[1]))
    assert named == set(kubestack.list_commands(click.Context(kubestack)))


def test_index_lists_every_document() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {
        (index.parent / link).resolve() for link in re.findall(r"\]\(([^)]+)\)", index.read_text("utf-8"))
    }
    services = ROOT / "docs" / "catalog"  # docs/catalog.md lists these
    pages = {path for path in (ROOT / "docs").rglob("*.md") if services not in path.parents}
    assert pages - {index} <= listed


def test_readme_names_the_two_commands_of_a_newcomer() -> None:
    text = README.read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_guide_links_to_files_that_exist(guide: Path) -> None:
    targets = re.findall(r"\]\((?![a-z]+:|#)([^)#]+)(?:#[^)]*)?\)", guide.read_text("utf-8"))
    assert [target for target in targets if not (guide.parent / target).exists()] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.startswith("docs/catalog")])
def test_generated_document_links_to_headings_that_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    headings = {
        "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    links = set(re.findall(r"\]\((#[^)]+)\)", text))
    assert links
    assert links <= headings

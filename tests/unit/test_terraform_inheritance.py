"""Inherited configurations, read and merged; tests/tools/test_inheritance.py compares with Terraform."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from kubestack_py.terraform.configurations import Reading, read_configurations


def read(configuration: str, *, parents: str = "", **files: str) -> Reading:
    source = (
        f'module "cluster" {{\n  configuration_base_key = "apps"\n{parents}\n'
        f"  configuration = {configuration}\n}}\n"
    )
    others = {f"infra/{name}.tf": text.encode() for name, text in files.items()}
    return read_configurations({"infra/cluster.tf": source.encode(), **others}, "apps")


def shown(configuration: str, environment: str = "ops", **more: Any) -> dict[str, tuple[object, str]]:
    """Values with their places, by path."""
    reading = read(configuration, **more)
    assert not reading.findings
    inheritance = reading.modules[0].inheritance
    inheritance.check_parents()
    values = inheritance.merged(environment).values()
    found = {
        value.name: (
            ("computed", value.value) if value.computed else value.value,
            " ".join(f"{origin.environment}:{origin.where.line}" for origin in value.origins),
        )
        for value in values
    }
    assert not inheritance.findings, inheritance.findings
    return found


def wrong(configuration: str, parents: str = "") -> list[str]:
    inheritance = read(configuration, parents=parents).modules[0].inheritance
    inheritance.check_parents()
    for name in inheritance.configurations:
        inheritance.merged(name)
    return [str(finding) for finding in inheritance.findings]


def test_every_value_has_the_place_it_is_written_at() -> None:
    assert shown(
        """{
    apps = {
      region = "one" # a comment
      pools = { default = { min = 1, max = 9 } }
    }
    ops = {
      pools = { default = {
        max = 2
      } }
    }
  }"""
    ) == {"region": ("one", "apps:6"), "pools.default.min": (1, "apps:7"), "pools.default.max": (2, "ops:11")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"plain"', "plain"),
        (r'"a \"quoted\" line\n"', 'a "quoted" line\n'),
        ('"$${kept}"', "${kept}"),
        ('""', ""),
        ("-2.5", -2.5),
        ("(true)", True),
        ("[]", []),
        ('[1, "a", # last\n {b = 2}]', [1, "a", {"b": 2}]),
        ("{}", {}),
        ("<<EOT\nfirst\n  second\nEOT\n", "first\n  second\n"),
        ("<<-EOT\n    first\n      second\n    EOT\n", "first\n  second\n"),
        ("var.x", ("computed", "var.x")),
        ('"${var.x}-1"', ("computed", '"${var.x}-1"')),
        ("[1, var.x]", ("computed", [1, "var.x"])),
        ("-var.x", ("computed", "-var.x")),
        ("{ for a in b : a => a }", ("computed", "{ for a in b : a => a }")),
        ("<<EOT\n${var.x}\nEOT\n", ("computed", "<<EOT\n${var.x}\nEOT")),
    ],
)
def test_literals_are_read_and_expressions_kept(text: str, value: object) -> None:
    assert shown(f"{{ apps = {{\n a = {text}\n }}, ops = {{}} }}")["a"][0] == value


def test_unset_is_shown_where_it_is_written() -> None:
    assert shown('{ apps = { a = 1, b = 2 },\n ops = { unset = ["a"] } }') == {
        "a": (None, "ops:5"),
        "b": (2, "apps:4"),
    }


def test_appended_list_has_the_places_of_all_its_parts() -> None:
    found = shown('{ apps = { a = [1] },\n ops = { a = [2], append = ["a"] } }')
    assert found == {"a": ([1, 2], "apps:4 ops:5")}


def test_object_over_an_expression_shows_both() -> None:
    found = read("{ apps = { a = local.labels }, ops = { a = { b = 1 } } }").modules[0].inheritance
    values = [(value.name, value.value, value.computed) for value in found.merged("ops").values()]
    assert values == [("a.b", 1, False), ("a", "local.labels", True)]


@pytest.mark.parametrize(
    ("reference", "definition"),
    [
        ("local.all", "locals {\n  all = { apps = { a = 1 }, ops = {} }\n}\n"),
        ("var.all", 'variable "all" {\n  default = { apps = { a = 1 }, ops = {} }\n}\n'),
    ],
)
def test_configuration_by_another_name_is_looked_up(reference: str, definition: str) -> None:
    assert shown(reference, others=definition) == {
        "a": (1, f"apps:{definition[: definition.index('apps')].count(chr(10)) + 1}")
    }


def test_computed_configuration_is_a_finding_with_its_place() -> None:
    reading = read("merge(local.a, local.b)")
    assert [str(finding) for finding in reading.findings] == [
        "infra/cluster.tf:4:19: the configuration of module.cluster is computed "
        "(terraform console says what it is: module.<name>.current)"
    ]


def test_broken_configuration_is_not_guessed_at() -> None:
    reading = read("{ apps = { a = 1e3 }, ops = {} }")
    assert not reading.modules
    assert "infra/cluster.tf:4:35: this cannot be read" in str(reading.findings[0])


def test_json_syntax_is_read() -> None:
    source = b"""{"module": {"cluster": {"configuration_base_key": "apps", "configuration":
        {"apps": {"a": 1, "b": "${var.x}"}, "ops": {"a": 2}}}}}"""
    inheritance = read_configurations({"infra/c.tf.json": source}, "apps").modules[0].inheritance
    assert [(v.name, v.value, v.computed) for v in inheritance.merged("ops").values()] == [
        ("a", 2, False),
        ("b", "${var.x}", True),
    ]


@pytest.mark.parametrize(
    ("configuration", "parents", "message"),
    [
        ("{ ops = {} }", "", "infra/cluster.tf:1: the base 'apps' is not configured (configured: ops)"),
        ("{ apps = {}, ops = {} }", '{ ops = "x" }', "'ops' inherits from 'x', which is not configured"),
        ("{ apps = {}, ops = {} }", '{ x = "apps" }', "'x' has a parent, but is not configured"),
        ("{ apps = {}, ops = {} }", '{ apps = "ops" }', "'apps' is the base and inherits from nobody"),
        ("{ apps = {}, a = {}, b = {} }", '{ a = "b", b = "a" }', "in a circle: a → b → a"),
        (
            '{ apps = {}, ops = { unset = ["x"] } }',
            "",
            ":4:49: 'ops' has 'x' in `unset`, which it does not inherit",
        ),
        ('{ apps = { x = [1] }, ops = { append = ["x"] } }', "", "in `append`, but has no list there"),
    ],
)
def test_wrong_inheritance_is_found(configuration: str, parents: str, message: str) -> None:
    found = wrong(configuration, f"  configuration_parents = {parents}" if parents else "")
    assert any(message in text for text in found), found


def test_limits_are_those_of_the_module() -> None:
    names = ["apps", *(f"e{number}" for number in range(16))]
    chain = ", ".join(f'{heir} = "{parent}"' for parent, heir in pairwise(names[1:]))
    environments = ", ".join(f"{name} = {{}}" for name in names)
    found = wrong(f"{{ {environments} }}", f"  configuration_parents = {{ {chain} }}")
    assert ["'e15' has more than 15 environments before it" in text for text in found] == [True]
    deep = "1"
    for _ in range(13):
        deep = f"{{ a = {deep} }}"
    assert "a.a.a.a.a.a.a.a.a.a.a.a.a is more than 12 keys deep" in wrong(f"{{ apps = {deep} }}")[0]
    assert not wrong(f"{{ apps = {deep[6:-2]} }}")

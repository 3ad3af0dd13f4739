from __future__ import annotations

import json
from typing import TYPE_CHECKING

import hcl2.parser
import pytest

from kubestack_py.terraform import hcl
from kubestack_py.terraform.references import PathBase

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("grammar")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ('resource "x" "y" {\n  a = \n}\n', (2, 3)),
        ('resource "x" "y" {\n  a = 1\n', (3, 1)),
        ("a = 1 2\n", (1, 7)),
        ("}\n", (1, 1)),
    ],
)
def test_syntax_error_names_the_place(grammar: Path, source: str, place: tuple[int, int]) -> None:
    assert hcl.syntax_error(source.encode(), cache=grammar) == place


@pytest.mark.parametrize(
    "source",
    [
        "",
        "a = 1e10\n",
        "\ufeffa = 1\n",
        "größe = 1\n",
        "a = (\n  b\n  .c\n)\n",
        "a = <<-EOT\n  ${x}\n  EOT\n",
        'b "c" {\r\n}\r\n',
    ],
)
def test_syntax_error_believes_either_parser(grammar: Path, source: str) -> None:
    assert hcl.syntax_error(source.encode(), cache=grammar) is None


def test_syntax_error_keeps_the_grammar_in_the_given_directory(grammar: Path) -> None:
    hcl2.parser.parser.cache_clear()  # of other tests
    hcl.syntax_error(b"a = 1 2\n", cache=grammar)
    assert [path.name for path in grammar.iterdir()] == ["hcl2-lark.bin"]


def test_syntax_error_reads_json_by_its_name(tmp_path: Path) -> None:
    assert hcl.syntax_error(b'{"a":\n }', cache=tmp_path, name="main.tf.json") == (2, 2)
    assert hcl.syntax_error(b"{}", cache=tmp_path, name="main.tf.json") is None


def module_sources(source: bytes, *, name: str = "") -> tuple[str, ...]:
    return tuple(call.source for call in hcl.module_calls(source, name=name) if call.source)


def test_module_sources_are_the_plain_strings() -> None:
    source = b"""
module "a" { source = "./a" }
module "b" {
  source  = "hashicorp/consul/aws" # from the registry
  version = "1.2"
}
module "c" { source = local.where }
resource "x" "y" { source = "./no" }
"""
    assert module_sources(source) == ("./a", "hashicorp/consul/aws")
    calls = hcl.module_calls(source)
    assert [(call.name, call.version, call.line) for call in calls] == [
        ("a", "", 2),
        ("b", "1.2", 3),
        ("c", "", 7),
    ]


def test_module_sources_of_a_broken_file_are_those_that_can_be_read() -> None:
    assert module_sources(b'module "a" {\n source = "./a"\n}\nresource "x" {\n a = \n}\n') == ("./a",)


def test_module_sources_of_json_in_both_of_its_forms() -> None:
    as_object = {"module": {"a": {"source": "./a"}}}
    as_list = {"module": [{"b": [{"source": "../b"}]}]}
    for document, found in ((as_object, ("./a",)), (as_list, ("../b",))):
        assert module_sources(json.dumps(document).encode(), name="x.tf.json") == found


@pytest.mark.parametrize(
    ("expression", "base", "path", "dynamic"),
    [
        ('file("a.txt")', PathBase.ROOT, "a.txt", False),
        ('file("${path.module}/a.txt")', PathBase.MODULE, "a.txt", False),
        ('file("${path.root}/../a.txt")', PathBase.ROOT, "../a.txt", False),
        ('filebase64sha256("${path.cwd}/a")', PathBase.ROOT, "a", False),
        ('templatefile("${path.module}/t/${var.x}.tpl", {})', PathBase.MODULE, "t/", True),
        ('templatefile("t/n-${var.x}", {})', PathBase.ROOT, "t/n-", True),
        ('fileset(path.module, "*.yaml")', PathBase.MODULE, "", False),
        ('fileset("${path.module}/m", "*.yaml")', PathBase.MODULE, "m", False),
        ("file(var.x)", PathBase.UNKNOWN, "", True),
        ('file("${var.dir}/x")', PathBase.UNKNOWN, "", True),
        ('file((("a")))', PathBase.ROOT, "a", False),
        (r'file("a\u0041\"")', PathBase.ROOT, 'aA"', False),
        ('yamldecode(file("a.yaml"))', PathBase.ROOT, "a.yaml", False),
        ('[for f in x : file("${path.module}/${f}")]', PathBase.MODULE, "", True),
    ],
)
def test_file_references_of_functions(expression: str, base: PathBase, path: str, dynamic: bool) -> None:
    (found,) = hcl.file_references(f"a = {expression}\n".encode())
    assert (found.base, found.path, found.dynamic) == (base, path, dynamic)
    assert found.function


def test_file_references_outside_of_functions_begin_with_a_base() -> None:
    source = b"""
locals {
  overlay = "${path.root}/../manifests/overlays/${terraform.workspace}"
  text    = "see ${path.module} for more"
  command = <<-EOT
    sh ${path.module}/../scripts/run.sh --for "${var.who}"
  EOT
}
"""
    found = hcl.file_references(source)
    assert [(item.base, item.path, item.dynamic, item.line) for item in found] == [
        (PathBase.ROOT, "../manifests/overlays/", True, 3),
        (PathBase.MODULE, "../scripts/run.sh", False, 6),
    ]


def test_file_references_of_json_templates() -> None:
    document = {
        "locals": {"a": '${file("${path.module}/a \\"b")}', "b": 'x "${path.root}/../b"', "c": "plain"}
    }
    found = hcl.file_references(json.dumps(document).encode(), name="x.tf.json")
    assert [(item.function, item.path, item.line) for item in found] == [("file", 'a "b', 0), ("", "../b", 0)]


def test_configuration_keys_in_every_place() -> None:
    source = b"""
module "cluster" {
  configuration = {
    apps = { a = 1 }
    "ops" : {}
  }
}
locals {
  configuration = { (local.x) = {}, apps = {} }
}
variable "configuration" {
  default = {
    ops = {}
  }
}
variable "other" { default = { no = 1 } }
module "computed" { configuration = merge({}, local.configuration) }
"""
    found = hcl.configuration_keys(source)
    assert [(item.where, item.line, item.keys, item.complete) for item in found] == [
        ("module.cluster", 3, (("apps", 4), ("ops", 5)), True),
        ("local.configuration", 9, (("apps", 9),), False),
        ("var.configuration", 12, (("ops", 13),), True),
    ]


def test_configuration_texts_are_the_source_of_each_key() -> None:
    source = b"""
module "cluster" {
  configuration = {
    # comment
    apps = { size = 3 } # three
    "ops" = {}
    (var.x) = { size = 1 }
  }
}
locals {
  configuration = merge(local.a, local.b)
}
"""
    assert hcl.configuration_texts(source) == {
        "module.cluster": {"apps": "{ size = 3 }", "ops": "{}"},
        "local.configuration": {},
    }


def test_configuration_keys_of_json() -> None:
    document = {
        "module": {"a": {"configuration": {"apps": {}, "ops": {}}}},
        "variable": {"configuration": {"default": {"x": {}}}},
        "locals": [{"configuration": "${local.x}"}],
    }
    found = hcl.configuration_keys(json.dumps(document).encode(), name="x.tf.json")
    assert [(item.where, item.keys) for item in found] == [
        ("module.a", (("apps", 0), ("ops", 0))),
        ("var.configuration", (("x", 0),)),
    ]


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    source = b"a = " + b"[" * 3000 + b'file("x")' + b"]" * 3000 + b"\n"
    assert [item.path for item in hcl.file_references(source)] == ["x"]

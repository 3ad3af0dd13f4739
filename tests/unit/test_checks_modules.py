"""Calls of local modules, and attributes that Terraform would drop, told from the files alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.checks.modules import check_attributes, check_calls, configuration_type
from kubestack_py.terraform.interfaces import interfaces

NET = """
variable "name" { type = string }
variable "cidr" {
  type    = string
  default = "10.0.0.0/16"
}
variable "pools" {
  type = map(object({ size = number, taints = optional(list(object({ key = string })), []) }))
  default = {}
}
output "id" { value = var.name }
output "cidr" { value = var.cidr }
"""
CALL = 'module "net" {\n  source = "./net"\n  name   = "a"\n%s\n}\n'
OTHER = 'module "m" {\n  source = "%s"\n  x = 1\n}\nlocals { y = module.m.z }'


def calls(root: str, net: str = NET, **more: str) -> list[str]:
    """Findings of a root module that may call the module `net`; further files by name, `__` for a slash."""
    files = {"infra/main.tf": root, "infra/net/main.tf": net}
    files |= {f"infra/{name.replace('__', '/')}": text for name, text in more.items()}
    found = check_calls(interfaces({path: text.encode() for path, text in files.items()}))
    return [f"{item.where}: {item.message} ({item.hint})" for item in found]


def attributes(files: dict[str, str]) -> list[str]:
    contents = {path: text.encode() for path, text in files.items()}
    found = check_attributes("infra", interfaces(contents), contents, ["ops", "apps"])
    return [f"{item.where}: {item.key}: {item.message} ({item.hint})" for item in dict.fromkeys(found)]


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        pytest.param(CALL % "", [], id="fits"),
        pytest.param(
            CALL % '  cidrr  = "x"',
            [
                "main.tf:4: module.net has the argument cidrr, which infra/net does not take "
                "(did you mean `cidr`?)"
            ],
            id="misspelt",
        ),
        pytest.param(
            'module "net" {\n  source = "./net"\n}\n',
            ["main.tf:1: module.net lacks the argument name, which infra/net requires (add `name = …`)"],
            id="missing",
        ),
        pytest.param(
            CALL % '  for_each = toset(["a"])\n  providers = { aws = aws.x }\n  depends_on = [module.net]',
            [],
            id="meta-arguments",
        ),
        pytest.param(
            CALL % "" + 'output "o" {\n  value = "${module.net.idd}/x"\n}\n',
            ["main.tf:7:14: infra/net has no output idd (did you mean `id`?)"],
            id="output in a template",
        ),
        pytest.param(
            CALL % "" + 'locals { o = [module.net["a"].ids, module.net[0].id, module.net[*].x, module.net] }',
            ["main.tf:6:15: infra/net has no output ids (did you mean `id`?)"],
            id="indexes and splats",
        ),
        pytest.param(
            CALL % "" + "locals { o = module.nett.id }",
            ["main.tf:6:14: there is no module nett here (did you mean `net`?)"],
            id="no such module",
        ),
        pytest.param(
            CALL % "" + 'variable "region" {}\nlocals { o = var.regio }',
            ["main.tf:7:14: there is no variable regio here (did you mean `region`?)"],
            id="no such variable",
        ),
        pytest.param(
            CALL % "" + "moved {\n  from = module.old\n  to = module.net\n}\n"
            'import {\n  to = module.net.aws_vpc.x\n  id = "1"\n}\nremoved { from = module.gone }\n',
            [],
            id="addresses that are no references",
        ),
        pytest.param(OTHER % "a/b/c", [], id="remote"),
        pytest.param(OTHER % "./gone", [], id="gone"),
        pytest.param('locals { module = { var = "x" } }\nlocals { o = local.module.var }', [], id="names"),
        pytest.param('locals { o = [for var in ["a"] : upper(var)] }', [], id="loop variable called var"),
    ],
)  # fmt: skip
def test_calls_of_local_modules(root: str, expected: list[str]) -> None:
    assert [item.removeprefix("infra/") for item in calls(root)] == expected


def test_what_other_files_of_a_module_say_counts() -> None:
    assert (
        calls(
            'module "net" {\n  source = "./net"\n}\n',
            **{"main_override.tf": 'module "net" {\n name = "a"\n}\n'},
        )
        == []
    )
    json = '{"variable": {"zone": {}}, "output": {"ids": {"value": 1}}}'
    assert calls(CALL % "  zone = 1" + "locals { o = module.net.ids }", **{"net__more.tf.json": json}) == []


@pytest.mark.parametrize("broken", ['variable "x" {', "output o {{"])
def test_nothing_is_said_of_a_module_that_cannot_be_read(broken: str) -> None:
    assert calls(CALL % "  zone = 1" + "locals { o = module.net.ids }", NET + broken) == []


def test_dropped_attributes_of_arguments_and_variables() -> None:
    root = CALL % (
        "  pools  = {\n    a = { size = 1, sise = 2 }\n"
        '    b = {\n      size = 2\n      taints = [{ key = "k", efect = "x" }, var.taint]\n    }\n'
        "    (var.c) = { size = 1 }\n  }"
    )
    files = {
        "infra/main.tf": root + 'variable "own" { type = object({ region = string }) }\nvariable "any" {}\n',
        "infra/net/main.tf": NET,
        "infra/ops.tfvars": 'own = {\n  region = "a"\n  regoin = "b"\n}\nany = { x = 1 }\n',
    }
    assert attributes(files) == [
        "infra/main.tf:5:28: a.sise: Terraform drops sise from pools of module.net: "
        "its type has no such attribute (did you mean `size`?)",
        "infra/main.tf:8:38: b.taints.0.efect: Terraform drops efect from pools of module.net: "
        "its type has no such attribute (there are: key)",
        "infra/ops.tfvars:3:12: regoin: Terraform drops regoin from own: "
        "its type has no such attribute (did you mean `region`?)",
    ]


INHERITING = {
    "infra/main.tf": """
module "cluster" {
  source                 = "./modules/cluster"
  configuration_base_key = "apps"
  configuration = {
    apps = {
      region  = "a"
      network = { nat_gatways = "single", cidr = "b" }
      node_pools = {
        default = { min_size = 1, max_sise = 2, labels = { anything = "goes" } }
      }
    }
    ops = {
      unset      = ["network.cidr"]
      regio      = "b"
      node_pools = { default = { taints = [{ key = "a", efect = "b" }] } }
    }
  }
}
""",
    "infra/modules/cluster/main.tf": """
variable "configuration" { type = any }
variable "configuration_base_key" {}
module "merge" {
  source        = "../configuration"
  configuration = var.configuration
}
module "settings" {
  source   = "./settings"
  for_each = module.merge.merged
  settings = each.value
  given    = each.value
}
""",
    "infra/modules/cluster/settings/main.tf": """
variable "given" { type = any }
variable "settings" {
  type = object({
    region  = string
    network = optional(object({ nat_gateways = optional(string), cidr = optional(string) }), {})
    node_pools = map(object({
      min_size = number
      max_size = number
      labels   = optional(map(string), {})
      taints   = optional(list(object({ key = string, effect = string })), [])
    }))
  })
}
""",
    "infra/modules/configuration/main.tf": 'variable "configuration" {}\noutput "merged" { value = 1 }\n',
}


def test_object_that_is_dropped_is_told_once_for_each_environment() -> None:
    main = INHERITING["infra/main.tf"].replace("node_pools", "nodepools")
    found = [
        item.split(": Terraform drops ")[0] for item in attributes({**INHERITING, "infra/main.tf": main})
    ]
    assert sorted(item for item in found if "nodepools" in item) == [
        "infra/main.tf:10:32: nodepools",
        "infra/main.tf:16:42: nodepools",
    ]


def test_configuration_is_followed_to_its_type() -> None:
    found = sorted(attributes(INHERITING))
    assert [item.split(": Terraform drops ")[0] for item in found] == [
        "infra/main.tf:10:46: node_pools.default.max_sise",
        "infra/main.tf:15:20: regio",
        "infra/main.tf:16:43: node_pools.default.taints.0.efect",
        "infra/main.tf:8:33: network.nat_gatways",
    ]
    assert "did you mean `nat_gateways`?" in found[3]


def test_configuration_with_a_type_of_its_own() -> None:
    typed = INHERITING | {
        "infra/modules/cluster/main.tf": 'variable "configuration_base_key" {}\nvariable "configuration" {\n'
        "  type = map(object({ unset = optional(list(string)), region = optional(string),\n"
        "    network = optional(any), node_pools = optional(any) }))\n}\n"
    }
    found = attributes(typed)
    assert [item.partition(": Terraform")[0] for item in found] == ["infra/main.tf:15:20: ops.regio"]


@pytest.mark.parametrize("name", ["local", "eks", "multi-cloud"])
def test_examples_are_not_accused(name: str) -> None:
    root = Path(__file__).parents[2] / "examples" / name
    contents = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.glob("infra/**/*.tf")
        if ".terraform" not in path.parts
    }
    modules = interfaces(contents)
    call = next(call for call in modules["infra"].calls.values())
    assert configuration_type(call, modules) or modules[str(call.directory)].variables["configuration"].type
    assert list(check_attributes("infra", modules, contents, ["ops", "apps"])) == []
    assert list(check_calls(modules)) == []

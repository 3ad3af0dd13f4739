"""One inheritance, twice: the Terraform module of a platform and ours make the same of any configurations."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kubestack_py.model.finding import Location
from kubestack_py.system.files import resource
from kubestack_py.terraform.inheritance import Inheritance
from kubestack_py.terraform.written import Written

MODULE = "templates/platform/@{cookiecutter.name}@/infra/modules/configuration"
CASES, GROUP = 120, 10
WITHOUT_EFFECT = re.compile(r"'(.+)' has '(.+)' in `(\w+)`")
HARNESS = """\
locals {
  cases = jsondecode(file("${path.module}/cases.json"))
}

module "case" {
  source   = "./module"
  for_each = local.cases

  configuration = each.value.configuration
  parents       = each.value.parents
  base_key      = "apps"
  environment   = "apps"
}

output "merged" {
  value = { for name, case in module.case : name => case.merged }
}
"""

keys = st.sampled_from(["a", "b", "c", "example.com/x", "two words", "ünï", "1"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "x", "${y}", "1", "true", 0.5, 1.25])
)
named = st.dictionaries(
    st.sampled_from(["name", "a", "b"]), st.sampled_from(["x", "y", 1, None, True]), max_size=3
)
lists = st.lists(scalars, max_size=3) | st.lists(named, max_size=3)
values = st.recursive(scalars | lists, lambda inner: st.dictionaries(keys, inner, max_size=4), max_leaves=12)
configurations = st.dictionaries(keys, values, max_size=4)
chains = st.sampled_from([["root", "ops"], ["root", "mid", "ops"], ["root", "d", "c", "b"]])
often = st.sampled_from([True, True, True, False])


@st.composite
def cases(draw: Any) -> dict[str, Any]:
    """Environments with a parent each, and instructions about paths that somebody has a value at."""
    names: list[str] = draw(chains)
    configuration: dict[str, Any] = {"apps": {}, **{name: draw(configurations) for name in names}}
    for parent, heir in pairwise(names):  # so that many paths are said by several
        if draw(often):
            configuration[heir] = configuration[parent] | configuration[heir]
    everything = sorted({path for name in names for path in paths(configuration[name])})
    for name in names[1:]:
        for instruction in ("unset", "append"):
            if everything and draw(often):
                chosen = st.lists(st.sampled_from(everything), max_size=4, unique=True)
                configuration[name] = {**configuration[name], instruction: draw(chosen)}
    parents = {name: draw(st.sampled_from(names[: index + 1])) for index, name in enumerate(names[1:])}
    return effective({"configuration": configuration, "parents": parents})


def paths(value: object, start: str = "") -> list[str]:
    """Every path to a value, elements with a name included."""
    table = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        table = {str(item["name"]): item for item in value if isinstance(item, dict) and "name" in item}
    found = []
    for key, item in table.items():
        path = f"{start}.{key}" if start else key
        found += [path, *paths(item, path)]
    return found


def effective(case: dict[str, Any]) -> dict[str, Any]:
    """The case without instructions that are without effect, which both sides refuse."""
    while wrong := [match for text in inherit(case)[1] if (match := WITHOUT_EFFECT.match(text))]:
        for name, path, instruction in {match.groups() for match in wrong}:
            case["configuration"][name][instruction].remove(path)
    return case


def written(value: object) -> Written:
    """A value as if it had been read from a file."""
    where = Location(path="cases.json")
    if isinstance(value, dict):
        return Written(value={key: written(item) for key, item in value.items()}, where=where)
    if isinstance(value, list):
        return Written(value=tuple(map(written, value)), where=where)
    assert value is None or isinstance(value, str | int | float | bool)
    return Written(value=value, where=where)


def inherit(case: dict[str, Any]) -> tuple[dict[str, object], list[str]]:
    """What our merge makes of a case, and what it finds wrong."""
    configurations = written(case["configuration"]).fields()
    inheritance = Inheritance(configurations, "apps", case["parents"], Location(path="cases.json"))
    inheritance.check_parents()
    merged = {name: inheritance.merged(name).plain() for name in configurations}
    return merged, [finding.message for finding in inheritance.findings]


def many_cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=CASES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def collect(case: dict[str, Any]) -> None:
        found.append(case)

    collect()
    return found


def together(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Several cases as one, with other names: a module costs more than an environment."""
    one: dict[str, Any] = {"configuration": {"apps": {}}, "parents": {}}
    for number, case in enumerate(found):
        del case["configuration"]["apps"]
        one["configuration"] |= {f"{number} {name}": own for name, own in case["configuration"].items()}
        one["parents"] |= {
            f"{number} {heir}": f"{number} {parent}" for heir, parent in case["parents"].items()
        }
    return one


@pytest.mark.slow
def test_terraform_and_python_inherit_the_same(tmp_path: Path) -> None:
    found = many_cases()
    groups = {str(start): together(found[start : start + GROUP]) for start in range(0, len(found), GROUP)}
    (tmp_path / "cases.json").write_text(json.dumps(groups), encoding="utf-8")
    (tmp_path / "module").symlink_to(resource(MODULE))
    (tmp_path / "main.tf").write_text(HARNESS, encoding="utf-8")
    for command in ("init -input=false", "plan -input=false -no-color -out=plan", "show -json plan"):
        done = subprocess.run(
            ["terraform", *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    merged = json.loads(done.stdout)["planned_values"]["outputs"]["merged"]["value"]
    assert merged.keys() == groups.keys()
    for name, group in groups.items():
        ours, wrong = inherit(group)
        assert not wrong
        for environment, value in ours.items():
            assert merged[name][environment] == value, json.dumps(group)

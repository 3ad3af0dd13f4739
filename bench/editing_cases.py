"""Reading and editing a large platform, against parsing the same files once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.desk import write
from bench.measure import Bar, Case, Side, Work

if TYPE_CHECKING:
    from pathlib import Path

    from bench.desk import Desk

FILES, CLUSTERS, HCL2_FILES = 300, 20, 30
LINES = 150
FLOOR = """
import pathlib, tree_sitter, tree_sitter_hcl
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
for path in pathlib.Path("infra").glob("*.tf"):
    assert not parser.parse(path.read_bytes()).root_node.has_error
"""
HCL2 = f"""
import pathlib, hcl2
for path in sorted(pathlib.Path("infra").glob("part*.tf"))[:{HCL2_FILES}]:
    hcl2.loads(path.read_text())
"""
# Starting: ours is bar 0, and the floor's interpreter and parser start as well.
BAR = Bar(factor=1.5, plus=0.120)
_CLUSTER = """\
module "local_gc{n}_here" {{
  source = "./modules/cluster"

  configuration_base_key = "apps"

  configuration = {{
    apps = {{
      name_prefix        = "gc{n}"
      base_domain        = "acme.example.com"
      region             = "here"
      kubernetes_version = "1.32"

      node_pools = {{
        default = {{ instance_type = "large", min_size = 3, max_size = 9 }}
      }}
    }}

    ops = {{}}
  }}
}}

"""
_RESOURCE = """\
# What {name} needs.
resource "terraform_data" "{name}" {{
  input = {{
    name   = "${{terraform.workspace}}-{name}"
    labels = [for label in ["a", "b"] : upper(label)]
    script = <<-EOT
      echo {name}
    EOT
  }}

  triggers_replace = [module.cluster.name]
}}

"""


def list_parts(desk: Desk) -> Case:
    """List every part of a platform of 300 Terraform files."""
    ours, theirs = _platform(desk, "list/ours"), _platform(desk, "list/theirs")
    return Case(
        title=f"`kubestack list` of {_size()} / tree-sitter-hcl parses them",
        ours=lambda _: desk.kubestack(ours, "list"),
        theirs=_python(theirs, FLOOR),
        bar=BAR,
    )


def add_pool(desk: Desk) -> Case:
    """Add a node pool to one of its clusters."""
    ours, theirs = _platform(desk, "pool/ours"), _platform(desk, "pool/theirs")
    return Case(
        title="`kubestack add node-pool` there / the same",
        ours=lambda number: desk.kubestack(ours, "add", "node-pool", "local_gc7_here", f"pool{number}"),
        theirs=_python(theirs, FLOOR),
        bar=BAR,
    )


def show_configuration(desk: Desk) -> Case:
    """Show every value that an environment inherits."""
    ours, theirs = _platform(desk, "show/ours"), _platform(desk, "show/theirs")
    return Case(
        title="`kubestack config show -e ops` there / the same",
        ours=lambda _: desk.kubestack(ours, "config", "show", "-e", "ops"),
        theirs=_python(theirs, FLOOR),
        bar=BAR,
    )


def list_parts_hcl2(desk: Desk) -> Case:
    """The same list, against python-hcl2."""
    ours, theirs = _platform(desk, "hcl2/ours"), _platform(desk, "hcl2/theirs")
    return Case(
        title=f"`kubestack list` there / python-hcl2 reads {HCL2_FILES} of the files",
        ours=lambda _: desk.kubestack(ours, "list"),
        theirs=_python(theirs, HCL2),
    )


def _platform(desk: Desk, name: str) -> Path:
    root = desk.scaffold(name)
    text = {f"infra/part{n:03}.tf": _text(n) for n in range(FILES)}
    write(root, text)
    desk.commit(root)
    return root


def _text(number: int) -> str:
    text = _CLUSTER.format(n=number) if number < CLUSTERS else ""
    while text.count("\n") < LINES:
        text += _RESOURCE.format(name=f"part{number}_{text.count(chr(10))}")
    return text


def _size() -> str:
    lines = sum(_text(number).count("\n") for number in range(FILES))
    return f"{FILES} Terraform files, {lines:,} lines"


def _python(root: Path, script: str) -> Side:
    return lambda _: Work(cwd=root, commands=((sys.executable, "-c", script),))

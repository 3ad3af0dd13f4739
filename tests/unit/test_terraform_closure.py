from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.terraform.closure import closure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kubestack_py.model.closure import Closure, Unfollowed


def follow(stack: str, tree: Mapping[str, str]) -> Closure:
    def files(directory: str) -> list[str]:
        prefix = f"{directory}/" if directory else ""
        return [path for path in tree if path.startswith(prefix)]

    def read(path: str) -> bytes | None:
        return tree[path].encode() if path in tree else None

    return closure(stack, files, read)


def told(unfollowed: Iterable[Unfollowed]) -> list[tuple[int, str]]:
    assert {item.where.path for item in unfollowed} == {"infra/main.tf"}
    return [(item.where.line, item.target) for item in unfollowed]


def test_closure_has_the_whole_directory_and_nothing_beside_it() -> None:
    tree = {"infra/main.tf": "", "infra/ops.tfvars": "", "infra/a/b.txt": "", "infra2/main.tf": "", "x": ""}
    assert follow("infra", tree).files == {"infra/main.tf", "infra/ops.tfvars", "infra/a/b.txt"}


def test_closure_leaves_out_the_data_directory() -> None:
    tree = {"infra/main.tf": "", "infra/.terraform/x": "", "infra/.terraform.lock.hcl": ""}
    assert follow("infra", tree).files == {"infra/main.tf", "infra/.terraform.lock.hcl"}


def test_closure_follows_local_modules_transitively_and_in_circles() -> None:
    tree = {
        "infra/main.tf": 'module "a" { source = "../modules/a" }',
        "modules/a/main.tf": 'module "b" { source = "../b/inner" }',
        "modules/b/inner/main.tf.json": '{"module": {"a": {"source": "../../a"}}}',
        "modules/b/other.tf": "",
        "modules/c/main.tf": "",
    }
    assert follow("infra", tree).files == {
        "infra/main.tf",
        "modules/a/main.tf",
        "modules/b/inner/main.tf.json",
    }


def test_closure_tells_the_module_from_the_root() -> None:
    tree = {
        "infra/main.tf": 'module "a" { source = "../modules/a" }',
        "modules/a/main.tf": 'locals {\n a = file("${path.module}/../m.txt")\n b = file("../r.txt")\n}',
        "modules/m.txt": "",
        "modules/r.txt": "",
        "r.txt": "",
        "m.txt": "",
    }
    assert follow("infra", tree).files == {"infra/main.tf", "modules/a/main.tf", "modules/m.txt", "r.txt"}


def test_closure_takes_directories_and_beginnings() -> None:
    tree = {
        "infra/main.tf": """locals {
  overlay = "${path.root}/../manifests/overlays/${terraform.workspace}"
  part    = file("../files/app-${var.x}.yaml")
  all     = fileset("${path.module}/../sets", "*.yaml")
}""",
        "manifests/overlays/ops/k.yaml": "",
        "manifests/base/k.yaml": "",
        "files/app-1.yaml": "",
        "files/web-1.yaml": "",
        "sets/a/b.yaml": "",
    }
    assert follow("infra", tree).files == {
        "infra/main.tf",
        "manifests/overlays/ops/k.yaml",
        "files/app-1.yaml",
        "sets/a/b.yaml",
    }


def test_closure_names_what_it_cannot_follow() -> None:
    source = """module "a" { source = "../../elsewhere" }
module "b" { source = "../gone" }
module "c" { source = "git::https://example.com/c.git?ref=v1" }
locals {
  a = file("/etc/hosts")
  b = file("${path.module}/gone.txt")
  c = file(var.x)
  d = fileexists("maybe.txt")
}"""
    found = follow("infra", {"infra/main.tf": source})
    assert told(found.escapes) == [(1, "../../elsewhere"), (5, "/etc/hosts")]
    assert told(found.remote) == [(3, "git::https://example.com/c.git?ref=v1")]
    assert told(found.missing) == [(2, "../gone"), (6, "gone.txt")]
    assert told(found.dynamic) == [(7, "file")]
    assert found.files == {"infra/main.tf"}


def test_closure_of_a_stack_at_the_top_is_the_repository() -> None:
    tree = {"main.tf": 'module "a" { source = "./a" }', "a/main.tf": "", "docs/x.md": ""}
    for name in ("", "."):
        assert follow(name, tree).files == set(tree)


def test_closure_of_a_broken_file_still_has_the_file() -> None:
    assert follow("infra", {"infra/main.tf": 'module "a" {'}).files == {"infra/main.tf"}


@given(st.text(max_size=40))
def test_closure_survives_any_content(content: str) -> None:
    tree = {"infra/main.tf": content, "infra/main.tf.json": content, "secret": ""}
    assert {"infra/main.tf", "infra/main.tf.json"} <= follow("infra", tree).files

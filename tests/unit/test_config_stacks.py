"""The stacks that the settings name, looked up in a directory tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.config.stacks import discover_stacks, find_stacks
from kubestack_py.errors import ConfigurationError
from kubestack_py.model.finding import Finding
from kubestack_py.model.platform import Delivery, Stack, StackKind
from tests.conftest import write_tree

HEAD = "version: 1\nname: acme\nenvironments: [{name: ops, apply_on: {branch: main}}]\nstacks:\n"
WEB = {"manifests/web/base/kustomization.yaml": "", "manifests/web/overlays/ops/kustomization.yaml": ""}


def find(root: Path, *entries: str) -> tuple[tuple[Stack, ...], tuple[Finding, ...]]:
    """Find the stacks of these entries, one a line from line 5 on."""
    text = HEAD + "".join(f"  - {entry}\n" for entry in entries)
    source = SettingsSource(name="kubestack.yaml", content=text.encode())
    return find_stacks(load_platform(source), source, root)


def paths(stacks: tuple[Stack, ...]) -> list[str]:
    return [stack.path for stack in stacks]


def only(findings: tuple[Finding, ...]) -> Finding:
    [finding] = findings
    return finding


def terraform(*names: str) -> dict[str, str]:
    return {f"{name}/main.tf": "" for name in names}


def test_find_both_kinds_in_the_order_of_the_settings(tmp_path: Path) -> None:
    write_tree(tmp_path, {**terraform("infra"), **WEB, "manifests/api/overlays/ops/kustomization.yaml": ""})
    stacks, findings = find(tmp_path, "{path: manifests/*, needs: [infra]}", "path: infra")
    assert findings == ()
    rendered = {"kind": StackKind.KUSTOMIZE, "needs": ("infra",), "delivery": Delivery.RENDERED}
    assert stacks == (
        Stack(path="manifests/api", **rendered),  # type: ignore[arg-type]
        Stack(path="manifests/web", **rendered),  # type: ignore[arg-type]
        Stack(path="infra", kind=StackKind.TERRAFORM),
    )


def test_find_terraform_written_in_json(tmp_path: Path) -> None:
    write_tree(tmp_path, {"infra/main.tf.json": "{}"})
    stacks, findings = find(tmp_path, "path: infra")
    assert (stacks, findings) == ((Stack(path="infra", kind=StackKind.TERRAFORM),), ())


@pytest.mark.parametrize("pattern", ["manifests/*", "*/web", "none", "manifests/web/*"])
def test_find_entry_that_leads_nowhere(tmp_path: Path, pattern: str) -> None:
    write_tree(tmp_path, {"manifests/readme.md": "", "manifests/empty/readme.md": ""})
    finding = only(find(tmp_path, f"path: '{pattern}'")[1])
    assert finding.message == f"no stack found at {pattern}"
    assert finding.key == "stacks[0].path"
    assert str(finding.where) == "kubestack.yaml:5:5"
    assert "overlays/<environment>/" in finding.hint


def test_find_directory_of_another_kind(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("infra"))
    finding = only(find(tmp_path, "{path: infra, kind: kustomize}")[1])
    assert finding.message == "infra is no kustomize stack"


def test_find_directory_of_both_kinds_asks_which(tmp_path: Path) -> None:
    write_tree(tmp_path, {**WEB, **terraform("manifests/web")})
    finding = only(find(tmp_path, "path: manifests/web")[1])
    assert "could be Terraform or Kustomize" in finding.message
    assert "kind: terraform" in finding.hint
    stacks, findings = find(tmp_path, "{path: manifests/web, kind: kustomize}")
    assert (stacks[0].kind, findings) == (StackKind.KUSTOMIZE, ())


@pytest.mark.parametrize(
    "name", ["my app", "it's", 'say "hi"', "$(touch x)", "-rf", "ünï", "new\nline", "a;b", "a\\b", "tab\t"]
)
def test_find_directory_name_that_cannot_be_a_stack(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path, {**WEB, f"manifests/{name}/base/kustomization.yaml": ""})
    stacks, findings = find(tmp_path, "path: manifests/*")
    finding = only(findings)
    assert repr(f"manifests/{name}") in finding.message
    assert "\n" not in finding.message
    assert finding.key == "stacks[0].path"
    assert paths(stacks) == ["manifests/web"], "the others are still found"


def test_find_leaves_out_what_is_hidden(tmp_path: Path) -> None:
    write_tree(tmp_path, {**terraform("a/.terraform", ".hidden/b", "a/real"), "a/file": ""})
    stacks, findings = find(tmp_path, "path: '*/*'")
    assert (paths(stacks), findings) == (["a/real"], ())


def test_find_symbolic_link_out_of_the_repository(tmp_path: Path) -> None:
    write_tree(tmp_path, {"outside/main.tf": "", "root/readme": ""})
    (tmp_path / "root/infra").symlink_to(tmp_path / "outside")
    finding = only(find(tmp_path / "root", "path: infra")[1])
    assert finding.message == "infra leads out of the repository"
    assert "symbolic link" in finding.hint


def test_find_symbolic_link_inside_the_repository(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("infra"))
    (tmp_path / "again").symlink_to("infra")
    (tmp_path / "loop").symlink_to("loop")
    stacks, findings = find(tmp_path, "path: '*'")
    assert paths(stacks) == ["infra"]
    assert only(findings).message == "again is a symbolic link"


def test_find_works_where_the_repository_itself_is_reached_through_a_link(tmp_path: Path) -> None:
    write_tree(tmp_path / "real", terraform("infra"))
    (tmp_path / "link").symlink_to("real")
    stacks, findings = find(tmp_path / "link", "path: infra", "path: inf*")
    assert (paths(stacks), findings) == (["infra"], ())


def test_find_needs_unknown_lists_what_there_is(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("infra", "dns"))
    finding = only(find(tmp_path, "path: infra", "{path: dns, needs: [infra, nifra]}")[1])
    assert finding.message == "needs nifra, which is no stack"
    assert finding.key == "stacks[1].needs[1]"
    assert str(finding.where) == "kubestack.yaml:6:32"
    assert finding.hint == "known: infra, dns"


def test_find_needs_pattern_leaves_out_the_stack_itself(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("live/a", "live/b", "live/c"))
    stacks, findings = find(tmp_path, "path: live/a", "path: live/b", "{path: live/c, needs: ['live/*']}")
    assert findings == ()
    assert stacks[2].needs == ("live/a", "live/b")


def test_find_needs_lists_each_stack_once(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("a", "b"))
    stacks, _ = find(tmp_path, "path: a", "{path: b, needs: [a, 'a*']}")
    assert stacks[1].needs == ("a",)


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": "a"}, "a → a"),
        ({"a": "b", "b": "a"}, "a → b → a"),
        ({"a": "b", "b": "c", "c": "b"}, "b → c → b"),
        ({"a": "b", "b": "c", "c": "a"}, "a → b → c → a"),
    ],
)
def test_find_circle_of_needs(tmp_path: Path, needs: dict[str, str], circle: str) -> None:
    write_tree(tmp_path, terraform(*needs))
    finding = only(
        find(tmp_path, *(f"{{path: {name}, needs: [{other}]}}" for name, other in needs.items()))[1]
    )
    assert finding.message == f"stacks need each other in a circle: {circle}"
    assert finding.key.endswith(".needs")


def test_find_every_circle_once(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("a", "b", "c", "d", "e"))
    entries = [
        "{path: a, needs: [b]}",
        "{path: b, needs: [a]}",
        "{path: c, needs: [d]}",
        "{path: d, needs: [c]}",
    ]
    findings = find(tmp_path, *entries, "{path: e, needs: [a, c]}")[1]
    assert [finding.message.partition(": ")[2] for finding in findings] == ["a → b → a", "c → d → c"]


def test_find_diamond_is_no_circle(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("a", "b", "c", "d"))
    entries = ["{path: a, needs: [b, c]}", "{path: b, needs: [d]}", "{path: c, needs: [d]}", "path: d"]
    assert find(tmp_path, *entries)[1] == ()


@pytest.mark.parametrize("first", ["path: live/*", "{path: live/b, needs: [live/a]}"])
def test_find_path_wins_over_pattern_in_any_order(tmp_path: Path, first: str) -> None:
    write_tree(tmp_path, terraform("live/a", "live/b"))
    entries = ["path: live/*", "{path: live/b, needs: [live/a]}"]
    ordered = sorted(entries, key=lambda entry: entry != first)
    stacks = {stack.path: stack for stack in find(tmp_path, *ordered)[0]}
    assert stacks["live/b"].needs == ("live/a",)
    assert len(stacks) == 2


def test_discover_raises_with_everything_that_is_wrong(tmp_path: Path) -> None:
    write_tree(tmp_path, terraform("a", "b c"))
    text = HEAD + "  - {path: a, needs: [x, a]}\n  - path: none\n  - path: b*\n"
    source = SettingsSource(name="kubestack.yaml", content=text.encode())
    with pytest.raises(ConfigurationError) as caught:
        discover_stacks(load_platform(source), source, tmp_path)
    assert len(caught.value.findings) == 4
    assert all(finding.where and finding.where.line >= 5 for finding in caught.value.findings)

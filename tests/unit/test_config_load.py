"""What is said about a broken `kubestack.yaml`: file, line, key path, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.config.load import load_platform, read_source
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError, ExitCode
from kubestack_py.model.finding import Finding, Location
from kubestack_py.model.paths import dotted
from kubestack_py.model.platform import (
    ApplyOn,
    Delivery,
    Environment,
    EvidenceSettings,
    Platform,
    RefKind,
    StackEntry,
    StackKind,
    ToolRequirement,
    Verification,
    VerifyCommand,
)

GOOD = """\
version: 1
name: acme
environments:
  - name: ops
    apply_on: {branch: main}
  - name: apps
    apply_on: {tag: "apps-deploy-*"}
stacks:
  - path: infra
"""


def load(text: str) -> Platform:
    return load_platform(SettingsSource(name="kubestack.yaml", content=text.encode()))


def refused(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


def only_finding(text: str) -> Finding:
    [finding] = refused(text).findings
    return finding


def at(line: int, column: int) -> Location:
    return Location(path="kubestack.yaml", line=line, column=column)


def test_load_minimal_fills_in_defaults() -> None:
    assert load(GOOD) == Platform(
        name="acme",
        default_branch="main",
        environments=(
            Environment(name="ops", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main")),
            Environment(name="apps", apply_on=ApplyOn(kind=RefKind.TAG, pattern="apps-deploy-*")),
        ),
        stacks=(StackEntry(path="infra"),),
        verify=Verification(converged=True, checks=True, commands=()),
        evidence=EvidenceSettings(ref="refs/notes/kubestack"),
    )


def test_load_full_reads_everything() -> None:
    platform = load(
        GOOD
        + """\
  - {path: manifests/*, kind: kustomize, delivery: rendered, needs: [infra]}
default_branch: trunk
verify: {converged: false, checks: false, commands: [{run: [curl, -f, http://x], timeout: 5}, {run: [true_]}]}
tools: {tofu: ">= 1.8", kustomize: ">= 5"}
evidence: {ref: refs/notes/proof}
"""
    )
    assert platform.default_branch == "trunk"
    assert platform.stacks[1] == StackEntry(
        path="manifests/*", kind=StackKind.KUSTOMIZE, delivery=Delivery.RENDERED, needs=("infra",)
    )
    commands = (
        VerifyCommand(argv=("curl", "-f", "http://x"), timeout=5),
        VerifyCommand(argv=("true_",), timeout=60),
    )
    assert platform.verify == Verification(converged=False, checks=False, commands=commands)
    assert platform.tools == (
        ToolRequirement(name="tofu", version=">= 1.8"),
        ToolRequirement(name="kustomize", version=">= 5"),
    )
    assert platform.evidence.ref == "refs/notes/proof"


def test_load_unknown_key_suggests_the_nearest() -> None:
    finding = only_finding(GOOD.replace("  - path: infra", "  - path: infra\n    neds: [infra]"))
    assert finding.where == at(10, 5)
    assert finding.key == "stacks[0].neds"
    assert finding.message == "unknown key `neds`"
    assert finding.hint == "did you mean `needs`?"


def test_load_unknown_key_far_from_any_lists_those_known() -> None:
    finding = only_finding(GOOD + "zzz: 1\n")
    assert finding.where == at(10, 1)
    assert "environments" in finding.hint
    assert "evidence" in finding.hint


@pytest.mark.parametrize(
    ("old", "new", "key", "line", "message"),
    [
        ("name: acme", "name: 5", "name", 2, "must be text, not 5"),
        ("name: acme", "name: [a]", "name", 2, 'must be text, not ["a"]'),
        ("name: acme", "name:", "name", 2, "must be text, not null"),
        ("name: acme", "name: on", "name", 2, "must be text, not true"),
        ("name: acme", "name: Acme", "name", 2, '"Acme" is not allowed here'),
        ("version: 1", "version: 2", "version", 1, "2 is not known"),
        ("{branch: main}", "main", "environments[0].apply_on", 5, 'must be a mapping, not "main"'),
        ("{branch: main}", "{}", "environments[0].apply_on", 5, "must have at least 1 entry"),
        (
            "{branch: main}",
            "{branch: main, tag: x}",
            "environments[0].apply_on",
            5,
            "must have exactly one of branch and tag",
        ),
        (
            "{branch: main}",
            "{branch: refs/heads/main}",
            "environments[0].apply_on.branch",
            5,
            "is not allowed here",
        ),
        ("name: ops", "name: default", "environments[0].name", 4, '"default" is not allowed here'),
        ("path: infra", "path: ../infra", "stacks[0].path", 9, '"../infra" is not allowed here'),
        ("path: infra", "path: /infra", "stacks[0].path", 9, '"/infra" is not allowed here'),
        ("path: infra", "path: -rf", "stacks[0].path", 9, '"-rf" is not allowed here'),
        ("path: infra", "path: in fra", "stacks[0].path", 9, '"in fra" is not allowed here'),
        ("path: infra", "path: $(touch x)", "stacks[0].path", 9, '"$(touch x)" is not allowed here'),
        ("path: infra", "path: '**'", "stacks[0].path", 9, '"**" is not allowed here'),
        ("path: infra", "path: ünï", "stacks[0].path", 9, "is not allowed here"),
        ("path: infra", "path: infra\n    kind: helm", "stacks[0].kind", 10, '"helm" is not known'),
        (
            "path: infra",
            "path: infra\n    needs: [a, a]",
            "stacks[0].needs",
            10,
            "lists the same entry twice",
        ),
    ],
)
def test_load_wrong_value(old: str, new: str, key: str, line: int, message: str) -> None:
    finding = only_finding(GOOD.replace(old, new, 1))
    assert (finding.key, finding.where.line if finding.where else None) == (key, line)
    assert message in finding.message


def test_load_wrong_value_is_cut_where_it_is_long() -> None:
    finding = only_finding(GOOD.replace("name: acme", f"name: {'A' * 500}"))
    assert len(finding.message) < 100


def test_load_missing_key_says_what_it_is_for() -> None:
    finding = only_finding(GOOD.replace("name: acme\n", ""))
    assert finding.message == "`name` is missing"
    assert finding.where == at(1, 1)
    assert finding.hint == "Name of the platform."


def test_load_collects_every_finding_in_the_order_of_lines() -> None:
    error = refused(
        "verify: {checks: maybe, commands: [{run: []}, {timeout: 0}]}\n"
        + GOOD.replace("acme", "ACME").replace("branch: main", "branch: -x").replace("infra", "/")
        + "zzz: 1\n"
    )
    lines = [finding.where.line for finding in error.findings if finding.where]
    assert lines == sorted(lines)
    assert [finding.key for finding in error.findings] == [
        "verify.checks",
        "verify.commands[0].run",
        "verify.commands[1]",
        "verify.commands[1].timeout",
        "name",
        "environments[0].apply_on.branch",
        "stacks[0].path",
        "zzz",
    ]
    assert all(str(finding).startswith("kubestack.yaml:") for finding in error.findings)
    assert str(error).count("\n") >= len(error.findings)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "text", "- a\n- b\n"])
def test_load_what_is_no_mapping(text: str) -> None:
    finding = only_finding(text)
    assert "must be a mapping" in finding.message


def test_load_duplicate_key_names_both_lines() -> None:
    finding = only_finding("version: 1\nname: acme\nname: other\n")
    assert finding.where == at(3, 1)
    assert finding.message == "duplicate key 'name' (first on line 2)"
    assert finding.check == "yaml"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1\nname: [\n", 3),
        ("a: 1\n b: 2\n", 2),
        ("a: \x01\n", 1),
        ("a: 1\n---\nb: 2\n", 0),
        ("\ta: 1\n", 1),
    ],
)
def test_load_broken_yaml_says_where(text: str, line: int) -> None:
    error = refused(text)
    [finding] = error.findings
    assert error.message == "kubestack.yaml is not valid YAML"
    assert finding.where is not None
    assert finding.where.line == line
    assert "kubestack.yaml" not in finding.message, "the place is told by `where` alone"


def test_load_bytes_that_are_no_text() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_platform(SettingsSource(name="kubestack.yaml", content=b"version: 1\nname: \xff\xfe\n"))
    [finding] = caught.value.findings
    assert finding.where == Location(path="kubestack.yaml", line=2)


def test_load_overlap_names_both_patterns_and_an_example() -> None:
    text = GOOD.replace('{tag: "apps-deploy-*"}', '{branch: "ma*"}')
    finding = only_finding(text)
    assert finding.check == "overlap"
    assert finding.where == at(7, 16)
    assert finding.key == "environments[1].apply_on.branch"
    assert finding.message == "apps (branch ma*) and ops (branch main) both match branch main"
    assert "exclude each other" in finding.hint


def test_load_overlap_of_open_patterns_still_has_an_example() -> None:
    text = GOOD.replace("{branch: main}", '{tag: "*"}').replace('"apps-deploy-*"', '"**"')
    assert only_finding(text).message == "apps (tag **) and ops (tag *) both match tag x"


def test_load_overlap_of_every_pair_is_reported() -> None:
    text = GOOD.replace(
        "stacks:",
        '  - {name: third, apply_on: {tag: "apps-*"}}\n  - {name: fourth, apply_on: {tag: "**-1"}}\nstacks:',
    )
    assert len(refused(text).findings) == 3


def test_load_same_name_for_branch_and_tag_is_no_overlap() -> None:
    platform = load(GOOD.replace('"apps-deploy-*"', "main"))
    assert [str(environment.apply_on) for environment in platform.environments] == ["branch main", "tag main"]


@pytest.mark.parametrize("pattern", ["env/ops", "env/*", "**", "e??/*", "env/later"])
def test_load_pattern_that_reaches_rendered_branches(pattern: str) -> None:
    finding = only_finding(GOOD.replace("{branch: main}", f"{{branch: '{pattern}'}}"))
    assert finding.key == "environments[0].apply_on.branch"
    assert "hold rendered manifests" in finding.message


@pytest.mark.parametrize("pattern", ["*", "environment/*", "release/**"])
def test_load_pattern_that_stays_off_rendered_branches(pattern: str) -> None:
    assert load(GOOD.replace("{branch: main}", f"{{branch: '{pattern}'}}")).first.apply_on.pattern == pattern


def test_load_names_listed_twice() -> None:
    text = GOOD.replace("name: apps", "name: ops") + "  - path: infra\n"
    assert [(f.key, f.message) for f in refused(text).findings] == [
        ("environments[1]", "ops is listed twice"),
        ("stacks[1]", "infra is listed twice"),
    ]


def test_load_terraform_and_tofu_together() -> None:
    finding = only_finding(GOOD + 'tools: {terraform: ">= 1.6", tofu: ">= 1.6"}\n')
    assert (finding.key, finding.where) == ("tools", at(10, 1))


def test_read_source_without_settings_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_source(tmp_path)
    assert caught.value.message == f"{tmp_path} has no kubestack.yaml"
    assert "kubestack new platform" in caught.value.hint


def test_read_source_reads_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "kubestack.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    source = read_source(tmp_path)
    assert source.name == "kubestack.yaml"
    assert load_platform(source).name == "acme", "a byte order mark changes nothing"


@pytest.mark.parametrize(
    ("path", "text"), [((), ""), (("a",), "a"), (("a", 0, "b", 1), "a[0].b[1]"), ((0, "a"), "[0].a")]
)
def test_dotted(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text

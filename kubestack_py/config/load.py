"""Load `kubestack.yaml`: parse, read, and check what a schema cannot say."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from kubestack_py.config.ci import ci_findings
from kubestack_py.config.clusters import cluster_findings
from kubestack_py.config.reader import read_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.config.values import MalformedError
from kubestack_py.errors import ConfigurationError
from kubestack_py.model.pattern import common_name
from kubestack_py.model.platform import RENDERED_BRANCH_PREFIX, SETTINGS_FILE, Platform, RefKind
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubestack_py.model.finding import Finding


def read_source(root: Path) -> SettingsSource:
    """The settings file at the top of a repository."""
    path = root / SETTINGS_FILE
    if not path.is_file():
        below = min([*root.glob(f"*/{SETTINGS_FILE}"), *root.glob(f"*/*/{SETTINGS_FILE}")], default=None)
        if below:
            raise ConfigurationError(
                f"{below} is not at the top of its repository, {root}",
                hint="A platform is a repository of its own, with its own branches, tags and notes. Move it "
                f"to one with its history: git subtree split --prefix {below.parent.relative_to(root)}",
            )
        raise ConfigurationError(
            f"{root} has no {SETTINGS_FILE}",
            hint="Run this in a platform repository, or scaffold one with `kubestack new platform NAME`.",
        )
    with disk_errors(f"read {path}"):
        return SettingsSource(name=SETTINGS_FILE, content=path.read_bytes())


def load_platform(source: SettingsSource) -> Platform:
    """The platform that a settings file describes.

    Raises `ConfigurationError` with all findings: those of the schema, or, where the file has the
    right form, those between its parts.
    """
    value = source.parse()
    try:
        platform = read_platform(value)
    except MalformedError:
        from kubestack_py.config.schema import findings

        raise ConfigurationError(f"{source.name} is not valid", findings=findings(source, value)) from None
    contradictions = list(_contradictions(source, platform))
    if contradictions:
        raise ConfigurationError(f"{source.name} contradicts itself", findings=contradictions)
    return platform


def _contradictions(source: SettingsSource, platform: Platform) -> Iterator[Finding]:
    yield from _duplicates(source, platform)
    yield from _overlaps(source, platform)
    yield from _reserved(source, platform)
    yield from ci_findings(source, platform)
    yield from cluster_findings(source, platform)
    if {"terraform", "tofu"} <= {tool.name for tool in platform.tools}:
        yield source.finding("name either terraform or tofu, not both", ["tools"])


def _duplicates(source: SettingsSource, platform: Platform) -> Iterator[Finding]:
    for section, names in (
        ("environments", [environment.name for environment in platform.environments]),
        ("stacks", [stack.path for stack in platform.stacks]),
    ):
        for index, name in enumerate(names):
            if name in names[:index]:
                yield source.finding(f"{name} is listed twice", [section, index])


def _overlaps(source: SettingsSource, platform: Platform) -> Iterator[Finding]:
    for (_, left), (index, right) in combinations(enumerate(platform.environments), 2):
        one, other = left.apply_on, right.apply_on
        if one.kind != other.kind:
            continue
        example = common_name(one.pattern, other.pattern)
        if example is not None:
            yield source.finding(
                f"{right.name} ({other}) and {left.name} ({one}) both match {one.kind} {example or 'x'}",
                ["environments", index, "apply_on", other.kind.value],
                check="overlap",
                hint="a ref may belong to one environment only; make the patterns exclude each other",
            )


def _reserved(source: SettingsSource, platform: Platform) -> Iterator[Finding]:
    for index, environment in enumerate(platform.environments):
        rule = environment.apply_on
        if (
            rule.kind is RefKind.BRANCH
            and common_name(rule.pattern, f"{RENDERED_BRANCH_PREFIX}**") is not None
        ):
            yield source.finding(
                f"the pattern {rule.pattern} matches branches below {RENDERED_BRANCH_PREFIX}, "
                "which hold rendered manifests",
                ["environments", index, "apply_on", "branch"],
                hint="those are written by an apply and never applied",
            )

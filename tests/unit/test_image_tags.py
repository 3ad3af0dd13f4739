"""Which tags are newer: versions and ranges as ImagePolicy reads them, numbers, letters and parts."""

from __future__ import annotations

import pytest

from kubestack_py.errors import UsageError
from kubestack_py.registry.choosing import newer_tags, usual_way
from kubestack_py.registry.semver import parse_range, parse_version


def test_versions_are_in_the_order_of_the_specification() -> None:
    order = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
    ]
    order += ["1.0.0", "v1.0.1", "1.10", "2"]
    versions = [parse_version(text) for text in order]
    assert None not in versions
    assert sorted(versions, reverse=True) == versions[::-1]  # type: ignore[type-var]
    assert [parse_version(text) for text in ("", "latest", "01.2", "1.2.3.4", "1.0.0-")] == [None] * 5


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("*", "0.0.1 9.9.9", "1.0.0-rc.1"),
        ("1.x", "1.0.0 1.99.0", "0.9.0 2.0.0 1.2.0-rc.1"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("=1.2.3", "1.2.3", "1.2.4"),
        (">=1.2 <2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
        (">= 1.2.0, < 2.0.0", "1.2.0", "2.0.0"),
        (">1.2", "1.3.0", "1.2.9"),
        ("<=1.2", "1.2.9", "1.3.0"),
        ("~1.4", "1.4.9", "1.5.0"),
        ("~1", "1.9.0", "2.0.0"),
        ("~1.4.2", "1.4.2 1.4.9", "1.4.1 1.5.0"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^2 || 3.1 - 3.4.0", "2.5.0 3.1.0 3.4.0", "3.0.0 3.4.1"),
        ("!=1.5.0", "1.4.0", "1.5.0"),
        (">=1.2.0-0", "1.2.0-rc.1 1.3.0", "1.1.0"),
    ],
)
def test_range(text: str, inside: str, outside: str) -> None:
    fits = parse_range(text)
    assert fits
    versions = {word: parse_version(word) for word in (inside + " " + outside).split()}
    assert {word for word, version in versions.items() if version and fits(version)} == set(inside.split())


TAGS = ["1.0.0", "1.9.0", "1.10.0", "2.0.0", "latest", "1.10.0-rc.1"]


@pytest.mark.parametrize(
    ("tags", "current", "way", "newer"),
    [
        (TAGS, "1.9.0", "semver:1.x", ("1.10.0",)),
        (TAGS, "latest", "semver:*", ("2.0.0", "1.10.0", "1.9.0", "1.0.0")),
        (["1.3.0", "1.4.0-rc.2", "v1.4.0", "1.5.0_b.1"], "1.4.0-rc.1", "semver:*", ("1.5.0_b.1", "v1.4.0")),
        (["1.3.0", "1.5.0", "2.1.0"], "1.4.0", "semver:2.x", ("2.1.0",)),
        (["1.3.0", "20260115", "v2"], "1.2.0", "semver:*", ("v2", "1.3.0")),
        (["9", "10", "x", "8"], "9", "numerical", ("10",)),
        (
            ["1752570000000000002", "1752570000000000003"],
            "1752570000000000001",
            "numerical",
            ("1752570000000000003", "1752570000000000002"),
        ),
        (["a", "b", f"sha256-{'0' * 64}.sig", f"sha256-{'0' * 64}"], "a", "alphabetical", ("b",)),
        (["a-\u00b2", "a-2"], "a-1", "regex:^a-(.+)$", ("a-2",)),
        (["a", "c", "b"], "a", "alphabetical", ("c", "b")),
        (
            ["main-ab-9", "main-cd-10", "dev-1-99"],
            "main-ab-9",
            "regex:^main-[0-9a-f]+-(?P<ts>[0-9]+)$",
            ("main-cd-10",),
        ),
        (["20260101T1200", "20260102T0900"], "20260101T1200", r"regex:^\d{8}T\d{4}$", ("20260102T0900",)),
    ],
)
def test_newer_tags(tags: list[str], current: str, way: str, newer: tuple[str, ...]) -> None:
    assert newer_tags(tags, current, way) == newer


@pytest.mark.parametrize(
    ("current", "others", "newer"),
    [
        ("1.2.3", ["1.2.4", "2026.01.02"], ("1.2.4",)),
        ("v1.2.3-rc.1", ["v1.2.3", "v1.2.2"], ("v1.2.3",)),
        ("1041", ["1042", "1.2.3", "latest"], ("1042",)),
        ("20260115", ["20260116", "1.2.3"], ("20260116",)),
        ("2026-01-15", ["2026-02-01", "2026-01-15-debug", "2025-12-31"], ("2026-02-01",)),
        ("2026.01.15", ["2026.02.01", "1.0.0"], ("2026.02.01",)),
        ("20260115T1200Z", ["20260115T1300Z", "20260116"], ("20260115T1300Z",)),
        (
            "main-0a1b2c3d4e5f-20260115120000",
            ["main-ffffffffffff-20260115130000", "dev-0a1b2c3d4e5f-20270101000000", "main-0a1b2c3d4e5f"],
            ("main-ffffffffffff-20260115130000",),
        ),
        ("latest", ["1.2.3"], None),
        ("stable-alpine", ["1.2.3"], None),
    ],
)
def test_tags_say_by_their_look_how_they_are_ordered(
    current: str, others: list[str], newer: tuple[str, ...] | None
) -> None:
    way = usual_way(current)
    assert (newer_tags([current, *others], current, way) if way else None) == newer


@pytest.mark.parametrize(
    "way", ["", "semver:one", "numerical:x", "regex:", "regex:(", "regex:(a)(b)", "time"]
)
def test_order_that_is_none(way: str) -> None:
    with pytest.raises(UsageError):
        newer_tags(["1"], "1", way)

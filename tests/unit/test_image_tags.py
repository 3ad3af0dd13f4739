"""Which tags are newer: versions and ranges as ImagePolicy reads them, numbers, letters and parts."""

from __future__ import annotations

import pytest

from kubestack_py.errors import UsageError
from kubestack_py.registry.choosing import newer_tags
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
        (["9", "10", "x", "8"], "9", "numerical", ("10",)),
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
    "way", ["", "semver:one", "numerical:x", "regex:", "regex:(", "regex:(a)(b)", "time"]
)
def test_order_that_is_none(way: str) -> None:
    with pytest.raises(UsageError):
        newer_tags(["1"], "1", way)

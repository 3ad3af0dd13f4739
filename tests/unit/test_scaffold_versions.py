"""The templates of released versions: as they were released, and rendered today as they were then."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest

from kubestack_py import __version__
from kubestack_py.errors import UsageError
from kubestack_py.scaffold.render import render_values
from kubestack_py.scaffold.versions import ARCHIVES, known_versions, templates_of
from kubestack_py.system.files import read_once, resource
from scripts.archive_templates import digest, rendered, tar

DIGESTS: dict[str, Any] = json.loads((resource(ARCHIVES) / "digests.json").read_text("utf-8"))


@pytest.mark.parametrize("version", DIGESTS)
def test_archive_is_what_was_released(version: str) -> None:
    content = lzma.decompress((resource(ARCHIVES) / f"{version}.tar.xz").read_bytes())
    assert digest(content) == DIGESTS[version]["templates"]


@pytest.mark.parametrize("version", DIGESTS)
def test_archive_is_rendered_as_it_was_then(version: str) -> None:
    assert rendered(version, DIGESTS[version]["answers"]) == DIGESTS[version]["rendered"]


def test_every_released_version_has_an_archive() -> None:
    changelog = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text("utf-8")
    newest, *released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    assert newest == __version__
    assert known_versions() == (*reversed(released), __version__)
    assert set(DIGESTS) == set(released), "`make archive` when a version is released"


def test_archive_depends_on_names_and_contents_alone() -> None:
    assert tar({"b": b"2", "a/c": b"1"}) == tar({"a/c": b"1", "b": b"2"})
    assert tar({"a": b"1"}) != tar({"a": b"2"})


def test_templates_of_unknown_version_are_refused() -> None:
    with pytest.raises(UsageError, match=r"no templates of version 0\.0\.9") as caught, templates_of("0.0.9"):
        pass
    assert "0.1.0, " in caught.value.hint


def test_templates_of_a_version_are_taken_within_the_block_only(tmp_path: Path) -> None:
    @read_once
    def version() -> str:
        text = (resource("templates/platform") / "cookiecutter.json").read_text("utf-8")
        found: str = json.loads(text)["_version"]
        return found

    answers = DIGESTS["0.1.0"]["answers"]
    assert version() == __version__
    with templates_of("0.1.0"):
        old = render_values(answers, tmp_path / "old")
        assert version() == "0.1.0"
    assert version() == __version__
    new = render_values(answers, tmp_path / "new")
    records = [json.loads((root / ".kubestack" / "answers.json").read_text("utf-8")) for root in (old, new)]
    assert [record["version"] for record in records] == ["0.1.0", __version__]

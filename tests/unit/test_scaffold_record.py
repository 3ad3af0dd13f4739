"""The record of a platform: errors in words, changes as pure functions, the form that the template writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py import __version__
from kubestack_py.errors import ConfigurationError
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.record import (
    RECORD,
    Addition,
    Record,
    parse_record,
    read_record,
    record_bytes,
    record_edits,
)
from kubestack_py.scaffold.render import render_platform
from kubestack_py.system.files import resource
from tests.conftest import write_tree

if TYPE_CHECKING:
    from pathlib import Path

VERSION = __version__
OLD: dict[str, Any] = {"template": "platform", "version": "0.1.0", "answers": {"name": "acme"}}
CLUSTER = {"name": "eks_gc0_eu-west-1", "region": "eu-west-1"}


def written(root: Path, value: object) -> Path:
    return write_tree(root, {str(RECORD): json.dumps(value, indent=2)})


def test_template_has_the_version_of_the_program() -> None:
    template = json.loads((resource("templates/platform") / "cookiecutter.json").read_text("utf-8"))
    assert template["_version"] == VERSION


def test_template_writes_the_record_as_the_program_does(tmp_path: Path) -> None:
    root = render_platform(check({"name": "acme", "environments": "ops,stage,apps"}), tmp_path)
    content = (root / RECORD).read_bytes()
    assert record_bytes(parse_record(content)) == content
    assert read_record(root).answers["environments"] == ["ops", "stage", "apps"]


def test_record_without_added_has_no_additions(tmp_path: Path) -> None:
    assert read_record(written(tmp_path, OLD)) == Record(version="0.1.0", answers={"name": "acme"})


def test_record_edits_add_and_remove(tmp_path: Path) -> None:
    root = written(tmp_path, OLD)
    (edit,) = record_edits(root, lambda it: it.with_added("cluster", CLUSTER).with_answers(domain="x.org"))
    assert edit.before == (root / RECORD).read_bytes()
    assert edit.after
    (root / RECORD).write_bytes(edit.after)
    record = read_record(root)
    assert record.added == (Addition(kind="cluster", options=CLUSTER, version=VERSION),)
    assert (record.version, record.answers) == ("0.1.0", {"name": "acme", "domain": "x.org"})
    assert record_edits(root, lambda it: it.with_added("cluster", CLUSTER)) == ()
    assert record_edits(root, lambda it: it.without_added("service", name=CLUSTER["name"])) == ()
    (edit,) = record_edits(root, lambda it: it.without_added("cluster", name=CLUSTER["name"]))
    assert parse_record(edit.after or b"").added == ()


def test_platform_without_a_record_can_be_added_to(tmp_path: Path) -> None:
    assert record_edits(tmp_path, lambda it: it.with_added("cluster", CLUSTER)) == ()


def test_missing_record_is_refused_where_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"has no \.kubestack/answers\.json") as caught:
        read_record(tmp_path)
    assert "git log" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "answers.json:1:1: Expecting value"),
        ("- a: yaml", "answers.json:1"),
        ("[]", "has to be one JSON object"),
        ('{"template": "platform",\n "version"', "answers.json:2:11: Expecting ':'"),
        ('{\n "template": "platform", "answers": {}}', "version is missing"),
        (json.dumps(OLD | {"version": "latest"}, indent=1), "json:3:2 version: 'latest' is no version"),
        (json.dumps(OLD | {"version": "99.0.0"}, indent=1), f"newer than this program ({VERSION})"),
        (json.dumps(OLD | {"version": "99.0.0"}, indent=1), "install kubestack-py 99.0.0"),
        (json.dumps(OLD | {"template": "other"}), "known here: platform, deploy-repository"),
        (json.dumps(OLD | {"version": "0.1"}, indent="\t"), "'0.1' is no version"),
        (json.dumps(OLD | {"answers": []}), "answers: has to be an object"),
        (json.dumps(OLD | {"added": {}}), "added: has to be a list"),
        (json.dumps(OLD | {"added": [5]}), "added[0]: has to be an object with"),
        (json.dumps(OLD | {"added": [{"kind": 5}]}), "added[0].kind: has to be text"),
        (json.dumps(OLD | {"added": [{"kind": 5}]}), "options is missing"),
        (
            json.dumps(OLD | {"added": [{"kind": "cluster", "options": {}, "version": "99.0.0"}]}, indent=1),
            "answers.json:11:4 added[0].version: 99.0.0 is newer",
        ),
    ],
)
def test_bad_record_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    root = write_tree(tmp_path, {str(RECORD): text})
    with pytest.raises(ConfigurationError) as caught:
        read_record(root)
    assert said in str(caught.value)

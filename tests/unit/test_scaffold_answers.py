"""The questions, rules and defaults of a new platform, which have one source: the schema."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import kubestack_py
from kubestack_py.errors import ConfigurationError, ExitCode
from kubestack_py.scaffold.answers import PlatformAnswers, check, problem_with, questions
from kubestack_py.scaffold.render import render_platform
from kubestack_py.scaffold.rules import PLATFORM, _surely_fits, answer_rules
from kubestack_py.system.files import resource

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE: dict[str, Any] = json.loads(resource("templates/platform/cookiecutter.json").read_text())
BAD_NAMES = [
    "",
    "a",
    " acme",
    "acme\n",
    "Acme",
    "acme corp",
    'ac"me',
    "ac'me",
    "$(touch x)",
    "`id`",
    "../acme",
    "a/b",
    "-acme",
    "--help",
    "acme-",
    "1acme",
    "ácme",
    "acme\u202e",
    "a" * 41,
    "@{ cookiecutter }@",
    None,
    5,
    ["acme"],
]


def findings_of(answers: dict[str, object]) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        check(answers)
    assert caught.value.exit_code is ExitCode.USAGE
    return {finding.key: str(finding) for finding in caught.value.findings}


def test_check_fills_defaults() -> None:
    assert check({"name": "acme"}) == PlatformAnswers(
        name="acme",
        layout="single",
        provider="local",
        engine="terraform",
        backend="local",
        state_address="",
        ci="none",
        ci_image="",
        application="web",
        environments=("ops", "apps"),
        domain="acme.example.com",
        default_branch="main",
        terraform_version="1.11.4",
        kubectl_version="1.32.4",
    )


@pytest.mark.parametrize("given", ["ops,stage,apps", " ops, stage ,apps", ("ops", "stage", "apps")])
def test_check_takes_environments_as_text_or_list(given: object) -> None:
    assert check({"name": "acme", "environments": given}).environments == ("ops", "stage", "apps")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_check_refuses_bad_name_and_says_what_is_allowed(name: object) -> None:
    message = findings_of({"name": name})["name"]
    assert "cannot be used (allowed: 2 to 40 lower-case letters" in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("name", "near"),
    [("Acme Corp", "acme-corp"), ("Zürich", "zurich"), ("../acme", "acme"), ("acme_eu", "acme-eu")],
)
def test_check_suggests_near_name(name: str, near: str) -> None:
    assert f"for example {near})" in findings_of({"name": name})["name"]


@pytest.mark.parametrize("name", ["", "42", "日本", "a" * 41])
def test_check_suggests_nothing_when_nothing_is_near(name: str) -> None:
    assert "for example" not in findings_of({"name": name})["name"]


def test_check_without_name_says_it_is_missing() -> None:
    assert findings_of({}) == {
        "name": f"name: is missing (allowed: {answer_rules()['name']['x-pattern']})",
    }


def test_check_collects_every_problem() -> None:
    found = findings_of(
        {"name": "A", "domain": "x", "environments": "ops,Apps", "domian": "y", "colour": "z"}
    )
    assert set(found) == {"name", "domain", "environments[1]", "domian", "colour"}
    assert "did you mean domain?" in found["domian"]
    assert "known: name, layout, provider" in found["colour"]


@pytest.mark.parametrize(
    ("environments", "key"),
    [
        ("ops", "environments"),
        ("", "environments"),
        ("ops,ops", "environments"),
        (5, "environments"),
        ("ops,", "environments[1]"),
        ("default,apps", "environments[0]"),
        ("ops,for", "environments[1]"),
        ("ops,apps-deploy-eu", "environments[1]"),
        ("ops,a-deploy", "environments[1]"),
        ("ops,apps*", "environments[1]"),
        ("ops," + "a" * 17, "environments[1]"),
    ],
)
def test_check_refuses_bad_environments(environments: object, key: str) -> None:
    assert key in findings_of({"name": "acme", "environments": environments})


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("provider", "aws"),
        ("provider", "eks,local"),
        ("provider", "eks,eks"),
        ("application", "default"),
        ("application", "kube-system"),
        ("application", "Web"),
        ("domain", "localhost"),
        ("domain", "acme.example.com\n"),
        ("domain", "Acme.example.com"),
        ("domain", "acme..com"),
        ("domain", "10.0.0.1"),
        ("domain", "a." * 50 + "com"),
        ("default_branch", "HEAD"),
        ("default_branch", "env/ops"),
        ("default_branch", "env"),
        ("default_branch", "refs/heads/main"),
        ("default_branch", "a..b"),
        ("default_branch", "-main"),
        ("default_branch", "main*"),
        ("default_branch", "a.lock"),
        ("default_branch", "ma in"),
        ("terraform_version", "1.5.7"),
        ("terraform_version", "latest"),
        ("terraform_version", "1.11"),
        ("kubectl_version", "v1.32.4"),
        ("kubectl_version", "1.26.0"),
    ],
)
def test_check_refuses_bad_answer(answer: str, value: str) -> None:
    assert findings_of({"name": "acme", answer: value}).keys() == {answer}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("default_branch", "release/1.x"),
        ("default_branch", "envs"),
        ("default_branch", "head"),
        ("domain", "platform.xn--zrich-kva.example"),
        ("application", "null"),
        ("terraform_version", "1.6.0"),
        ("kubectl_version", "1.99.12"),
    ],
)
def test_check_accepts_unusual_answer(answer: str, value: str) -> None:
    assert getattr(check({"name": "acme", answer: value}), answer) == value


def test_problem_with_looks_at_one_answer() -> None:
    assert problem_with("name", "acme") is None
    assert problem_with("environments", "ops,apps") is None
    assert "ops" in str(problem_with("environments", "ops"))
    assert "acme-corp" in str(problem_with("name", "Acme Corp"))


def test_questions_give_prompts_defaults_and_choices() -> None:
    asked = {question.name: question for question in questions()}
    assert list(asked) == list(answer_rules())
    assert asked["name"].default == ""
    assert asked["environments"].default == "ops,apps"
    assert asked["backend"].choices[0] == "local"
    assert asked["domain"].default_for("acme") == "acme.example.com"
    assert all(question.prompt and question.help.endswith(".") for question in asked.values())


def test_schema_is_valid_and_explains_every_rule() -> None:
    schema = json.loads(resource(f"schemas/{PLATFORM}-answers.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    for rule in [*schema["properties"].values(), schema["properties"]["environments"]["items"]]:
        assert rule["x-pattern"]


def test_answers_hold_what_the_schema_asks() -> None:
    assert [field.name for field in fields(PlatformAnswers)] == list(answer_rules())


def test_template_asks_the_same_questions() -> None:
    """`cookiecutter templates/platform` by itself has the same variables, defaults and prompts."""
    asked = {question.name: question for question in questions()}
    variables = {name: value for name, value in TEMPLATE.items() if not name.startswith("_")}
    assert list(variables) == list(asked)
    for name, value in variables.items():
        expected = "acme" if name == "name" else asked[name].default_for("@{ cookiecutter.name }@")
        assert value == expected
    assert TEMPLATE["__prompts__"] == {name: question.prompt for name, question in asked.items()}


def test_template_has_the_version_of_the_program() -> None:
    assert TEMPLATE["_version"] == kubestack_py.__version__


environment_names = st.from_regex(
    re.compile(answer_rules()["environments"]["items"]["pattern"], re.ASCII), fullmatch=True
)


@given(st.lists(environment_names, min_size=2, max_size=4, unique=True), st.data())
def test_no_tag_promotes_two_environments(names: list[str], data: st.DataObject) -> None:
    environments = check({"name": "acme", "environments": names}).environments
    chosen = data.draw(st.sampled_from(environments))
    tag = f"{chosen}-deploy-{data.draw(st.sampled_from(['1', *(f'{name}-deploy-1' for name in names)]))}"
    assert [name for name in environments if fnmatchcase(tag, f"{name}-deploy-*")] == [chosen]


texts = st.one_of(
    st.text(max_size=50),
    st.text("abz-09.\nA/_", max_size=50),
    st.sampled_from(["default", "for", "main", "env/x", "acme.example.com", "1.11.4", "local", "web"]),
)
values = st.one_of(texts, st.lists(texts, max_size=3), st.none(), st.integers(), st.booleans())


@given(st.sampled_from(sorted(answer_rules())), values)
def test_quick_check_agrees_with_jsonschema(name: str, value: object) -> None:
    rule = answer_rules()[name]
    assert _surely_fits(value, rule) == Draft202012Validator(rule).is_valid(value)


def test_quick_check_leaves_unknown_keywords_to_jsonschema() -> None:
    assert _surely_fits("acme", {"type": "string", "pattern": "^a"})
    assert not _surely_fits("acme", {"type": "string", "pattern": "^a", "minLength": 2})


ADDRESS = "https://state.example.com/acme/{stack}/{environment}"


def test_version_of_opentofu_is_its_own() -> None:
    assert check({"name": "acme", "engine": "tofu"}).terraform_version == "1.10.0"
    assert (
        check({"name": "acme", "engine": "tofu", "terraform_version": "1.9.0"}).terraform_version == "1.9.0"
    )
    assert "cannot be used" in findings_of({"name": "acme", "engine": "pulumi"})["engine"]


def test_backend_http_and_its_address_go_together() -> None:
    assert check({"name": "acme", "backend": "http", "state_address": ADDRESS}).state_address == ADDRESS
    with pytest.raises(ConfigurationError, match="needs an address"):
        check({"name": "acme", "backend": "http"})
    with pytest.raises(ConfigurationError, match="the backend s3 has none"):
        check({"name": "acme", "backend": "s3", "state_address": ADDRESS})


@pytest.mark.parametrize(
    "address",
    [
        "https://state.example.com/acme/{stack}",
        "https://state.example.com/acme/{environment}",
        "https://me:secret@state.example.com/{stack}/{environment}",
        "https://state.example.com/{stack}/{environment}?ref=main",
        "https://state.example.com/{stack}/{environment}/{name}",
        "ftp://state.example.com/{stack}/{environment}",
        "/{stack}/{environment}",
    ],
)
def test_state_address_that_cannot_be_used(address: str) -> None:
    answers: dict[str, object] = {"name": "acme", "backend": "http", "state_address": address}
    assert "cannot be used" in findings_of(answers)["state_address"]


@pytest.mark.parametrize("backend", ["local", "s3", "gcs"])
def test_settings_take_the_versions_that_terraform_takes(tmp_path: Path, backend: str) -> None:
    root = render_platform(check({"name": "acme", "backend": backend}), tmp_path)
    [wanted] = re.findall(r'required_version = "([^"]*)"', (root / "infra/versions.tf").read_text())
    assert f'terraform: "{wanted}"' in (root / "kubestack.yaml").read_text()


def test_backend_s3_is_refused_to_a_terraform_without_its_lock_file() -> None:
    with pytest.raises(ConfigurationError, match=r"1\.9\.8 cannot lock a state in S3"):
        check({"name": "acme", "backend": "s3", "terraform_version": "1.9.8"})
    assert check({"name": "acme", "backend": "s3", "terraform_version": "1.10.0"}).backend == "s3"

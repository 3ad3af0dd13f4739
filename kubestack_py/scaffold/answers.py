"""What a new repository is made from: the questions, and the answers once they are known to be good.

`schemas/<template>-answers.schema.json` is the one source of names, defaults, rules and wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import ConfigurationError
from kubestack_py.scaffold.rules import PLATFORM, answer_rules, findings
from kubestack_py.terraform.selection import HTTP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.finding import Finding

FIRST_MINOR_WITH_LOCK_IN_S3 = 10
TOFU, TOFU_VERSION = "tofu", "1.10.0"
DEPLOY_REPOSITORY = "deploy-repository"
JENKINS_X = "jenkins-x"
LARGEST_CHAIN_WITH_TAGS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAnswers:
    """Answers that fit the schema, complete with defaults; `check` is the way to get them.

    `environments` is the promotion chain: the first one proves changes, the last one is the base
    that the others inherit from.
    """

    name: str
    layout: str
    provider: str
    engine: str
    backend: str
    state_address: str
    ci: str
    ci_image: str
    application: str
    environments: tuple[str, ...]
    domain: str
    default_branch: str
    terraform_version: str
    kubectl_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer to ask for: its name, a prompt, a sentence of help, and what may be chosen from.

    `default` is text as a user would type it; it is empty where only the user can answer, and may
    hold `{name}` for the name of the platform. `only` are answers to others without which it is not asked.
    """

    name: str
    prompt: str
    help: str
    default: str = ""
    choices: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()

    def default_for(self, name: str) -> str:
        """The default for the platform of that name."""
        return self.default.format(name=name)

    def default_with(self, answers: Mapping[str, object]) -> str:
        """The default beside the answers so far, of which `name` is one."""
        if self.name == "terraform_version" and answers.get("engine") == TOFU:
            return TOFU_VERSION
        return self.default_for(str(answers["name"]))

    def applies(self, answers: Mapping[str, object]) -> bool:
        """Whether the answers so far lead to this question."""
        return all(answers.get(name) == value for name, value in self.only)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployAnswers:
    """Answers for a deploy repository, complete with defaults; `check_deploy` is the way to get them."""

    name: str
    engine: str
    follow: str
    url: str
    host: str
    ci: str
    ci_image: str
    application: str
    environments: tuple[str, ...]
    domain: str
    default_branch: str
    kubectl_version: str


def questions(template: str = PLATFORM) -> tuple[Question, ...]:
    """Every question of a template, in the order to ask them."""
    return tuple(
        Question(
            name=name,
            prompt=rule["title"],
            help=rule["description"],
            default=_as_typed(rule.get("x-default", rule.get("default", ""))),
            choices=tuple(rule.get("enum", ())),
            only=tuple(rule.get("x-only", {}).items()),
        )
        for name, rule in answer_rules(template).items()
    )


def check(answers: Mapping[str, object]) -> PlatformAnswers:
    """The answers with defaults filled in; a list may be given as text divided by commas.

    Raises `ConfigurationError` with one finding for each answer that cannot be used.
    """
    complete = PlatformAnswers(**_filled(answers, PLATFORM))
    _check_state_address(complete)
    minor = int(complete.terraform_version.split(".")[1])
    if complete.backend == "s3" and minor < FIRST_MINOR_WITH_LOCK_IN_S3:
        raise ConfigurationError(
            f"terraform_version: {complete.terraform_version} cannot lock a state in S3 without DynamoDB; "
            "nothing was written",
            hint="Take 1.10 or newer, or another backend.",
        )
    return complete


def _check_state_address(answers: PlatformAnswers) -> None:
    if answers.backend == HTTP and not answers.state_address:
        raise ConfigurationError(
            "state_address: the backend http needs an address for each state; nothing was written",
            hint="--state-address 'https://gitlab.example.com/api/v4/projects/42/terraform/state/{stack}-{environment}'",
        )
    if answers.state_address and answers.backend != HTTP:
        raise ConfigurationError(
            f"state_address: the backend {answers.backend} has none; nothing was written",
            hint="Leave --state-address out, or take --backend http.",
        )


def check_deploy(answers: Mapping[str, object]) -> DeployAnswers:
    """Like `check`, for a deploy repository."""
    complete = DeployAnswers(**_filled(answers, DEPLOY_REPOSITORY))
    if complete.follow == "tags" and len(complete.environments) > LARGEST_CHAIN_WITH_TAGS:
        raise ConfigurationError(
            "follow: tags has room for two environments; nothing was written",
            hint="Flux and Argo CD choose tags by semantic version, so one environment at most can follow "
            "them. Take --follow branches.",
        )
    if complete.engine == JENKINS_X and complete.follow != "branches":
        raise ConfigurationError(
            f"follow: {complete.follow} is not for jenkins-x; nothing was written",
            hint="Its boot job applies the branches env/<environment>. Leave --follow out.",
        )
    return complete


def check_for(template: str, answers: Mapping[str, object]) -> PlatformAnswers | DeployAnswers:
    """The answers for a template, by its name."""
    return (check_deploy if template == DEPLOY_REPOSITORY else check)(answers)


def problem_with(name: str, value: object, template: str = PLATFORM) -> Finding | None:
    """What is wrong with a single answer, or None; for asking again at a prompt."""
    problems = findings({"name": "any", name: _as_meant(name, value, template)}, template)
    return problems[0] if problems else None


def _filled(answers: Mapping[str, object], template: str) -> dict[str, Any]:
    """Answers in their types, those that are missing by their defaults."""
    given = {name: _as_meant(name, value, template) for name, value in answers.items()}
    problems = findings(given, template)
    if problems:
        what = template.replace("-", " ")
        raise ConfigurationError(
            f"the {what} cannot be made from these answers; nothing was written", findings=problems
        )
    filled: dict[str, Any] = {
        question.name: _as_meant(question.name, question.default_with(given), template)
        for question in questions(template)
    } | given
    return filled | {"environments": tuple(filled["environments"])}


def _as_typed(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _as_meant(name: str, value: object, template: str) -> object:
    """The answer in the schema's type: prompts and options can only give text."""
    if answer_rules(template).get(name, {}).get("type") != "array":
        return value
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return list(value) if isinstance(value, tuple) else value

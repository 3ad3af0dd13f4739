"""The reader accepts exactly what the JSON Schema accepts, and the other way round."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kubestack_py.config.load import load_platform
from kubestack_py.config.reader import read_platform
from kubestack_py.config.schema import findings, load_schema
from kubestack_py.config.source import SettingsSource
from kubestack_py.config.values import MalformedError
from kubestack_py.errors import ConfigurationError

VALIDATOR = Draft202012Validator(load_schema("kubestack"))
FULL: dict[str, Any] = {
    "version": 1,
    "name": "acme",
    "default_branch": "main",
    "environments": [
        {
            "name": "ops",
            "apply_on": {"branch": "main"},
            "only_here": ["image.toolkit.fluxcd.io/*"],
            "cluster": {"context": "acme-ops", "kubeconfig": "~/.kube/ops", "namespace": "acme"},
        },
        {
            "name": "apps",
            "apply_on": {"tag": "apps-deploy-*"},
            "gate": {
                "soak": "30m",
                "preview": "block",
                "parity": {"delete": "block", "unexercised": "warn", "partly": {"create": "allow"}},
            },
            "names": {"cluster": "acme-apps-eu"},
            "cluster": {"context": "arn:aws:eks:eu-west-1:111122223333:cluster/acme"},
        },
    ],
    "stacks": [
        {"path": "infra", "kind": "terraform"},
        {"path": "manifests/*", "kind": "kustomize", "delivery": "rendered", "needs": ["infra"]},
        {"path": "charts", "kind": "kustomize", "delivery": "kubectl", "force_conflicts": True},
        {"path": "clusters", "overlays": "."},
    ],
    "verify": {
        "converged": True,
        "checks": False,
        "rollout": True,
        "rollout_timeout": 120,
        "sync": {"operator": "flux", "timeout": 600},
        "commands": [{"run": ["true", "-x"], "timeout": 60}],
    },
    "tools": {"terraform": ">= 1.6, < 2", "kubectl": "~> 1.27"},
    "evidence": {"ref": "refs/notes/kubestack", "signing": "ssh", "allowed_signers": ".kubestack/signers"},
    "services": {"delivery": "argo-cd", "catalog": ["catalog", "more/own.yaml"]},
    "kubernetes": {"version": "1.36"},
    "validate": {
        "ignore": [
            {
                "check": "manifest-reference",
                "path": "manifests/*",
                "object": "Deployment/web/*",
                "reason": "made by hand",
            }
        ]
    },
    "pull_requests": {"providers": ["acme/*"], "modules": ["github.com/acme/*"], "external": "allow"},
    "drift": {
        "ignore": [{"address": "module.*", "attributes": ["spec.replicas"], "reason": "an autoscaler"}]
    },
    "policies": {
        "mode": "warn",
        "environments": {"apps": "block"},
        "rules": {"image-tags": "block"},
        "protected": ["aws_*"],
        "labels": ["app.kubernetes.io/name"],
        "registries": ["ghcr.io/acme/*"],
        "sizes": ["*.8xlarge"],
        "own": ["policies/own"],
        "engine": {"name": "conftest", "policies": "policies/rego"},
        "waivers": [{"rule": "image-tags", "address": "apps/*", "reason": "a trial", "until": "2026-12-31"}],
    },
    "ci": {
        "host": "github",
        "image": "registry.example.com/acme/ci@sha256:" + "0123456789abcdef" * 4,
        "runner": ["self-hosted", "linux"],
        "drift": "17 3 * * 1-5",
        "drift_issue": False,
        "comment": {"labels": True, "statuses": False, "host": "gitlab"},
        "timeout": 90,
        "secrets": ["CLOUDFLARE_API_TOKEN"],
        "approvers": {"apps": "platform-leads,alice"},
        "aws": {
            "region": "eu-west-1",
            "plan": "arn:aws:iam::111122223333:role/acme-plan",
            "apply": {
                "ops": "arn:aws:iam::111122223333:role/acme-ops",
                "apps": "arn:aws:iam::444455556666:role/acme-apps",
            },
        },
        "google": {
            "provider": "projects/1234/locations/global/workloadIdentityPools/acme/providers/github",
            "plan": "planner@acme.iam.gserviceaccount.com",
            "apply": {"ops": "opsops@acme.iam.gserviceaccount.com"},
        },
        "azure": {
            "tenant": "00000000-0000-0000-0000-000000000001",
            "subscription": "00000000-0000-0000-0000-000000000002",
            "plan": "00000000-0000-0000-0000-000000000003",
            "apply": {"ops": "00000000-0000-0000-0000-000000000004"},
        },
    },
}
ENDS = [
    "",
    " ",
    "\n",
    "\t",
    "\x00",
    "\u2028",
    "\xa0",
    "é",
    "-",
    ".",
    "/",
    "*",
    "**",
    "$(touch x)",
    ".lock",
    "\r\n",
]
NAMES = [
    "a",
    "A",
    "default",
    "default\n",
    "a" * 32,
    "a" * 33,
    "a" * 40,
    "a" * 41,
    "a-",
    "-a",
    "1",
    "a--b",
    "_x",
]
REFS = [
    "main",
    "HEAD",
    "env",
    "env/ops",
    "envy",
    "refs/heads/main",
    "refs/notes/",
    "refs/notes/a..b",
    "a//b",
    "a/../b",
]
REFS += [
    "refs/notes/a.b",
    "refs/notes/a.lock",
    "x.lock/y",
    "a.lock",
    "**",
    "?",
    "a/",
    "/a",
    "@",
    "..",
    "--output=x",
]
VERSIONS = [
    ">= 1",
    "~> 1.2.3",
    "= 1",
    "1.6",
    ">=1,",
    ",",
    ">= 1.6,<2",
    ">=1\n",
    ">=\xa01",
    ">= \u0661",
    ">= 1.6-beta",
    "> 01",
]
TEXTS = st.one_of(
    st.sampled_from(NAMES + REFS + VERSIONS + ENDS),
    st.builds(str.__add__, st.sampled_from(NAMES + REFS + VERSIONS), st.sampled_from(ENDS)),
    st.text(max_size=8),
)
SCALARS = st.one_of(
    TEXTS,
    st.sampled_from(
        [None, True, False, 0, 1, -1, 2, 3600, 3601, 1.0, 1.5, 60.0, 0.0, 1e300, float("inf"), 10**30]
    ),
    st.sampled_from(["terraform", "kustomize", "rendered", "tofu"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "path", "branch", "tag", "run", "ref", "x"]), inner, max_size=3
        ),
    ),
    max_leaves=4,
)
EXTRA_KEYS = st.sampled_from(["nmae", "tag", "tofu", "needs", "", "timeout", "delivery"])


def parent(document: Any, place: tuple[Any, ...]) -> Any:
    """The mapping or list that holds what is at a path."""
    for step in place[:-1]:
        document = document[step]
    return document


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a document, the empty one included."""
    if isinstance(value, dict):
        return [at, *(place for key, item in value.items() for place in places(item, (*at, key)))]
    if isinstance(value, list):
        return [at, *(place for index, item in enumerate(value) for place in places(item, (*at, index)))]
    return [at]


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """The full document with one to three changes: replaced, removed, added or doubled values."""
    document: Any = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        if not isinstance(document, dict):
            break
        place = draw(st.sampled_from(places(document)))
        if not place:
            document = draw(VALUES) if draw(st.integers(0, 9)) == 0 else document
            continue
        holder = parent(document, place)
        change = draw(st.sampled_from(["replace", "replace", "replace", "remove", "empty", "add", "double"]))
        if change == "replace":
            holder[place[-1]] = draw(VALUES)
        elif change == "remove":
            del holder[place[-1]]
        elif change == "empty":
            holder[place[-1]] = type(holder[place[-1]])()
        elif change == "add" and isinstance(holder, dict):
            holder[draw(EXTRA_KEYS)] = draw(VALUES)
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[place[-1]]))
    return document


def reader_accepts(value: object) -> bool:
    try:
        read_platform(value)
    except MalformedError:
        return False
    return True


def test_reader_accepts_the_full_document() -> None:
    assert reader_accepts(FULL)
    assert VALIDATOR.is_valid(FULL)


@settings(max_examples=300)
@given(mutations())
def test_reader_and_schema_agree(value: object) -> None:
    assert reader_accepts(value) == VALIDATOR.is_valid(value)


@settings(max_examples=100)
@given(mutations())
def test_schema_explains_whatever_the_reader_refuses(value: object) -> None:
    assume(not reader_accepts(value))
    source = SettingsSource(name="kubestack.yaml", content=b"{}")
    found = findings(source, value)
    assert found
    assert all(finding.message and finding.check == "schema" for finding in found)


REQUIRED = ("version", "name", "environments", "stacks")
STRINGS = [
    ("name",),
    ("default_branch",),
    ("environments", 0, "name"),
    ("environments", 0, "apply_on", "branch"),
    ("stacks", 0, "path"),
    ("stacks", 1, "needs", 0),
    ("verify", "commands", 0, "run", 0),
    ("tools", "terraform"),
    ("evidence", "ref"),
    ("evidence", "signing"),
    ("evidence", "allowed_signers"),
    ("services", "delivery"),
    ("services", "catalog", 0),
    ("environments", 1, "gate", "soak"),
    ("environments", 1, "gate", "preview"),
    ("environments", 1, "gate", "parity", "unexercised"),
    ("environments", 1, "gate", "parity", "partly", "create"),
    ("environments", 1, "names", "cluster"),
    ("ci", "host"),
    ("ci", "image"),
    ("ci", "runner", 0),
    ("ci", "drift"),
    ("ci", "comment", "host"),
    ("ci", "secrets", 0),
    ("ci", "approvers", "apps"),
    ("ci", "aws", "region"),
    ("ci", "aws", "plan"),
    ("ci", "google", "provider"),
    ("ci", "google", "apply", "ops"),
    ("ci", "azure", "tenant"),
]


@pytest.mark.parametrize("place", STRINGS, ids=lambda place: ".".join(map(str, place)))
def test_reader_and_schema_agree_on_every_odd_text(place: tuple[Any, ...]) -> None:
    """Hypothesis would need luck to meet each of these at each place. What the document may leave out is
    left out: it would be judged again for every text."""
    own: Any = FULL
    for step in place:
        own = own[step]
    stems = [*NAMES, *REFS, *VERSIONS, "acme", "infra", "terraform", "warn", "ssh", "30m", "acme-eu", own]
    document: Any = copy.deepcopy({key: FULL[key] for key in {*REQUIRED, place[0]}})
    wrong = []
    for text in {stem + end for stem in stems for end in ENDS}:
        parent(document, place)[place[-1]] = text
        if reader_accepts(document) != VALIDATOR.is_valid(document):
            wrong.append(text)
    assert not wrong


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("version", 1.0, True),
        ("version", True, False),
        ("version", "1", False),
        ("name", "acme\n", False),
        ("default_branch", "refs/heads/main", False),
        ("default_branch", "env/ops", False),
        ("default_branch", "environment/x", True),
    ],
)
def test_reader_and_schema_agree_on_known_traps(key: str, value: object, accepted: bool) -> None:
    document = {**FULL, key: value}
    assert reader_accepts(document) is accepted
    assert VALIDATOR.is_valid(document) is accepted


def test_schema_is_itself_valid_and_every_default_is_what_the_reader_fills_in() -> None:
    schema = load_schema("kubestack")
    Draft202012Validator.check_schema(schema)
    minimal = {key: FULL[key] for key in REQUIRED} | {"stacks": [{"path": "infra"}]}
    platform = read_platform(minimal)
    properties = schema["properties"]
    verify = properties["verify"]["properties"]
    assert platform.default_branch == properties["default_branch"]["default"]
    assert platform.evidence.ref == properties["evidence"]["properties"]["ref"]["default"]
    services = properties["services"]["properties"]
    assert platform.services.delivery == services["delivery"]["default"]
    assert list(platform.services.catalog) == services["catalog"]["default"]
    assert platform.verify.converged is verify["converged"]["default"]
    assert platform.verify.checks is verify["checks"]["default"]
    command = {"verify": {"commands": [{"run": ["true"]}]}}
    [filled] = read_platform(minimal | command).verify.commands
    assert filled.timeout == verify["commands"]["items"]["properties"]["timeout"]["default"]


def test_schema_refuses_unknown_keys_in_every_mapping() -> None:
    def open_mappings(schema: Any, at: str = "#") -> list[str]:
        if isinstance(schema, list):
            return [
                found for index, item in enumerate(schema) for found in open_mappings(item, f"{at}/{index}")
            ]
        if not isinstance(schema, dict):
            return []
        here = (
            [at]
            if schema.get("type") == "object" and schema.get("additionalProperties", True) is True
            else []
        )
        return here + [found for key, item in schema.items() for found in open_mappings(item, f"{at}/{key}")]

    assert open_mappings(load_schema("kubestack")) == []


def test_load_never_refuses_without_a_finding() -> None:
    source = SettingsSource(
        name="kubestack.yaml", content=b'version: 1\nname: "acme\\n"\nenvironments: []\nstacks: []\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        load_platform(source)
    assert [finding.key for finding in caught.value.findings] == ["name", "environments", "stacks"]

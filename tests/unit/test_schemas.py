"""The shipped schemas of our output: real values satisfy them, others do not, and no key is forgotten."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from kubestack_py.config.schema import load_schema
from kubestack_py.model.changes import Change, ChangeAction, ChangeSet, CheckStatus, ContentDigest
from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.evidence import Record, RecordStatus, VerificationResult
from kubestack_py.model.finding import Finding, Severity
from kubestack_py.model.health import Health
from kubestack_py.model.image import ImageCheck, ImageRow
from kubestack_py.model.inventory import App, Cluster, EnvironmentItem, Inventory, NodePool, StackItem
from kubestack_py.model.inventory import Service as InstalledService
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, RunReport
from kubestack_py.model.policy import PolicyFinding, PolicyMode, PolicyRule
from kubestack_py.model.service import Chart, CrdSource, Need, Retirement, Service, Source, Step
from kubestack_py.model.status import EnvironmentStatus, PlatformStatus
from kubestack_py.model.sync import EnvironmentSync, StackSync, SyncState
from kubestack_py.model.validation import Validation
from kubestack_py.policy.rules import RULES
from kubestack_py.promotion.records import from_line, to_line
from kubestack_py.report.catalog import services_value
from kubestack_py.report.images import checks_value, images_value
from kubestack_py.report.json import (
    changes_value,
    dump,
    outcome_value,
    plain,
    resolution_value,
    run_value,
    status_value,
)
from kubestack_py.report.policy import rules_value
from kubestack_py.report.sync import sync_value
from kubestack_py.scaffold.catalog import built_in_catalog
from kubestack_py.system.files import resource

if TYPE_CHECKING:
    from enum import StrEnum

INVENTORY = {
    "environments": EnvironmentItem,
    "clusters": Cluster,
    "services": InstalledService,
    "apps": App,
    "stacks": StackItem,
}
NAMES = sorted(path.name.removesuffix(".schema.json") for path in resource("schemas").glob("*.schema.json"))
SERVICE = ("properties", "services", "items")
FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)

hexes = {size: st.text("0123456789abcdef", min_size=size, max_size=size) for size in (16, 40, 64)}
words = st.text(min_size=1, max_size=20)
digests = st.builds(ContentDigest, shared=hexes[64], environment=hexes[64])
counts = st.dictionaries(st.sampled_from([str(action) for action in ChangeAction]), st.integers(1, 9))
records = st.builds(
    Record,
    at=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1)).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"),
    run=hexes[16],
    environment=words,
    stack=words,
    commit=hexes[40],
    digest=digests,
    changes=counts,
    changes_digest=st.just("") | hexes[64].map(lambda digest: f"sha256:{digest}"),
    verification=st.lists(st.builds(VerificationResult, name=words), max_size=3).map(tuple),
    tools=st.dictionaries(words, words, max_size=3),
)
places = st.builds(EnvironmentStatus, behind=st.integers(0, 99))
statuses = st.builds(PlatformStatus, environments=st.lists(places, max_size=3).map(tuple))


def check(name: str, value: object) -> None:
    """Raise what a user of the schema would see for a value that went through JSON."""
    resources = [
        (f"{other}.schema.json", Resource.from_contents(load_schema(other)))
        for other in NAMES
        if other in {"resolve", "outcome", "evidence"}
    ]
    schema = load_schema(name)
    Draft202012Validator(schema, registry=Registry().with_resources(resources)).validate(
        json.loads(dump(value))
    )


def properties(name: str, *path: str) -> set[str]:
    rule: Any = load_schema(name)
    for part in path:
        rule = rule[part]
    return set(rule["properties"])


def fields(kind: type) -> set[str]:
    assert dataclasses.is_dataclass(kind)
    return {field.name for field in dataclasses.fields(kind) if field.compare}


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_valid_and_says_what_it_is_about(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
def test_schema_closes_every_object_with_properties(name: str) -> None:
    open_objects: list[Any] = []

    def walk(rule: object) -> None:
        if isinstance(rule, dict):
            if isinstance(rule.get("properties"), dict) and rule.get("additionalProperties") is not False:
                open_objects.append(rule)
            for value in rule.values():
                walk(value)
        elif isinstance(rule, list):
            for value in rule:
                walk(value)

    walk(load_schema(name))
    assert open_objects == []


@FEW
@given(records)
def test_evidence_any_record_fits_and_comes_back(record: Record) -> None:
    line = to_line(record)
    check("evidence", json.loads(line))
    assert from_line(line) == record


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("at", "2026-01-31 12:00"),
        ("version", 2),
        ("status", "done"),
        ("commit", "main"),
        ("digest", {"shared": "0" * 64}),
        ("changes", {"explode": 1}),
        ("password", "secret"),
    ],
)
def test_evidence_refuses_what_is_no_record(key: str, value: object) -> None:
    record = Record(
        at="2026-01-31T12:00:00.000000Z",
        run="0" * 16,
        environment="ops",
        stack="infra",
        status=RecordStatus.VERIFIED,
        commit="a" * 40,
        digest=ContentDigest(shared="b" * 64, environment="c" * 64),
    )
    good = json.loads(to_line(record))
    check("evidence", good)
    with pytest.raises(ValidationError):
        check("evidence", good | {key: value})


@FEW
@given(st.from_type(Event), st.from_type(Resolution))
def test_resolve_any_answer_fits(event: Event, resolution: Resolution) -> None:
    check("resolve", resolution_value(event, resolution))


@FEW
@given(st.from_type(EnvironmentOutcome))
def test_outcome_any_answer_fits(outcome: EnvironmentOutcome) -> None:
    check("outcome", outcome_value(outcome))


@FEW
@given(st.from_type(RunReport))
def test_run_any_answer_fits(report: RunReport) -> None:
    check("run", run_value(report))
    check("drift", {"environments": [outcome_value(item) for item in report.environments]})


@FEW
@given(statuses)
def test_status_any_answer_fits(status: PlatformStatus) -> None:
    check("status", status_value(status))


@FEW
@given(st.lists(st.from_type(EnvironmentSync), max_size=2))
def test_sync_status_any_answer_fits(environments: list[EnvironmentSync]) -> None:
    check("sync-status", sync_value(environments))


@FEW
@given(st.lists(st.from_type(Finding), max_size=3))
def test_validate_any_finding_without_negative_lines_fits(found: list[Finding]) -> None:
    placed = [item for item in found if item.where is None or min(item.where.line, item.where.column) >= 0]
    check("validate", plain(Validation(findings=tuple(placed))))


@FEW
@given(st.lists(st.from_type(Health), max_size=3))
def test_doctor_any_answer_fits(checks: list[Health]) -> None:
    check("doctor", {"checks": plain(checks)})


@FEW
@given(st.lists(st.builds(ImageRow), max_size=3), st.lists(st.builds(ImageCheck), max_size=3))
def test_images_any_answer_fits(rows: list[ImageRow], checks: list[ImageCheck]) -> None:
    check("image-list", images_value(rows))
    check("image-check", checks_value(checks))


def test_catalog_every_service_fits() -> None:
    check("catalog-services", services_value(built_in_catalog().services))


def test_policies_satisfy_their_schemas() -> None:
    modes = {"ops": PolicyMode.WARN, "apps": PolicyMode.BLOCK}
    check("policy-rules", rules_value([(rule, modes) for rule in RULES.values()]))
    finding = PolicyFinding(rule="x", stack="infra", address="a.b", message="no", mode=PolicyMode.BLOCK)
    check("policy-check", {"environments": {"ops": plain((finding,))}})


@pytest.mark.parametrize("name", ["doctor", "inventory", "outcome", "resolve", "run", "status", "validate"])
def test_output_refuses_an_empty_object(name: str) -> None:
    with pytest.raises(ValidationError):
        check(name, {})


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        (properties("evidence") - {"version"}, Record),
        (properties("evidence", "properties", "verification", "items"), VerificationResult),
        (properties("status"), PlatformStatus),
        (
            properties("sync-status", "properties", "environments", "items") - {"verified"},
            EnvironmentSync,
        ),
        (
            properties(
                *("sync-status", "properties", "environments", "items", "properties", "stacks", "items")
            ),
            StackSync,
        ),
        (properties("status", "properties", "environments", "items"), EnvironmentStatus),
        (properties("outcome", "$defs", "change"), Change),
        (properties("outcome", "$defs", "policy"), PolicyFinding),
        (properties("policy-rules", "properties", "rules", "items") - {"modes"}, PolicyRule),
        (properties("validate", "$defs", "finding"), Finding),
        (properties("validate"), Validation),
        (properties("doctor", "properties", "checks", "items"), Health),
        (properties("inventory") - {"node_pools"}, Inventory),
        *((properties("inventory", "properties", key, "items"), kind) for key, kind in INVENTORY.items()),
        (properties("inventory", "$defs", "node_pool"), NodePool),
        (properties("catalog-services", *SERVICE), Service),
        (properties("catalog-services", *SERVICE, "properties", "charts", "items"), Chart),
        (properties("catalog-services", *SERVICE, "properties", "needs", "items"), Need),
        (properties("catalog-services", *SERVICE, "properties", "sources", "items"), Source),
        (set(load_schema("catalog")["properties"]["retired"]["properties"]), Retirement),
        (set(load_schema("catalog")["properties"]["charts"]["items"]["properties"]), Chart),
    ],
)
def test_schema_describes_every_field(described: set[str], kind: type) -> None:
    assert described == fields(kind)


def test_schema_describes_every_key_of_a_change_set() -> None:
    empty = ChangeSet(stack="infra", environment="ops")
    assert properties("outcome", "$defs", "changes") == set(changes_value(empty))


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (load_schema("evidence")["properties"]["status"], RecordStatus),
        (
            load_schema("sync-status")["properties"]["environments"]["items"]["properties"]["stacks"][
                "items"
            ]["properties"]["state"],
            SyncState,
        ),
        (load_schema("evidence")["properties"]["changes"]["propertyNames"], ChangeAction),
        (load_schema("resolve")["$defs"]["event"], EventKind),
        (load_schema("resolve")["$defs"]["decisions"]["items"]["properties"]["action"], Action),
        (load_schema("catalog")["properties"]["charts"]["items"]["properties"]["step"], Step),
        (load_schema("catalog")["properties"]["charts"]["items"]["properties"]["crds"], CrdSource),
        (load_schema("outcome")["properties"]["action"], Action),
        (load_schema("outcome")["$defs"]["action"], ChangeAction),
        (load_schema("outcome")["properties"]["stacks"]["items"]["properties"]["phase"], Phase),
        (
            load_schema("outcome")["$defs"]["changes"]["properties"]["checks"]["items"]["properties"][
                "status"
            ],
            CheckStatus,
        ),
        (load_schema("validate")["$defs"]["finding"]["properties"]["severity"], Severity),
    ],
)
def test_schema_names_every_word(rule: dict[str, Any], kind: type[StrEnum]) -> None:
    assert rule["enum"] == [member.value for member in kind]

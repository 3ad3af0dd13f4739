"""Policies as values: what each rule finds and lets pass, which mode holds, and waivers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.errors import ConfigurationError, PolicyEngineError
from kubestack_py.model.changes import AttributeChange, Change, ChangeAction
from kubestack_py.model.manifest import Manifest
from kubestack_py.model.policy import (
    PolicyEngine,
    PolicyMode,
    PolicySettings,
    PolicySubject,
    Violation,
    Waiver,
)
from kubestack_py.policy.changes import kind_of
from kubestack_py.policy.external import engine_argv, engine_violations
from kubestack_py.policy.judge import judged, violations
from kubestack_py.policy.own import nested, read_own_rule
from kubestack_py.policy.rules import RULES
from kubestack_py.promotion.plan_gate import policy_check

NOTHING = PolicySettings()


def change(address: str, action: ChangeAction = ChangeAction.UPDATE, **attributes: str) -> Change:
    items = (AttributeChange(path=path, before=None, after=after) for path, after in attributes.items())
    return Change(address=address, action=action, attributes=tuple(items))


def manifest(kind: str, **document: object) -> Manifest:
    whole = {"kind": kind, **document}
    return Manifest(api_version="v1", kind=kind, namespace="web", name="web", content=b"", document=whole)


def pod(**spec: object) -> Manifest:
    return manifest("Pod", spec=spec)


def found(*items: Change | Manifest, settings: PolicySettings = NOTHING) -> set[str]:
    subject = PolicySubject(
        stack="infra",
        changes=tuple(item for item in items if isinstance(item, Change)),
        manifests=tuple(item for item in items if isinstance(item, Manifest)),
    )
    return {item.rule for item in violations(subject, settings)}


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("aws_db_instance.main", "aws_db_instance"),
        ('module.a["x.y"].module.b[0].aws_s3_bucket.logs["a.b"]', "aws_s3_bucket"),
        ("data.aws_ami.x", "data"),
        ("apps/StatefulSet/web/db", "StatefulSet"),
        ("_/PersistentVolumeClaim/web/data", "PersistentVolumeClaim"),
    ],
)
def test_kind_of_an_address(address: str, kind: str) -> None:
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    ("address", "action", "is_protected"),
    [
        ("module.db.aws_db_instance.main", ChangeAction.DELETE, True),
        ("module.db.aws_db_instance.main", ChangeAction.REPLACE, True),
        ("aws_s3_bucket.logs", ChangeAction.FORGET, True),
        ("_/Namespace/_/web", ChangeAction.DELETE, True),
        ("google_sql_database_instance.main", ChangeAction.REPLACE, True),
        ("aws_db_instance.main", ChangeAction.UPDATE, False),
        ("aws_db_instance.main", ChangeAction.MOVE, False),
        ("terraform_data.cluster", ChangeAction.DELETE, False),
        ("apps/Deployment/web/web", ChangeAction.DELETE, False),
    ],
)
def test_protected_resources(address: str, action: ChangeAction, is_protected: bool) -> None:
    assert ("protected-resources" in found(change(address, action))) is is_protected


def test_protected_resources_of_the_platform_itself() -> None:
    gone = change("acme_ledger.main", ChangeAction.DELETE)
    assert found(gone) == set()
    assert found(gone, settings=PolicySettings(protected=("acme_*",))) == {"protected-resources"}


@pytest.mark.parametrize(
    ("attributes", "is_open"),
    [
        ({"publicly_accessible": "true"}, True),
        ({"publicly_accessible": "false"}, False),
        ({"ingress[0].cidr_blocks[0]": '"0.0.0.0/0"', "ingress[0].from_port": "22"}, True),
        ({"cidr_ipv6": '"::/0"', "from_port": "443", "to_port": "443"}, False),
        ({"cidr_ipv4": '"0.0.0.0/0"', "from_port": "443", "to_port": "8443"}, True),
        ({"cidr_blocks[0]": '"10.0.0.0/8"', "from_port": "22"}, False),
        ({"egress[0].cidr_blocks[0]": '"0.0.0.0/0"'}, False),
        ({"cidr_blocks[0]": '"0.0.0.0/0"', "type": '"egress"'}, False),
        ({"vpc_config[0].endpoint_public_access": "true"}, True),
        (
            {
                "vpc_config[0].endpoint_public_access": "true",
                "vpc_config[0].public_access_cidrs[0]": '"198.51.100.0/24"',
            },
            False,
        ),
        (
            {
                "vpc_config[0].endpoint_public_access": "true",
                "vpc_config[0].public_access_cidrs[0]": '"0.0.0.0/0"',
            },
            True,
        ),
    ],
)
def test_public_endpoints_of_resources(attributes: dict[str, str], is_open: bool) -> None:
    assert ("public-endpoints" in found(change("aws_x.y", ChangeAction.CREATE, **attributes))) is is_open


@pytest.mark.parametrize(
    ("item", "is_open"),
    [
        (manifest("Service", spec={"type": "LoadBalancer"}), True),
        (manifest("Service", spec={"type": "NodePort"}), True),
        (manifest("Service", spec={"type": "ClusterIP"}), False),
        (manifest("Service", spec={}), False),
        (
            manifest(
                "Service",
                spec={"type": "LoadBalancer"},
                metadata={"annotations": {"networking.gke.io/load-balancer-type": "Internal"}},
            ),
            False,
        ),
        (pod(containers=[{"ports": [{"hostPort": 80}]}]), True),
        (pod(containers=[{"ports": [{"containerPort": 80}]}]), False),
    ],
)
def test_public_endpoints_of_objects(item: Manifest, is_open: bool) -> None:
    assert ("public-endpoints" in found(item)) is is_open


@pytest.mark.parametrize(
    ("path", "size", "is_large"),
    [
        ("instance_type", "m5.24xlarge", True),
        ("node_pools.instance_types[0]", "p5.48xlarge", True),
        ("instance_type", "m5.large", False),
        ("machine_type", "a3-highgpu-8g", True),
        ("machine_type", "e2-standard-4", False),
        ("vm_size", "Standard_ND96isr_H100_v5", True),
        ("vm_size", "Standard_D4s_v5", False),
        ("description", "m5.24xlarge", False),
    ],
)
def test_large_sizes(path: str, size: str, is_large: bool) -> None:
    assert ("large-sizes" in found(change("x.y", ChangeAction.UPDATE, **{path: f'"{size}"'}))) is is_large


def test_large_sizes_of_the_platform_itself() -> None:
    settings = PolicySettings(sizes=("*.large",))
    assert found(change("x.y", instance_type='"m5.large"'), settings=settings) == {"large-sizes"}
    assert found(change("x.y", instance_type='"m5.24xlarge"'), settings=settings) == set()


@pytest.mark.parametrize(
    ("spec", "is_powerful"),
    [
        ({"hostNetwork": True}, True),
        ({"hostPID": False}, False),
        ({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}, True),
        ({"containers": [{"securityContext": {"privileged": True}}]}, True),
        ({"initContainers": [{"securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}}]}, True),
        ({"containers": [{"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}]}, False),
        ({"containers": [{"securityContext": {"allowPrivilegeEscalation": True}}]}, True),
        ({"containers": "not a list"}, False),
    ],
)
def test_privileged_workloads(spec: dict[str, object], is_powerful: bool) -> None:
    assert ("privileged-workloads" in found(pod(**spec))) is is_powerful


@pytest.mark.parametrize(
    ("image", "is_floating"),
    [
        ("nginx", True),
        ("nginx:latest", True),
        ("registry.example.com:5000/a/b", True),
        ("registry.example.com:5000/a/b:1.2", False),
        ("nginx@sha256:0", False),
        ("nginx:latest@sha256:0", False),
    ],
)
def test_image_tags(image: str, is_floating: bool) -> None:
    assert ("image-tags" in found(pod(containers=[{"image": image}]))) is is_floating


@pytest.mark.parametrize(
    ("image", "is_trusted"),
    [
        ("ghcr.io/acme/web:1", True),
        ("ghcr.io/acme-evil/web:1", False),
        ("nginx:1", True),
        ("someone/nginx:1", False),
        ("localhost/x:1", False),
    ],
)
def test_image_registries(image: str, is_trusted: bool) -> None:
    settings = PolicySettings(registries=("ghcr.io/acme/*", "docker.io/library/*"))
    item = pod(containers=[{"image": image}])
    assert ("image-registries" not in found(item, settings=settings)) is is_trusted
    assert "image-registries" not in found(item)


def test_resource_requests_and_labels() -> None:
    whole = {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}
    assert "resource-requests" in found(pod(containers=[{"resources": {"requests": {"cpu": "1"}}}]))
    assert "resource-requests" not in found(pod(containers=[whole]))
    settings = PolicySettings(labels=("team",))
    assert "required-labels" in found(manifest("ConfigMap"), settings=settings)
    labelled = manifest("ConfigMap", metadata={"labels": {"team": "a"}})
    assert "required-labels" not in found(labelled, settings=settings)


def test_pods_are_found_in_whatever_runs_them() -> None:
    spec = {"containers": [{"image": "nginx"}]}
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        assert "image-tags" in found(manifest(kind, spec={"template": {"spec": spec}})), kind
    cron = manifest("CronJob", spec={"jobTemplate": {"spec": {"template": {"spec": spec}}}})
    assert "image-tags" in found(cron)


VIOLATION = Violation(rule="image-tags", address="apps/Deployment/web/web", message="nginx has no tag")


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        (PolicySettings(), PolicyMode.WARN),
        (PolicySettings(mode=PolicyMode.BLOCK), PolicyMode.BLOCK),
        (PolicySettings(mode=PolicyMode.BLOCK, environments={"apps": PolicyMode.WARN}), PolicyMode.WARN),
        (PolicySettings(mode=PolicyMode.BLOCK, environments={"ops": PolicyMode.WARN}), PolicyMode.BLOCK),
        (
            PolicySettings(environments={"apps": PolicyMode.OFF}, rules={"image-tags": PolicyMode.BLOCK}),
            PolicyMode.BLOCK,
        ),
        (PolicySettings(rules={"image-tags": PolicyMode.OFF}), None),
    ],
)
def test_mode_of_a_violation(settings: PolicySettings, mode: PolicyMode | None) -> None:
    said = judged({"web": [VIOLATION]}, settings, "apps", "2026-01-31")
    assert [item.mode for item in said] == ([mode] if mode else [])


@pytest.mark.parametrize(
    ("day", "address", "rule", "holds"),
    [
        ("2026-01-31", "apps/*", "image-tags", True),
        ("2026-02-01", "apps/*", "image-tags", False),
        ("2026-01-01", "apps/StatefulSet/*", "image-tags", False),
        ("2026-01-01", "*", "resource-requests", False),
    ],
)
def test_waiver_holds_for_its_rule_and_address_until_the_end_of_its_day(
    day: str, address: str, rule: str, holds: bool
) -> None:
    waiver = Waiver(rule=rule, address=address, reason="a trial", until="2026-01-31")
    settings = PolicySettings(mode=PolicyMode.BLOCK, waivers=(waiver,))
    (said,) = judged({"web": [VIOLATION]}, settings, "apps", day)
    assert said.blocks is not holds
    check = policy_check([said])
    assert check.passed is holds
    assert ("1 waived" in check.message) is holds


OWN = {
    "id": "backups-are-on",
    "targets": ["aws_db_*", "Backup"],
    "schema": {"properties": {"backup": {"properties": {"days": {"minimum": 7}}}}},
    "message": "back it up for a week",
}


def test_own_rule_over_resources_and_objects() -> None:
    rule = read_own_rule("rule.yaml", OWN)
    subject = PolicySubject(
        stack="infra",
        changes=(
            change("aws_db_instance.short", ChangeAction.CREATE, **{"backup.days": "1"}),
            change("aws_db_instance.long", ChangeAction.CREATE, **{"backup.days": "7"}),
            change("aws_db_instance.gone", ChangeAction.DELETE, **{"backup.days": "1"}),
            change("aws_other.short", ChangeAction.CREATE, **{"backup.days": "1"}),
        ),
        manifests=(manifest("Backup", backup={"days": 3}),),
    )
    said = [item for item in violations(subject, NOTHING, [rule]) if item.rule == "backups-are-on"]
    assert {item.address for item in said} == {"aws_db_instance.short", "_/Backup/web/web"}
    assert said[0].message == "back it up for a week (backup.days)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "a rule is a mapping"),
        ({"id": "x"}, "missing: targets, schema"),
        ({**OWN, "sever": 1}, "unknown: sever"),
        ({**OWN, "id": "A b"}, "`id` is made of"),
        ({**OWN, "id": "image-tags"}, "built-in rule"),
        ({**OWN, "targets": []}, "`targets` is a list"),
        ({**OWN, "mode": "loud"}, "`mode` is off, warn or block"),
        ({**OWN, "schema": {"type": "objekt"}}, "no JSON Schema"),
        ({**OWN, "schema": "x"}, "`schema` is a JSON Schema"),
    ],
)
def test_own_rule_that_is_none(value: object, words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_own_rule("policies/x.yaml", value)
    assert words in str(error.value)
    assert "policies/x.yaml" in str(error.value)


def test_own_rule_that_is_off_as_yaml_reads_it() -> None:
    assert read_own_rule("x", {**OWN, "mode": False}).rule.mode is PolicyMode.OFF


def test_own_rule_never_asks_the_network() -> None:
    rule = read_own_rule("x", {**OWN, "schema": {"$ref": "https://example.com/schema.json"}})
    subject = PolicySubject(stack="infra", manifests=(manifest("Backup"),))
    with pytest.raises(ConfigurationError, match=r"example\.com/schema\.json, which is not in it"):
        list(violations(subject, NOTHING, [rule]))


def test_nested_attributes() -> None:
    paths = {"a.b[0].c": "1", "a.b[1].c": "2", 'tags["x.y"]': '"z"', "secret": "(sensitive)"}
    items = tuple(AttributeChange(path=path, before=None, after=after) for path, after in paths.items())
    assert nested(items) == {
        "a": {"b": [{"c": 1}, {"c": 2}]},
        "tags": {"x.y": "z"},
        "secret": "(sensitive)",
    }


CONFTEST = '[{"filename": "input.json", "failures": [{"msg": "no", "metadata": {"address": "a.b"}}]}]'
OPA = '{"result": [{"expressions": [{"value": {"deny": ["no", {"msg": "nay", "address": "a.b"}]}}]}]}'
CHECKOV = '{"results": {"failed_checks": [{"check_id": "C_1", "check_name": "n", "resource": "Pod.a.b"}]}}'


@pytest.mark.parametrize(
    ("engine", "answer", "said"),
    [
        (PolicyEngine.CONFTEST, CONFTEST, [("a.b", "no")]),
        (PolicyEngine.CONFTEST, '[{"successes": 1, "warnings": [{"msg": "hm"}]}]', [("infra", "hm")]),
        (PolicyEngine.OPA, OPA, [("infra", "no"), ("a.b", "nay")]),
        (PolicyEngine.OPA, "{}", []),
        (PolicyEngine.CHECKOV, CHECKOV, [("Pod.a.b", "C_1: n")]),
        (PolicyEngine.CHECKOV, '{"passed": 0, "failed": 0, "resource_count": 0}', []),
    ],
)
def test_answers_of_other_engines(engine: PolicyEngine, answer: str, said: list[tuple[str, str]]) -> None:
    assert [(item.address, item.message) for item in engine_violations(engine, "infra", answer)] == said


@pytest.mark.parametrize("engine", PolicyEngine)
@pytest.mark.parametrize("answer", ["", "panic: no", "[1]", '{"result": 1}', '"text"'])
def test_answer_that_is_none_is_no_pass(engine: PolicyEngine, answer: str) -> None:
    with pytest.raises(PolicyEngineError):
        list(engine_violations(engine, "infra", answer))


def test_engines_get_paths_as_arguments_of_their_own() -> None:
    for engine in PolicyEngine:
        argv = engine_argv(engine, Path("/p; touch x"), Path("/s $(x)"))
        assert any("/s $(x)" in item for item in argv)


def test_rules_have_words() -> None:
    for rule in RULES.values():
        assert rule.title
        assert rule.why.endswith(".") or rule.why.endswith("set.")
        assert rule.fix.endswith(".")

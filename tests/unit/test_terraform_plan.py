from __future__ import annotations

import json
from typing import Any

import pytest

from kubestack_py.errors import TerraformError
from kubestack_py.model.changes import ChangeAction, ChangeSet, CheckStatus
from kubestack_py.terraform.plan import is_confidential, read_drift, read_plan


def resource(actions: list[str], *, address: str = "aws_vpc.main", **more: Any) -> dict[str, Any]:
    change = {"actions": actions, "before": None, "after": None, **more.pop("change", {})}
    return {"address": address, "mode": "managed", **more, "change": change}


def read(*resources: dict[str, Any], **document: Any) -> tuple[ChangeSet, tuple[str, ...]]:
    plan = {"format_version": "1.2", "resource_changes": list(resources), **document}
    return read_plan(json.dumps(plan).encode(), stack="infra", environment="ops")


def actions(changes: ChangeSet) -> list[ChangeAction]:
    return [change.action for change in changes.changes]


@pytest.mark.parametrize(
    ("written", "action"),
    [
        (["create"], ChangeAction.CREATE),
        (["update"], ChangeAction.UPDATE),
        (["delete"], ChangeAction.DELETE),
        (["delete", "create"], ChangeAction.REPLACE),
        (["create", "delete"], ChangeAction.REPLACE),
        (["create", "forget"], ChangeAction.REPLACE),
        (["forget"], ChangeAction.FORGET),
    ],
)
def test_read_plan_knows_every_action(written: list[str], action: ChangeAction) -> None:
    changes, _ = read(resource(written))
    assert actions(changes) == [action]


def test_read_plan_leaves_out_what_stays_and_what_is_only_read() -> None:
    data = {**resource(["read"], address="data.aws_ami.x"), "mode": "data"}
    changes, _ = read(resource(["no-op"]), data)
    assert changes.is_empty
    assert (changes.stack, changes.environment) == ("infra", "ops")


def test_read_plan_sees_imports_and_moves_behind_a_no_op() -> None:
    changes, _ = read(
        resource(["no-op"], address="a.imported", change={"importing": {"id": "i-1"}}),
        resource(["no-op"], address="a.moved", previous_address="a.old"),
    )
    assert actions(changes) == [ChangeAction.IMPORT, ChangeAction.MOVE]
    assert changes.changes[1].previous_address == "a.old"


def test_read_plan_calls_a_moved_and_changed_resource_an_update() -> None:
    changes, _ = read(
        resource(["update"], previous_address="a.old", change={"before": {"a": 1}, "after": {"a": 2}})
    )
    assert actions(changes) == [ChangeAction.UPDATE]
    assert changes.changes[0].previous_address == "a.old"


def test_read_plan_keeps_what_forces_a_replacement() -> None:
    change = {
        "before": {"a": [{"b": 1}], "id": "x"},
        "after": {"a": [{"b": 2}]},
        "after_unknown": {"id": True},
        "replace_paths": [["a", 0, "b"]],
    }
    changes, _ = read(
        resource(["delete", "create"], change=change, action_reason="replace_because_cannot_update")
    )
    (found,) = changes.changes
    assert found.replace_paths == ("a[0].b",)
    assert found.unknown_paths == ("id",)
    assert found.paths == ("a[0].b", "id")
    assert found.reason == "replace_because_cannot_update"


def test_read_plan_tells_a_deposed_object_from_the_resource() -> None:
    changes, _ = read(resource(["update"]), resource(["delete"], deposed="ab12"))
    assert [change.address for change in changes.changes] == [
        "aws_vpc.main",
        "aws_vpc.main (deposed object ab12)",
    ]


def test_read_plan_masks_a_copy_of_a_sensitive_value_elsewhere() -> None:
    password = {"before": {"password": "hunter2!"}, "after": {"password": "hunter3!"}}
    masks = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    copy = {"before": {"output": "x=hunter2!"}, "after": {}, "after_unknown": {"output": True}}
    changes, secrets = read(
        resource(["update"], address="a.x", change=password | masks),
        resource(["update"], address="b.x", change=copy),
    )
    assert changes.changes[1].attributes[0].before == '"x=(sensitive)"'
    assert secrets == ("hunter2!", "hunter3!")
    assert "hunter" not in repr(changes)


def test_read_plan_masks_what_an_unchanged_resource_hides() -> None:
    quiet = {"before": {"key": "topsecret"}, "after": {"key": "topsecret"}, "after_sensitive": {"key": True}}
    changes, secrets = read(
        resource(["no-op"], address="a.x", change=quiet),
        resource(["create"], address="b.x", change={"after": {"env": "KEY=topsecret"}}),
    )
    assert changes.changes[0].attributes[0].after == '"KEY=(sensitive)"'
    assert secrets == ("topsecret",)


def test_read_plan_takes_secrets_from_sensitive_variables() -> None:
    changes, secrets = read(
        resource(["create"], change={"after": {"a": "token-1234", "b": "eu-west-1"}}),
        variables={"token": {"value": "token-1234"}, "region": {"value": "eu-west-1"}},
        configuration={"root_module": {"variables": {"token": {"sensitive": True}, "region": {}}}},
    )
    assert [item.after for item in changes.changes[0].attributes] == ["(sensitive)", '"eu-west-1"']
    assert secrets == ("token-1234",)


def data_source(**values: Any) -> dict[str, Any]:
    """What a plan tells of a data source in a module that hides all of its values."""
    masks = dict.fromkeys(values, True)
    source = {"mode": "data", "address": "data.x.y", "values": values, "sensitive_values": masks}
    modules = [{"child_modules": [{"resources": [source]}]}]
    return {"prior_state": {"values": {"root_module": {"child_modules": modules}}}}


def test_read_plan_takes_secrets_from_data_sources() -> None:
    """They are no change, so only the prior state tells; `nonsensitive` copies them unmasked."""
    changes, secrets = read(
        resource(["create"], change={"after": {"user_data": "login token-1234"}}),
        **data_source(token="token-1234"),
    )
    assert [item.after for item in changes.changes[0].attributes] == ['"login (sensitive)"']
    assert secrets == ("token-1234",)


def test_read_plan_masks_secrets_of_outputs_elsewhere() -> None:
    output = {"actions": ["update"], "before": "old-secret", "after": "new-secret"}
    masks = {"before_sensitive": True, "after_sensitive": True}
    change = {"before": {"a": "x old-secret"}, "after": {"a": "x new-secret"}}
    changes, secrets = read(
        resource(["update"], change=change),
        output_changes={"password": output | masks},
        checks=[
            {
                "address": {"kind": "check", "to_display": "check.login"},
                "status": "fail",
                "instances": [{"problems": [{"message": "no login with new-secret"}]}],
            }
        ],
    )
    assert secrets == ("new-secret", "old-secret")
    assert changes.checks[0].messages == ("no login with (sensitive)",)
    assert "secret" not in repr(changes).replace("(sensitive)", "")


@pytest.mark.parametrize(
    ("document", "confidential"),
    [
        (
            {
                "resource_changes": [
                    resource(["create"], change={"after": {"a": "open"}, "after_sensitive": {}})
                ]
            },
            False,
        ),
        (
            {
                "resource_changes": [
                    resource(["create"], change={"after": {"pin": 7}, "after_sensitive": {"pin": True}})
                ]
            },
            True,
        ),
        (
            {
                "resource_changes": [
                    resource(["no-op"], change={"before": [True], "before_sensitive": [True]})
                ]
            },
            True,
        ),
        (
            {
                "resource_drift": [
                    resource(["update"], change={"before": {}, "before_sensitive": {"a": [True]}})
                ]
            },
            True,
        ),
        ({"output_changes": {"x": {"actions": ["create"], "after": 1, "after_sensitive": True}}}, True),
        (data_source(pin=7), True),
        ({"variables": {"pin": {"value": 7}}}, False),
        (
            {
                "variables": {"pin": {"value": 7}},
                "configuration": {"root_module": {"variables": {"pin": {"sensitive": True}}}},
            },
            True,
        ),
        ({"resource_changes": [resource(["create"], change={"after_sensitive": {"istrue": False}})]}, False),
    ],
    ids=[
        "open",
        "short",
        "unchanged",
        "drift",
        "output",
        "data source",
        "variable",
        "hidden variable",
        "false",
    ],
)
def test_is_confidential_sees_every_mask(document: dict[str, Any], confidential: bool) -> None:
    """Also of values that are too short to be hidden elsewhere: a plan file holds them in the clear."""
    plan = {"format_version": "1.2", **document}
    assert is_confidential(json.dumps(plan).encode()) is confidential


def test_read_plan_shows_only_outputs_that_change() -> None:
    outputs = {
        "stays": {"actions": ["no-op"], "before": 1, "after": 1},
        "host": {"actions": ["update"], "before": "a", "after": "b"},
        "token": {
            "actions": ["create"],
            "before": None,
            "after": "very-secret",
            "before_sensitive": True,
            "after_sensitive": True,
        },
    }
    changes, secrets = read(output_changes=outputs)
    assert [(o.path, o.before, o.after) for o in changes.outputs] == [
        ("host", '"a"', '"b"'),
        ("token", None, "(sensitive)"),
    ]
    assert secrets == ("very-secret",)
    assert not changes.is_empty


def test_read_plan_counts_an_output_that_only_becomes_sensitive() -> None:
    output = {"actions": ["update"], "before": "abcdef", "after": "abcdef", "after_sensitive": True}
    changes, _ = read(output_changes={"x": output})
    assert [(o.path, o.after) for o in changes.outputs] == [("x", "(sensitive)")]


def check(kind: str, status: str, *messages: str) -> dict[str, Any]:
    return {
        "address": {"kind": kind, "to_display": f"{kind}.health"},
        "status": status,
        "instances": [{"problems": [{"message": message} for message in messages]}],
    }


def test_read_plan_lists_checks_and_conditions_that_fail() -> None:
    changes, _ = read(
        checks=[
            check("check", "pass"),
            check("resource", "pass"),
            check("output_value", "fail", "too small", "too late"),
        ]
    )
    assert [(c.address, c.status, c.messages) for c in changes.checks] == [
        ("check.health", CheckStatus.PASS, ()),
        ("output_value.health", CheckStatus.FAIL, ("too small", "too late")),
    ]


@pytest.mark.parametrize("document", [b"", b"no json", b"[]", b'{"format_version": "1.2", "checks": 3}'])
def test_read_plan_refuses_what_is_no_plan(document: bytes) -> None:
    with pytest.raises(TerraformError, match="did not write a plan"):
        read_plan(document, stack="infra", environment="ops")


def test_read_plan_refuses_another_format() -> None:
    with pytest.raises(TerraformError, match=r"format 2\.0"):
        read(format_version="2.0")


def test_read_plan_refuses_an_action_it_does_not_know() -> None:
    with pytest.raises(TerraformError, match=r"aws_vpc\.main.*not known: teleport"):
        read(resource(["teleport"]))


def test_read_plan_refuses_an_errored_plan() -> None:
    with pytest.raises(TerraformError, match="incomplete"):
        read(errored=True)


def drifted(*resources: dict[str, Any]) -> ChangeSet:
    plan = {"format_version": "1.2", "resource_changes": [], "resource_drift": list(resources)}
    return read_drift(json.dumps(plan).encode(), stack="infra", environment="ops")[0]


def test_read_drift_finds_what_was_changed_and_deleted_elsewhere() -> None:
    changed = {"before": {"size": 1, "tags": None}, "after": {"size": 2, "tags": {}}}
    found = drifted(
        resource(["update"], address="b.x", change=changed),
        resource(["delete"], address="a.x", change={"before": {"id": "x"}}),
    )
    assert [(change.address, change.action, change.paths) for change in found.changes] == [
        ("a.x", ChangeAction.DELETE, ("id",)),
        ("b.x", ChangeAction.UPDATE, ("size",)),
    ]


def test_read_drift_leaves_out_values_that_a_provider_filled_in() -> None:
    filled = {"before": {"tags": None, "rules": []}, "after": {"tags": {}, "rules": None}}
    assert drifted(resource(["update"], change=filled)).is_empty


@pytest.mark.parametrize(
    ("policies", "told"), [(["a", "b"], False), (["a", "b", "admin"], True), ([], False)]
)
def test_read_drift_tells_of_policies_that_no_attachment_made(policies: list[str], told: bool) -> None:
    change = {"before": {"name": "node", "managed_policy_arns": []}} | {
        "after": {"name": "node", "managed_policy_arns": policies}
    }
    attachments = [
        {"type": "aws_iam_role_policy_attachment", "values": {"role": role, "policy_arn": policy}}
        for role, policy in (("node", "a"), ("node", "b"), ("other", "admin"))
    ]
    state = {"values": {"root_module": {"child_modules": [{"resources": attachments}]}}}
    drift = [resource(["update"], type="aws_iam_role", change=change)]
    plan = {"format_version": "1.2", "resource_drift": drift, "prior_state": state}
    found, _ = read_drift(json.dumps(plan).encode(), stack="infra", environment="ops")
    assert bool(found.changes) is told


INTERNET = {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "nat_gateway_id": ""}
ROUTE = {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}
FREE = {"id": "eip-1", "association_id": "", "network_interface": "", "private_ip": "", "private_dns": None}
TAKEN = {**FREE, "association_id": "a-1", "network_interface": "eni-1", "private_ip": "10.0.0.1"}
GATEWAY = {"allocation_id": "eip-1", "association_id": "a-1", "network_interface_id": "eni-1"}
GATEWAY["private_ip"] = "10.0.0.1"
WRITER = {"name": "write", "policy": '{"a": [1, 2]}'}
TABLE = {"id": "rtb-1", "route": []}


@pytest.mark.parametrize(
    ("kind", "before", "after", "others", "told"),
    [
        ("aws_route_table", TABLE, {"route": [INTERNET]}, {"aws_route": ROUTE}, False),
        ("aws_route_table", TABLE, {"route": [INTERNET]}, {}, True),
        (
            "aws_route_table",
            TABLE,
            {"route": [INTERNET]},
            {"aws_route": {**ROUTE, "route_table_id": "rtb-2"}},
            True,
        ),
        (
            "aws_route_table",
            TABLE,
            {"route": [{**INTERNET, "gateway_id": "igw-2"}]},
            {"aws_route": ROUTE},
            True,
        ),
        ("aws_route_table", {**TABLE, "route": [INTERNET]}, {"route": []}, {"aws_route": ROUTE}, True),
        ("aws_eip", FREE, {**TAKEN, "private_dns": "ip-10-0-0-1"}, {"aws_nat_gateway": GATEWAY}, False),
        ("aws_eip", FREE, TAKEN, {"aws_nat_gateway": {**GATEWAY, "allocation_id": "eip-2"}}, True),
        ("aws_eip", {**TAKEN, "association_id": "a-0"}, TAKEN, {"aws_nat_gateway": GATEWAY}, True),
        (
            "aws_iam_role",
            {"name": "flow", "inline_policy": []},
            {"inline_policy": [WRITER]},
            {"aws_iam_role_policy": {"role": "flow", "name": "write", "policy": '{"a":[1,2]}'}},
            False,
        ),
        (
            "aws_iam_role",
            {"name": "flow", "inline_policy": []},
            {"inline_policy": [WRITER]},
            {"aws_iam_role_policy": {"role": "flow", "name": "write", "policy": '{"a":[1]}'}},
            True,
        ),
        ("aws_iam_role", {"name": "flow", "inline_policy": [WRITER]}, {"inline_policy": []}, {}, True),
    ],
)
def test_read_drift_leaves_out_what_other_resources_have_made(
    kind: str, before: dict[str, Any], after: dict[str, Any], others: dict[str, Any], told: bool
) -> None:
    """What nobody here has made, and what is gone, is told."""
    made = [{"type": name, "values": values} for name, values in others.items()]
    change = {"before": before, "after": {**before, **after}}
    plan = {
        "format_version": "1.2",
        "resource_drift": [resource(["update"], type=kind, change=change)],
        "prior_state": {"values": {"root_module": {"resources": made}}},
    }
    found, _ = read_drift(json.dumps(plan).encode(), stack="infra", environment="ops")
    assert bool(found.changes) is told


def test_read_drift_does_not_take_changes_of_the_files() -> None:
    plan = {"format_version": "1.2", "resource_changes": [resource(["create"])]}
    changes, _ = read_drift(json.dumps(plan).encode(), stack="infra", environment="ops")
    assert changes.is_empty

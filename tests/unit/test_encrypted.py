"""What SOPS has encrypted in rendered objects: who would decrypt it, and how it is put together again."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kubestack_py.checks.encrypted import check_encrypted
from kubestack_py.checks.secrets import check_secret_objects
from kubestack_py.kustomize.encrypted import encrypted_files, with_clear
from tests.unit.test_checks_manifests import built

VALUE = "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]"
MARKS = {"sops_mac": VALUE, "sops_version": "3.11.0", "sops_age__list_0__map_recipient": "age1"}
VARIABLES = {"USER": VALUE, "PASSWORD": VALUE, **MARKS}
FILE = f"password: {VALUE}\nsops:\n  mac: {VALUE}\n"


def made(kind: str, data: dict[str, Any], **fields: Any) -> dict[str, Any]:
    texts = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    value = texts if kind == "Secret" else data
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}, "data": value, **fields}


@pytest.mark.parametrize(
    ("document", "rendered", "kubectl"),
    [
        (made("Secret", {"a.yaml": FILE}), "", ""),
        (made("Secret", {"a": VALUE}, sops={"mac": VALUE}), "", ""),
        (made("Secret", VARIABLES), "error USER, PASSWORD: each is a variable of an encrypted file", ""),
        (
            made("Secret", {"a": VALUE}),
            "error a: this is encrypted by itself",
            "error a: this is encrypted by itself",
        ),
        (
            made("Secret", {}, stringData={"a": VALUE}),
            "error a: this is encrypted",
            "error a: this is encrypted",
        ),
        (made("ConfigMap", VARIABLES), "error USER, PASSWORD: each is", "error USER, PASSWORD: each is"),
        (made("ConfigMap", {"a.yaml": FILE}), "warning a.yaml: this is a whole", "warning a.yaml: this is"),
        (made("ConfigMap", {"a.md": "sops writes ENC[…] there"}), "", ""),
    ],
)
def test_values_that_nobody_decrypts(document: dict[str, Any], rendered: str, kubectl: str) -> None:
    for stacks, expected in ((set[str](), rendered), ({"manifests/web"}, kubectl)):
        found = [f"{item.severity} {item.message}" for item in check_encrypted([built(document)], stacks)]
        assert len(found) == bool(expected), found
        assert expected in "".join(found)


def test_files_of_a_generator_are_put_together_and_what_is_beside_them_stays() -> None:
    document = made("Secret", {**VARIABLES, "a.yaml": FILE, "plain": "two\nlines"})
    document["data"]["bytes"] = base64.b64encode(b"\xff\x00").decode()
    files = {file.key: file for file in encrypted_files(document)}
    assert [(key, file.format) for key, file in files.items()] == [("", "dotenv"), ("a.yaml", "yaml")]
    assert set(files[""].content.decode().splitlines()) == {
        f"{key}={text}" for key, text in VARIABLES.items()
    }
    clear = with_clear(document, {"": b'{"USER": "web", "PASSWORD": "x"}', "a.yaml": b"password: x\n"})
    assert {key: base64.b64decode(value) for key, value in clear["data"].items()} == {
        "USER": b"web",
        "PASSWORD": b"x",
        "a.yaml": b"password: x\n",
        "plain": b"two\nlines",
        "bytes": b"\xff\x00",
    }
    # Only what is in plain text is called so.
    (problem,) = check_secret_objects([built(document)])
    assert problem.message == "the values of bytes, plain are in plain text"

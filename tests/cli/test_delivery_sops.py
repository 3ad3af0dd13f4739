"""Secrets that SOPS has encrypted: in the clear in the cluster, and nowhere else."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from tests.clusters import TestCluster
from tests.conftest import git, make_repository
from tests.platforms import Platform
from tests.programs import environment

CLEAR = """\
apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {token: correct-horse-battery}
"""
MAKE_KEY = "import pyrage; key = pyrage.x25519.Identity.generate(); print(key.to_public(), key, sep='\\n')"


def make_key(directory: Path, name: str) -> tuple[str, Path]:
    """A public key, and the file with the private one."""
    python = environment("sops") / "bin" / "python"
    done = subprocess.run([python, "-c", MAKE_KEY], check=True, capture_output=True, text=True)
    public, private = done.stdout.split()
    path = directory / name
    path.write_text(private + "\n", encoding="utf-8")
    return public, path


@pytest.mark.slow
def test_secrets_are_decrypted_in_memory_and_a_revoked_key_is_told(
    cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_directory = environment("sops") / "bin"
    monkeypatch.setenv("PATH", str(bin_directory), prepend=":")
    public, ours = make_key(tmp_path, "key.txt")
    _, revoked = make_key(tmp_path, "revoked.txt")
    encrypt = ["sops", "--encrypt", "--age", public, "--encrypted-regex", "^(data|stringData)$"]
    streams = ["--input-type", "yaml", "--output-type", "yaml", "/dev/stdin"]
    done = subprocess.run([*encrypt, *streams], input=CLEAR, check=True, capture_output=True, text=True)
    assert "correct-horse" not in done.stdout
    platform = cluster.platform(tmp_path / "acme", done.stdout)
    # Kustomize changes what the MAC of the file covers.
    overlay = "labels: [{pairs: {team: web}}]\nresources: [../../base]\n"
    platform.commit("Label it", {"web/overlays/ops/kustomization.yaml": overlay})

    refused = platform.kubestack("apply", "-e", "ops", "--yes", SOPS_AGE_KEY_FILE=str(revoked))
    assert refused.code == 1
    assert "Secret/_/token cannot be decrypted: none of the keys at hand opens it" in refused.said
    assert "cannot be decrypted" in platform.records("ops")[-1]["message"]

    applied = platform.ok("apply", "-e", "ops", "--yes", SOPS_AGE_KEY_FILE=str(ours))
    held = cluster.get("secret", "token")
    assert base64.b64decode(held["data"]["token"]) == b"correct-horse-battery"
    assert "sops" not in held
    assert held["metadata"]["labels"]["team"] == "web"
    assert "correct-horse" not in applied.said
    assert "no changes" in platform.ok("plan", "-e", "ops", SOPS_AGE_KEY_FILE=str(ours)).said
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"correct-horse" in path.read_bytes()]
    assert kept == []


@pytest.mark.slow
def test_files_that_kustomize_puts_into_a_secret_are_decrypted_in_memory(
    cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(environment("sops") / "bin"), prepend=":")
    public, ours = make_key(tmp_path, "key.txt")
    _, revoked = make_key(tmp_path, "revoked.txt")

    def encrypted(text: str, name: str) -> str:
        streams = ["--input-type", name, "--output-type", name, "/dev/stdin"]
        command = ["sops", "--encrypt", "--age", public, *streams]
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout

    clear = {
        "settings.yaml": ("yaml", "zone: eu\npassword: correct-horse\n"),
        "token": ("binary", "correct-horse\nin two lines"),
        "web.env": ("dotenv", "USER=web\nPASSWORD=correct-horse\n"),
    }
    generators = """\
resources: [../../base]
secretGenerator:
  - {name: files, files: [settings.yaml, token, plain.txt]}
  - {name: variables, envs: [web.env], files: [token], literals: [ZONE=eu]}
"""
    files = {name: encrypted(text, kind) for name, (kind, text) in clear.items()}
    files |= {"plain.txt": "not secret", "kustomization.yaml": generators}
    platform = cluster.platform(tmp_path / "acme", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    platform.commit(
        "Make secrets of files", {f"web/overlays/ops/{name}": text for name, text in files.items()}
    )

    refused = platform.kubestack("apply", "-e", "ops", "--yes", SOPS_AGE_KEY_FILE=str(revoked))
    assert refused.code == 1
    assert "cannot be decrypted: none of the keys at hand opens it" in refused.said
    applied = platform.ok("apply", "-e", "ops", "--yes", SOPS_AGE_KEY_FILE=str(ours))
    held = {
        item["metadata"]["name"].partition("-")[0]: item["data"] for item in cluster.get("secrets")["items"]
    }
    found = {key: base64.b64decode(value).decode() for key, value in held["files"].items()}
    assert found.pop("plain.txt") == "not secret"
    assert found == {key: clear[key][1] for key in ("settings.yaml", "token")}
    variables = {key: base64.b64decode(value) for key, value in held["variables"].items()}
    assert variables.pop("token").decode() == clear["token"][1]
    assert variables == {"USER": b"web", "PASSWORD": b"correct-horse", "ZONE": b"eu"}
    assert "correct-horse" not in applied.said
    assert "no changes" in platform.ok("plan", "-e", "ops", SOPS_AGE_KEY_FILE=str(ours)).said
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"correct-horse" in path.read_bytes()]
    assert kept == []

    broken = "".join(line for line in files["settings.yaml"].splitlines(True) if not line.startswith("zone"))
    platform.commit("Change it by hand", {"web/overlays/ops/settings.yaml": broken})
    refused = platform.kubestack("plan", "-e", "ops", SOPS_AGE_KEY_FILE=str(ours))
    assert refused.code == 1
    assert "has a file that was changed after SOPS had encrypted it" in refused.said


VARIABLES = """\
PASSWORD=ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]
sops_mac=ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]
sops_version=3.11.0
"""


@pytest.mark.parametrize(("delivery", "generator"), [("rendered", "secret"), ("kubectl", "configMap")])
def test_values_that_nobody_would_decrypt_are_refused_before_anything_is_written(
    tmp_path: Path, delivery: str, generator: str
) -> None:
    config = """\
version: 1
name: acme
environments:
- {name: ops, apply_on: {branch: main}, cluster: {context: nowhere}}
stacks:
- {path: web, delivery: DELIVERY}
"""
    kustomization = "GENERATORGenerator:\n- name: other\n  literals: [a=b]\n- name: web\n  envs: [web.env]\n"
    tree = {
        "kubestack.yaml": config.replace("DELIVERY", delivery),
        "web/base/kustomization.yaml": "resources: []\n",
        "web/overlays/ops/web.env": VARIABLES,
        "web/overlays/ops/kustomization.yaml": kustomization.replace("GENERATOR", generator),
    }
    make_repository(tmp_path / "acme", tree)
    platform = Platform(root=tmp_path / "acme")
    place = "web/overlays/ops/kustomization.yaml:4: "

    said = platform.kubestack("validate")
    assert said.code == 1
    assert f"error: {place}data.PASSWORD: " in said.said
    for command in (["plan"], ["apply", "--yes"]):
        refused = platform.kubestack(*command, "-e", "ops")
        assert refused.code == 1
        assert "web has values that nobody would decrypt in ops; nothing was delivered" in refused.said
        assert f"{place}{generator[0].upper()}{generator[1:]}/web-" in refused.said
    assert git(platform.root, "for-each-ref", "refs/heads/env") == ""

"""`kubestack validate` with the real tools: places, formats, what is accepted, changed, hostile."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import xml.parsers.expat
from pathlib import Path

import pytest

from tests.conftest import write_tree
from tests.platforms import Ended, Platform, assert_refused, program, tools_directory
from tests.standards import junit_faults, sarif_faults

DEPLOYMENT = "manifests/web/base/deployment.yaml"
FORGED = "::error file=x::forged\n::stop-commands::x\n##[error]<details>`</details>"


def findings(done: Ended) -> list[str]:
    return [
        f"{item['severity']} {item['check']} {where['path']}:{where['line']} {item['environment']}"
        for item in done.json["findings"]
        for where in [item["where"]]
    ]


def well_formed(text: str) -> None:
    xml.parsers.expat.ParserCreate().Parse(text, True)


def add_stack(platform: Platform, name: str, **files: str) -> None:
    """A small stack with one ConfigMap, or other resources."""
    config = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {name}}}\ndata: {{a: b}}\n"
    )
    resources = files or {"config": config}
    base = "resources:\n" + "".join(f"- {key}.yaml\n" for key in resources)
    top = f"manifests/{name}"
    write_tree(
        platform.root,
        {
            f"{top}/base/kustomization.yaml": base,
            **{f"{top}/base/{key}.yaml": text for key, text in resources.items()},
            **{
                f"{top}/overlays/{env}/kustomization.yaml": "resources: [../../base]\n"
                for env in ("ops", "apps")
            },
        },
    )


def test_scaffolded_platform_is_valid_when_strict(platform: Platform) -> None:
    platform.ok("validate", "--strict")


def test_findings_point_at_the_file_that_is_wrong(platform: Platform) -> None:
    platform.edit(DEPLOYMENT, "      containers:", "      containerz: []\n      containers:")
    write_tree(
        platform.root,
        {
            "manifests/web/overlays/apps/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\n"
            "metadata:\n  name: web\nspec:\n  minReadySeconds: soon\n"
        },
    )
    overlay = platform.root / "manifests/web/overlays/apps/kustomization.yaml"
    overlay.write_text(
        "resources: [../../base]\nnamespace: web\npatches:\n- path: patch.yaml\n"
        "secretGenerator:\n- name: open\n  literals: [a=b]\n"
    )
    done = platform.kubestack("validate", "-o", "json")
    assert done.code == 1
    found = findings(done)
    line = (platform.root / DEPLOYMENT).read_text().split("\n").index("      containerz: []") + 1
    assert f"error manifest-schema {DEPLOYMENT}:{line} ops, apps" in found
    assert "error manifest-schema manifests/web/overlays/apps/patch.yaml:6 apps" in found
    number = overlay.read_text().split("\n").index("- name: open") + 1
    assert f"error plain-secret manifests/web/overlays/apps/kustomization.yaml:{number} apps" in found


def test_second_run_says_the_same_and_builds_what_changed(platform: Platform, tmp_path: Path) -> None:
    add_stack(platform, "other")
    platform.edit(DEPLOYMENT, "      containers:", "      containerz: []\n      containers:")
    log, real = tmp_path / "log", shutil.which("kubectl")
    wrapper = tools_directory(tmp_path / "bin", []) / "kubectl"
    wrapper.write_text(f'#!/bin/sh\n[ "$1" = version ] || echo "$PWD" >> {log}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}:{os.environ['PATH']}"

    def validated() -> tuple[list[str], str]:
        log.write_text("")
        done = platform.kubestack("validate", "-o", "json", PATH=path)
        return findings(done), log.read_text()

    first, built = validated()
    assert built
    assert validated() == (first, "")
    platform.edit(DEPLOYMENT, "      containerz: []\n", "")
    left, built = validated()
    assert len(left) < len(first)
    assert built
    assert "other" not in built


def test_accepted_finding_is_told_with_its_reason(platform: Platform) -> None:
    platform.edit(DEPLOYMENT, "      containers:", "      containerz: []\n      containers:")
    settings = platform.root / "kubestack.yaml"
    text = settings.read_text()
    entry = "validate:\n  ignore:\n  - {check: manifest-schema, object: Deployment/*, reason: known to us}\n"
    settings.write_text(text + entry)
    done = platform.ok("validate", "-o", "json")
    assert [item["reason"] for item in done.json["ignored"]] == ["known to us"]
    settings.write_text(text + entry.replace("Deployment/*", "Service/*"))
    words = ["containerz", "this entry accepts no finding", "kubestack.yaml:"]
    assert_refused(platform, "validate", code=1, words=words)
    settings.write_text(text + entry.replace("manifest-schema", "manifest-skema"))
    assert_refused(platform, "validate", code=1, words=["there is no check manifest-skema"])


def test_unknown_version_of_kubernetes(platform: Platform) -> None:
    settings = platform.root / "kubestack.yaml"
    settings.write_text(settings.read_text() + 'kubernetes: {version: "1.99"}\n')
    words = ["kubestack.yaml:", "the schemas of Kubernetes 1.99 are not known here", "known: 1.25 to 1."]
    assert_refused(platform, "validate", code=1, words=words)


def test_changed_looks_only_at_what_changed_and_what_depends_on_it(platform: Platform) -> None:
    add_stack(platform, "one")
    add_stack(platform, "two")
    overlay = platform.root / "manifests/two/overlays/ops/kustomization.yaml"
    overlay.write_text("resources: [../../base, ../../../../shared]\n")
    write_tree(
        platform.root,
        {
            "shared/kustomization.yaml": "resources: [cm.yaml]\n",
            "shared/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\n",
        },
    )
    platform.commit()

    def looked_at() -> list[str]:
        found: list[str] = platform.ok("validate", "--changed", "HEAD", "-o", "json").json["stacks"]
        return found

    assert looked_at() == []
    (platform.root / "shared/cm.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: b}\n"
    )
    assert looked_at() == ["manifests/two"]
    (platform.root / "manifests/one/base/new.yaml").write_text("a: b\n")
    assert looked_at() == ["manifests/one", "manifests/two"]
    settings = platform.root / "kubestack.yaml"
    settings.write_text(settings.read_text() + "\n# touched\n")
    assert len(looked_at()) == 4


def test_changed_sees_what_other_stacks_have(platform: Platform) -> None:
    """A name in another stack is found, one that a pull request takes away from there is missed."""
    add_stack(platform, "one")
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: pod, namespace: one}\nspec:\n  containers:\n"
        "  - {name: a, image: 'a:1', envFrom: [{configMapRef: {name: one}}]}\n"
    )
    add_stack(platform, "two", pod=pod)
    platform.commit()
    file = platform.root / "manifests/two/base/pod.yaml"
    file.write_text(f"# changed\n{pod}")
    assert platform.ok("validate", "--changed", "HEAD", "-o", "json").json["stacks"] == ["manifests/two"]
    platform.commit()
    config = platform.root / "manifests/one/base/config.yaml"
    config.write_text(config.read_text().replace("name: one", "name: uno", 1))
    done = platform.kubestack("validate", "--changed", "HEAD", "-o", "json")
    assert findings(done) == ["error manifest-reference manifests/two/base/pod.yaml:7 ops, apps"]


@pytest.mark.parametrize("base", ["nowhere", "--output=x", "HEAD..HEAD", ""])
def test_changed_from_nowhere(platform: Platform, base: str) -> None:
    done = platform.kubestack("validate", f"--changed={base}")
    assert done.code == (2 if base else 0), done.said
    assert not (platform.root / "x").exists()


def hostile(platform: Platform) -> Platform:
    """Files and objects called like workflow commands, and with Markdown, HTML and terminal escapes."""
    top = "manifests/web/base"
    name = "::error::x%0A,\x1b[31m<b>`\n::add-mask::y.yaml"
    write_tree(
        platform.root,
        {f"{top}/{name}": f"kind: ConfigMap\nkind: {json.dumps(FORGED)}\n", "a\n::x.tfstate": "{}"},
    )
    platform.edit(DEPLOYMENT, "      containers:", f"      {json.dumps(FORGED)}: 1\n      containers:")
    return platform


def of_every_kind(platform: Platform) -> Platform:
    """An error, a warning about an entry that accepts nothing, and an accepted error; with hostile names."""
    accepted = '{check: yaml, path: manifests/web/base/*, reason: "<b>"}'
    idle = "{check: yaml, path: nowhere/*, reason: idle}"
    platform.edit(
        "kubestack.yaml", "\nversion: 1\n", f"\nversion: 1\nvalidate: {{ignore: [{accepted}, {idle}]}}\n"
    )
    write_tree(platform.root, {"manifests/web/overlays/ops/]]>&.yaml": "kind: x\nkind: ]]>\n"})
    return hostile(platform)


@pytest.mark.parametrize("output", ["text", "json", "junit", "sarif", "github"])
def test_hostile_names_forge_nothing(platform: Platform, output: str) -> None:
    done = hostile(platform).kubestack("validate", "-o", output, GITHUB_ACTIONS="true")
    assert done.code == 1, done.said
    assert "\x1b" not in done.out
    commands = [line for line in done.out.splitlines() if re.match(r"\s*(::|##)", line)]
    if output == "github":
        assert all(
            re.match(r"::(error|warning|notice) (file=[^:,]*,)?title=kubestack [a-z-]+", line)
            for line in commands
        )
        assert len(commands) == len(done.out.splitlines())
    else:
        assert commands == []
    assert "##[" not in done.out or output == "json"
    if output == "junit":
        well_formed(done.out)
    if output in ("json", "sarif"):
        assert done.json


@pytest.mark.slow
def test_sarif_is_what_the_standard_and_code_scanning_take(platform: Platform, tmp_path: Path) -> None:
    done = of_every_kind(platform).kubestack("validate", "-o", "sarif")
    assert '"suppressions"' in done.out
    # There is no page about the tool that its `informationUri` could name.
    assert {fault.split()[0] for fault in sarif_faults(done.out, tmp_path)} == {"SARIF2005"}
    broken = done.out.replace('"startLine": ', '"startLine": -')
    assert "SARIF1007" in {fault.split()[0] for fault in sarif_faults(broken, tmp_path)}
    run = done.json["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", place["artifactLocation"]["uri"])
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert min(place["region"]["startLine"], place["region"]["startColumn"]) >= 1


def test_junit_is_what_jenkins_takes(platform: Platform) -> None:
    done = of_every_kind(platform).kubestack("validate", "-o", "junit")
    for element in ("<failure ", "<skipped ", "<system-out>"):
        assert element in done.out
    assert junit_faults(done.out) == []
    assert "attribute 'class'" in "".join(
        junit_faults(done.out.replace("<testcase classname=", "<testcase class="))
    )


def test_report_goes_to_a_file(platform: Platform) -> None:
    done = platform.ok("validate", "-o", "junit", "--output-file", str(platform.root.parent / "report.xml"))
    assert "acme is valid" in done.out
    well_formed((platform.root.parent / "report.xml").read_text())
    done = platform.kubestack("validate", "-o", "junit", "--output-file", "/nowhere/report.xml")
    assert done.code == 1
    assert "/nowhere/report.xml" in done.err


def bomb() -> str:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)]
    return "kind: ConfigMap\na0: &a0 [x]\n" + "".join(layers)


def measured(platform: Platform) -> tuple[Ended, float]:
    """Run in at most 600 MiB of address space for Python and every tool that it starts."""
    started = time.monotonic()
    limit = 1536 * 2**20
    done = subprocess.run(
        program("validate"),
        cwd=platform.root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr), time.monotonic() - started


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bomb.yaml", "aliases unfold into"),
        ("large.yaml", "the file is larger than 8 MiB"),
        ("outside.yaml", "the symbolic link leads out of the repository"),
        ("deep.yaml", "nested more than"),
    ],
)
def test_what_would_break_a_reader_is_refused(platform: Platform, name: str, words: str) -> None:
    target = platform.root / "manifests/web/base" / name
    match name:
        case "bomb.yaml":
            target.write_text(bomb())
        case "large.yaml":
            with target.open("wb") as stream:
                stream.write(b"kind: ConfigMap\ndata:\n  a: |\n")
                stream.truncate(100 * 2**20)
        case "outside.yaml":
            target.symlink_to("/etc/passwd")
        case _:
            target.write_text("[" * 100_000)
    platform.edit(
        "manifests/web/base/kustomization.yaml", "  - service.yaml\n", f"  - service.yaml\n  - {name}\n"
    )
    done, seconds = measured(platform)
    assert done.code == 1, done.said
    assert f"manifests/web/base/{name}" in done.out
    assert words in done.out
    assert seconds < 120


def test_linked_directory_is_not_followed(platform: Platform, tmp_path: Path) -> None:
    write_tree(
        tmp_path, {"elsewhere/kustomization.yaml": "resources: [cm.yaml]\n", "elsewhere/cm.yaml": "a: b\n"}
    )
    (platform.root / "manifests/web/base/link").symlink_to(tmp_path / "elsewhere")
    platform.edit(
        "manifests/web/base/kustomization.yaml", "  - service.yaml\n", "  - service.yaml\n  - link\n"
    )
    words = ["manifests/web/base/link: the symbolic link leads out of the repository"]
    assert_refused(platform, "validate", code=1, words=words)


def test_terraform_says_what_is_not_valid(platform: Platform) -> None:
    (platform.root / "infra/extra.tf").write_text('resource "terraform_data" "x" {\n  inptu = 1\n}\n')
    before = platform.snapshot()
    done = platform.kubestack("validate")
    assert done.code == 1
    assert "infra/extra.tf:2: Unsupported argument" in done.out
    assert platform.snapshot() == before
    assert not (platform.root / "infra/.terraform").exists()


def test_provider_that_a_pull_request_brings_is_not_started(platform: Platform) -> None:
    """Neither from a registry, nor from the repository, whatever the configuration names."""
    place = "infra/.terraform/providers/registry.terraform.io/evil/evil/1.0.0/linux_amd64"
    started = platform.root.parent / "started"
    write_tree(
        platform.root,
        {
            "infra/evil.tf": "terraform {\n  required_providers {\n"
            '    evil = { source = "evil/evil", version = "1.0.0" }\n  }\n}\ndata "evil_run" "x" {}\n',
            f"{place}/terraform-provider-evil_v1.0.0": f"#!/bin/sh\ntouch {started}\n",
        },
    )
    (platform.root / place / "terraform-provider-evil_v1.0.0").chmod(0o755)
    platform.git("add", "--force", "--all")
    platform.commit()
    done = platform.kubestack("validate")
    assert "note: infra: only syntax and calls of local modules were checked: its providers are" in done.out
    assert not started.exists()


def test_objects_of_a_cluster_beside_the_stacks(platform: Platform) -> None:
    """What Flux is told in clusters/<environment> is part of the graph, with or without a stack around it."""
    header = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    spec = "spec:\n  interval: 1h\n  prune: true\n  path: ./manifests/web/overlays/ops\n"
    text = (
        f"{header}metadata: {{name: web, namespace: flux-system}}\n{spec}"
        "  sourceRef: {kind: GitRepository, name: gone}\n  dependsOn: [{name: web}]\n"
    )
    write_tree(platform.root, {"clusters/ops/web.yaml": text})
    expected = [
        "error flux-cycle clusters/ops/web.yaml:9 ops",
        "error flux-reference clusters/ops/web.yaml:8 ops",
    ]
    assert sorted(findings(platform.kubestack("validate", "-o", "json"))) == expected
    done = platform.kubestack("validate", "--changed", "HEAD", "-o", "json")
    assert sorted(findings(done)) == expected
    platform.commit()
    platform.ok("validate", "--changed", "HEAD")

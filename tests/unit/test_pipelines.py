"""The pipeline as a value, and what each host's text of it must and must not hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.checks.schemas import Schemas
from kubestack_py.ci.pipelines.design import design
from kubestack_py.ci.pipelines.image import dockerfile
from kubestack_py.ci.pipelines.model import Identity, Refs
from kubestack_py.ci.pipelines.render import pipeline_findings, render_pipelines
from kubestack_py.ci.pipelines.text import Noted, yaml_text
from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError
from kubestack_py.model.ci import CiHost
from kubestack_py.model.pattern import matches
from kubestack_py.model.platform import Platform
from kubestack_py.system.files import resource
from kubestack_py.system.yaml import load, load_all

HOSTS = pytest.mark.parametrize("host", list(CiHost))
ONE_FILE = pytest.mark.parametrize("host", [host for host in CiHost if host is not CiHost.LIGHTHOUSE])
PLAN, OPS, APPS = (f"arn:aws:iam::111122223333:role/acme-{name}" for name in ("plan", "ops", "apps"))
CLIENTS = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(1, 5)]
SETTINGS = f"""\
version: 1
name: acme
environments:
  - {{name: ops, apply_on: {{branch: main}}}}
  - {{name: apps, apply_on: {{tag: "apps-deploy-*"}}}}
stacks: [{{path: infra}}]
evidence: {{signing: ssh}}
ci:
  host: github
  image: registry.example.com/acme/ci@sha256:{"0123456789abcdef" * 4}
  secrets: [CLOUDFLARE_API_TOKEN]
  approvers: {{apps: platform-leads}}
  aws: {{region: eu-west-1, plan: "{PLAN}", apply: {{ops: "{OPS}", apps: "{APPS}"}}}}
  google:
    provider: projects/1234/locations/global/workloadIdentityPools/acme/providers/ci-host
    plan: planner@acme.iam.gserviceaccount.com
    apply: {{ops: applier-ops@acme.iam.gserviceaccount.com, apps: applier-apps@acme.iam.gserviceaccount.com}}
  azure: {{tenant: {CLIENTS[0]}, plan: {CLIENTS[1]}, apply: {{ops: {CLIENTS[2]}, apps: {CLIENTS[3]}}}}}
"""
PLAIN = SETTINGS.partition("evidence:")[0]
JOBS = {  # where the text of a job begins
    CiHost.GITHUB: r"  [a-z-]+:$",
    CiHost.GITLAB: r"[a-z-]+:$",
    CiHost.JENKINS: r" +stage\(",
    CiHost.AZURE: r"  - stage: ",
    CiHost.BITBUCKET: r" +- step:",
}
OF_OPS = (OPS, "applier-ops@", CLIENTS[2], "kubestack-apply-ops")
OF_APPS = (APPS, "applier-apps@", CLIENTS[3], "kubestack-apply-apps")


def platform(text: str = SETTINGS) -> Platform:
    return load_platform(SettingsSource(name="kubestack.yaml", content=text.encode()))


def rendered(host: CiHost, text: str = SETTINGS) -> str:
    return "---\n".join(pipeline.text for pipeline in render_pipelines(platform(text), host))


def workflow(text: str = SETTINGS) -> Any:
    return load(rendered(CiHost.GITHUB, text).encode(), "workflow")


def test_design_gives_each_decision_a_job_of_its_own() -> None:
    jobs = {job.name: job for job in design(platform(), CiHost.GITHUB).jobs}
    assert list(jobs) == [
        "validate", "plan", "pull-request", "fork", "apply-ops", "preview-apps", "apply-apps", "drift",
    ]  # fmt: skip
    assert {name for name, job in jobs.items() if job.identity is Identity.APPLY} == {
        "apply-ops",
        "apply-apps",
    }
    assert jobs["validate"].identity is jobs["fork"].identity is Identity.NOBODY
    assert jobs["pull-request"].command == "kubestack run --only plan --status"
    assert jobs["drift"].command == "kubestack drift --issue"
    assert {name for name, job in jobs.items() if job.pushes} == {"apply-ops", "preview-apps", "apply-apps"}
    assert [jobs[name].lock for name in ("apply-ops", "apply-apps")] == ["kubestack-ops", "kubestack-apps"]
    assert jobs["preview-apps"].after == "apply-ops"
    assert jobs["apply-apps"].command == "kubestack run --only apply --environment apps"


def test_design_of_a_chain_of_three_previews_after_each_apply() -> None:
    between = '  - {name: stage, apply_on: {tag: "stage-deploy-*"}}\n  - {name: apps,'
    pipeline = design(platform(PLAIN.replace("  - {name: apps,", between)), CiHost.GITHUB)
    after = {job.name: job.after for job in pipeline.jobs if job.after}
    assert after == {"preview-stage": "apply-ops", "preview-apps": "apply-stage"}


@given(st.text("ab/*?.+-", min_size=1, max_size=8), st.text("ab/.+-", max_size=8))
def test_refs_mean_the_same_as_a_regular_expression(pattern: str, name: str) -> None:
    refs = Refs(kind="tag", pattern=pattern)
    assert bool(re.fullmatch(refs.expression, name)) == matches(pattern, name)
    if matches(pattern, name):
        assert name.startswith(refs.prefix)
        assert name.endswith(refs.suffix)


@ONE_FILE
@pytest.mark.parametrize("text", [SETTINGS, PLAIN], ids=["full", "plain"])
def test_identities_of_an_apply_stand_in_its_own_job_alone(host: CiHost, text: str) -> None:
    chunks = re.split(f"^(?={JOBS[host]})", rendered(host, text), flags=re.MULTILINE)
    for mine, name in ((OF_OPS, "ops"), (OF_APPS, "apps")):
        held = [chunk for chunk in chunks if any(identity in chunk for identity in mine)]
        assert len(held) == (text is SETTINGS)
        assert all(f"kubestack run --only apply --environment {name}" in chunk for chunk in held)


@pytest.mark.parametrize("host", [CiHost.GITHUB, CiHost.BITBUCKET])
def test_signing_key_leaves_the_environment_before_anything_runs(host: CiHost) -> None:
    """These hosts have variables and no files: the key is written to one, and Terraform inherits neither."""
    text = rendered(host)
    assert text.count("unset SIGNING_KEY") == text.count("printenv SIGNING_KEY") > 0


@pytest.mark.parametrize("host", [CiHost.GITHUB, CiHost.AZURE, CiHost.JENKINS, CiHost.LIGHTHOUSE])
def test_token_of_the_host_is_taken_from_no_store(host: CiHost) -> None:
    """Named among the secrets it is handed on to Terraform; the pipeline has it anyway."""
    tokens = "GITHUB_TOKEN, CI_JOB_TOKEN, SYSTEM_ACCESSTOKEN, GIT_PASSWORD"
    named = SETTINGS.replace("[CLOUDFLARE_API_TOKEN]", f"[CLOUDFLARE_API_TOKEN, {tokens}]")
    assert rendered(host, named) == rendered(host)


def test_lighthouse_takes_no_ref_for_an_option() -> None:
    """A branch may be called `--upload-pack=…`, and Lighthouse hands on what the host says."""
    scripts = [step["script"] for task in tekton_tasks() for step in task["taskSpec"]["steps"]]
    fetches = [line for script in scripts for line in script.splitlines() if "git fetch" in line]
    assert fetches
    assert all('-- origin "$' in line for line in fetches)


@HOSTS
def test_no_text_of_an_event_reaches_a_shell(host: CiHost) -> None:
    """GitHub and Azure fill expressions in before a shell reads the line, Groovy does in double quotes."""
    text = rendered(host)
    match host:
        case CiHost.GITHUB:
            runs = [
                step["run"] for job in workflow()["jobs"].values() for step in job["steps"] if "run" in step
            ]
            assert len(runs) >= len(workflow()["jobs"])
            assert [run for run in runs if "${{" in run] == []
        case CiHost.AZURE:
            assert not re.search(r"\$\((Build|System\.PullRequest)[.\]]", text)
            assert "${{" not in text
        case CiHost.LIGHTHOUSE:
            steps = [step for task in tekton_tasks() for step in task["taskSpec"]["steps"]]
            assert len(steps) == len(tekton_tasks()) > 0
            assert [step for step in steps if "$(params" in step["script"]] == []
        case CiHost.JENKINS:
            assert not re.search(r'sh\s*"|sh\s*\(|\$\{', text)
        case _:
            lines = re.findall(r"^ +- (.*)", text, re.MULTILINE)
            wild = re.compile(r"\$(CI_COMMIT|CI_MERGE|GITLAB_USER|BITBUCKET_(BRANCH|TAG|PR))")
            assert [line for line in lines if wild.search(line) and not line.startswith("if:")] == []
    assert "pull_request_target" not in text


def lighthouse(text: str = SETTINGS) -> dict[str, list[dict[str, Any]]]:
    """The objects of each file of Lighthouse's pipelines."""
    files = {item.path: item.text for item in render_pipelines(platform(text), CiHost.LIGHTHOUSE)}
    return {
        path.rpartition("/")[2]: [item for item in load_all(content.encode(), path) if isinstance(item, dict)]
        for path, content in files.items()
    }


def tekton_tasks(text: str = SETTINGS) -> list[dict[str, Any]]:
    runs = [item for items in lighthouse(text).values() for item in items if item["kind"] == "PipelineRun"]
    return [task for run in runs for task in run["spec"]["pipelineSpec"]["tasks"]]


@pytest.mark.parametrize("text", [SETTINGS, PLAIN], ids=["full", "plain"])
def test_lighthouse_objects_fit_their_schemas(text: str) -> None:
    schemas = Schemas("1.33", (), resource("schemas/crds"))
    for objects in lighthouse(text).values():
        for item in objects:
            validator = schemas.find(item["apiVersion"], item["kind"])
            assert validator
            assert [error.message for error in validator.compiled.iter_errors(item)] == []


def test_lighthouse_gives_each_job_an_account_of_its_own() -> None:
    """A task names its account, and the account its identities in the clouds."""
    files = lighthouse()
    specs = {name: objects[0]["spec"] for name, objects in files.items() if name != "service-accounts.yaml"}
    accounts = {
        spec["pipelineTaskName"]: spec["serviceAccountName"]
        for name in ("pullrequest.yaml", "branch.yaml", "release.yaml", "drift.yaml")
        for spec in specs[name]["taskRunSpecs"]
    }
    assert accounts == {
        "plan": "kubestack-plan",
        "pull-request": "kubestack-plan",
        "drift": "kubestack-plan",
        "preview-apps": "kubestack-preview",
        "apply-ops": "kubestack-apply-ops",
        "apply-apps": "kubestack-apply-apps",
    }
    assert specs["pullrequest.yaml"]["taskRunTemplate"] == {"serviceAccountName": "kubestack-validate"}
    made = {item["metadata"]["name"]: item for item in files["service-accounts.yaml"]}
    assert made.keys() == {*accounts.values(), "kubestack-validate"}
    roles = {
        name: item["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn")
        for name, item in made.items()
    }
    assert roles == {
        "kubestack-validate": None,
        "kubestack-plan": PLAN,
        "kubestack-preview": PLAN,
        "kubestack-apply-ops": OPS,
        "kubestack-apply-apps": APPS,
    }
    assert "arn:" not in str(specs)


def test_lighthouse_forks_reach_validation_alone() -> None:
    for task in tekton_tasks():
        kinds = [rule["values"] for rule in task.get("when", []) if "results.kind" in rule["input"]]
        if task["name"] == "find":
            continue
        assert len(kinds) == 1
        assert ("fork" in kinds[0]) == (task["name"] in {"validate", "fork"})
        secret = "secretKeyRef" in str(task)
        assert secret == (task["name"] not in {"validate", "fork"})


def test_lighthouse_starts_one_apply_at_a_time_and_nothing_for_rendered_branches() -> None:
    [triggers] = lighthouse()["triggers.yaml"]
    posts = {item["name"]: item for item in triggers["spec"]["postsubmits"]}
    assert list(posts) == ["branch", "apply-ops", "apply-apps"]
    assert posts["apply-apps"]["branches"] == ["^apps-deploy-[^\\/]*$"]
    assert posts["apply-apps"]["max_concurrency"] == 1
    for name, skipped in (("env/ops", True), ("main", True), ("apps-deploy-1", True), ("fix/main", False)):
        assert any(re.search(rule, name) for rule in posts["branch"]["skip_branches"]) == skipped


def test_github_gives_each_job_the_least() -> None:
    assert workflow()["permissions"] == {}
    found = {name: job["permissions"] for name, job in workflow()["jobs"].items()}
    read, token = {"contents": "read"}, {"id-token": "write"}
    assert found["validate"] == found["fork"] == read
    assert found["plan"] == read | token
    assert found["pull-request"] == read | token | {"pull-requests": "write", "statuses": "write"}
    assert found["apply-ops"] == found["apply-apps"] == {
        "contents": "write", "pull-requests": "write", **token,
    }  # fmt: skip
    assert found["preview-apps"] == {"contents": "write", **token}
    assert found["drift"] == read | token | {"issues": "write"}
    without = {name: job["permissions"] for name, job in workflow(PLAIN)["jobs"].items()}
    assert not any("id-token" in permissions for permissions in without.values())


def test_github_pins_actions_to_commits_and_the_image_to_its_digest() -> None:
    uses = re.findall(r"\buses: (.*)", rendered(CiHost.GITHUB))
    assert uses
    assert all(re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses), uses
    assert {job["container"]["image"][-72:-64] for job in workflow()["jobs"].values()} == {"@sha256:"[:8]}


def test_github_never_cancels_an_apply_and_runs_one_at_a_time() -> None:
    jobs = workflow()["jobs"]
    assert jobs["apply-apps"]["concurrency"] == {"group": "kubestack-apps", "cancel-in-progress": False}
    assert jobs["apply-apps"]["environment"] == "apps"
    assert not jobs["preview-apps"]["concurrency"]["cancel-in-progress"]
    assert all(job["timeout-minutes"] == 60 for job in jobs.values())


def commented(host: CiHost, comment: str = "labels: true", issue: str = "true") -> str:
    """The pipeline of a host with settings for comments."""
    settings = f"ci: {{host: {host}, comment: {{{comment}}}, drift_issue: {issue}}}"
    return rendered(host, f"{PLAIN}\n{settings}\n")


@pytest.mark.parametrize(
    ("host", "comment", "options"),
    [
        (CiHost.GITHUB, "labels: true", "--status --label"),
        (CiHost.GITLAB, "labels: true", "--status --label"),
        (CiHost.AZURE, "labels: true", "--status --label"),
        (CiHost.BITBUCKET, "labels: true", "--status"),
        (CiHost.JENKINS, "labels: true", ""),
        (CiHost.JENKINS, "host: bitbucket, labels: true", "--status"),
        (CiHost.JENKINS, "host: gitlab, labels: true", "--status --label"),
        (CiHost.LIGHTHOUSE, "host: github", "--status"),
        (CiHost.GITHUB, "statuses: false", ""),
    ],
)
def test_options_of_the_comment(host: CiHost, comment: str, options: str) -> None:
    text = commented(host, comment)
    found = re.findall(r"kubestack run --only plan((?: --(?:status|label))*)", text)
    assert sorted({item.strip() for item in found}) == sorted({"", options})
    kept = host not in {CiHost.LIGHTHOUSE, CiHost.GITHUB}
    assert text.count("--full-text .terraform/kubestack-full-text.md") == (host is not CiHost.LIGHTHOUSE)
    assert (text.count("--summary .terraform/kubestack-summary.md") > 3) == kept
    if "host:" in comment:
        told = [
            "pull-request",
            "fork",
            "apply-ops",
            "apply-apps",
            *([] if "bitbucket" in comment else ["drift"]),
        ]
        assert len(re.findall(r"kubestack-comment'|: kubestack-comment$", text, re.MULTILINE)) == len(told)
    if host is CiHost.JENKINS:
        assert ("--comment-file .terraform/kubestack-comment.md" in text) == (options == "")


@HOSTS
def test_drift_keeps_an_issue_where_the_host_has_issues(host: CiHost) -> None:
    told = host in {CiHost.GITHUB, CiHost.GITLAB}
    assert ("kubestack drift --issue" in commented(host)) == told
    silent = commented(host, issue="false")
    assert "kubestack drift" in silent
    assert "--issue" not in silent
    assert "issues:" not in silent


def test_forks_get_neither_secrets_nor_tokens() -> None:
    for name in ("validate", "fork"):
        job = workflow()["jobs"][name]
        assert "secrets." not in str(job)
        assert "github.token" not in str(job)
    assert "head.repo.full_name != github.repository" in workflow()["jobs"]["fork"]["if"]
    assert "head.repo.full_name == github.repository" in workflow()["jobs"]["pull-request"]["if"]
    assert "CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in rendered(CiHost.GITLAB)
    assert "ne(variables['System.PullRequest.IsFork'], 'True')" in rendered(CiHost.AZURE)
    assert "env.CHANGE_FORK == null" in rendered(CiHost.JENKINS)


@HOSTS
def test_findings_of_pipelines(host: CiHost) -> None:
    named = platform(SETTINGS.replace("host: github", f"host: {host}"))
    files = {item.path: item.text.encode() for item in render_pipelines(named, host)}
    missing = pipeline_findings(named, {})
    assert [found.where.path for found in missing if found.where] == list(files)
    assert all("is missing" in found.message for found in missing)
    assert pipeline_findings(named, files) == ()
    wanted = next(item for item in render_pipelines(named, host) if "kubestack run" in item.text)
    changed = wanted.text.replace("kubestack run", "sh evil; kubestack run", 1)
    [finding] = pipeline_findings(named, {**files, wanted.path: changed.encode()})
    assert finding.where
    assert (finding.where.path, finding.hint) == (wanted.path, f"kubestack ci render {host}")
    assert "sh evil" in changed.splitlines()[finding.where.line - 1]
    [finding] = pipeline_findings(named, {**files, wanted.path: b"\xff"})
    assert finding.where
    assert finding.where.line == 1


@HOSTS
def test_findings_leave_pipelines_of_others_alone(host: CiHost) -> None:
    without = replace(platform(), ci=None)
    path = render_pipelines(without, host)[0].path
    assert pipeline_findings(without, {path: b"# written by hand\n"}) == ()
    old = render_pipelines(platform(SETTINGS.replace("apps-deploy", "prod-deploy")), host)[0]
    [finding] = pipeline_findings(without, {path: old.text.encode()})
    assert "no longer fits" in finding.message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (f'apps: "{APPS}"', f'prod: "{APPS}"', ["there is no environment prod", "apps has no identity"]),
        (f'plan: "{PLAN}"', f'plan: "{OPS}"', ["plans of pull requests would run as what applies ops"]),
        ("approvers: {apps:", "approvers: {prod:", ["there is no environment prod"]),
        ("host: github", "host: github\n  comment: {host: gitlab}", ["github says itself where"]),
        ("host: github", "host: jenkins\n  comment: {host: azure}", ["ci.comment.host"]),
        ("@sha256:0", ":0", ["ci.image"]),
        ("CLOUDFLARE_API_TOKEN", "TF_CLI_ARGS", ["ci.secrets"]),
        ("region: eu-west-1", "region: $(id)", ["ci.aws.region"]),
    ],
)
def test_settings_refuse(old: str, new: str, words: list[str]) -> None:
    assert old in SETTINGS
    with pytest.raises(ConfigurationError) as caught:
        platform(SETTINGS.replace(old, new))
    for word in words:
        assert word in str(caught.value)


SIGNS = "".join(map(chr, range(0x20, 0x7F))) + "é…"
VALUES = st.recursive(
    st.text(SIGNS, max_size=20) | st.booleans() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(SIGNS, min_size=1, max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(SIGNS, min_size=1, max_size=6), VALUES, min_size=1, max_size=3))
def test_yaml_is_read_back_as_it_was(value: dict[str, Any]) -> None:
    """By YAML 1.1 too, but for the key `on`, which GitHub's documents have without quotes."""
    from yaml import safe_load

    text = re.sub(r"^((?: |- )*)(on):", r'\1"\2":', yaml_text(value), flags=re.MULTILINE | re.IGNORECASE)
    assert safe_load(text) == value


def test_yaml_keeps_comments_apart_from_text() -> None:
    assert yaml_text({"uses": Noted("a/b@1", "v1")}) == "uses: a/b@1 # v1\n"


def test_dockerfile_checks_what_it_downloads() -> None:
    known = dockerfile({"terraform": "1.11.4", "kubectl": "1.32.4"}, "0.1.0")
    assert len(re.findall(r"^ARG \w+_SHA256=[0-9a-f]{64}$", known, re.MULTILINE)) == 2
    assert known.count("ADD --checksum=") == known.count("    https://") + 1 == 2
    assert "USER runner" in known
    assert "kubestack-py==${KUBESTACK_VERSION}" in known
    assert "helm" not in known
    charts = dockerfile({"terraform": "1.11.4", "kubectl": "1.32.4", "helm": "3.19.0"}, "0.1.0")
    assert (
        charts.count("ADD --checksum=")
        == len(re.findall(r"^ARG \w+_SHA256=[0-9a-f]{64}$", charts, re.MULTILINE))
        == 3
    )
    other = dockerfile({"terraform": "1.12.0", "kubectl": "1.32.4"}, "0.1.0")
    assert "ARG TERRAFORM_SHA256\n" in other
    assert "terraform/1.12.0/terraform_1.12.0_SHA256SUMS" in other

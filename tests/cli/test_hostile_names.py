"""Names from outside are data: refused in words or used as they are, and never run, split or followed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.platforms import Platform, files_of, invoke, kubestack

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "with space",
    "quote'd",
    'double"quote',
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "line\nbreak",
    "../outside",
    "/absolute",
    "-rf",
    "--upload-pack=touch pwned",
    "--",
    "ümläut",
    "日本語",
    "a/b",
    "a\\b",
    "",
    ".",
    "..",
    "%s%n",
    "\x1b[31mred",
    "x" * 300,
]
IDS = [ascii(name)[:24] for name in HOSTILE]


@pytest.mark.parametrize("name", HOSTILE, ids=IDS)
def test_name_of_a_new_platform(tmp_path: Path, name: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    done = kubestack(place, "new", "platform", "--no-input", "--", name)
    assert done.code == 2, done.said
    assert done.err.startswith(("Error: ", "Usage: "))
    assert "\x1b" not in done.err
    assert "name" in done.err or "exists already" in done.err
    assert not files_of(tmp_path)
    assert not list(place.iterdir())


@pytest.mark.parametrize("name", ["-rf", "--no-such-option"])
def test_name_that_looks_like_an_option(tmp_path: Path, name: str) -> None:
    done = kubestack(tmp_path, "new", "platform", name)
    assert done.code == 2
    assert "No such option" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["with space", "quote'd", "$(touch pwned)", "ümläut 日本語", "-rf", "line\nbreak"]
)
def test_directory_of_a_new_platform(tmp_path: Path, name: str) -> None:
    """A directory of the user's may be called anything; the platform in it works."""
    done = kubestack(tmp_path, "new", "platform", "acme", "--no-input", f"--directory={name}")
    assert done.code == 0, done.said
    root = tmp_path / name / "acme"
    assert done.out == f"{root}\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert kubestack(root, "validate").code == 0


@pytest.mark.slow
def test_platform_in_a_place_with_a_hostile_name(template: Path, tmp_path: Path) -> None:
    root = tmp_path / 'it\'s $(touch pwned) "ü" -rf'
    shutil.copytree(template, root)
    for command in ("validate", "run", "status", "doctor"):
        Platform(root=root).ok(command)
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if name], ids=[ascii(n)[:24] for n in HOSTILE if n]
)
def test_environment_and_stack_of_any_name(platform: Platform, name: str) -> None:
    before = platform.snapshot()
    for args in (["-e", name], ["--", name]):
        done = invoke(platform.root, "plan", *args)
        assert done.code == 2, done.said
        assert "there is no" in done.err
        assert "\x1b" not in done.err
    assert platform.snapshot() == before


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if name], ids=[ascii(n)[:24] for n in HOSTILE if n]
)
def test_ref_of_any_name(platform: Platform, name: str) -> None:
    before = platform.snapshot()
    done = invoke(platform.root, "resolve", f"--ref={name}")
    assert done.code == 2, done.said
    assert "is no full ref name" in done.err or "cannot be the name of a ref" in done.err
    assert "\x1b" not in done.err
    for ref in (f"refs/tags/apps-deploy-{name}", f"refs/heads/{name}"):
        done = invoke(platform.root, "resolve", f"--ref={ref}")
        assert done.code in {0, 2}, done.said
        assert "\x1b" not in done.said
    assert {key for key in platform.snapshot() if key.startswith("file ")} == {
        key for key in before if key.startswith("file ")
    }


@pytest.mark.parametrize(
    "name", ["$(touch pwned)", "--upload-pack=x", "line\nbreak", "../../outside", "ümläut"]
)
def test_target_of_any_name(platform: Platform, name: str) -> None:
    done = platform.kubestack("resolve", "--event=pull_request", "--ref=refs/heads/fix", f"--target={name}")
    assert done.code in {0, 2}, done.said
    assert "bug" not in done.err
    assert "apply" not in done.out
    assert not list(platform.root.parent.rglob("pwned"))


@pytest.mark.slow
def test_tag_with_hostile_characters_that_git_takes(proved: Platform) -> None:
    name = "apps-deploy-$(touch${IFS}pwned);'ü'"
    proved.tag(name)
    done = proved.ok("run", "--ref", f"refs/tags/{name}")
    assert "infra (apps): verified" in done.out
    assert not list(proved.root.rglob("pwned"))


def test_branch_with_hostile_characters_that_git_takes(hosted: Platform) -> None:
    name = "fix-$(touch${IFS}pwned)|`id`"
    hosted.git("checkout", "--quiet", "-b", name)
    summary = hosted.root.parent / "summary.md"
    done = hosted.ok(
        "run",
        GITHUB_ACTIONS="true",
        GITHUB_EVENT_NAME="push",
        GITHUB_REF=f"refs/heads/{name}",
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert name in done.err
    assert r"\|\`id\`" in summary.read_text(encoding="utf-8")
    assert hosted.records() == []
    assert not list(hosted.root.parent.rglob("pwned"))


def test_tracked_file_with_a_hostile_name(hosted: Platform) -> None:
    name = 'manifests/web/base/it\'s $(touch pwned)\n"ü".txt'
    hosted.commit("a file", {name: "x"})
    hosted.push()
    hosted.ok("run")
    assert hosted.statuses("ops", "manifests/web")[-1] == "verified"
    assert not list(hosted.root.rglob("pwned"))


@pytest.mark.parametrize("name", ["$(touch pwned)", "a b", "-rf", "ümläut"])
def test_stack_directory_with_a_hostile_name(platform: Platform, name: str) -> None:
    platform.git("mv", "manifests/web", f"./manifests/{name}")
    platform.commit()
    done = platform.kubestack("plan")
    assert done.code == 2, done.said
    assert "cannot be a stack" in done.err
    assert "use letters, digits" in done.err


@pytest.mark.parametrize("existing", ["file", "empty directory", "full directory", "dangling link"])
def test_existing_target_of_a_new_platform(tmp_path: Path, existing: str) -> None:
    target = tmp_path / "acme"
    if existing == "file":
        target.write_text("mine")
    elif existing == "dangling link":
        target.symlink_to("nowhere")
    else:
        target.mkdir()
    if existing == "full directory":
        (target / "mine").write_text("mine")
    before = files_of(tmp_path)
    done = kubestack(tmp_path, "new", "platform", "acme", "--no-input")
    assert done.code == 2, done.said
    assert f"{target} exists already; nothing was changed" in done.err
    assert "--directory" in done.err
    assert files_of(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["acme"]


def test_new_platform_below_a_directory_that_is_missing(tmp_path: Path) -> None:
    done = kubestack(tmp_path, "new", "platform", "acme", "--no-input", "--directory", "a/b/c")
    assert done.code == 2
    assert "mkdir -p" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--environments", "ops"),
        ("--environments", "ops,ops"),
        ("--environments", "ops,$(id)"),
        ("--application", "Web"),
        ("--application", "../web"),
        ("--domain", "no spaces.example"),
        ("--default-branch", "-main"),
        ("--provider", "moon"),
        ("--terraform-version", "newest"),
    ],
)
def test_answers_of_a_new_platform_that_cannot_be(tmp_path: Path, option: str, value: str) -> None:
    done = kubestack(tmp_path, "new", "platform", "acme", "--no-input", f"{option}={value}")
    assert done.code == 2, done.said
    assert option.removeprefix("--").replace("-", "_") in done.err
    assert not list(tmp_path.iterdir())

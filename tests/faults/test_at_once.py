"""Two promotions at once: one applies, the other is told; nothing is applied twice."""

from __future__ import annotations

import json

import pytest

from tests.e2e.test_two_clones import together
from tests.faults.conftest import Figures
from tests.platforms import Platform

PAIRS = 4
SLOW = """
resource "terraform_data" "slow" {
  input = "NUMBER"

  provisioner "local-exec" {
    command = "echo $(date +%s.%N) >> $PWD/../../applied.${terraform.workspace}; sleep 0.3"
  }

  lifecycle {
    replace_triggered_by = [terraform_data.number]
  }
}

resource "terraform_data" "number" {
  triggers_replace = "NUMBER"
}
"""


def at_tag(hosted: Platform, clone: str, tag: str) -> Platform:
    """A clone of its own with a tag checked out, as a CI job has it."""
    own = hosted.clone(clone)
    own.git("checkout", "--quiet", tag)
    return own


def change(hosted: Platform, number: int) -> None:
    """Land a change that ops has proved."""
    hosted.git("checkout", "--quiet", "main")
    hosted.commit("change", {"infra/slow.tf": SLOW.replace("NUMBER", str(number))})
    hosted.push()
    hosted.ok("run")


def applied(hosted: Platform) -> int:
    """How often apps was really changed by Terraform."""
    log = hosted.root.parent / "applied.apps"
    return len(log.read_text().splitlines()) if log.exists() else 0


def begin(hosted: Platform) -> None:
    """Promote once: Terraform itself loses a first state on the disk that two runs are about to write."""
    hosted.ok("run")
    hosted.tag("apps-deploy-first")
    hosted.ok("run", "--ref", "refs/tags/apps-deploy-first")


def tag_of(hosted: Platform, name: str) -> None:
    hosted.git("tag", name)
    hosted.push(f"refs/tags/{name}")


@pytest.mark.slow
def test_the_same_tag_at_once(hosted: Platform, figures: Figures) -> None:
    told = 0
    begin(hosted)
    for number in range(PAIRS):
        change(hosted, number)
        tag = f"apps-deploy-{number}"
        tag_of(hosted, tag)
        pair = [at_tag(hosted, f"{tag}-{name}", tag) for name in "ab"]
        done = together([(own, ["run", "--ref", f"refs/tags/{tag}"]) for own in pair])
        assert applied(hosted) == number + 1, done
        assert 0 in {item.code for item in done}, done
        for item in done:
            assert item.code in {0, 1, 5}, item
            told += item.code != 0
            assert item.code != 5 or "another run" in item.err, item
        pair[0].ok("run", "--ref", f"refs/tags/{tag}")
        assert hosted.statuses("apps")[-1] == "verified"
    assert applied(hosted) == PAIRS
    figures("same-tag-twice", done=PAIRS, held=PAIRS, told=told)


@pytest.mark.slow
def test_two_tags_at_once(hosted: Platform, figures: Figures) -> None:
    told = 0
    begin(hosted)
    for number in range(PAIRS):
        tags = [f"apps-deploy-{number}-{which}" for which in (1, 2)]
        for which, tag in enumerate(tags):
            change(hosted, 2 * number + which)
            tag_of(hosted, tag)
        pair = [at_tag(hosted, tag, tag) for tag in tags]
        done = together(
            [(own, ["run", "--ref", f"refs/tags/{tag}"]) for own, tag in zip(pair, tags, strict=True)]
        )
        assert 0 in {item.code for item in done}, done
        told += sum(item.code != 0 for item in done)
        assert all(item.code in {0, 1, 5} for item in done), done
        newer = pair[1].kubestack("run", "--ref", f"refs/tags/{tags[1]}")
        assert newer.code == 0, newer.said
        state = json.loads((hosted.root.parent / "state/apps/terraform.tfstate").read_text())
        assert f'"{2 * number + 1}"' in json.dumps(state), "apps ends with the newer tag"
        assert hosted.statuses("apps")[-1] == "verified"
    figures("two-tags", done=PAIRS, held=PAIRS, told=told)

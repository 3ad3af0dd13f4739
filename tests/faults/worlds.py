"""A small world that can be copied: a clone, its Git host, a Terraform state, a cache, a place for plans.

All paths in it are relative, so that a copy is a world of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import commit, git
from tests.platforms import PATIENCE, Ended, Platform, files_of, overlaid, program, read_records

STACKS = ("infra", "manifests/web")
# What is different in every run although it means the same: ids of objects and runs, times, and in
# names the random part of temporary ones.
_CHANCE = re.compile(
    rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"
    rb'|"(run|lineage)": ?"[^"]*"|"serial": ?[0-9]+'
)
_CHANCE_IN_NAMES = re.compile(r"(?<=\.)[a-z0-9_]{8}$|(?<=runs/)\.?[0-9a-f]{16}")


@dataclass(frozen=True)
class World:
    """Everything that a run can touch, below one directory."""

    place: Path

    @property
    def platform(self) -> Platform:
        """The clone with its host."""
        return Platform(root=self.place / "acme", remote=self.place / "acme.git")

    @property
    def env(self) -> dict[str, str]:
        """The environment of a run in this world; one stack at a time, so that steps have an order."""
        return overlaid(
            {
                "XDG_CACHE_HOME": str(self.place / "cache"),
                "TMPDIR": str(self.place / "tmp"),
                "KUBESTACK_PARALLEL": "1",
                "KUBESTACK_WORLD": str(self.place),
            }
        )

    def copy(self, place: Path) -> World:
        """The same world elsewhere."""
        shutil.copytree(self.place, place, symlinks=True)
        return World(place)

    def run(self, *args: str) -> Ended:
        """Run the program to its end."""
        done = subprocess.run(
            program(*args),
            cwd=self.platform.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def killed(self, moment: int, *args: str) -> tuple[list[str], bool]:
        """Run the program and kill it at a moment; returns the moments that it lived, and if it died.

        What it had started goes on, and is waited for.
        """
        log = self.place / "moments"
        script = Path(__file__).with_name("killed.py")
        done = subprocess.run(
            [sys.executable, str(script), str(moment), str(log), *args],
            cwd=self.platform.root,
            env={**self.env, "PYTHONPATH": str(script.parents[2])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        self.wait_for_orphans()
        moments = log.read_text(encoding="utf-8").splitlines()
        log.unlink()
        assert done.returncode in {0, -signal.SIGKILL}, done.returncode
        return moments, done.returncode != 0

    def wait_for_orphans(self) -> None:
        """Wait until every process of this world has ended."""
        deadline = time.monotonic() + PATIENCE
        while self.processes():
            assert time.monotonic() < deadline, f"still running: {self.processes()}"
            time.sleep(0.01)

    def processes(self) -> list[int]:
        """The processes that were started in this world."""
        mine = f"KUBESTACK_WORLD={self.place}".encode()
        found = []
        for path in Path("/proc").iterdir():
            with suppress(OSError):
                if path.name.isdigit() and mine in (path / "environ").read_bytes().split(b"\0"):
                    found.append(int(path.name))
        return found

    def applied(self, environment: str) -> dict[str, str]:
        """What really is in place, by stack: digests of the Terraform state and of the rendered branch."""
        state = self.place / "state" / environment / "terraform.tfstate"
        resources: Any = None
        if state.exists():
            resources = json.loads(state.read_text(encoding="utf-8"))["resources"]
        host, branch = self.place / "acme.git", f"refs/heads/env/{environment}"
        tree = git(host, "rev-parse", f"{branch}^{{tree}}") if git(host, "for-each-ref", branch) else ""
        return {"infra": _digest(json.dumps(resources).encode()), "manifests/web": tree}

    def said_verified(self, environment: str) -> set[str]:
        """The stacks that any record calls verified in an environment, on the host or here."""
        records = [*read_records(self.place / "acme.git"), *read_records(self.place / "acme")]
        return {
            record["stack"]
            for record in records
            if record["environment"] == environment and record["status"] == "verified"
        }

    def locks(self) -> list[str]:
        """Locks of Git and of Terraform that somebody left."""
        found = [path for name in ("*.lock", "*.lock.info") for path in self.place.rglob(name)]
        return sorted(str(path.relative_to(self.place)) for path in found if path.name != "kubestack.lock")

    def digest(self) -> str:
        """The same for two worlds between which the next run cannot tell a difference.

        It removes abandoned temporary directories, and the notes of runs that died, without a look inside.
        """
        told: dict[str, bytes] = {"locks": "\n".join(self.locks()).encode()}
        told["abandoned"] = b"*" * bool(list((self.place / "tmp").glob("kubestack-*")))
        for part in ("acme", "state", "cache", "acme/infra/.terraform"):
            for name, content in files_of(self.place / part).items():
                path = f"{part}/{name}"
                told[_CHANCE_IN_NAMES.sub("*", path)] = (
                    b"" if path.startswith("cache/kubestack/runs/") else content
                )
        for repository in (self.place / "acme", self.place / "acme.git"):
            told |= _refs(repository)
        return _digest(b"\0".join(f"{name}=".encode() + told[name] for name in sorted(told)))


def _refs(repository: Path) -> dict[str, bytes]:
    """What the refs of a repository say: the notes that they hold, or the commits or trees they point at."""
    told = {}
    fields = "%(refname) %(objectname) %(tree)"
    for line in git(repository, "for-each-ref", f"--format={fields}").splitlines():
        name, commit, tree = line.split(" ")
        means = commit
        if "/env/" in name:
            means = tree
        elif "notes/" in name:
            blobs = [entry.split()[2] for entry in git(repository, "ls-tree", "-r", tree).splitlines()]
            means = "\n".join(git(repository, "cat-file", "blob", blob) for blob in blobs)
        told[f"{repository.name} {name}"] = means.encode()
    return told


def _digest(content: bytes) -> str:
    return hashlib.sha256(_CHANCE.sub(b"*", content)).hexdigest()


def new_world(template: Path, place: Path) -> World:
    """A platform on its Git host, cloned, that nothing was ever applied of."""
    place.mkdir()
    for name in ("cache", "tmp"):
        (place / name).mkdir(mode=0o700)
    root = Path(shutil.copytree(template, place / "acme", symlinks=True))
    versions = root / "infra" / "versions.tf"
    text = versions.read_text(encoding="utf-8")
    versions.write_text(text.replace("../.state/infra", "../../state"), encoding="utf-8")
    commit(root, "Share the state")
    git(place, "clone", "--quiet", "--bare", str(root), str(place / "acme.git"))
    git(root, "remote", "add", "origin", "../acme.git")
    for repository in (root / ".git", place / "acme.git"):
        shutil.rmtree(repository / "hooks")  # examples, which would only make copies slow
    git(root, "fetch", "--quiet", "origin")
    return World(place)

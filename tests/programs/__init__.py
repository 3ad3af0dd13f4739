"""Programs that only tests use, installed when a test first asks for them.

Each has a virtual environment of its own, so that what it needs cannot disturb the project:
`tests/programs/<name>.txt` pins it with hashes (`scripts/lock-program NAME` writes that file from
`<name>.in`). They are kept in `.programs/`, or in the folder that KUBESTACK_TEST_PROGRAMS names.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
# Read once: the tests themselves run without any variable of ours.
PROGRAMS = Path(os.environ.get("KUBESTACK_TEST_PROGRAMS") or HERE.parents[1] / ".programs")
_PROVIDERS = os.environ.get("KUBESTACK_TEST_PROVIDERS")
_PLACES_OF_PROVIDERS = ("/opt/*", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")


def program(name: str, command: str) -> Path:
    """A command of the package set `name`, which is installed first where it is not yet."""
    return environment(name) / "bin" / command


def environment(name: str) -> Path:
    """The virtual environment of the package set `name`, complete."""
    pins = HERE / f"{name}.txt"
    place = PROGRAMS / f"{name}-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    with _only_one(name):
        if not (place / "ready").exists():
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
            pip += ["--retries=10", "--timeout=60"]
            # The pins are complete, or leave out on purpose what is not needed.
            exact = ["--no-deps", "--no-compile", "--require-hashes"]
            subprocess.run([*pip, *exact, "--requirement", str(pins)], check=True)
            (place / "ready").touch()
    return place


def node_program(name: str, command: str) -> Path:
    """A command of the npm packages that `tests/programs/<name>/package-lock.json` pins."""
    return _node_modules(name) / ".bin" / command


def node_package(name: str, package: str) -> Path:
    """The folder of one of these packages."""
    return _node_modules(name) / package


def debian_program(command: str, package: str) -> Path:
    """A command of a Debian package; root on Debian gets it installed, everybody else is told."""
    with _only_one("debian"):
        if not shutil.which(command):
            if os.getuid() or not shutil.which("apt-get"):
                raise AssertionError(f"this test needs {command}: apt-get install {package}")
            _apt("update")
            _apt("install", "--yes", "--no-install-recommends", package)
    found = shutil.which(command)
    assert found, f"the package {package} brought no {command}"
    return Path(found)


def provider_mirror() -> Path:
    """An unpacked folder of providers that holds hashicorp/aws, for `filesystem_mirror` of Terraform."""
    places = [Path(_PROVIDERS)] if _PROVIDERS else _usual_places()
    for place in places:
        if (place / "registry.terraform.io" / "hashicorp" / "aws").is_dir():
            return place
    raise AssertionError(
        "this test needs the provider hashicorp/aws: name its mirror in KUBESTACK_TEST_PROVIDERS"
    )


def terraform_configuration(path: Path) -> Path:
    """Write a CLI configuration (for TF_CLI_CONFIG_FILE) that takes providers from the mirror alone."""
    path.write_text(
        "disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n"
        f'    path    = "{provider_mirror()}"\n    include = ["registry.terraform.io/*/*"]\n  }}\n}}\n',
        encoding="utf-8",
    )
    return path


def _node_modules(name: str) -> Path:
    source = HERE / name
    pins = (source / "package-lock.json").read_bytes()
    place = PROGRAMS / f"{name}-{hashlib.sha256(pins).hexdigest()[:12]}"
    with _only_one(name):
        if not (place / "ready").exists():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(source, place)
            npm = debian_program("npm", "npm")
            argv = [str(npm), "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
            argv += ["--fetch-retries=10", "--fetch-retry-mintimeout=1000"]
            subprocess.run(argv, cwd=place, check=True, capture_output=True)
            (place / "ready").touch()
    return place / "node_modules"


def _usual_places() -> list[Path]:
    found = [place for pattern in _PLACES_OF_PROVIDERS for place in Path("/").glob(pattern.lstrip("/"))]
    return [*found, Path.home() / ".terraform.d" / "plugins"]


def _apt(*args: str) -> None:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    patient = ["--option=Acquire::Retries=10", "--option=DPkg::Lock::Timeout=600"]
    argv = ["apt-get", "--quiet", "--quiet", *patient, *args]
    subprocess.run(argv, env=environ, check=True, capture_output=True)


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    """One process installs; the others wait for it."""
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    with (PROGRAMS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

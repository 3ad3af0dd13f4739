"""The wheel: built from the tree, installed where nothing else is, and used from there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kubestack_py import __version__

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=10")
NO_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "htmlcov", "results")


def run(*argv: str | Path, cwd: Path, code: int = 0) -> str:
    """Run a program as a user would, away from this checkout; returns its standard output."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    done = subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{argv} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def copy_sources(target: Path) -> Path:
    """The tree without what Git and the tools keep in it."""
    shutil.copytree(ROOT, target, ignore=NO_SOURCE, symlinks=True)
    for folder in ("templates", "schemas"):
        shutil.copytree(ROOT / folder, target / folder, dirs_exist_ok=True)
    shutil.copy(ROOT / ".gitignore", target)
    return target


def build(tree: Path, kind: str) -> Path:
    """A `wheel` or an `sdist` of the tree, made with this environment's hatchling."""
    target = tree.parent / f"{tree.name}-{kind}"
    run(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", target, cwd=tree)
    (built,) = target.iterdir()
    return built


def packed(wheel: Path, folder: str) -> dict[str, bytes]:
    """The files that a wheel has in one of the two folders, by path."""
    inside = f"kubestack_py/{folder}/"
    with zipfile.ZipFile(wheel) as archive:
        return {
            name.removeprefix(inside): archive.read(name)
            for name in archive.namelist()
            if name.startswith(inside)
        }


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_sources(tmp_path_factory.mktemp("wheel") / "tree")


@pytest.fixture(scope="module")
def wheel(tree: Path) -> Path:
    return build(tree, "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what its metadata asks for, nothing else."""
    place = tmp_path_factory.mktemp("installed")
    pins = re.findall(r"^(\S+==[^\\\n]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    constraints = [re.sub(r"\[.*?\]", "", pin, count=1) for pin in pins]  # a constraint has no extras
    (place / "constraints.txt").write_text("\n".join(constraints))
    venv.create(place / "env", with_pip=True)
    programs = place / "env" / "bin"
    pip = (programs / "python", *INSTALL)
    run(*pip, "--constraint", place / "constraints.txt", wheel, cwd=place)
    return programs


@pytest.mark.parametrize("folder", ["templates", "schemas"])
def test_wheel_holds_every_file_of(folder: str, wheel: Path) -> None:
    source = files_in(ROOT / folder)
    assert source
    assert packed(wheel, folder) == source


def test_wheel_holds_the_odd_names_of_templates(wheel: Path) -> None:
    names = packed(wheel, "templates")
    assert "platform/@{cookiecutter.name}@/.gitignore" in names
    assert any(name.startswith("platform/@{cookiecutter.name}@/.kubestack/") for name in names)


def test_wheel_keeps_template_files_that_git_would_ignore(tmp_path: Path) -> None:
    tree = copy_sources(tmp_path / "tree")
    with (tree / ".gitignore").open("a", encoding="utf-8") as rules:
        rules.write("*.tfvars\n.terraform/\n")
    ignored = ["ops.tfvars", "build/notes.txt", ".terraform/modules.json", ".coverage"]
    for name in ignored:
        path = tree / "templates/platform/@{cookiecutter.name}@" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("kept\n")
    subprocess.run(["git", "init", "--quiet", tree], check=True)
    wanted = {f"platform/@{{cookiecutter.name}}@/{name}" for name in ignored}
    assert wanted <= set(packed(build(tree, "wheel"), "templates"))
    with tarfile.open(build(tree, "sdist")) as archive:
        names = {name.partition("/templates/")[2] for name in archive.getnames()}
    assert wanted <= names


def test_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.partition("/")[0] for name in names} == {
        "kubestack_py",
        f"kubestack_py-{__version__}.dist-info",
    }
    assert "kubestack_py/py.typed" in names
    modules = {f"kubestack_py/{name}" for name in files_in(ROOT / "kubestack_py") if name.endswith(".py")}
    assert {name for name in names if name.endswith(".py") and "/templates/" not in name} == modules


def test_sdist_builds_the_same_wheel(tree: Path, wheel: Path, tmp_path: Path) -> None:
    run("tar", "-xzf", build(tree, "sdist"), cwd=tmp_path)
    (unpacked,) = tmp_path.iterdir()
    assert build(unpacked, "wheel").read_bytes() == wheel.read_bytes()


def test_pip_install_of_the_tree_gives_what_the_wheel_holds(
    tree: Path, wheel: Path, installed: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    pip = (installed / "python", *INSTALL)
    run(*pip, "--no-deps", "--no-compile", "--target", target, tree, cwd=tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        wanted = {name for name in archive.namelist() if name.startswith("kubestack_py/")}
    assert {f"kubestack_py/{name}" for name in files_in(target / "kubestack_py")} == wanted


def test_installed_program_runs_from_its_own_environment(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "kubestack", "--version", cwd=tmp_path) == f"kubestack {__version__}\n"
    place = "import kubestack_py; print(kubestack_py.__file__)"
    where = run(installed / "python", "-c", place, cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_installed_program_runs_through_a_link_as_pipx_makes_it(installed: Path, tmp_path: Path) -> None:
    link = tmp_path / "kubestack"
    link.symlink_to(installed / "kubestack")
    assert run(link, "--version", cwd=tmp_path) == f"kubestack {__version__}\n"


def test_installed_program_scaffolds_a_platform_that_is_valid(installed: Path, tmp_path: Path) -> None:
    kubestack = installed / "kubestack"
    run(kubestack, "new", "platform", "acme", "--no-input", cwd=tmp_path)
    platform = tmp_path / "acme"
    assert (platform / ".gitignore").is_file()
    for command in (("validate",), ("resolve", "--ref", "refs/heads/main"), ("status",), ("doctor",)):
        answer = json.loads(run(kubestack, *command, "-o", "json", cwd=platform))
        Draft202012Validator(installed_schema(installed, command[0])).validate(answer)


def installed_schema(installed: Path, name: str) -> dict[str, Any]:
    (path,) = (installed.parent / "lib").glob(
        f"python3.*/site-packages/kubestack_py/schemas/{name}.schema.json"
    )
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


def test_installed_program_walks_the_demo(installed: Path, tmp_path: Path) -> None:
    shown = run(installed / "kubestack", "demo", "--directory", tmp_path / "demo", cwd=tmp_path)
    assert "refused" in shown
    assert (tmp_path / "demo" / "acme" / "kubestack.yaml").is_file()

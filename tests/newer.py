"""The next release of the program: a copy with another version number, whose templates a test changes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.system.files import PACKAGE, resource
from scripts.archive_templates import tar

if TYPE_CHECKING:
    from pathlib import Path

NEWER = "9.0.0"


@dataclass(frozen=True)
class NewerProgram:
    """Where it is: `kubestack(…, **newer.environ)` runs it. The templates of today are its former ones."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> NewerProgram:
        """Make it in a directory of its own."""
        ignored = shutil.ignore_patterns("__pycache__", "versions")
        shutil.copytree(PACKAGE, root / PACKAGE.name, ignore=ignored)
        for name in ("schemas", "templates"):
            shutil.copytree(resource(name), root / name, ignore=ignored)
        made = cls(root)
        templates = root / "templates"
        today = {
            p.relative_to(templates).as_posix(): p.read_bytes() for p in templates.rglob("*") if p.is_file()
        }
        (templates / "versions").mkdir()
        (templates / "versions" / f"{__version__}.tar.xz").write_bytes(tar(today))
        made.edit("kubestack_py/__init__.py", __version__, NEWER)
        made.edit("templates/platform/cookiecutter.json", __version__, NEWER)
        return made

    @property
    def environ(self) -> dict[str, str]:
        """The variable by which Python finds it before the one that is installed."""
        return {"PYTHONPATH": str(self.root)}

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text that has to be there in one of its files."""
        text = (self.root / path).read_text("utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        (self.root / path).write_text(text.replace(old, new), "utf-8")

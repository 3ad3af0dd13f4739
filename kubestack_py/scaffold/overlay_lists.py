"""Lists of overlays: `apps/<environment>/kustomization.yaml` where clusters follow the sources themselves.

Flux applies one directory there, so something has to say which overlays belong to it. Where clusters follow
rendered branches, and with Argo CD, there are none of these files, and nothing here changes anything.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kubestack_py.scaffold.edits import FileEdit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_FILE = "kustomization.yaml"
_HEAD = """\
# What Flux applies to {environment} of {home}: one overlay in each line.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
"""
_EMPTY = "resources: []\n"
_LIST = "resources:\n"


def write_lists(root: Path, home: PurePosixPath, environments: Sequence[str]) -> None:
    """Write the lists of a new repository: every stack of `home` in each environment."""
    names = sorted(path.parent.name for path in (root / home).glob("*/overlays"))
    for environment in environments:
        path = root / home / environment / _FILE
        path.parent.mkdir(parents=True)
        text = _HEAD.format(environment=environment, home=home) + _EMPTY
        path.write_text(_changed(text, environment, names, ()), encoding="utf-8")


def list_edits(
    root: Path,
    home: PurePosixPath,
    environments: Sequence[str],
    *,
    added: Collection[str] = (),
    removed: Collection[str] = (),
) -> Iterator[FileEdit]:
    """The edits that put stacks of `home` into the lists that there are, or take them out, by their names."""
    for environment in environments:
        path = home / environment / _FILE
        if (root / path).is_file():
            before = (root / path).read_bytes()
            text = before.decode("utf-8", "surrogateescape")
            after = _changed(text, environment, added, removed).encode("utf-8", "surrogateescape")
            if after != before:
                yield FileEdit(path=PurePosixPath(path), before=before, after=after)


def _changed(text: str, environment: str, added: Collection[str], removed: Collection[str]) -> str:
    for name in removed:
        text = text.replace(_line(name, environment), "")
    for name in added:
        if _line(name, environment) not in text:
            text = text.replace(_EMPTY, _LIST) if _EMPTY in text else text
            text = text.replace(_LIST, _LIST + _line(name, environment), 1)
    return text.replace(_LIST, _EMPTY) if text.endswith(_LIST) else text


def _line(name: str, environment: str) -> str:
    return f"  - ../{name}/overlays/{environment}\n"

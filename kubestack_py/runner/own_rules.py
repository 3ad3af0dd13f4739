"""The platform's own rules, from the files and directories that its settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import ConfigurationError
from kubestack_py.policy.own import read_own_rule
from kubestack_py.system.yaml import load_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from kubestack_py.model.policy import OwnRule


def read_own_rules(root: Path, named: Sequence[str]) -> tuple[OwnRule, ...]:
    """The rules of the `named` files and directories below `root`.

    Raises `ConfigurationError` for a file that is missing or no rule.
    """
    return tuple(
        read_own_rule(name, document)
        for name, text in _files(root, named)
        for document in load_all(text, name)
        if document is not None
    )


def _files(root: Path, named: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name in named:
        path = root / name
        files: Iterable[str] = [name]
        if path.is_dir():
            files = sorted(
                item.relative_to(root).as_posix()
                for item in path.iterdir()
                if item.suffix in {".yaml", ".yml", ".json"}
            )
        elif not path.is_file():
            raise ConfigurationError(
                f"kubestack.yaml names {name} under policies.own, which does not exist",
                hint="Correct the path, or add the file.",
            )
        yield from ((file, (root / file).read_bytes()) for file in files)

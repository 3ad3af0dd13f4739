"""A platform as a commit has it, whatever is checked out: what its pipeline will see."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kubestack_py.config.source import SettingsSource
from kubestack_py.config.stacks import discover_stacks
from kubestack_py.errors import ConfigurationError
from kubestack_py.model.file_names import KUSTOMIZATIONS, TERRAFORM_SUFFIXES
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.runner.session import Session
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.platform import Stack
    from kubestack_py.promotion.history import History
    from kubestack_py.system.git import Git

_LINK = "120000"
_STACK_DIRECTORIES = {"base", "overlays"}
_STACK_FILES = (*TERRAFORM_SUFFIXES, *KUSTOMIZATIONS)


class CommitSession(Session):
    """A session whose settings and stacks are those of a commit; evidence is read once for many of them."""

    def __init__(self, base: Session, commit: str) -> None:
        super().__init__(base.place)
        self.commit = commit
        self._base = base

    @cached_property
    def git(self) -> Git:
        """The same repository."""
        return self._base.git

    @cached_property
    def source(self) -> SettingsSource:
        """The text of kubestack.yaml in the commit. Raises `ConfigurationError` where it has none."""
        content = self.git.read_file(self.commit, SETTINGS_FILE)
        name = f"{self.commit[:8]}:{SETTINGS_FILE}"
        if content is None:
            raise ConfigurationError(f"{name} does not exist", hint="This commit holds no platform.")
        return SettingsSource(name=name, content=content)

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Every stack that the commit has."""
        return discover_stacks(self.platform, self.source, self._names())

    def digests(self, commit: str) -> Mapping[str, Mapping[str, ContentDigest]]:
        """Those of the session beneath, where it has the same stacks: nothing is digested twice."""
        return self._base.digests(commit) if self._is_like_base else super().digests(commit)

    @cached_property
    def _is_like_base(self) -> bool:
        base = self._base
        try:
            return self.stacks == base.stacks and self.platform.environments == base.platform.environments
        except ConfigurationError:  # what is checked out may be broken
            return False

    def history(self) -> History:
        """The evidence as it was when it was first asked for."""
        return self._history

    @cached_property
    def _history(self) -> History:
        same = self.platform.evidence == self._base.platform.evidence
        return self._base.history() if same and isinstance(self._base, CommitSession) else super().history()

    def _names(self) -> Path:
        """A directory with the files of the commit that tell where stacks are, all of them empty."""
        top = self.place.scratch / "names" / self.commit
        for entry in self.git.list_tree(self.commit).values():
            path = PurePosixPath(entry.path)
            if entry.mode != _LINK and ".." not in path.parts and _tells_of_a_stack(path):
                with disk_errors(f"write below {top}"):
                    (top / path).parent.mkdir(parents=True, exist_ok=True)
                    (top / path).touch()
        return top


def _tells_of_a_stack(path: PurePosixPath) -> bool:
    return path.name.endswith(_STACK_FILES) or bool(_STACK_DIRECTORIES & set(path.parts[:-1]))

"""What former runs of `kubestack validate` found out about files that have not changed since."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.build import Overlay, build
from kubestack_py.kustomize.remembered import Remembered
from kubestack_py.system.accepted import Accepted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.kustomize.build import Rendered
    from kubestack_py.runner.content import BoundedContent
    from kubestack_py.runner.session import Session


class Memory:
    """Files whose YAML is in order, and what overlays rendered; both in this user's private cache."""

    def __init__(self, session: Session, content: BoundedContent) -> None:
        self._session = session
        self._content = content
        self.sound_yaml = Accepted(session.place.cache / f"yaml-{__version__}")

    @cached_property
    def _rendered(self) -> Remembered:
        return Remembered(self._session.place.cache / "rendered", self._session.kustomize, __version__)

    def build(
        self, overlays: Mapping[Overlay, frozenset[str]], scratch: Path
    ) -> dict[str, Rendered | KustomizeError]:
        """Render overlays, given the files of their stacks, like `kustomize.build`; what is known is not."""
        keys = {
            overlay: self._rendered.key(overlay, self._texts(files)) for overlay, files in overlays.items()
        }
        known = {overlay: self._rendered.recall(key, overlay) for overlay, key in keys.items()}
        unknown = [overlay for overlay, rendered in known.items() if rendered is None]
        session = self._session
        built = build(session.kustomize, session.root, unknown, scratch, session.place.parallel)
        for overlay in unknown:
            self._keep(overlay, keys[overlay], overlays[overlay], built[overlay.stack])
        if unknown:
            self._rendered.prune()
        return {overlay.stack: rendered or built[overlay.stack] for overlay, rendered in known.items()}

    def _keep(
        self, overlay: Overlay, key: str, files: frozenset[str], result: Rendered | KustomizeError
    ) -> None:
        """Keep a result, unless a file was changed while it was made."""
        texts = self._texts(files)
        if not isinstance(result, KustomizeError) and self._rendered.key(overlay, texts) == key:
            self._rendered.keep(key, result, self._session.root / overlay.path, texts)

    def _texts(self, files: frozenset[str]) -> list[tuple[str, bytes]]:
        return [(path, self._content.read(path) or b"") for path in sorted(files)]

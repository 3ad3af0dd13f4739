"""Many overlays in one Kustomize process: a generated root, and stamps that say which object is whose.

Starting the program is four fifths of what one build costs. Each overlay is reached through a symbolic
link in a directory of its own, so that no name of the repository is written into generated YAML, and
none is mistaken for a URL. The stamp is an annotation under a random key, which no overlay can hold.
A namespace that several stacks declare would be refused as a duplicate, so the kind is made unique
on the way; nothing refers to namespaces in a way that Kustomize rewrites.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from kubestack_py.kustomize.manifests import split

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MEMBER = """\
resources: [overlay]
transformers:
- |-
  apiVersion: builtin
  kind: PatchTransformer
  metadata: {{name: unique}}
  target: {{kind: ^Namespace$, version: v1}}
  patch: '[{{"op": "replace", "path": "/kind", "value": "Namespace-{number}"}}]'
- |-
  apiVersion: builtin
  kind: AnnotationsTransformer
  metadata: {{name: origin}}
  annotations: {{{key}: member-{number}}}
  fieldSpecs:
  - {{path: metadata/annotations, create: true}}
"""
_CULPRIT = re.compile(r"path '[^']*/member-(\d+)'")
_UNIQUE_KIND = re.compile(rb"^kind: Namespace-\d+$", re.MULTILINE)


class Batch:
    """A generated root in an existing, empty directory; overlays are known by their numbers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._key = f"kubestack.dev/origin-{secrets.token_hex(8)}"
        line = rb"^    " + re.escape(self._key.encode()) + rb": member-(\d+)\n"
        self._stamp = re.compile(line, re.MULTILINE)
        self._only_stamp = re.compile(rb"^  annotations:\n" + line[1:] + rb"(?!    )", re.MULTILINE)

    def add(self, number: int, overlay: Path) -> None:
        """Make an overlay a member; `choose` decides which members are built."""
        member = self.directory / f"member-{number}"
        member.mkdir()
        (member / "overlay").symlink_to(overlay, target_is_directory=True)
        text = _MEMBER.format(number=number, key=self._key)
        (member / "kustomization.yaml").write_text(text, encoding="utf-8")

    def choose(self, numbers: Iterable[int]) -> None:
        """Write the root over these members."""
        text = "resources:\n" + "".join(f"- member-{number}\n" for number in numbers)
        (self.directory / "kustomization.yaml").write_text(text, encoding="utf-8")

    def take_apart(self, stream: bytes) -> dict[int, list[bytes]] | None:
        """The documents of each member as a build of its own writes them; None when one has no stamp."""
        documents: dict[int, list[bytes]] = {}
        for text in split(stream):
            stamps = self._stamp.findall(text)
            if len(stamps) != 1:
                return None
            plain = self._stamp.sub(b"", self._only_stamp.sub(b"", text))
            documents.setdefault(int(stamps[0]), []).append(_UNIQUE_KIND.sub(b"kind: Namespace", plain))
        return documents


def culprit(message: str) -> int | None:
    """The member that an error of a shared build is about, or None when it does not say."""
    found = _CULPRIT.search(message)
    return int(found.group(1)) if found else None

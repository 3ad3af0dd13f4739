"""The distribution API (opencontainers.org, "distribution-spec"): manifests with their digest, and tags."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from kubestack_py.errors import RegistryError
from kubestack_py.registry.http import Line

if TYPE_CHECKING:
    from kubestack_py.model.image import ImageReference

_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # by the specification
_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')
PAGE = 1000
MOST_PAGES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteImage:
    """What a registry has: `platforms` (`linux/amd64`) are known of an image for several."""

    digest: str
    media_type: str
    platforms: tuple[str, ...] = ()


class Registry:
    """The registry of one host."""

    def __init__(self, line: Line, page: int = PAGE) -> None:
        self._line = line
        self._page = page

    def image(self, image: ImageReference) -> RemoteImage:
        """What a reference stands for now; its digest is that of the bytes that the registry sends.

        Raises `RegistryError` where it is not there, or the bytes are not those of the digest.
        """
        wanted = image.digest or image.tag or "latest"
        ask = partial(self._line.ask, repository=image.repository, what=str(image), accept=_ACCEPT)
        head = ask("HEAD", self._path(image, wanted))
        told = head.headers.get("docker-content-digest", "")
        exact = image.digest or (told if _DIGEST.fullmatch(told) else wanted)
        answer = ask("GET", self._path(image, exact))
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        if exact.startswith("sha256:") and digest != exact:
            raise RegistryError(
                f"{self._line.host} sends another content for {image.name} than {exact}: it is {digest}",
                hint="Do not use this image. A proxy or the registry changed it, or its storage is damaged.",
            )
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        return RemoteImage(digest=digest, media_type=media_type, platforms=_platforms(answer.body))

    def tags(self, image: ImageReference) -> tuple[str, ...]:
        """Every tag of the image's name, page by page."""
        found: dict[str, None] = {}
        path = f"/v2/{image.repository}/tags/list?n={self._page}"
        for _ in range(MOST_PAGES):
            answer = self._line.ask("GET", path, image.repository, what=f"tags of {image.name}")
            found |= dict.fromkeys(self._tags(answer.body))
            link = _NEXT.search(answer.headers.get("link", ""))
            if link is None:
                return tuple(found)
            path = urljoin(answer.url, link[1])
            if urlsplit(path)[:2] != urlsplit(self._line.origin)[:2]:
                raise RegistryError(f"{self._line.host} continues its tags on another host: refused")
        raise RegistryError(f"{self._line.host} has more than {MOST_PAGES} pages of tags of {image.name}")

    def _path(self, image: ImageReference, reference: str) -> str:
        return f"/v2/{image.repository}/manifests/{reference}"

    def _tags(self, body: bytes) -> list[str]:
        try:
            tags = json.loads(body).get("tags") or []
        except (ValueError, AttributeError) as error:
            raise RegistryError(f"{self._line.host} answers with no list of tags") from error
        found = tags if isinstance(tags, list) else []
        return [tag for tag in found if isinstance(tag, str) and _TAG.fullmatch(tag)]


def _platforms(body: bytes) -> tuple[str, ...]:
    """The platforms of an index; none for the manifest of one image. Attestations (`unknown`) are none."""
    try:
        manifests = json.loads(body).get("manifests") or []
        found = [item.get("platform") or {} for item in manifests]
        names = [f"{item.get('os')}/{item.get('architecture')}" for item in found if item]
    except (ValueError, AttributeError, TypeError):
        return ()
    return tuple(dict.fromkeys(name for name in names if not name.startswith("unknown")))

"""A registry on loopback for the demo: as much of the OCI distribution API as pushing one image takes.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from kubestack_py.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@contextmanager
def registry() -> Iterator[str]:
    """A registry for as long as the block runs; gives its address (`127.0.0.1:40123`)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def push_image(address: str, name: str, tag: str, files: Mapping[str, bytes]) -> str:
    """Push an image of one layer with these files; returns its digest (`sha256:…`)."""
    layer = gzip.compress(_tar(files), mtime=0)
    plain = _digest(_tar(files))
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": ["python", "-m", "service"],
                "WorkingDir": "/app",
                "User": "10001:10001",
            },
            "rootfs": {"type": "layers", "diff_ids": [plain]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(_CONFIG, config),
            "layers": [_descriptor(_LAYER, layer)],
        }
    )
    for blob in (layer, config):
        _put(address, f"/v2/{name}/blobs/uploads/new?digest={_digest(blob)}", blob)
    _put(address, f"/v2/{name}/manifests/{tag}", manifest, MANIFEST)
    return _digest(manifest)


class _Handler(BaseHTTPRequestHandler):
    """Blobs and manifests of every repository, by path; what is pushed under a tag is there by digest too."""

    protocol_version = "HTTP/1.1"
    held: dict[str, tuple[str, bytes]] = {}  # noqa: RUF012 - one registry, which ends with the process

    def do_PUT(self) -> None:
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        digest, kind = _digest(content), self.headers.get("Content-Type", "")
        if parse_qs(url.query).get("digest", [digest]) != [digest]:
            self._answer(400, b"")
            return
        top = url.path.rpartition("/blobs/uploads/")[0] or url.path.rpartition("/manifests/")[0]
        place = f"{top}/blobs/" if "/blobs/uploads/" in url.path else f"{top}/manifests/"
        self.held[place + digest] = (kind, content)
        if "/manifests/" in url.path:
            self.held[url.path] = (kind, content)
        self._answer(201, b"", {"Docker-Content-Digest": digest, "Location": place + digest})

    def do_GET(self) -> None:
        if self.path.endswith("/tags/list"):
            top = self.path.removesuffix("/tags/list")
            tags = [path.rpartition("/")[2] for path in self.held if path.startswith(f"{top}/manifests/")]
            names = sorted(tag for tag in tags if not tag.startswith("sha256:"))
            self._answer(200, _json({"name": top.removeprefix("/v2/"), "tags": names}))
            return
        kind, content = self.held.get(self.path, ("", b"{}" if self.path == "/v2/" else b""))
        headers = {"Docker-Content-Digest": _digest(content), **({"Content-Type": kind} if kind else {})}
        self._answer(200 if content else 404, content, headers)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """The demo tells what happens itself."""

    def _answer(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _put(address: str, path: str, content: bytes, kind: str = "application/octet-stream") -> None:
    connection = HTTPConnection(address, timeout=60)
    try:
        connection.request("PUT", path, content, {"Content-Type": kind})
        answer = connection.getresponse()
        if answer.status != 201:
            raise ToolError(f"the registry of the demo answered {answer.status} to PUT {path}")
    finally:
        connection.close()


def _tar(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _descriptor(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()

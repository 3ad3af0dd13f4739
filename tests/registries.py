"""Registries on loopback: Debian's docker-registry with images in it, and one that misbehaves."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.platforms import PATIENCE, eventually
from tests.programs import debian_program

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
Answer = tuple[int, dict[str, str], bytes]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@contextmanager
def registry(directory: Path) -> Iterator[str]:
    """The real registry; the host and port that images are named with."""
    directory.mkdir()
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(directory)}},
        "http": {"addr": "127.0.0.1:0"},
        "log": {"level": "info"},  # it tells the port that it got
    }
    (directory / "config.yml").write_text(json.dumps(settings))
    program = debian_program("docker-registry", "docker-registry")
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), "serve", str(directory / "config.yml")], stdout=log, stderr=log
        )
    try:
        eventually(lambda: _listening(directory / "log"), "docker-registry to listen")
        yield str(_listening(directory / "log"))
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listening(log: Path) -> str | None:
    found = re.search(r'"listening on (127\.0\.0\.1:[0-9]+)"', log.read_text(encoding="utf-8"))
    return found[1] if found else None


def _call(host: str, method: str, path: str, body: bytes = b"", kind: str = "") -> http.client.HTTPResponse:
    line = http.client.HTTPConnection(host, timeout=PATIENCE)
    line.request(method, path, body, {"Content-Type": kind} if kind else {})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


def push_image(host: str, name: str, tag: str, content: bytes = b"a layer") -> str:
    """Push an image of one layer as the distribution specification says; its digest."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "content": digest_of(content)}).encode()
    for blob in (config, content):
        where = str(_call(host, "POST", f"/v2/{name}/blobs/uploads/").headers["Location"])
        path = where.removeprefix(f"http://{host}")
        joint = "&" if "?" in path else "?"
        upload = f"{path}{joint}digest={digest_of(blob)}"
        assert _call(host, "PUT", upload, blob, "application/octet-stream").status == 201
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _described("application/vnd.oci.image.config.v1+json", config),
        "layers": [_described("application/vnd.oci.image.layer.v1.tar", content)],
    }
    return _push_manifest(host, name, tag, manifest)


def push_index(host: str, name: str, tag: str, platforms: dict[str, bytes]) -> str:
    """Push an image for several platforms (`linux/arm64`); the digest of its index."""
    manifests = []
    for platform, content in platforms.items():
        digest = push_image(host, name, f"{tag}-{platform.replace('/', '-')}", content)
        size = int(_call(host, "HEAD", f"/v2/{name}/manifests/{digest}").headers["Content-Length"])
        system, machine = platform.split("/")
        place = {"os": system, "architecture": machine}
        manifests.append({"mediaType": OCI_MANIFEST, "digest": digest, "size": size, "platform": place})
    return _push_manifest(
        host, name, tag, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
    )


def _push_manifest(host: str, name: str, tag: str, manifest: dict[str, object]) -> str:
    body = json.dumps(manifest).encode()
    path = f"/v2/{name}/manifests/{tag}"
    assert _call(host, "PUT", path, body, str(manifest["mediaType"])).status == 201
    return digest_of(body)


def _described(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content)}


class Misbehaving:
    """A server that answers as a function of method, path and headers says; `seen` are its requests."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.host = f"127.0.0.1:{server.server_address[1]}"
        self.seen: list[tuple[str, str, str]] = []
        self.answer: Callable[[str, str, str], Answer] = lambda *_: (404, {}, b"")

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak https from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)


@contextmanager
def misbehaving() -> Iterator[Misbehaving]:
    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            sign = self.headers.get("Authorization", "")
            server_state.seen.append((self.command, self.path, sign))
            status, headers, body = server_state.answer(self.command, self.path, sign)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = _reply  # noqa: N815 - the names of http.server

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server_state = Misbehaving(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server_state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""As much of an S3 service as Terraform's backend needs: objects, listing, conditional writes.

Locks are objects (`use_lockfile`), so one outlives the process that took it. That is what a killed
run leaves behind in a real bucket, and what no lock of a local file or of PostgreSQL does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.loopback import listening

BACKEND = """
  backend "s3" {
    bucket                      = "states"
    key                         = "infra.tfstate"
    region                      = "eu-west-1"
    use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
    skip_region_validation      = true
    skip_s3_checksum            = true
  }
"""


class Bucket:
    """The objects by key, and how to reach them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.guard = threading.Lock()
        self.address = ""

    @property
    def env(self) -> dict[str, str | None]:
        """What Terraform needs in its environment."""
        return {
            "AWS_ENDPOINT_URL_S3": self.address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def locks(self) -> list[str]:
        """The keys of the locks that are held."""
        return sorted(key for key in list(self.objects) if key.endswith(".tflock"))


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A service on a free port of this machine, while the block runs."""
    held = Bucket()
    with listening(type("Handler", (_Handler,), {"bucket": held})) as held.address:
        yield held


class _Handler(BaseHTTPRequestHandler):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/, the few operations that are asked for."""

    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.bucket.guard:
            if self.headers.get("If-None-Match") == "*" and self._key in self.bucket.objects:
                self._fail(412, "PreconditionFailed")
                return
            self.bucket.objects[self._key] = body
        self._answer(200, b"", ETag=_etag(body))

    def do_GET(self) -> None:
        if not self._key:
            self._answer(200, self._listing())
        elif (body := self.bucket.objects.get(self._key)) is not None:
            self._answer(200, body, ETag=_etag(body))
        else:
            self._fail(404, "NoSuchKey")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.bucket.objects.pop(self._key, None)
        self._answer(204, b"")

    @property
    def _key(self) -> str:
        """The key in the path, without the bucket; empty for the bucket itself."""
        return unquote(urlsplit(self.path).path.lstrip("/")).partition("/")[2]

    def _listing(self) -> bytes:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        keys = sorted(key for key in list(self.bucket.objects) if key.startswith(prefix))
        contents = "".join(f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>" for key in keys)
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode()

    def _fail(self, code: int, name: str) -> None:
        self._answer(code, f"<Error><Code>{name}</Code><Message>{name}</Message></Error>".encode())

    def _answer(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


def _etag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'

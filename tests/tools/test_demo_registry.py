"""The registry of the demo speaks enough of the distribution API for any client to find what was pushed."""

from __future__ import annotations

import hashlib
import json
from http.client import HTTPConnection

from kubestack_py.runner.demo_registry import MANIFEST, push_image, registry


def test_an_image_is_found_by_tag_and_by_digest_with_every_blob() -> None:
    with registry() as address:

        def ask(path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes, str, str]:
            connection = HTTPConnection(address, timeout=120)
            connection.request(method, f"/v2/web/{path}", body)
            answer = connection.getresponse()
            headers = answer.headers
            found = (answer.status, answer.read(), headers["Content-Type"], headers["Docker-Content-Digest"])
            connection.close()
            return found

        digest = push_image(address, "web", "1.0.0", {"app.py": b"print()"})
        assert push_image(address, "web", "1.0.1", {"app.py": b"print()"}) == digest
        for reference in ("1.0.0", digest):
            status, content, kind, said = ask(f"manifests/{reference}")
            assert (status, kind, said) == (200, MANIFEST, digest)
            assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
        manifest = json.loads(content)
        for blob in (manifest["config"], *manifest["layers"]):
            assert len(ask(f"blobs/{blob['digest']}")[1]) == blob["size"]
        assert json.loads(ask("tags/list")[1]) == {"name": "web", "tags": ["1.0.0", "1.0.1"]}
        status, content, _, said = ask("manifests/1.0.0", "HEAD")
        assert (status, content, said) == (200, b"", digest)
        assert ask("manifests/2.0.0")[0] == 404
        assert ask(f"blobs/uploads/new?digest={digest}", "PUT", b"other")[0] == 400

"""Git over HTTP, by Git's own program for it (git-scm.com, "git-http-backend")."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path


def serve_git(request: BaseHTTPRequestHandler, root: Path, token: str, body: bytes) -> None:
    """Answer one request for a repository below `root`; the password has to be the token."""
    login = request.headers.get("Authorization", "").removeprefix("Basic ")
    if base64.b64decode(login).decode().partition(":")[2] != token:
        _send(request, 401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        return
    parts = urlsplit(request.path)
    variables = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": "robot",
        "REMOTE_ADDR": "127.0.0.1",
    }
    environment = {**{name: os.environ[name] for name in ("PATH", "HOME")}, **variables}
    done = subprocess.run(
        ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True, timeout=300
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
    status = int(headers.pop("Status", "200").partition(" ")[0])
    _send(request, status, headers, content)


def _send(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes) -> None:
    request.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(content))}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)

"""An HTTP server for Terraform's states on this machine, with a password, locks, and ways to misbehave.

https://developer.hashicorp.com/terraform/language/backend/http says what Terraform asks of one. With
`gitlab`, it is locked as GitLab is: POST and DELETE at the address and `/lock`.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.loopback import listening

USER, PASSWORD = "ops-team", "correct-horse-battery"
GITLAB_LOCK = "/lock"


@dataclass
class States:
    """The states and the locks by path.

    `answers` replaces answers by method (`{"GET": 503}`), where a path begins with the key's second part.
    """

    gitlab: bool = False
    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[tuple[str, str], int] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    strangers: int = 0
    base: str = ""
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        """What `state.address` in kubestack.yaml says."""
        place = "api/v4/projects/42/terraform/state/{stack}-{environment}" if self.gitlab else None
        return f"{self.base}/{place or 'acme/{stack}/{environment}'}"

    @property
    def env(self) -> dict[str, str | None]:
        """Who may read them; `TF_HTTP_RETRY_WAIT_MIN` keeps tests of a failing server short."""
        return {"TF_HTTP_USERNAME": USER, "TF_HTTP_PASSWORD": PASSWORD, "TF_HTTP_RETRY_MAX": "0"}

    def serial(self, path: str) -> int:
        """How often a state was written."""
        return int(json.loads(self.states[path])["serial"])


@contextmanager
def state_server(*, gitlab: bool = False) -> Iterator[States]:
    """A server on a free port while the block runs."""
    held = States(gitlab=gitlab)
    with listening(type("Handler", (_Handler,), {"held": held})) as held.base:
        yield held


class _Handler(BaseHTTPRequestHandler):
    held: States

    def __getattr__(self, name: str) -> Any:
        """The method of every request: `do_GET`, `do_LOCK` and the others."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._answer_any

    def _answer_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        with self.held.guard:
            self.held.methods.add(self.command)
            self._answer(*self._judge(url.path, body))

    def _judge(self, path: str, body: bytes) -> tuple[int, bytes]:
        held = self.held
        for (method, beginning), code in held.answers.items():
            if method == self.command and path.startswith(beginning):
                return code, b"as told"
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            held.strangers += 1
            return 401, b""
        if held.gitlab and path.endswith(GITLAB_LOCK):
            method = {"POST": "LOCK", "DELETE": "UNLOCK"}.get(self.command, "?")
            path = path.removesuffix(GITLAB_LOCK)
        else:
            method = "?" if held.gitlab and self.command in {"LOCK", "UNLOCK"} else self.command
        return self._do(method, path, body)

    def _do(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        states, locks = self.held.states, self.held.locks
        match method:
            case "GET":
                return (200, states[path]) if path in states else (404, b"")
            case "POST":
                states[path] = body
                return 200, b""
            case "LOCK":
                if path in locks:
                    return 423, json.dumps(locks[path]).encode()
                locks[path] = json.loads(body)
                return 200, b""
            case "UNLOCK":
                locks.pop(path, None)
                return 200, b""
            case _:
                return 405, b""

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nobody reads it."""

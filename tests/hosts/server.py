"""A stateful HTTP server on this machine; each host says by its routes how it answers."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.hosts.git_http import serve_git
from tests.loopback import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


_GIT = re.compile(r"/(?:info/refs|git-(?:upload|receive)-pack)$")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asks."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server says."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeHost:
    """A host: what is in it, which requests it got, and how it will refuse the next ones.

    `refuse` holds answers for the next requests of a verb, given out one by one before the routes. The Git
    repositories below `repositories` are served too, to who signs in with the token.
    """

    token = "s3cr3t-t0ken"

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.refuse: dict[str, list[Answer]] = {}
        self.before: Callable[[Request], None] = lambda _request: None
        self.repositories: Path | None = None

    def routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        """Verb, expression of the path, and what answers; groups are its arguments after the request."""
        raise NotImplementedError

    def allowed(self, request: Request) -> bool:
        """Whether the token is right."""
        raise NotImplementedError

    def unauthorized(self) -> Answer:
        """The answer to a wrong token."""
        raise NotImplementedError

    def answer(self, request: Request) -> Answer:
        """What the host says to a request."""
        self.requests.append(request)
        self.before(request)
        if self.refuse.get(request.verb):
            return self.refuse[request.verb].pop(0)
        if not self.allowed(request):
            return self.unauthorized()
        for verb, expression, respond in self.routes():
            found = re.fullmatch(expression, request.path)
            if verb == request.verb and found:
                return respond(request, *found.groups())
        return Answer(status=404, body={"message": "Not Found"})

    def count(self, verb: str) -> int:
        """How many requests of a verb there were."""
        return sum(request.verb == verb for request in self.requests)


@contextmanager
def serving(host: FakeHost) -> Iterator[FakeHost]:
    """The host on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            if host.repositories and _GIT.search(parts.path):
                serve_git(self, host.repositories, host.token, raw)
                return
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw) if raw else None
            answer = host.answer(
                Request(verb=self.command, path=parts.path, query=query, headers=headers, body=body)
            )
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            content = b"" if answer.body is None else text.encode()
            self.send_response(answer.status)
            given = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
            for name, value in {**given, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815 - the names of http.server

        def log_message(self, *_args: object) -> None:
            """Nothing on the terminal."""

    with listening(Handler) as host.url:
        yield host

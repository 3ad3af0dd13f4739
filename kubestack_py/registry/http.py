"""Requests to a registry: signed in where it asks for it, sent again where that helps, errors in words.

Redirects are followed here, because credentials must not travel to another host (a registry sends blobs
from a storage service), and never from https to http.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from kubestack_py.errors import RegistryError
from kubestack_py.registry.challenge import parse_challenge
from kubestack_py.system.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest, Response, Session

ATTEMPTS = 4
FIRST_PAUSE = 0.5
LONGEST_WAIT = 60.0
LONGEST_BODY = 8 * 2**20
TIMEOUT = (10.0, 30.0)
_REDIRECTS = 5
_RESTLESS = {500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass
class Line:
    """A line to one registry (`host`, as images name it), for the questions of one command."""

    host: str
    login: tuple[str, str] | None = None
    pause: float = FIRST_PAUSE
    _signs: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Where it is: by https, but on this machine."""
        name = "registry-1.docker.io" if self.host == "docker.io" else self.host
        return f"{'http' if is_loopback(name) else 'https'}://{name}"

    def ask(self, method: str, path: str, repository: str, *, what: str, accept: str = "*/*") -> Answer:
        """Ask for a path, or the address of a next page; `what` is how errors call it.

        Raises `RegistryError` unless it is there.
        """
        url = urljoin(self.origin, path)
        asked_in, waited = False, 0.0
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            answer = self._once(method, url, {"Accept": accept, **self._sign(repository)}, last=last)
            if answer is not None and answer.status == 401 and not asked_in:
                asked_in = self._sign_in(answer, repository)
                if asked_in:
                    answer = self._once(method, url, {"Accept": accept, **self._sign(repository)}, last=last)
            wait = self._wait(answer, attempt)
            if answer is not None and (wait is None or last or waited + wait > LONGEST_WAIT):
                return _there(self.host, what, answer)
            time.sleep(wait or 0.0)
            waited += wait or 0.0
        raise RegistryError(f"{self.host} gave no answer")

    def _wait(self, answer: Answer | None, attempt: int) -> float | None:
        """How long to wait before asking again, in seconds; None where that would not help."""
        usual: float = self.pause * 2 ** (attempt - 1)
        if answer is None or answer.status in _RESTLESS:
            return usual
        return _retry_after(answer, usual) if answer.status == 429 else None

    def _once(self, method: str, url: str, headers: dict[str, str], *, last: bool) -> Answer | None:
        """One answer, redirects followed; None where the line broke and it is not the last attempt."""
        import requests

        try:
            with requests.Session() as session:
                return self._followed(session, method, url, headers)
        except requests.exceptions.SSLError as error:
            raise RegistryError(
                f"{self.host} cannot be trusted: its certificate does not fit",
                detail=_short(str(error)),
                hint="For a certificate of your own authority, set REQUESTS_CA_BUNDLE to its file.",
            ) from error
        except requests.exceptions.RequestException as error:
            if last:
                raise RegistryError(
                    f"{self.host} cannot be reached",
                    detail=_short(str(error)),
                    hint="Check its name, the network, and HTTPS_PROXY where there is a proxy.",
                ) from error
        return None

    def _followed(self, session: Session, method: str, url: str, headers: dict[str, str]) -> Answer:
        for _ in range(_REDIRECTS):
            response = session.request(
                method,
                url,
                headers=headers,
                auth=_as_it_is,
                allow_redirects=False,
                stream=True,
                timeout=TIMEOUT,
            )
            target = response.headers.get("Location", "")
            if response.status_code not in {301, 302, 303, 307, 308} or not target:
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, found, self._body(response), url)
            before, url = urlsplit(url), urljoin(url, target)
            after = urlsplit(url)
            if after.scheme not in {"http", "https"} or (before.scheme, after.scheme) == ("https", "http"):
                raise RegistryError(f"{self.host} redirects to {after.scheme}://{after.hostname}: refused")
            if before[:2] != after[:2]:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
        raise RegistryError(f"{self.host} redirects in a circle")

    def _body(self, response: Response) -> bytes:
        body = b""
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > LONGEST_BODY:
                raise RegistryError(f"{self.host} answers with more than {LONGEST_BODY} bytes")
        return body

    def _sign(self, repository: str) -> dict[str, str]:
        sign = self._signs.get(repository)
        return {"Authorization": sign} if sign else {}

    def _sign_in(self, answer: Answer, repository: str) -> bool:
        """Get what the registry asks for with 401; False where there is nothing to get it with."""
        challenge = parse_challenge(answer.headers.get("www-authenticate", ""))
        if challenge.scheme == "basic" and self.login:
            self._signs[repository] = _basic(self.login)
        elif challenge.scheme == "bearer" and (url := challenge.token_url(repository)):
            self._signs[repository] = f"Bearer {self._token(url)}"
        else:
            return False
        return True

    def _token(self, url: str) -> str:
        import json

        place = urlsplit(url)
        if place.scheme != "https" and not is_loopback(place.netloc):
            raise RegistryError(
                f"{self.host} wants credentials sent to {place.netloc} without https: refused"
            )
        headers = {"Authorization": _basic(self.login)} if self.login else {}
        answer = self._once("GET", url, headers, last=True)
        try:
            value = json.loads(answer.body) if answer and answer.status == 200 else {}
            token = value.get("token") or value.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if isinstance(token, str) and token.isprintable():
            return token
        status = answer.status if answer else 0
        raise RegistryError(
            f"{place.netloc} gives no token for {self.host}: it answers {status}",
            hint=f"Log in with an account that may pull: docker login {self.host}",
        )


def _there(host: str, what: str, answer: Answer) -> Answer:
    """The answer where it is a good one."""
    if 200 <= answer.status < 300:
        return answer
    login = f"Log in with an account that may pull it: docker login {host}"
    message, hint = {
        401: (f"{host} shows {what} to nobody without a login, or not with this one", login),
        403: (f"{host} forbids to pull {what}", login),
        404: (f"there is no {what}", "Check the name and the tag; was it pushed?"),
        429: (
            f"{host} asks for patience: too many requests",
            "Wait some minutes, or log in for a higher limit.",
        ),
    }.get(answer.status, (f"{host} answers {answer.status} about {what}", "Ask again later."))
    said = _short(answer.body.decode("utf-8", "replace"))
    raise RegistryError(message, hint=hint, detail=said, status=answer.status)


def _retry_after(answer: Answer, usual: float) -> float:
    """What the header asks for: seconds, or a date."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return usual
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _basic(login: tuple[str, str]) -> str:
    import base64

    return f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    """Keeps requests from adding what stands in ~/.netrc."""
    return request


def _short(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable[:300].strip()

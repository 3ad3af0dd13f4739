"""The client of registries against a real one, and against one that answers 401, 404, 429, 500."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kubestack_py.errors import RegistryError
from kubestack_py.model.image import ImageReference, parse_image
from kubestack_py.registry.client import Registry
from kubestack_py.registry.credentials import docker_login
from kubestack_py.registry.http import Line
from tests.registries import Answer, Misbehaving, digest_of, misbehaving, push_image, push_index, registry

BODY = b'{"schemaVersion": 2}'
GOOD: Answer = (200, {"Docker-Content-Digest": digest_of(BODY), "Content-Type": "x/y"}, BODY)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry") / "data") as found:
        yield found


@pytest.fixture
def bad() -> Iterator[Misbehaving]:
    with misbehaving() as server:
        yield server


def reference(text: str) -> ImageReference:
    found = parse_image(text)
    assert found
    return found


def ask(server: Misbehaving, login: tuple[str, str] | None = None) -> str:
    line = Line(server.host, login, pause=0.01)
    return Registry(line).image(reference(f"{server.host}/team/web:1")).digest


def test_digest_and_platforms_are_those_that_were_pushed(host: str) -> None:
    digest = push_image(host, "team/web", "1.0.0")
    image = reference(f"{host}/team/web:1.0.0")
    client = Registry(Line(host))
    assert client.image(image).digest == digest
    assert client.image(replace(image, tag="", digest=digest)).digest == digest
    several = push_index(host, "team/multi", "2", {"linux/amd64": b"a", "linux/arm64": b"b"})
    found = client.image(reference(f"{host}/team/multi:2"))
    assert (found.digest, found.platforms) == (several, ("linux/amd64", "linux/arm64"))


def test_tags_come_from_all_pages(host: str) -> None:
    tags = [f"1.{number}.0" for number in range(7)]
    for tag in tags:
        push_image(host, "team/paged", tag)
    found = Registry(Line(host), page=3).tags(reference(f"{host}/team/paged"))
    assert sorted(found) == tags


def test_what_is_not_there_is_said(host: str) -> None:
    with pytest.raises(RegistryError, match=r"there is no .*/team/nothing:1"):
        Registry(Line(host)).image(reference(f"{host}/team/nothing:1"))


def test_token_is_asked_for_once_and_with_the_login(bad: Misbehaving) -> None:
    realm = f'Bearer realm="http://{bad.host}/token?a=b",service="reg",scope="repository:team/web:pull"'

    def answer(_method: str, path: str, sign: str) -> Answer:
        if path.startswith("/token"):
            return 200, {}, json.dumps({"token": "t0k"}).encode()
        return GOOD if sign == "Bearer t0k" else (401, {"WWW-Authenticate": realm}, b"")

    bad.answer = answer
    assert ask(bad, ("me", "secret")) == digest_of(BODY)
    asked = [(path, sign) for _, path, sign in bad.seen if path.startswith("/token")]
    assert asked == [("/token?a=b&service=reg&scope=repository%3Ateam%2Fweb%3Apull", "Basic bWU6c2VjcmV0")]


def test_basic_login_comes_from_docker(bad: Misbehaving, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"auths": {f"https://{bad.host}/v1/": {"auth": "bWU6c2VjcmV0"}}}))
    bad.answer = lambda _m, _p, sign: (
        GOOD if sign == "Basic bWU6c2VjcmV0" else (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")
    )
    assert ask(bad, docker_login(config, bad.host)) == digest_of(BODY)
    with pytest.raises(RegistryError, match="to nobody without a login"):
        ask(bad, docker_login(config, "elsewhere.example.com"))
    config.write_text('{"auths": {"x": ')
    with pytest.raises(RegistryError, match="cannot be read"):
        docker_login(config, "x")


@pytest.mark.parametrize(
    ("status", "headers", "said", "requests"),
    [
        (401, {}, "to nobody without a login", 1),
        (401, {"WWW-Authenticate": 'Bearer realm="http://example.com/t"'}, "without https: refused", 1),
        (403, {}, "forbids to pull", 1),
        (404, {}, "there is no", 1),
        (429, {"Retry-After": "0"}, "asks for patience", 4),
        (429, {"Retry-After": "3600"}, "asks for patience", 1),
        (500, {}, "answers 500", 4),
        (503, {}, "answers 503", 4),
        (302, {"Location": "ftp://example.com/"}, "redirects to ftp", 1),
        (302, {"Location": "/v2/team/web/manifests/1"}, "in a circle", 5),
    ],
)
def test_bad_answers_end_in_words(
    bad: Misbehaving, status: int, headers: dict[str, str], said: str, requests: int
) -> None:
    bad.answer = lambda *_: (status, headers, b"")
    with pytest.raises(RegistryError, match=said):
        ask(bad)
    assert len(bad.seen) == requests


def test_passing_trouble_is_waited_for(bad: Misbehaving) -> None:
    troubles = iter([(429, {"Retry-After": "0"}, b""), (502, {}, b"")])
    bad.answer = lambda *_: next(troubles, GOOD)
    assert ask(bad) == digest_of(BODY)


@pytest.mark.parametrize("told", [digest_of(b"other"), digest_of(BODY)])
def test_other_content_than_the_digest_is_refused(bad: Misbehaving, told: str) -> None:
    bad.answer = lambda *_: (200, {"Docker-Content-Digest": told}, BODY)
    wanted = reference(f"{bad.host}/team/web@{digest_of(b'other')}")
    with pytest.raises(RegistryError, match="sends another content"):
        Registry(Line(bad.host)).image(wanted)


def test_credentials_do_not_follow_a_redirect_to_another_host(bad: Misbehaving) -> None:
    with misbehaving() as storage:
        storage.answer = lambda *_: GOOD

        def answer(_method: str, path: str, sign: str) -> Answer:
            if not sign:
                return 401, {"WWW-Authenticate": "Basic realm=x"}, b""
            return 307, {"Location": f"http://{storage.host}{path}"}, b""

        bad.answer = answer
        assert ask(bad, ("me", "secret")) == digest_of(BODY)
        assert [sign for _, _, sign in storage.seen] == ["", ""]
        assert {sign for _, _, sign in bad.seen} == {"", "Basic bWU6c2VjcmV0"}


def test_what_is_no_tag_is_not_taken_for_one(bad: Misbehaving) -> None:
    tags = ["1.0", "9" * 5000, "\x1b[2J", "a b", 7, None, ""]
    bad.answer = lambda *_: (200, {}, json.dumps({"tags": tags}).encode())
    assert Registry(Line(bad.host)).tags(reference(f"{bad.host}/team/web")) == ("1.0",)


def test_next_page_on_another_host_is_refused(bad: Misbehaving) -> None:
    link = '<http://example.com/v2/x/tags/list>; rel="next"'
    bad.answer = lambda *_: (200, {"Link": link}, b'{"tags": ["1"]}')
    with pytest.raises(RegistryError, match="on another host"):
        Registry(Line(bad.host)).tags(reference(f"{bad.host}/team/web"))


class _Secure(Line):
    """Speaks https on loopback too."""

    @property
    def origin(self) -> str:
        return f"https://{self.host}"


def test_certificate_that_does_not_fit_is_refused(bad: Misbehaving, tmp_path: Path) -> None:
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate"), "-subj", "/CN=x"]
    subprocess.run([*make, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    bad.secure(context)
    bad.answer = lambda *_: GOOD
    with pytest.raises(RegistryError, match="certificate does not fit") as raised:
        Registry(_Secure(bad.host, pause=0.01)).image(reference(f"{bad.host}/web:1"))
    assert "REQUESTS_CA_BUNDLE" in raised.value.hint
    assert bad.seen == []


def test_registry_that_is_away_is_said() -> None:
    with pytest.raises(RegistryError, match="cannot be reached"):
        Registry(Line("127.0.0.1:1", pause=0.01)).image(reference("127.0.0.1:1/web:1"))

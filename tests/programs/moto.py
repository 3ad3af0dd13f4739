"""moto as a server: what answers as AWS in tests, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import program

SECONDS_TO_START = 60


@contextmanager
def moto(log: Path) -> Iterator[dict[str, str]]:
    """A server while the block runs; gives the variables that Terraform finds it by.

    Terraform is to see nothing of a machine's own credentials, so these are complete.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Roles get policies of AWS's own, which moto knows only when it is told to load them.
    environ = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    command = [str(program("moto", "moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as stream:
        server = subprocess.Popen(command, env=environ, stdout=stream, stderr=stream)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server)
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        assert server.poll() is None, "moto ended at once"
        try:
            urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"moto did not answer within {SECONDS_TO_START} s")

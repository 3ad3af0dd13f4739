"""moto as a server: what answers as AWS in tests, on a free port of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import HERE, program


@contextmanager
def moto(log: Path) -> Iterator[dict[str, str]]:
    """A server while the block runs; gives the variables that Terraform finds it by.

    Terraform is to see nothing of a machine's own credentials, so these are complete.
    """
    # Roles get policies of AWS's own, which moto knows only when it is told to load them.
    environ = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    command = [str(program("moto", "python")), "-P", str(HERE / "moto_server.py")]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True) as server,
    ):
        try:
            assert server.stdout
            port = server.stdout.readline().strip()
            assert port, f"moto ended at once: {log.read_text(encoding='utf-8')}"
            yield {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        finally:
            server.terminate()

"""A PostgreSQL of the test's own, where its programs are installed: the server refuses to run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER = "postgres"


def programs() -> Path | None:
    """The directory with `initdb` and `pg_ctl`, or None."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((place for place in reversed(places) if (place / "initdb").exists()), None)


@contextmanager
def postgresql() -> Iterator[str]:
    """A server on a socket of its own while the block runs; yields what Terraform's `conn_str` takes."""
    place = programs()
    assert place, "PostgreSQL is not installed"
    user = OWNER if os.getuid() == 0 else None
    data = Path(tempfile.mkdtemp(prefix="kubestack-test-pg-"))
    if user:
        shutil.chown(data, user)

    def call(program: str, *args: str) -> None:
        argv = [str(place / program), "-D", str(data / "data"), *args]
        subprocess.run(argv, cwd=data, user=user, check=True, capture_output=True)

    try:
        call("initdb", "--auth=trust", f"--username={OWNER}", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={data} -c fsync=off"
        call("pg_ctl", "--wait", "--timeout=300", f"--log={data / 'log'}", f"--options={options}", "start")
        yield f"postgres://{OWNER}@/{OWNER}?host={data}&sslmode=disable"
        call("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(data)

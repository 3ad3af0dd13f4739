"""A control plane of Kubernetes on loopback: the real etcd, API server and controllers, and no node.

`KUBESTACK_TEST_CONTROL_PLANE` names the folder of `kube-apiserver`, and of `kube-controller-manager` where
its controllers are to run; `scripts/control-plane FOLDER` builds both. By hand:
`python -m tests.control_plane FOLDER DIRECTORY` keeps one running, with its kubeconfig in the directory.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.platforms import eventually
from tests.programs import debian_program

PROGRAMS = os.environ.get("KUBESTACK_TEST_CONTROL_PLANE")  # read once: tests run without any variable of ours
CONTEXT = "control-plane"
_USERS = {"admin": "system:masters", "nobody": "nobodies"}  # and their group; the name is the token


class ControlPlane:
    """Its processes, with all that they write in one directory."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self._programs = programs
        self._directory = directory
        self._etcd, self._peer, self._port = (str(_free_port()) for _ in range(3))
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._write_secrets()
        self.start_etcd()
        self.start_api()
        if shutil.which("kube-controller-manager", path=self._programs):
            self._start("kube-controller-manager", self._controller_flags())

    def stop(self) -> None:
        """End every process, the last one first."""
        for name in reversed(list(self._running)):
            self.end(name)

    def end(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one process."""
        process = self._running.pop(name)
        process.send_signal(how)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:  # an API server without its etcd does not end
            process.kill()
            process.wait()

    def start_etcd(self) -> None:
        client, peer = f"http://127.0.0.1:{self._etcd}", f"http://127.0.0.1:{self._peer}"
        flags = {
            "data-dir": str(self._directory / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
        }
        self._start("etcd", flags)

    def start_api(self) -> None:
        """Start the API server, for the first time or again."""
        self._start("kube-apiserver", self._api_flags())
        eventually(self._answers, "the API server to be ready")

    def kubeconfig(self, user: str = "admin") -> Path:
        """The kubeconfig of a user: `admin` may do all, `nobody` what roles grant."""
        path = self._directory / f"{user}.kubeconfig"
        server = {
            "server": f"https://127.0.0.1:{self._port}",
            "certificate-authority": str(self._directory / "certificates" / "apiserver.crt"),
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [{"name": CONTEXT, "cluster": server}],
            "users": [{"name": user, "user": {"token": user}}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
        }
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    def _start(self, name: str, flags: Mapping[str, str]) -> None:
        program = shutil.which(name, path=self._programs) or debian_program(name, f"{name}-server")
        arguments = [f"--{flag}={value}" for flag, value in flags.items()]
        with (self._directory / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen([str(program), *arguments], stdout=log, stderr=log)

    def _api_flags(self) -> dict[str, str]:
        key = str(self._directory / "service-accounts.pem")
        return {
            "etcd-servers": f"http://127.0.0.1:{self._etcd}",
            "bind-address": "127.0.0.1",
            "secure-port": self._port,
            "cert-dir": str(self._directory / "certificates"),
            "token-auth-file": str(self._directory / "tokens.csv"),
            "authorization-mode": "RBAC",
            "service-cluster-ip-range": "10.0.0.0/24",
            "service-account-issuer": "https://kubernetes.invalid",
            "service-account-key-file": key,
            "service-account-signing-key-file": key,
        }

    def _controller_flags(self) -> dict[str, str]:
        return {
            "kubeconfig": str(self.kubeconfig()),
            "service-account-private-key-file": str(self._directory / "service-accounts.pem"),
            "use-service-account-credentials": "true",
            "leader-elect": "false",
        }

    def _write_secrets(self) -> None:
        with (self._directory / "tokens.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows((user, user, user, group) for user, group in _USERS.items())
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        (self._directory / "service-accounts.pem").write_bytes(key)

    def _answers(self) -> bool:
        process = self._running["kube-apiserver"]
        assert process.poll() is None, f"kube-apiserver ended: see {self._directory}"
        url = f"https://127.0.0.1:{self._port}/readyz"
        request = urllib.request.Request(url, headers={"Authorization": "Bearer admin"})
        try:
            trust = ssl.create_default_context(cafile=self._directory / "certificates" / "apiserver.crt")
            with urllib.request.urlopen(request, context=trust, timeout=10) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def _free_port() -> int:
    """A port that nobody listens at, and that the system gives to none who asks for any (ip(7))."""
    while True:
        port = random.randrange(20000, 32768)  # noqa: S311 - not a secret
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def main(arguments: Sequence[str]) -> None:
    """Keep one running until it is interrupted."""
    programs, directory = (Path(item).resolve() for item in arguments)
    plane = ControlPlane(programs, directory)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        plane.start()
        sys.stdout.write(f"{plane.kubeconfig()}\n")
        sys.stdout.flush()
        signal.pause()
    finally:
        plane.stop()


if __name__ == "__main__":
    main(sys.argv[1:])

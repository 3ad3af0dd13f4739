"""A cluster for tests: always the API on loopback, and a real one where there is one.

KUBESTACK_TEST_KUBECONFIG names one, or KUBESTACK_TEST_CONTROL_PLANE the programs of one that is started.
Tests are the same for all. None needs controllers or nodes: what these would write, tests write themselves
through `status`; where controllers run, tests are only the kubelet.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests import control_plane
from tests.conftest import make_repository
from tests.fake.kube_api import KubeApi
from tests.platforms import Platform, eventually

REAL = os.environ.get("KUBESTACK_TEST_KUBECONFIG")  # read once: tests run without any variable of ours
IMAGE = "registry.k8s.io/pause:3.10"


@dataclass(frozen=True)
class TestCluster:
    """A cluster, and a namespace of it that is this test's own."""

    __test__ = False
    kubeconfig: Path
    context: str
    namespace: str
    controlled: bool = False

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as somebody else would."""
        done = subprocess.run(
            ["kubectl", f"--kubeconfig={self.kubeconfig}", f"--context={self.context}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(
        self, kind: str, name: str, labels: Mapping[str, str] | None = None, **parts: Mapping[str, Any]
    ) -> None:
        """Make an object of the core group."""
        place = {} if kind == "Namespace" else {"namespace": self.namespace}
        metadata = {"name": name, "labels": dict(labels or {}), **place}
        value = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}
        self.kubectl("create", "--filename=-", stdin=json.dumps(value))

    def get(self, *what: str) -> Any:
        """Objects as the API gives them."""
        return json.loads(
            self.kubectl("get", "--namespace", self.namespace, *what, "--output=json") or "null"
        )

    def has_controllers(self) -> bool:
        """Whether anybody makes a service account for a new namespace, within some seconds."""
        for _ in range(100):
            if self.get("serviceaccount", "default", "--ignore-not-found"):
                return True
            time.sleep(0.2)
        return False

    def names(self, plural: str, selector: str) -> list[str]:
        """Names of objects in the namespace."""
        return [item["metadata"]["name"] for item in self.get(plural, f"--selector={selector}")["items"]]

    def finalizers(self, what: str, *names: str) -> None:
        """Let an object be held by these, or by none."""
        patch = json.dumps({"metadata": {"finalizers": list(names)}})
        self.kubectl("patch", what, "--namespace", self.namespace, "--type=merge", f"--patch={patch}")

    def status(self, what: str, status: Mapping[str, Any]) -> None:
        """Write what a controller or a kubelet would."""
        patch = json.dumps({"status": status})
        self.kubectl(
            *("patch", what, "--namespace", self.namespace, "--subresource=status", "--type=merge"),
            f"--patch={patch}",
        )

    def roll_out(self, name: str) -> None:
        """Let a Deployment be ready, and its pods where a controller makes them."""
        if self.controlled:
            eventually(lambda: self._ready(name), f"{name} to be rolled out")
            return
        found = self.get("deployment", name)
        count = found["spec"]["replicas"]
        counts = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
        observed = {"observedGeneration": found["metadata"]["generation"]}
        self.status(f"deployment/{name}", {**dict.fromkeys(counts, count), **observed})

    def _ready(self, name: str) -> bool:
        """Whether the controller says so, after another word as the kubelet."""
        for pod in self.get("pods")["items"]:
            ready = {"type": "Ready", "status": "True"}
            self.status(f"pod/{pod['metadata']['name']}", {"phase": "Running", "conditions": [ready]})
        found = self.get("deployment", name)
        return bool(found["status"].get("availableReplicas") == found["spec"]["replicas"])

    def starve(self) -> None:
        """A quota that lets no pod in, as soon as it is in force."""
        self.create("ResourceQuota", "small", spec={"hard": {"pods": "0"}})
        eventually(lambda: self.get("resourcequota", "small").get("status"), "the quota to be in force")

    def altered(self, path: Path, part: str, change: Mapping[str, Any]) -> Path:
        """A kubeconfig whose `clusters` or `users` are others."""
        text = self.kubectl("config", "view", "--raw", "--flatten", "--minify", "--output=json")
        config = json.loads(text)
        for item in config[part]:
            inner = item[part.removesuffix("s")]
            kept = inner if part == "clusters" else {}
            item[part.removesuffix("s")] = {**kept, **change}
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    def settings(self, kubeconfig: Path | None = None) -> dict[str, str]:
        """`cluster:` of an environment."""
        return {
            "context": self.context,
            "kubeconfig": str(kubeconfig or self.kubeconfig),
            "namespace": self.namespace,
        }

    def platform(
        self,
        root: Path,
        objects: str,
        *,
        kubeconfig: Path | None = None,
        stack: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Platform:
        """A platform with one environment and one stack `web` that kubectl delivers."""
        environment = {
            "name": "ops",
            "apply_on": {"branch": "main"},
            "cluster": self.settings(kubeconfig),
        }
        config = {
            "version": 1,
            "name": "acme",
            "environments": [environment],
            "stacks": [{"path": "web", "delivery": "kubectl", **(stack or {})}],
            "verify": {"rollout_timeout": 5},
            "policies": {"mode": "off"},
            **settings,
        }
        tree = {
            "kubestack.yaml": yaml.safe_dump(config),
            "web/base/kustomization.yaml": "resources: [objects.yaml]\n",
            "web/base/objects.yaml": objects,
            "web/overlays/ops/kustomization.yaml": "resources: [../../base]\n",
        }
        make_repository(root, tree)
        return Platform(root=root)

    @contextmanager
    def forwarded(self, path: Path) -> Iterator[tuple[Path, Forwarder]]:
        """The same cluster through a line that can be cut."""
        text = self.kubectl("config", "view", "--raw", "--flatten", "--minify", "--output=json")
        server = urlsplit(json.loads(text)["clusters"][0]["cluster"]["server"])
        forwarder = Forwarder(str(server.hostname), server.port or 443)
        change = {"server": f"https://127.0.0.1:{forwarder.port}", "tls-server-name": str(server.hostname)}
        try:
            yield self.altered(path, "clusters", change), forwarder
        finally:
            forwarder.cut()


class Forwarder:
    """Bytes from a port on loopback to a server and back, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and take no new one."""
        for item in (self._listener, *self._open):
            with suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._open.append(near)
                far = socket.create_connection(self._target)
                self._open.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="session")
def loopback_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an API on loopback."""
    directory = tmp_path_factory.mktemp("kube")
    api = KubeApi()
    api.start(directory)
    yield api.kubeconfig(directory / "config")
    api.stop()


@pytest.fixture(scope="session")
def real_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a real API server."""
    if REAL:
        yield Path(REAL)
        return
    plane = control_plane.ControlPlane(
        Path(str(control_plane.PROGRAMS)), tmp_path_factory.mktemp("control-plane")
    )
    try:
        plane.start()
        yield plane.kubeconfig()
    finally:
        plane.stop()


@pytest.fixture(params=["loopback", *(["real"] if REAL or control_plane.PROGRAMS else [])])
def cluster(request: pytest.FixtureRequest) -> Iterator[TestCluster]:
    """A cluster with a fresh namespace, which goes at the end."""
    kubeconfig = request.getfixturevalue(f"{request.param}_api")
    view = ["kubectl", f"--kubeconfig={kubeconfig}", "config", "current-context"]
    context = subprocess.run(view, check=True, capture_output=True, text=True).stdout.strip()
    made = TestCluster(kubeconfig, context, f"kubestack-test-{secrets.token_hex(4)}")
    made.create("Namespace", made.namespace)
    if request.param == "real" and made.has_controllers():
        made = replace(made, controlled=True)
    yield made
    made.kubectl("delete", "namespace", made.namespace, "--wait=false")

"""A Kubernetes API on loopback, as much of it as kubectl and these tests need. It runs nothing.

It keeps objects, applies on the server's side with field managers and conflicts, knows dry runs, label
selectors, `status`, kinds that come with a CustomResourceDefinition, and bearer tokens. What it is for is
the program's own behaviour; whether a real server behaves as it does is what KUBESTACK_TEST_KUBECONFIG asks.
"""

from __future__ import annotations

import copy
import datetime
import ipaddress
import json
import re
import secrets
import ssl
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fake.kube_fields import ConflictError, apply, changed, encoded, merge, shown
from tests.loopback import LoopbackServer


class Resource(NamedTuple):
    """One kind that the server knows."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


BUILT_IN = tuple(
    Resource(group, version, plural, kind, namespaced)
    for group, version, namespaced, names in (
        ("", "v1", False, "namespaces:Namespace"),
        (
            "",
            "v1",
            True,
            "configmaps:ConfigMap secrets:Secret services:Service pods:Pod serviceaccounts:ServiceAccount "
            "events:Event resourcequotas:ResourceQuota",
        ),
        (
            "apps",
            "v1",
            True,
            "deployments:Deployment statefulsets:StatefulSet daemonsets:DaemonSet replicasets:ReplicaSet",
        ),
        ("batch", "v1", True, "jobs:Job"),
        ("rbac.authorization.k8s.io", "v1", False, "clusterroles:ClusterRole"),
        (
            "admissionregistration.k8s.io",
            "v1",
            False,
            "validatingwebhookconfigurations:ValidatingWebhookConfiguration",
        ),
        ("apiextensions.k8s.io", "v1", False, "customresourcedefinitions:CustomResourceDefinition"),
    )
    for plural, _, kind in (name.partition(":") for name in names.split())
)
_URL = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>status))?"
)


class ApiError(Exception):
    """An answer that is no success: a `Status` object."""

    def __init__(
        self, code: int, reason: str, message: str, causes: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
            "details": {"causes": causes or []},
        }
        self.code = code


class Store:
    """The objects, and who owns what of them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.resources = list(BUILT_IN)
        self.objects: dict[tuple[str, str, str, str], dict[str, Any]] = {}
        self.owned: dict[tuple[str, str, str, str], dict[str, set[tuple[str, ...]]]] = {}
        self.version = 100
        for name in ("default", "kube-system"):
            self.put(BUILT_IN[0], "", name, {"apiVersion": "v1", "kind": "Namespace"}, "server", {})

    def resource(self, group: str, version: str, plural: str) -> Resource:
        for item in self.resources:
            if (item.group, item.version, item.plural) == (group, version, plural):
                return item
        raise ApiError(404, "NotFound", "the server could not find the requested resource")

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        found = self.objects.get((resource.group, resource.plural, namespace, name))
        if found is None:
            full = ".".join(part for part in (resource.plural, resource.group) if part)
            raise ApiError(404, "NotFound", f'{full} "{name}" not found')
        return found

    def list(self, resource: Resource, namespace: str, labels: str, fields: str) -> list[dict[str, Any]]:
        return [
            item
            for (group, plural, where, _), item in sorted(self.objects.items())
            if (group, plural) == (resource.group, resource.plural)
            and namespace in ("", where)
            and _selected(item, labels)
            and all(_field(item, key) == value for key, value in _pairs(fields))
        ]

    def put(  # noqa: PLR0917 - a request has so many parts
        self,
        resource: Resource,
        namespace: str,
        name: str,
        value: dict[str, Any],
        manager: str,
        query: dict[str, str],
        kind: str = "merge",
        sub: str = "",
    ) -> tuple[dict[str, Any], bool]:
        """Write an object as an apply or an update; the answer and whether it is new."""
        key = (resource.group, resource.plural, namespace, name)
        live = self.objects.get(key)
        if live is None and namespace and ("", "namespaces", "", namespace) not in self.objects:
            raise ApiError(404, "NotFound", f'namespaces "{namespace}" not found')
        value = _admitted(resource, value, query)
        owned = self.owned.get(key, {})
        if kind == "apply":
            after, owned = self._applied(resource, live, value, owned, manager, query)
        else:
            after = merge(copy.deepcopy(live or {}), value)
            mine = changed(live or {}, after)
            owned = {other: fields - mine for other, fields in owned.items() if fields - mine}
            owned = {**owned, manager: owned.get(manager, set()) | mine}
        if not sub and kind != "status" and live:
            after = {**after, "status": live["status"]} if "status" in live else after
        _complete(resource, after, namespace, name, owned)
        if live and live.get("spec") != after.get("spec"):
            after["metadata"]["generation"] += 1
        same = live is not None and _plain(live) == _plain(after)
        after["metadata"]["resourceVersion"] = (
            live["metadata"]["resourceVersion"] if same and live else self._next()
        )
        if "dryRun" not in query:
            self.objects[key], self.owned[key] = after, owned
            self._register(resource, after)
            if after["metadata"].get("deletionTimestamp") and not after["metadata"].get("finalizers"):
                self.delete(resource, namespace, name, query)
        return after, live is None

    def delete(self, resource: Resource, namespace: str, name: str, query: dict[str, str]) -> dict[str, Any]:
        found = self.get(resource, namespace, name)
        if "dryRun" not in query and found["metadata"].get("finalizers"):
            found["metadata"].setdefault("deletionTimestamp", "2026-01-01T00:00:00Z")
        elif "dryRun" not in query:
            del self.objects[resource.group, resource.plural, namespace, name]
            self.owned.pop((resource.group, resource.plural, namespace, name), None)
            if resource.kind == "Namespace":
                for key in [key for key in self.objects if key[2] == name]:
                    del self.objects[key]
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Success",
            "details": {"name": name, **found["metadata"]},
        }

    def _applied(  # noqa: PLR0917 - a request has so many parts
        self,
        resource: Resource,
        live: dict[str, Any] | None,
        value: dict[str, Any],
        owned: dict[str, set[tuple[str, ...]]],
        manager: str,
        query: dict[str, str],
    ) -> tuple[dict[str, Any], dict[str, set[tuple[str, ...]]]]:
        try:
            return apply(live, value, owned, manager, query.get("force") == "true")
        except ConflictError as error:
            texts, causes = [], []
            for other, fields in error.fields.items():
                who = f'"{other}" using {resource.group_version}'
                names = [shown(path) for path in fields]
                causes += [
                    {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": name}
                    for name in names
                ]
                listed = "".join(f"\n- {name}" for name in names)
                texts.append(
                    f"conflict with {who}: {names[0]}"
                    if len(names) == 1
                    else f"conflicts with {who}:{listed}"
                )
            count = len(causes)
            message = f"Apply failed with {count} conflict{'s' if count > 1 else ''}: " + "\n".join(texts)
            raise ApiError(409, "Conflict", message, causes) from error

    def _register(self, resource: Resource, value: dict[str, Any]) -> None:
        """A definition brings its kind, and is established at once."""
        if resource.kind != "CustomResourceDefinition":
            return
        spec = value["spec"]
        value["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
        for version in spec["versions"]:
            names = spec["names"]
            item = Resource(
                spec["group"], version["name"], names["plural"], names["kind"], spec["scope"] == "Namespaced"
            )
            if item not in self.resources:
                self.resources.append(item)

    def _next(self) -> str:
        self.version += 1
        return str(self.version)


def _admitted(resource: Resource, value: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """The object as the server stores it, or a refusal of what it cannot be."""
    value = copy.deepcopy(value)
    value.get("metadata", {}).pop("managedFields", None)
    if resource.kind == "Secret" and "stringData" in value:
        texts = value.pop("stringData")
        encoded_texts = {key: b64encode(text.encode()).decode() for key, text in texts.items()}
        value["data"] = {**value.get("data", {}), **encoded_texts}
    if resource.kind == "Deployment" and query.get("fieldValidation") == "Strict":
        unknown = set(value.get("spec", {})) - {
            "replicas", "selector", "template", "strategy", "progressDeadlineSeconds", "revisionHistoryLimit",
            "minReadySeconds", "paused",
        }  # fmt: skip
        if unknown:
            raise ApiError(400, "BadRequest", f'strict decoding error: unknown field "spec.{min(unknown)}"')
    return value


def _complete(
    resource: Resource,
    value: dict[str, Any],
    namespace: str,
    name: str,
    owned: dict[str, set[tuple[str, ...]]],
) -> None:
    """What the server adds: identity, time, generation, defaults, owners of fields."""
    metadata = value.setdefault("metadata", {})
    value["apiVersion"], value["kind"] = resource.group_version, resource.kind
    metadata["name"] = name
    if namespace:
        metadata["namespace"] = namespace
    metadata.setdefault("uid", secrets.token_hex(8))
    metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
    metadata.setdefault("generation", 1)
    if resource.kind in ("Deployment", "StatefulSet"):
        value.setdefault("spec", {}).setdefault("replicas", 1)
    if resource.kind == "Service":
        value.setdefault("spec", {}).setdefault("clusterIP", "10.0.0.10")
    metadata["managedFields"] = [
        {
            "manager": manager,
            "operation": "Apply",
            "apiVersion": resource.group_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": encoded(fields),
        }
        for manager, fields in sorted(owned.items())
    ]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    metadata = {k: v for k, v in value["metadata"].items() if k not in {"managedFields", "resourceVersion"}}
    return {**value, "metadata": metadata}


def _pairs(selector: str) -> list[tuple[str, str]]:
    parts = [part for part in selector.split(",") if part]
    return [(part.partition("=")[0], part.rpartition("=")[2]) for part in parts if "=" in part]


def _selected(item: dict[str, Any], selector: str) -> bool:
    labels = item["metadata"].get("labels", {})
    named = [part for part in selector.split(",") if part and "=" not in part]
    return all(labels.get(key.rstrip("=")) == value for key, value in _pairs(selector)) and all(
        name in labels for name in named
    )


def _field(item: dict[str, Any], path: str) -> Any:
    value: Any = item
    for step in path.rstrip("=").split("."):
        value = value.get(step, "") if isinstance(value, dict) else ""
    return value


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait for each other
    server: KubeApi

    def log_message(self, *_: object) -> None:
        """Keep silent."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._authenticate()
            with self.server.store.lock:
                code, value = self._respond(url.path, query, body)
        except ApiError as error:
            code, value = error.code, error.status
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server calls them

    def _authenticate(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            raise ApiError(401, "Unauthorized", "Unauthorized")

    def _respond(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        found = self._discovery(path)
        if found is not None:
            return 200, found
        match = _URL.fullmatch(path)
        if match is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        store = self.server.store
        resource = store.resource(match["group"] or "", match["core"] or match["version"], match["plural"])
        namespace, name = match["namespace"] or "", match["name"] or ""
        if self.command == "GET" and not name:
            items = store.list(
                resource, namespace, query.get("labelSelector", ""), query.get("fieldSelector", "")
            )
            return 200, {
                "kind": f"{resource.kind}List",
                "apiVersion": resource.group_version,
                "metadata": {"resourceVersion": str(store.version)},
                "items": items,
            }
        if self.command == "GET":
            return 200, store.get(resource, namespace, name)
        if self.command == "DELETE":
            return 200, store.delete(resource, namespace, name, query)
        if "protobuf" in self.headers.get("Content-Type", ""):
            raise ApiError(415, "UnsupportedMediaType", "only JSON and YAML are understood here")
        value = yaml.load(body, yaml.CSafeLoader)
        kind = "apply" if "apply-patch" in self.headers.get("Content-Type", "") else "merge"
        manager = query.get("fieldManager") or self.headers.get("User-Agent", "unknown").partition("/")[0]
        name = name or value["metadata"]["name"]
        if self.command == "POST" and (resource.group, resource.plural, namespace, name) in store.objects:
            raise ApiError(409, "AlreadyExists", f'{resource.plural} "{name}" already exists')
        if self.command == "PATCH" and kind == "merge":
            store.get(resource, namespace, name)
        sub = match["sub"] or ""
        if kind == "merge" and not sub and self.command != "POST":
            value.pop("status", None)
        made, is_new = store.put(resource, namespace, name, value, manager, query, kind, sub)
        return (201 if is_new else 200), made

    def _discovery(self, path: str) -> Any:
        resources = self.server.store.resources
        groups = sorted({(item.group, item.version) for item in resources if item.group})
        if path == "/version":
            return {"major": "1", "minor": "32", "gitVersion": "v1.32.0"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*item) for item in groups]}
        if path == "/openapi/v3":
            names = ["api/v1", *(f"apis/{group}/{version}" for group, version in groups)]
            return {"paths": {name: {"serverRelativeURL": f"/openapi/v3/{name}"} for name in names}}
        match = re.fullmatch(
            r"(?P<open>/openapi/v3)?/(?:api/v1|apis/(?P<group>[^/]+)/(?P<version>[^/]+))", path
        )
        if match is None:
            return None
        group, version = match["group"] or "", match["version"] or "v1"
        own = [item for item in resources if (item.group, item.version) == (group, version)]
        return _openapi(own) if match["open"] else _resource_list(own, f"{group}/{version}".lstrip("/"))


def _group(group: str, version: str) -> dict[str, Any]:
    item = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [item], "preferredVersion": item}


def _resource_list(own: list[Resource], group_version: str) -> dict[str, Any]:
    verbs = ["create", "delete", "get", "list", "patch", "update"]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": [
            {
                "name": name,
                "singularName": "",
                "namespaced": item.namespaced,
                "kind": item.kind,
                "verbs": verbs,
            }
            for item in own
            for name in (item.plural, f"{item.plural}/status")
        ],
    }


def _openapi(own: list[Resource]) -> dict[str, Any]:
    """Just enough for kubectl to see that the server validates fields itself."""
    parameters = [
        {"name": name, "in": "query"} for name in ("fieldValidation", "dryRun", "fieldManager", "force")
    ]
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.32.0"},
        "paths": {
            f"/{item.plural}/{{name}}": {
                "patch": {
                    "parameters": parameters,
                    "responses": {},
                    "x-kubernetes-group-version-kind": {
                        "group": item.group,
                        "version": item.version,
                        "kind": item.kind,
                    },
                }
            }
            for item in own
        },
    }


class KubeApi(LoopbackServer):
    """The server with its objects; `kubeconfig` writes what kubectl needs to talk to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = Store()
        self.token = secrets.token_hex(16)
        self.certificate, key = _certificate()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._pem = self.certificate + key

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""

    def start(self, directory: Path) -> None:
        pem = directory / "server.pem"
        pem.write_bytes(self._pem)
        self._tls.load_cert_chain(pem)
        self.socket = self._tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def kubeconfig(self, path: Path) -> Path:
        server = f"https://127.0.0.1:{self.server_address[1]}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "loopback",
            "clusters": [
                {
                    "name": "loopback",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": b64encode(self.certificate).decode(),
                    },
                }
            ],
            "users": [{"name": "tester", "user": {"token": self.token}}],
            "contexts": [{"name": "loopback", "context": {"cluster": "loopback", "user": "tester"}}],
        }
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path


def _certificate() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM), private

"""Stand in for a Terraform provider as far as its schema goes.

    python -m tests.fake.provider.server ARCHIVE SOCKET NAME...

Terraform attaches to a running provider where `TF_REATTACH_PROVIDERS` names it. This one answers with the
schema of the named types (`google_container_cluster`, `data.google_project`) and finds every configuration
valid that fits it. That is enough for `terraform validate`, and for `terraform test` with `mock_provider`.
It plans nothing, and it does not know what only a provider's own code refuses: an attribute that can only be
read, two arguments that exclude each other, a value out of range.

Prints one line of JSON when it is ready: the entry for `TF_REATTACH_PROVIDERS`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped] # of the test programs `schemas`

from tests.fake.provider.schemas import Block, read_package, schema_of

_NESTING = {"single": 1, "list": 2, "set": 3}


def main(archive: str, socket: str, names: list[str]) -> None:
    """Serve until killed."""
    package = read_package(Path(archive), set(names))
    answer = _schemas(schema_of(package, ""), {name: schema_of(package, name) for name in names})
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    methods: dict[str, Callable[[bytes, Any], bytes]] = {
        "GetSchema": lambda _request, _context: answer,
        "PrepareProviderConfig": _same,
        "ValidateResourceTypeConfig": lambda _request, _context: b"",
        "ValidateDataSourceConfig": lambda _request, _context: b"",
        "Configure": lambda _request, _context: b"",
        "Stop": lambda _request, _context: b"",
    }
    handlers = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in methods.items()}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers),))
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    address = {"Network": "unix", "String": socket}
    entry = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
    sys.stdout.write(json.dumps({"version": package.provider_version, "reattach": entry}) + "\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _same(request: bytes, _context: object) -> bytes:
    """Request and response of PrepareProviderConfig both have the configuration as their field 1."""
    return request


def _schemas(provider: Block | None, blocks: dict[str, Block | None]) -> bytes:
    """The message GetProviderSchema.Response of tfplugin5."""
    answer = _field(1, _schema(provider or {"attributes": {}, "blocks": {}}))
    for name, block in blocks.items():
        if block:
            number, kind = (3, name.removeprefix("data.")) if name.startswith("data.") else (2, name)
            answer += _field(number, _text(1, kind) + _field(2, _schema(block)))
    return answer


def _schema(block: Block) -> bytes:
    return _field(2, _block(block))


def _block(block: Block) -> bytes:
    message = b""
    for name, attribute in sorted(block["attributes"].items()):
        message += _field(2, _attribute(name, attribute))
    for name, nested in sorted(block["blocks"].items()):
        message += _field(3, _nested(name, nested))
    return message


def _attribute(name: str, attribute: dict[str, Any]) -> bytes:
    flag = 6 if attribute["computed"] else 4 if attribute["required"] else 5
    kind = json.dumps(attribute["type"]).encode()
    # The package cannot tell what is computed unless it is given; of `id` it is known.
    computed = _number(6, 1) if name == "id" and flag == 5 else b""
    return _text(1, name) + _field(2, kind) + _number(flag, 1) + computed


def _nested(name: str, nested: dict[str, Any]) -> bytes:
    message = _text(1, name) + _field(2, _block(nested["block"])) + _number(3, _NESTING[nested["nesting"]])
    if nested["nesting"] != "single":
        message += _number(4, int(nested["required"])) + _number(5, int(nested["single"]))
    return message


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode())


def _field(number: int, value: bytes) -> bytes:
    """A field of bytes, text or a message, as protocol buffers write it."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

"""The schema of a Terraform provider, read from the package that CDK for Terraform published of it.

Such a package (`cdktf-cdktf-provider-google`) is generated from the provider's own schema. Of every
argument it tells, in its jsii assembly, whether it must be given, and in its compiled sources its name in
Terraform, whether it is a block, and whether a collection is a list or a set. Nothing of it is executed.

A block is here `{"attributes": {name: {"type", "required", "computed"}}, "blocks": {name: {"block",
"nesting", "required", "single"}}}`; types are written as Terraform writes them in JSON.
"""

from __future__ import annotations

import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Block = dict[str, Any]

_SCALARS = {"string": "string", "number": "number", "boolean": "bool"}
_WITHOUT_BLOCKS = ("provider-helm",)  # of the newer plugin framework: objects in place of blocks
_READERS = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}
_MAPS = {"StringMap": "string", "NumberMap": "number", "BooleanMap": "bool"}
_SECTION = re.compile(r"^(?:function (\w+)ToHclTerraform\(|class (\w+) |function \w+\()", re.MULTILINE)
_ARGUMENT = re.compile(
    r"^ +(\w+): \{\n +value: .*?(?:struct\.|this\._)(\w+)\b.*\n +isBlock: \w+,\n +type: \"(\w+)\"",
    re.MULTILINE,
)
_READER = re.compile(r"this\.get(\w+?)Attribute\('(\w+)'\)")
_NESTED = re.compile(r"new (?:\w+\.)?(\w+)\(this, \"(\w+)\"(?:, (true|false))?\)")


@dataclass(frozen=True, slots=True)
class Package:
    """What is in one package: the assembly's types, and the sources by folder."""

    name: str
    provider_version: str
    types: dict[str, Any]
    sources: dict[str, str]

    def member(self, folder: str, name: str) -> dict[str, Any]:
        """A type of the assembly, by the folder of its source and its name."""
        namespace = folder[:1] + re.sub(r"-(\w)", lambda found: found[1].upper(), folder)[1:]
        found: dict[str, Any] = self.types.get(f"{self.name}.{namespace}.{name}", {})
        return found


def read_package(archive: Path, wanted: set[str]) -> Package:
    """Open `*.jsii.tgz`; of its sources only those of the wanted types are kept."""
    folders = {_folder(name) for name in wanted} | {"provider"}
    sources: dict[str, list[str]] = {}
    documents: dict[str, Any] = {}
    with tarfile.open(archive) as files:
        for file in files:
            parts = file.name.split("/")
            if file.name in ("package/.jsii", "package/package.json"):
                documents[parts[-1]] = json.loads(_content(files, file))
            elif len(parts) > 3 and parts[1] == "lib" and parts[2] in folders and file.name.endswith(".js"):
                sources.setdefault(parts[2], []).append(_content(files, file).decode())
    about = documents["package.json"]
    return Package(
        name=about["name"],
        provider_version=about["cdktf"]["provider"]["version"],
        types=documents[".jsii"]["types"],
        sources={folder: "\n".join(texts) for folder, texts in sources.items()},
    )


def schema_of(package: Package, wanted: str) -> Block | None:
    """The block of a resource, a data source (`data.NAME`) or the provider itself (``); None if unknown."""
    folder = _folder(wanted)
    if folder not in package.sources:
        return None
    reader = _Reader(package, folder)
    resource = next(name for name in reader.classes if package.member(folder, name).get("base") in _ROOTS)
    return reader.block(f"{resource}Config", reader.classes[resource], reader.classes[resource])


_ROOTS = {"cdktf.TerraformResource", "cdktf.TerraformDataSource", "cdktf.TerraformProvider"}


class _Reader:
    """One folder of a package."""

    def __init__(self, package: Package, folder: str) -> None:
        self.package, self.folder = package, folder
        self.functions: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        source = package.sources[folder]
        starts = [*_SECTION.finditer(source)]
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            text = source[start.start() : following.start() if following else len(source)]
            if start[1]:
                self.functions[start[1]] = text
            elif start[2]:
                self.classes[start[2]] = text

    def block(self, config: str, arguments: str, readers: str) -> Block:
        """The block that the interface `config` describes, with what can only be read."""
        declared = {each["name"]: each for each in self.package.member(self.folder, config)["properties"]}
        found: Block = {"attributes": {}, "blocks": {}}
        for name, key, collection in _ARGUMENT.findall(arguments):
            required = not declared[key].get("optional")
            nested, many = self._nested(declared[key]["type"])
            if nested and self.package.name.endswith(_WITHOUT_BLOCKS):
                # What is inside of such an attribute, protocol 5 has no word for.
                found["attributes"][name] = {"type": "dynamic", "required": required, "computed": False}
            elif nested:
                found["blocks"][name] = self._nested_block(name, nested, many, collection, required)
            else:
                kind = _type(declared[key]["type"], collection)
                found["attributes"][name] = {"type": kind, "required": required, "computed": False}
        self._add_computed(found, readers)
        return found

    def _nested(self, kind: dict[str, Any]) -> tuple[str, bool]:
        """The interface of a nested block and whether there may be many; empty for a plain argument."""
        for each in kind.get("union", {}).get("types", [kind]):
            many = "collection" in each
            element = each["collection"]["elementtype"] if many else each
            name = element.get("fqn", "")
            if name.startswith(self.package.name):
                return name.rpartition(".")[2], many
        return "", False

    def _nested_block(self, name: str, config: str, many: bool, collection: str, required: bool) -> Block:
        function = config[:1].lower() + config[1:]
        readers = self.classes.get(f"{config}OutputReference", "")
        return {
            "block": self.block(config, self.functions[function], readers),
            "nesting": "single" if name == "timeouts" else "set" if collection == "set" else "list",
            "required": required,
            "single": not many,
        }

    def _add_computed(self, found: Block, readers: str) -> None:
        """Attributes that are in no interface, because they can only be read."""
        known = found["attributes"].keys() | found["blocks"].keys()
        for reader, name in _READER.findall(readers):
            if name not in known and reader in _READERS:
                found["attributes"][name] = {"type": _READERS[reader], "required": False, "computed": True}
        for kind, name, is_set in _NESTED.findall(readers):
            if name not in known and name not in found["attributes"]:
                found["attributes"][name] = {
                    "type": self._computed_type(kind, is_set == "true"),
                    "required": False,
                    "computed": True,
                }

    def _computed_type(self, kind: str, is_set: bool) -> Any:
        if kind in _MAPS:
            return ["map", _MAPS[kind]]
        element: Block = {"attributes": {}, "blocks": {}}
        name = kind.removesuffix("List").removesuffix("OutputReference")
        self._add_computed(element, self.classes.get(f"{name}OutputReference", ""))
        members = {key: value["type"] for key, value in element["attributes"].items()}
        return ["set" if is_set else "list", ["object", members]]


def _type(kind: dict[str, Any], collection: str) -> Any:
    for each in kind.get("union", {}).get("types", [kind]):
        if "primitive" in each and each["primitive"] in _SCALARS:
            return _SCALARS[each["primitive"]]
        if "collection" in each:
            element = _type(each["collection"]["elementtype"], "")
            if each["collection"]["kind"] == "map":
                return ["map", element]
            return ["set" if collection == "set" else "list", element]
    return "dynamic"


def _folder(wanted: str) -> str:
    """`google_dns_record` is in the folder `dns-record`, `data.google_project` in `data-google-project`."""
    if not wanted:
        return "provider"
    if wanted.startswith("data."):
        return wanted.replace("data.", "data-").replace("_", "-")
    return wanted.partition("_")[2].replace("_", "-")


def _content(files: tarfile.TarFile, file: tarfile.TarInfo) -> bytes:
    stream = files.extractfile(file)
    return stream.read() if stream else b""

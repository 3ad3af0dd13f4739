"""What Kustomize says, in words for people: the cause first, with file and line where it tells them."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING

from kubestack_py.errors import KustomizeError

if TYPE_CHECKING:
    from pathlib import Path

WARNING = "# Warning: "
_AFTER_QUOTATION = "`: "  # some errors quote YAML of several lines first, and then say what is wrong
_LOGGED = re.compile(r'^E\d{4} .*?\] "command failed" err=(?P<value>.*)$', re.DOTALL)
_BLOCK = re.compile(r"^<\n(?P<lines>.*)\n >$", re.DOTALL)
_DIRECTORY = re.compile(r"(?:recursed accumulation of|couldn't make target for) path '([^']*)': ")
_MALFORMED = re.compile(
    r"(?:MalformedYAMLError: )?yaml: line (?P<line>\d+): (?P<problem>.*?) in File: (?P<file>.*)$"
)
_INVALID = re.compile(r"^invalid Kustomization: (?:yaml: line (?P<line>\d+): )?(?P<problem>.*)$", re.DOTALL)
_ABOUT_HELM = (
    (
        "must specify --enable-helm",
        "it has charts, which only helm can render",
        "Set `services: {delivery: kustomize}` in kubestack.yaml to let overlays run helm.",
    ),
    (
        'exec: "helm": executable file not found',
        "it has charts, and helm, which renders them, is not installed or not on PATH",
        "Get it: https://helm.sh/docs/intro/install/",
    ),
)
_ABSENT = re.compile(r"accumulating resources from '(?P<name>[^']*)': evalsymlink failure on .* no such file")
_NO_FILE = re.compile(r"evalsymlink failure on '(?P<name>[^']*)' : .*no such file")


def explain(error: KustomizeError, overlay: str, root: Path) -> KustomizeError:
    """The error of a failed build with the overlay's name, the cause, and the whole text below it."""
    text = clean(error.detail).replace(f"{root}/", "")
    if not text:
        return KustomizeError(f"{overlay}: {error.message}", hint=error.hint)
    for said, cause, hint in _ABOUT_HELM:
        if said in text:
            return KustomizeError(f"{overlay} does not build: {cause}", hint=hint)
    return KustomizeError(
        f"{overlay} does not build: {_cause(text, overlay)}",
        detail=text,
        hint=f"See it alone: kubectl kustomize {overlay}",
    )


def clean(detail: str) -> str:
    """Kustomize's text without warnings and without what the logger of kubectl wraps around it."""
    text = "\n".join(line for line in detail.splitlines() if not line.startswith(WARNING)).strip()
    if logged := _LOGGED.match(text):
        return _unlogged(logged["value"])
    return text.removeprefix("error: ").removeprefix("Error: ")


def _unlogged(value: str) -> str:
    """A value of klog: one line is quoted, several are indented between `<` and `>`."""
    if block := _BLOCK.match(value):
        return "\n".join(line.removeprefix("\t") for line in block["lines"].splitlines())
    try:
        return str(json.loads(value, strict=False))
    except ValueError:  # Go quotes control characters in ways that JSON does not know
        return value.strip('"')


def warnings(standard_error: str) -> tuple[str, ...]:
    """What Kustomize warned of, each once."""
    lines = (line.removeprefix(WARNING).strip() for line in standard_error.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def is_about(warning: str, fields: frozenset[str]) -> bool:
    """Whether a warning is about one of the fields; it quotes the field first (`'bases' is deprecated`)."""
    quoted = re.match(r"'([^']*)'", warning)
    return quoted is not None and quoted.group(1) in fields


def _cause(text: str, overlay: str) -> str:
    directory, rest = overlay, text
    for found in _DIRECTORY.finditer(text):
        directory, rest = found.group(1), text[found.end() :]
    if malformed := _MALFORMED.search(rest):
        file = posixpath.normpath(posixpath.join(directory, malformed["file"]))
        return f"{file}:{malformed['line']}: {malformed['problem']}"
    if invalid := _INVALID.match(rest):
        line = f":{invalid['line']}" if invalid["line"] else ""
        return f"{directory}/kustomization.yaml{line}: {invalid['problem']}"
    if absent := _ABSENT.search(rest) or _NO_FILE.search(rest):
        return f"the kustomization in {directory} names {absent['name']}, which does not exist"
    lines = rest.removeprefix("accumulating resources: ").splitlines()
    if lines[-1].startswith(_AFTER_QUOTATION):
        return lines[-1].removeprefix(_AFTER_QUOTATION)
    return lines[0]

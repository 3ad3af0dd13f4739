"""Files that `.sops.yaml` wants encrypted: whether they are, and field by field as its rules say.

https://getsops.io/docs/#using-sopsyaml-conf-to-select-kms-pgp-and-age-for-new-files
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from kubestack_py.checks.secrets import ENCRYPTED
from kubestack_py.model.finding import Finding, Location
from kubestack_py.system.yaml import Document, YamlError, load_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kubestack_py.model.examined import FieldPath, TextFile

RULES_FILE = ".sops.yaml"
_SUFFIXES = (".yaml", ".yml", ".json")
_HINT = "sops --encrypt --in-place"


def check_sops(files: Iterable[TextFile], rules_text: bytes | None) -> Iterator[Finding]:
    """Findings of files whose content is not encrypted as the rules at the top of the repository say.

    A rule without `path_regex` is for every file that SOPS is told to encrypt, so it demands nothing.
    """
    rules = list(_rules(rules_text)) if rules_text else []
    for file in files:
        rule = next((item for item in rules if item.covers(file.path)), None)
        if posixpath.basename(file.path) == RULES_FILE or not file.path.endswith(_SUFFIXES):
            continue
        demanded = rule is not None and rule.pattern is not None
        if demanded or b"\nsops:" in file.text or b'"sops":' in file.text:
            yield from _check(file, rule, demanded=demanded)


class _Rule:
    def __init__(self, rule: dict[str, Any]) -> None:
        self.pattern = _compiled(rule.get("path_regex"))
        self._select = _selection(rule)

    def covers(self, path: str) -> bool:
        return self.pattern is None or self.pattern.search(path) is not None

    def encrypts(self, keys: FieldPath) -> bool:
        """Whether a value below these keys is to be encrypted."""
        return self._select([str(key) for key in keys if isinstance(key, str)])


def _rules(text: bytes) -> Iterator[_Rule]:
    try:
        documents = load_documents(text, RULES_FILE)
    except YamlError:
        return
    for document in documents:
        rules = document.value.get("creation_rules") if isinstance(document.value, dict) else None
        for rule in rules if isinstance(rules, list) else ():
            if isinstance(rule, dict):
                yield _Rule(rule)


def _selection(rule: dict[str, Any]) -> Callable[[list[str]], bool]:
    """By what SOPS chooses values; without any of the settings it encrypts all but `…_unencrypted`."""
    encrypted, unencrypted = _compiled(rule.get("encrypted_regex")), _compiled(rule.get("unencrypted_regex"))
    suffix = rule.get("encrypted_suffix")
    if encrypted:
        return lambda keys: any(encrypted.search(key) for key in keys)
    if isinstance(suffix, str) and suffix:
        return lambda keys: any(key.endswith(suffix) for key in keys)
    if unencrypted:
        return lambda keys: not any(unencrypted.search(key) for key in keys)
    plain = str(rule.get("unencrypted_suffix") or "_unencrypted")
    return lambda keys: not any(key.endswith(plain) for key in keys)


def _check(file: TextFile, rule: _Rule | None, *, demanded: bool) -> Iterator[Finding]:
    try:
        documents = load_documents(file.text, file.path)
    except YamlError:
        return  # reported by the check of the syntax
    selected = rule or _Rule({"encrypted_regex": "^(data|stringData)$"})
    for document in documents:
        if not isinstance(document.value, dict):
            continue
        if "sops" not in document.value:
            if demanded and any(_plain(document.value, (), selected)):
                yield _finding(file, document, (), "is not encrypted, though .sops.yaml says so")
            continue
        for path in _plain(document.value, (), selected):
            yield _finding(file, document, path, "is in plain text, though the rules of SOPS encrypt it")


def _plain(value: object, path: FieldPath, rule: _Rule) -> Iterator[FieldPath]:
    """Paths of values that should be encrypted and are not; SOPS leaves what is empty as it is."""
    if isinstance(value, dict):
        for key, item in value.items():
            if path or key != "sops":
                yield from _plain(item, (*path, key), rule)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _plain(item, (*path, number), rule)
    elif value not in (None, "") and rule.encrypts(path) and not str(value).startswith(ENCRYPTED):
        yield path


def _finding(file: TextFile, document: Document, path: FieldPath, message: str) -> Finding:
    line, column, _ = document.place(path)
    what = str(path[-1]) if path else "the document"
    return Finding(
        check="sops",
        where=Location(path=file.path, line=line, column=column),
        message=f"{what} {message}",
        hint=_HINT,
    )


def _compiled(pattern: object) -> re.Pattern[str] | None:
    """SOPS' patterns are Go's; the few that Python does not know select nothing."""
    if not isinstance(pattern, str) or not pattern:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return re.compile(r"(?!)")

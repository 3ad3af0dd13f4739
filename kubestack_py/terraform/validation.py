"""`terraform validate` of a copy of a stack, with the providers that this machine has and without a network.

Validating starts the providers that a configuration names, and a pull request chooses those names. So none
is downloaded, and none is taken from the repository: only those count that somebody installed here before.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.state import by_workspace
from kubestack_py.system.files import disk_errors
from kubestack_py.terraform import hcl
from kubestack_py.terraform.diagnostics import Diagnostic, from_json, from_text
from kubestack_py.terraform.layout import DATA_DIRECTORY, LOCK_FILE
from kubestack_py.terraform.program import Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.system.tools import Tool

PROVIDERS = f"{DATA_DIRECTORY}/providers"
# Nothing listens on the port of `discard`: whoever wants to download is refused at once.
_NOWHERE = "http://127.0.0.1:9"
_NO_NETWORK = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}
_NOT_HERE = re.compile(
    r"Failed to (?:query available provider packages|install provider)|Inconsistent dependency lock file|"
    r"Provider dependency changes detected|Failed to resolve provider packages"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What Terraform said; `unchecked` says why it could not look, and is empty where it did."""

    diagnostics: tuple[Diagnostic, ...] = ()
    unchecked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """How to validate: `scratch` is an empty directory for the copy, `installed` the providers of an
    earlier init, if there are any that Git does not track.
    """

    tool: Tool
    env: Mapping[str, str | None]
    scratch: Path
    installed: Path | None = None

    def run(self, stack: str, files: Mapping[str, bytes]) -> Validated:
        """Validate one stack; `files` is its closure, by path from the top of the repository."""
        remote = [name for path, text in files.items() for name in _remote_modules(path, text)]
        if remote:
            return Validated(unchecked=f"the module {remote[0]} comes from elsewhere")
        self._copy(stack, files)
        program = Program(
            tool=self.tool,
            root=self.scratch,
            stack=stack,
            environment="default",
            selection=by_workspace("default"),
            env={**self.env, **_NO_NETWORK},
        )
        given = [f"-plugin-dir={self.installed}"] if self.installed else []
        if f"{stack}/{LOCK_FILE}" in files:
            given.append("-lockfile=readonly")
        done = program.run("init", "-backend=false", "-input=false", "-no-color", *given)
        if done.code:
            if _NOT_HERE.search(done.err):
                return Validated(unchecked="its providers are not installed here")
            return Validated(diagnostics=from_text(done.err, stack))
        said = json.loads(program.run("validate", "-json", "-no-color").out or b"{}")
        return Validated(diagnostics=tuple(from_json(item, stack) for item in said.get("diagnostics", ())))

    def _copy(self, stack: str, files: Mapping[str, bytes]) -> None:
        with disk_errors(f"copy {stack} to {self.scratch}"):
            (self.scratch / stack).mkdir(parents=True, exist_ok=True)
            for path, text in files.items():
                if f"/{DATA_DIRECTORY}/" not in f"/{path}":
                    target = self.scratch / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(text)


def _remote_modules(path: str, text: bytes) -> list[str]:
    if not path.endswith(TERRAFORM_SUFFIXES):
        return []
    return [call.name for call in hcl.module_calls(text, name=path) if call.source and not call.is_local]

"""What the files of one stack say by themselves: references, syntax, limits, a part for every environment."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kubestack_py.checks.modules import check_attributes
from kubestack_py.checks.terraform import check_lock, check_pins
from kubestack_py.model.examined import TextFile
from kubestack_py.model.file_names import KUSTOMIZATIONS, TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.content import LARGEST, closure
from kubestack_py.runner.root_modules import root_module_findings
from kubestack_py.system.yaml import syntax_error
from kubestack_py.terraform import hcl
from kubestack_py.terraform.interfaces import interfaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.closure import Closure
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.content import BoundedContent
    from kubestack_py.runner.remembering import Memory
    from kubestack_py.runner.session import Session
    from kubestack_py.terraform.interfaces import Interface

_YAML = (".yaml", ".yml")


class StackFiles:
    """One stack as it lies on the disk. `is_sound` is false where no tool should be let near it,
    `can_be_parsed` where Terraform would only repeat what was said about its syntax.
    """

    def __init__(self, session: Session, stack: Stack, content: BoundedContent, memory: Memory) -> None:
        self.stack = stack
        self.closure: Closure = closure(stack, content)
        self._session = session
        self._content = content
        self._memory = memory
        self.findings = tuple(self._examine())
        said = {finding.check for finding in self.findings if finding.severity is Severity.ERROR}
        self.is_sound = not said & {"limit", "symlink", "yaml"}
        self.can_be_parsed = self.is_sound and "hcl-syntax" not in said

    @property
    def files(self) -> frozenset[str]:
        """The closure."""
        return self.closure.files

    def overlay(self, environment: str) -> str | None:
        """The directory of the environment's overlay; None where there is none."""
        directory = self.stack.overlay(environment)
        has = any(self._content.read(f"{directory}/{name}") is not None for name in KUSTOMIZATIONS)
        return directory if has else None

    def _examine(self) -> Iterator[Finding]:
        yield from _unfollowed(self.stack, self.closure)
        yield from self._limits()
        if self.stack.kind is StackKind.TERRAFORM:
            yield from self._terraform()
            yield from self._pins()
            yield from self._dropped()
            platform, read = self._session.platform, self._content.read
            yield from root_module_findings(platform, self.stack, self.files, read)
        else:
            yield from self._missing_overlays()
            yield from self._yaml()

    def _limits(self) -> Iterator[Finding]:
        """Files that nobody should load, and links that lead to what Git does not have."""
        own = f"{self.stack.path}/"
        for path in sorted(self._content.large & self.files):
            yield Finding(
                check="limit",
                where=Location(path=path),
                message=f"the file is larger than {LARGEST >> 20} MiB; it is not read, the stack not built",
                hint="split it, or keep such data outside of the platform",
            )
        links = self._content.outside
        for path in sorted(name for name in links if name in self.files or name.startswith(own)):
            yield Finding(
                check="symlink",
                where=Location(path=path),
                message="the symbolic link leads out of the repository; it was not followed",
                hint="put a copy of what it leads to into the repository",
            )

    def _terraform(self) -> Iterator[Finding]:
        """Syntax of every configuration file, and a configuration for every environment."""
        for path in sorted(path for path in self.files if path.endswith(TERRAFORM_SUFFIXES)):
            source = self._content.read(path) or b""
            error = hcl.syntax_error(source, cache=self._session.place.cache, name=path)
            if error:
                yield Finding(
                    check="hcl-syntax",
                    where=Location(path=path, line=error[0], column=error[1]),
                    message=f"this is not valid {'JSON' if hcl.is_json(path) else 'HCL'}",
                    hint="" if hcl.is_json(path) else "terraform fmt says more",
                )
            elif path.startswith(f"{self.stack.path}/") and "/tests/" not in path:  # of `terraform test`
                yield from _configurations(self._session, path, source)

    def _pins(self) -> Iterator[Finding]:
        """Modules and providers that are not the same every time."""
        texts = [
            TextFile(path=path, text=self._content.read(path) or b"")
            for path in sorted(self.files)
            if path.endswith(TERRAFORM_SUFFIXES)
        ]
        yield from check_pins(self.stack.path, texts)
        yield from check_lock(self.stack.path, self.files, texts)

    def _dropped(self) -> Iterator[Finding]:
        """Settings that Terraform would drop without a word."""
        names = [environment.name for environment in self._session.platform.environments]
        files = {path: self._content.read(path) or b"" for path in sorted(self.files)}
        yield from check_attributes(self.stack.path, self.modules, files, names)

    @cached_property
    def modules(self) -> dict[str, Interface]:
        """The modules of a Terraform stack by their directories."""
        return interfaces({path: self._content.read(path) or b"" for path in sorted(self.files)})

    def _missing_overlays(self) -> Iterator[Finding]:
        for environment in self._session.platform.environments:
            if self.overlay(environment.name) is None:
                overlay = self.stack.overlay(environment.name)
                yield Finding(
                    check="overlay",
                    where=Location(path=overlay),
                    message=f"{self.stack.path} has no overlay for the environment {environment.name}",
                    hint=f"add {overlay}/kustomization.yaml",
                )

    def _yaml(self) -> Iterator[Finding]:
        for path in sorted(path for path in self.files if path.endswith(_YAML)):
            if _is_chart_template(path, self.files):
                continue
            text = self._content.read(path) or b""
            if text in self._memory.sound_yaml:
                continue
            error = syntax_error(text, path)
            if error:
                where = Location(path=path, line=error.line, column=error.column)
                yield Finding(check="yaml", where=where, message=error.problem)
            else:
                self._memory.sound_yaml.add(text)


def _unfollowed(stack: Stack, files: Closure) -> Iterator[Finding]:
    """References that lead out of the repository, or nowhere."""
    for reference in files.escapes:
        yield Finding(
            check="reference",
            where=reference.where,
            message=f"{reference.target} leads out of the repository",
            hint=f"what {stack.path} is made of has to be in Git, or a change of it goes unnoticed",
        )
    for reference in files.missing:
        yield Finding(check="reference", where=reference.where, message=f"{reference.target} does not exist")
    for reference in files.dynamic:
        yield Finding(
            check="reference",
            severity=Severity.WARNING,
            where=reference.where,
            message=f"{reference.target} reads a path that is only known to Terraform",
            hint=f"keep what it reads below {stack.path}, so that a change of it is noticed",
        )


def _configurations(session: Session, path: str, source: bytes) -> Iterator[Finding]:
    """Every `configuration = {…}` map has a key for every environment, and none for an unknown one."""
    names = [environment.name for environment in session.platform.environments]
    for found in hcl.configuration_keys(source, name=path):
        keys = dict(found.keys)
        for name in names:
            if found.complete and name not in keys:
                yield Finding(
                    check="environment",
                    where=Location(path=path, line=found.line),
                    message=f"the configuration of {found.where} has no key for the environment {name}",
                    hint=f"add `{name} = {{}}` to inherit everything",
                )
        for key, line in keys.items():
            if key not in names:
                yield Finding(
                    check="environment",
                    severity=Severity.WARNING,
                    where=Location(path=path, line=line),
                    message=f"the configuration of {found.where} has the key {key}, which is no environment",
                    hint=f"environments: {', '.join(names)}",
                )


def _is_chart_template(path: str, files: Iterable[str]) -> bool:
    """Templates of a Helm chart are no YAML before they are rendered."""
    chart, templates, _ = path.partition("/templates/")
    return bool(templates) and f"{chart}/Chart.yaml" in files

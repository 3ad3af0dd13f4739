"""Terraform's own validation of every Terraform stack, several at a time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kubestack_py.checks.modules import check_calls
from kubestack_py.errors import TerraformError, ToolError
from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.model.platform import StackKind
from kubestack_py.system.interrupts import interrupts
from kubestack_py.terraform.validation import PROVIDERS, Validated, Validation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kubestack_py.runner.content import BoundedContent
    from kubestack_py.runner.examining import StackFiles
    from kubestack_py.runner.session import Session
    from kubestack_py.terraform.diagnostics import Diagnostic

_PLACE = re.compile(r"(?P<path>.+\.(?:tf|tf\.json)):(?P<line>\d+)")


def validate_terraform(
    session: Session, stacks: Sequence[StackFiles], content: BoundedContent
) -> list[Finding]:
    """What Terraform says of stacks that can be read; a note for each that it cannot look at here."""
    chosen = [item for item in stacks if item.stack.kind is StackKind.TERRAFORM and item.can_be_parsed]
    if not chosen:
        return []
    try:
        _ = session.terraform
    except ToolError as error:
        return [finding for item in chosen for finding in _unchecked(item, error.message)]

    def validate(item: StackFiles) -> Validated:
        number = chosen.index(item)
        validation = Validation(
            tool=session.terraform,
            env=session.terraform_env,
            scratch=session.place.scratch / "terraform-validate" / str(number),
            installed=_installed(session.root, item.stack.path, content),
        )
        files = {path: content.read(path) or b"" for path in item.files}
        try:
            return validation.run(item.stack.path, files)
        except TerraformError as error:
            return Validated(unchecked=error.message)

    with ThreadPoolExecutor(max_workers=max(1, session.place.parallel)) as pool:
        results = list(pool.map(validate, chosen))
    interrupts.check()
    return [finding for item, result in zip(chosen, results, strict=True) for finding in _said(item, result)]


def _installed(root: Path, stack: str, content: BoundedContent) -> Path | None:
    """The providers of an earlier init; not when any of them is in Git, since a pull request can bring it."""
    directory = root / stack / PROVIDERS
    tracked = any(name.startswith(f"{stack}/{PROVIDERS}") for name in content.names)
    return directory if directory.is_dir() and not directory.is_symlink() and not tracked else None


def _said(item: StackFiles, result: Validated) -> Iterator[Finding]:
    if result.unchecked:
        yield from _unchecked(item, result.unchecked)
    for diagnostic in result.diagnostics:
        yield Finding(
            check="terraform-validate",
            severity=Severity.ERROR if diagnostic.is_error else Severity.WARNING,
            where=_place(item, diagnostic),
            message=": ".join(filter(None, (diagnostic.summary, " ".join(diagnostic.detail.split())))),
        )


def _place(item: StackFiles, diagnostic: Diagnostic) -> Location:
    found = _PLACE.fullmatch(diagnostic.place)
    return Location(path=found["path"], line=int(found["line"])) if found else Location(path=item.stack.path)


def _unchecked(item: StackFiles, reason: str) -> Iterator[Finding]:
    """What can be told of a stack without Terraform, and that this is not all."""
    yield from check_calls(item.modules)
    yield Finding(
        check="terraform-validate",
        severity=Severity.NOTE,
        where=Location(path=item.stack.path),
        message=f"only syntax and calls of local modules were checked: {reason}",
        hint="run `terraform init` in the stack before, where that is safe",
    )

"""What the developer of the demo changes, as edits of the scaffolded platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import KubestackError

if TYPE_CHECKING:
    from pathlib import Path

_OVERLAYS = "manifests/web/overlays"
_BUDGET = "pod-disruption-budget.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a file: text replaced; a copy of another file; or, with neither, its removal."""

    path: str
    old: str = ""
    new: str = ""
    copy_of: str = ""

    def applied(self, root: Path) -> str | None:
        """The new content of the file, None when it goes."""
        if self.copy_of:
            return (root / self.copy_of).read_text(encoding="utf-8")
        if not self.old:
            return None
        text = (root / self.path).read_text(encoding="utf-8")
        if self.old not in text:
            raise KubestackError(f"the scaffolded {self.path} does not hold {self.old!r}")
        return text.replace(self.old, self.new)

    def __str__(self) -> str:
        if self.copy_of:
            return f"{self.path}: a copy of {self.copy_of}"
        if not self.old:
            return f"{self.path}: removed"
        old, new = (", ".join(text.strip().splitlines()) for text in (self.old, self.new))
        return f"{self.path}: {old} → {new or 'removed'}"


def _listed(environment: str, old: str, new: str) -> Edit:
    return Edit(path=f"{_OVERLAYS}/{environment}/kustomization.yaml", old=old, new=new)


_LINE = f"  - {_BUDGET}\n"
CHANGE = (
    Edit(path="infra/cluster.tf", old='kubernetes_version = "1.32"', new='kubernetes_version = "1.33"'),
    Edit(path="manifests/web/base/deployment.yaml", old="cpu: 50m", new="cpu: 100m"),
)
HASTY_CHANGE = (Edit(path="infra/cluster.tf", old="max_size = 9", new="max_size = 12"),)
BUDGET_GONE_FROM_APPS = (_listed("apps", _LINE, ""),)
BUDGET_IN_OPS = (
    _listed("ops", "  - ../../base\n", f"  - ../../base\n{_LINE}"),
    Edit(path=f"{_OVERLAYS}/ops/{_BUDGET}", copy_of=f"{_OVERLAYS}/apps/{_BUDGET}"),
)
BUDGET_GONE_FROM_OPS = (
    _listed("ops", _LINE, ""),
    Edit(path=f"{_OVERLAYS}/ops/{_BUDGET}"),
    Edit(path=f"{_OVERLAYS}/apps/{_BUDGET}"),
)

"""Objects that two stacks of one environment render: the one that is delivered last would win."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.examined import Problem
from kubestack_py.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.examined import Built


def check_duplicates(objects: Iterable[Built]) -> Iterator[Problem]:
    """A problem for each object that another stack renders too. Namespaces may be shared where all say
    the same of them.
    """
    first: dict[tuple[str, str], Built] = {}
    for item in objects:
        other = first.setdefault((item.environment, item.manifest.address), item)
        if other.stack == item.stack:
            continue
        shared = item.manifest.kind == "Namespace"
        if not shared or item.document != other.document:
            yield Problem(
                check="duplicate",
                about=item,
                severity=Severity.WARNING if shared else Severity.ERROR,
                message=f"{other.stack} renders {item.label} as well"
                + (", and says something else of it" if shared else ""),
                hint="keep it in one stack; a namespace that several share has to say the same in all",
            )

"""Changes with and without what is different by nature between environments.

What is different comes from the platform: the environment's name (its workspace, its overlay) and the
names that `kubestack.yaml` lists for it. Nothing is guessed from values: a name that is not listed
counts as a difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubestack_py.model.outline import ChangeOutline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kubestack_py.model.platform import Environment

_WORD = r"[A-Za-z0-9]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparable:
    """A change as it is, and with placeholders for what is derived from its environment.

    Two changes are the same when either form is: `apps/Deployment` is an API group that happens to
    be called like an environment.
    """

    own: ChangeOutline
    common: ChangeOutline


def derived_names(environment: Environment) -> dict[str, str]:
    """What stands for what in this environment: the literal text, and the placeholder for it."""
    listed = {value: f"<{name}>" for name, value in environment.names.items()}
    return {environment.name: "<environment>", **listed}


def normaliser(names: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts placeholders into an address, the longest name first.

    A name counts only as a whole word: the `ops` of `devops` is left alone.
    """
    ordered = sorted(names, key=len, reverse=True)
    pattern = re.compile(f"(?<!{_WORD})({'|'.join(map(re.escape, ordered))})(?!{_WORD})")
    return lambda address: pattern.sub(lambda match: names[match.group()], address)


def comparables(changes: Iterable[ChangeOutline], environment: Environment) -> list[Comparable]:
    """Changes of an environment in both forms."""
    # With a character that no address holds: a key of `for_each` could spell the rest.
    put = normaliser({text: f"\0{shown}" for text, shown in derived_names(environment).items()})
    return [_comparable(change, put) for change in changes]


def _comparable(change: ChangeOutline, put: Callable[[str], str]) -> Comparable:
    common = replace(
        change,
        address=put(change.address),
        previous_address=put(change.previous_address),
        paths=tuple(map(put, change.paths)),
        replace_paths=tuple(map(put, change.replace_paths)),
        unknown_paths=tuple(map(put, change.unknown_paths)),
    )
    return Comparable(own=change, common=common)

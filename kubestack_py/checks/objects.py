"""All checks of rendered objects, an environment at a time: what one has says nothing about another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.checks.duplicates import check_duplicates
from kubestack_py.checks.flux import check_flux
from kubestack_py.checks.helm import check_values
from kubestack_py.checks.images import check_images
from kubestack_py.checks.inventory import Inventory
from kubestack_py.checks.manifests import check_manifests
from kubestack_py.checks.references import check_references
from kubestack_py.checks.secrets import check_secret_objects
from kubestack_py.checks.substitutions import check_substitutions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kubestack_py.checks.schemas import Schemas
    from kubestack_py.model.examined import Built, Problem


def check_objects(
    objects: Sequence[Built], schemas: Schemas, read: Callable[[str], bytes | None]
) -> Iterator[Problem]:
    """Every problem of every object; `read` gives files of the repository by their paths."""
    environments = dict.fromkeys(item.environment for item in objects)
    for environment in environments:
        own = [item for item in objects if item.environment == environment]
        inventory = Inventory(own)
        yield from check_manifests(own, schemas)
        yield from check_references(own, inventory)
        yield from check_duplicates(own)
        yield from check_images(own)
        yield from check_secret_objects(own)
        yield from check_flux(own, inventory)
        yield from check_substitutions(own, inventory)
        yield from check_values(own, read)

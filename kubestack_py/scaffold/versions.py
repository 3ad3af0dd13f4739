"""The templates of this version and of former ones, which ship as archives beside them.

An update compares what a platform was made from with what it would be made from today. Former
templates are text of a few kilobytes; today's code renders them, and a test holds it to that.
"""

from __future__ import annotations

import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import UsageError
from kubestack_py.scaffold.record import version_order
from kubestack_py.system.files import disk_errors, resource, scratch_directory, templates_from

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVES = "templates/versions"
_SUFFIX = ".tar.xz"


def known_versions() -> tuple[str, ...]:
    """Every version whose templates are here, oldest first; the last one is this program's own."""
    former = (path.name.removesuffix(_SUFFIX) for path in resource(ARCHIVES).glob(f"*{_SUFFIX}"))
    return (*sorted(former, key=version_order), __version__)


@contextmanager
def templates_of(version: str) -> Iterator[None]:
    """While the block runs, everything is rendered from the templates of a version.

    Raises `UsageError` where they are not here.
    """
    if version == __version__:
        yield
        return
    if version not in known_versions():
        raise UsageError(
            f"there are no templates of version {version} here",
            hint=f"There are: {', '.join(known_versions())}.",
        )
    archive = resource(f"{ARCHIVES}/{version}{_SUFFIX}")
    with scratch_directory("templates") as scratch:
        with disk_errors(f"unpack {archive}"), tarfile.open(archive) as reader:
            reader.extractall(scratch, filter="data")
        with templates_from(scratch):
            yield

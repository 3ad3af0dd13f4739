"""`kubestack image list`: which images each environment runs, as declared, as delivered and as verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.kustomize.images import container_images, image_entries, images_of, replaced
from kubestack_py.kustomize.kustomization import find
from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.model.image import ImageRow, parse_image
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.content import CommitContent, closure
from kubestack_py.runner.image_promoting import verified_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session


def list_images(session: Session, stacks: Sequence[Stack]) -> list[ImageRow]:
    """A row for each image of an application in an environment; where the remote is away, what is known."""
    session.synchronise_if_possible()
    listing = _Listing(session)
    return [
        row
        for environment in session.platform.environments
        for stack in stacks
        if stack.kind is StackKind.KUSTOMIZE
        for row in listing.rows(stack, environment)
    ]


class _Listing:
    """What rows are made of, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._history = session.history()
        self._tip = session.default_tip() or session.git.head()
        self._contents: dict[str, CommitContent] = {}
        self._branches: dict[str, RenderedBranch] = {}

    def rows(self, stack: Stack, environment: Environment) -> list[ImageRow]:
        """The images of an application in an environment."""
        record = verified_record(self._history, environment.name, stack.path)
        commit = record.commit if record and self._session.git.commit_info(record.commit) else ""
        declared = _by_name(_images_at(self._content(self._tip), stack, environment.name))
        delivered = _by_name(self._delivered(stack, environment))
        verified = _by_name(_images_at(self._content(commit), stack, environment.name) if commit else ())
        return [
            ImageRow(
                app=stack.path.rpartition("/")[2],
                environment=environment.name,
                image=name,
                declared=declared.get(name, ""),
                delivered=delivered.get(name, ""),
                verified=verified.get(name, ""),
                verified_at=record.at if record and name in verified else "",
                verified_commit=commit if name in verified else "",
            )
            for name in dict.fromkeys((*declared, *delivered, *verified))
        ]

    def _content(self, commit: str) -> CommitContent:
        if commit not in self._contents:
            self._contents[commit] = CommitContent(self._session.git, commit)
        return self._contents[commit]

    def _delivered(self, stack: Stack, environment: Environment) -> list[str]:
        name = environment.name
        if name not in self._branches:
            session = self._session
            self._branches[name] = RenderedBranch(
                git=session.git, environment=environment, remote=session.remote, stacks=session.stacks
            )
        manifests = self._branches[name].delivered(stack.path).values()
        return [image for manifest in manifests for image in images_of(manifest.document)]


def declared_images(session: Session, stack: Stack, environment: str) -> list[str]:
    """The images of an application on the default branch."""
    tip = session.default_tip() or session.git.head()
    return _images_at(CommitContent(session.git, tip), stack, environment)


def _images_at(content: CommitContent, stack: Stack, environment: str) -> list[str]:
    """The images of the manifests that determine a stack, once the base and the overlay replaced them.

    Read from the files, without Kustomize; what a patch puts in the place of an image is not seen.
    """
    own, base = f"{stack.overlay(environment)}/", f"{stack.path}/base/"
    other = own.removesuffix(f"{environment}/")
    files = [
        path
        for path in closure(stack, content).files
        if not path.startswith(other) or path.startswith((own, base))
    ]
    images = [
        image
        for path in sorted(files)
        if path.endswith((".yaml", ".yml")) and not path.endswith(KUSTOMIZATIONS)
        for image in container_images(content.read(path) or b"", path)
    ]
    for directory in (base.rstrip("/"), own.rstrip("/")):
        found = find(directory, content.read)
        entries = image_entries(found[1], found[0]) if found else ()
        images = [replaced(image, entries) for image in images]
    return list(dict.fromkeys(images))


def _by_name(images: Iterable[str]) -> dict[str, str]:
    """Images by their names without tag and digest; several of one name stand together."""
    found: dict[str, str] = {}
    for image in dict.fromkeys(images):
        reference = parse_image(image)
        name = reference.name if reference else image
        found[name] = f"{found[name]}, {image}" if name in found else image
    return found

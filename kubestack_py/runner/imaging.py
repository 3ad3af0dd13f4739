"""`kubestack image set`: the application that is meant, and its files as they are and as they are to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.image import parse_image
from kubestack_py.model.platform import StackKind

if TYPE_CHECKING:
    from kubestack_py.model.image import ImageReference
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.session import Session


def image_from(text: str) -> ImageReference:
    """The image that somebody named. Raises `UsageError` for a text that is no reference."""
    image = parse_image(text)
    if image is None:
        raise UsageError(
            f"{text!r} is no reference of an image",
            hint="Write NAME:TAG, NAME@sha256:… or both, the name in lower case: ghcr.io/acme/web:1.2.3",
        )
    return image


def pinned_enough(image: ImageReference) -> ImageReference:
    """The image, which has to say which one it is. Raises `UsageError` for a name alone."""
    if not (image.tag or image.digest):
        raise UsageError(
            f"{image} names neither a tag nor a digest",
            hint=f"Write {image}:TAG, or better {image}:TAG@sha256:…",
        )
    return image


def application(session: Session, name: str) -> Stack:
    """The stack of an application, by its path or the last part of it."""
    known = [stack for stack in session.stacks if stack.kind is StackKind.KUSTOMIZE]
    wanted = name.removeprefix("./").rstrip("/")
    found = [stack for stack in known if wanted in {stack.path, stack.path.rpartition("/")[2]}]
    if len(found) == 1:
        return found[0]
    if found:
        paths = ", ".join(stack.path for stack in found)
        raise UsageError(f"there are several applications {name!r}", hint=f"Name one by its path: {paths}")
    names = ", ".join(stack.path.rpartition("/")[2] for stack in known) or "none"
    raise UsageError(f"there is no application {name!r}", hint=f"The applications are: {names}.")

"""`kubestack image check`: what a registry has of an image, or of those that an application runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubestack_py.errors import RegistryError
from kubestack_py.model.image import ImageCheck, ImageReference, parse_image
from kubestack_py.registry.choosing import newer_tags, usual_way
from kubestack_py.registry.client import Registry
from kubestack_py.registry.credentials import docker_login
from kubestack_py.registry.http import Line
from kubestack_py.runner.image_listing import declared_images
from kubestack_py.runner.imaging import application, image_from

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kubestack_py.runner.session import Session


@dataclass(frozen=True, slots=True)
class Registries:
    """Where registries are met: `login` is the config.json of Docker, if there is one."""

    login: Path | None = None

    def at(self, image: ImageReference) -> Registry:
        """The registry of an image."""
        return Registry(Line(image.registry, docker_login(self.login, image.registry)))

    def pinned(self, image: ImageReference) -> ImageReference:
        """The image with the digest that its tag has now; one that has a digest stays as it is."""
        return image if image.digest else replace(image, digest=self.at(image).image(image).digest)


def check_images(registries: Registries, images: Iterable[ImageReference], way: str) -> list[ImageCheck]:
    """What the registry has of each image. What went wrong with one is part of the answer."""
    return [_check(registries, image, way) for image in dict.fromkeys(images)]


def _check(registries: Registries, image: ImageReference, way: str) -> ImageCheck:
    registry, order = registries.at(image), way or usual_way(image.tag)
    try:
        found = registry.image(image)
        newer = newer_tags(registry.tags(image), image.tag, order) if order else ()
        moved = (
            bool(image.digest and image.tag)
            and registry.image(replace(image, digest="")).digest != image.digest
        )
    except RegistryError as error:
        return ImageCheck(image=str(image), error=str(error))
    return ImageCheck(
        image=str(image),
        digest=found.digest,
        platforms=found.platforms,
        newer=newer,
        order=order,
        moved=moved,
    )


def images_meant(session: Session, name: str) -> list[ImageReference]:
    """The images of an application in all environments, on the default branch; or the one that is named."""
    if any(character in name for character in ":@"):
        return [image_from(name)]
    stack = application(session, name)
    found = (
        parse_image(image)
        for environment in session.platform.environments
        for image in declared_images(session, stack, environment.name)
    )
    return [image for image in dict.fromkeys(found) if image]

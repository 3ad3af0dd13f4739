"""Applications: directories with a base and an overlay for each environment, of the template's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.errors import UsageError
from kubestack_py.model.image import parse_image
from kubestack_py.scaffold.handmade import refuse_handmade
from kubestack_py.scaffold.homes import MANIFESTS, apps_home
from kubestack_py.scaffold.inventory import near
from kubestack_py.scaffold.overlay_lists import list_edits
from kubestack_py.scaffold.record import RECORD, parse_record
from kubestack_py.scaffold.render import render_values
from kubestack_py.scaffold.stacks import name_stack, unname_stack
from kubestack_py.system.files import scratch_directory
from kubestack_py.system.yaml_editing import replace_scalar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.scaffold.draft import Draft

KIND = "app"
_SAMPLE = "stefanprodan/podinfo"


def add_app(draft: Draft, name: str, image: str) -> None:
    """Add an application of the template's shape, with an overlay for each environment.

    `image` is `name` or `name:tag`, empty for the sample. One that was added with the same options is left
    alone, whatever became of it. Raises `UsageError` for a name or an image that cannot be used.
    """
    from kubestack_py.scaffold.answers import problem_with

    options = {"name": name, **({"image": image} if image else {})}
    directory = str(apps_home(draft.platform) / name)
    if (draft.root / directory).exists():
        if any(entry.kind == KIND and entry.options == options for entry in _record(draft).get("added", ())):
            return
        raise UsageError(
            f"{directory} is there already",
            hint="Edit it, choose another name, or take it out first: kubestack remove app NAME.",
        )
    problem = problem_with("application", name)
    if problem:
        raise UsageError(f"no application can be called {name!r}", hint=problem.hint)
    for path, content in _rendered(draft, name).items():
        draft.write(path, _with_image(content, path, image))
    name_stack(draft, directory, "kustomize")
    _list(draft, added=[name])
    draft.record(lambda record: record.with_added(KIND, options))
    if image:
        draft.note(f"Set the ports and probes of {image} in {directory}/base/deployment.yaml.")


def remove_app(draft: Draft, name: str, *, force: bool) -> None:
    """Remove the directory of an application."""
    apps = {app.name: app for app in draft.inventory.apps}
    if name not in apps:
        draft.note(f"There is no application {name}. {near(name, list(apps))}")
        return
    directory = apps[name].where.path
    files = draft.files_below(directory)
    refuse_handmade(draft.root, files, force=force)
    unname_stack(draft, directory)
    for path in files:
        draft.write(path, None)
    _list(draft, removed=[name])
    draft.record(lambda record: record.without_added(KIND, name=name))
    draft.note(f"What {name} runs goes with the next apply, where what follows the rendered branches prunes.")


def _rendered(draft: Draft, name: str) -> dict[str, bytes]:
    """The files of an application by their path in the platform."""
    platform = draft.platform
    answers = _record(draft).get("answers", {})
    values = {
        "domain": f"{platform.name}.example.com",
        "provider": "local",
        **answers,
        "layout": "single",
        "name": platform.name,
        "default_branch": platform.default_branch,
        "application": name,
        "environments": [item.name for item in platform.environments],
    }
    home = apps_home(platform)
    with scratch_directory("app") as scratch:
        made = render_values(values, scratch)
        found = sorted(path for path in (made / MANIFESTS / name).rglob("*") if path.is_file())
        return {str(home / path.relative_to(made / MANIFESTS)): path.read_bytes() for path in found}


def _with_image(content: bytes, path: str, image: str) -> bytes:
    """The file with another image in the place of the sample's."""
    if not image:
        return content
    found = parse_image(image)
    if found is None or found.digest:
        raise UsageError(
            f"{image!r} is no image", hint="Write it as name or name:tag; a digest goes into the overlays."
        )
    content = content.replace(_SAMPLE.encode(), found.name.encode())
    if "/overlays/" in path and path.endswith("/kustomization.yaml"):
        return replace_scalar(content, ("images", 0, "newTag"), found.tag or "latest", path)
    return content


def _list(draft: Draft, *, added: Sequence[str] = (), removed: Sequence[str] = ()) -> None:
    """Keep the lists of what Flux applies, where the repository has them."""
    environments = [item.name for item in draft.platform.environments]
    home = apps_home(draft.platform)
    for edit in list_edits(draft.root, home, environments, added=added, removed=removed):
        draft.write(str(edit.path), edit.after)


def _record(draft: Draft) -> Mapping[str, Any]:
    content = draft.read(str(RECORD))
    if content is None:
        return {}
    record = parse_record(content)
    return {"answers": record.answers, "added": record.added}

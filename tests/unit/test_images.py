"""Images in kustomizations and behind markers: edits touch what is meant and nothing else."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.errors import EditError, UsageError
from kubestack_py.kustomize.images import image_entries, images_of, replaced, set_entry
from kubestack_py.model.image import ImageReference, parse_image
from kubestack_py.scaffold.images import ImageChange, image_edits
from kubestack_py.system.yaml import load

DIGEST = "sha256:" + "ab" * 32
APP = "manifests/web"
OVERLAY = f"{APP}/overlays/ops/kustomization.yaml"
MARKED = f"{APP}/overlays/ops/release.yaml"
DEPLOYMENT = (
    "kind: Deployment\nspec: {template: {spec: {containers: [{name: web, image: example.com/web}]}}}\n"
)


def image(text: str) -> ImageReference:
    found = parse_image(text)
    assert found is not None
    return found


class Memory:
    """Files that are nowhere else."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = {path: text.encode() for path, text in files.items()}

    def files(self, directory: str) -> list[str]:
        return sorted(path for path in self._files if path.startswith(f"{directory}/"))

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)


def after(files: dict[str, str], text: str, **options: object) -> dict[str, str]:
    """What changed files hold, once an image is set in ops; doing it again changes nothing."""
    change = ImageChange(stack=APP, environment="ops", image=image(text), **options)  # type: ignore[arg-type]
    edits = image_edits(Memory(files), change)
    changed = {str(edit.path): (edit.after or b"").decode() for edit in edits.files}
    assert image_edits(Memory({**files, **changed}), change).files == ()
    return changed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("web", ("web", "", "")),
        ("localhost:5000/team/web:1.2", ("localhost:5000/team/web", "1.2", "")),
        (f"ghcr.io/org/web_a--b:v1@{DIGEST}", ("ghcr.io/org/web_a--b", "v1", DIGEST)),
        ("[::1]:5000/web", ("[::1]:5000/web", "", "")),
    ],
)
def test_reference_is_read_and_written(text: str, parts: tuple[str, str, str]) -> None:
    found = image(text)
    assert (found.name, found.tag, found.digest) == parts
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    ["", "Web", "web:", "web:-1", "web@sha256:ab", "a//b", "web:1 --x", "-web", "web:1\n", "/web", "w" * 256],
)
def test_what_is_no_reference_is_not_read(text: str) -> None:
    assert parse_image(text) is None


@pytest.mark.parametrize(
    ("name", "host", "repository"),
    [
        ("nginx", "docker.io", "library/nginx"),
        ("stefanprodan/podinfo", "docker.io", "stefanprodan/podinfo"),
        ("docker.io/nginx", "docker.io", "library/nginx"),
        ("localhost/web", "localhost", "web"),
        ("quay.io/a/b", "quay.io", "a/b"),
    ],
)
def test_registry_of_a_name(name: str, host: str, repository: str) -> None:
    assert (image(name).registry, image(name).repository) == (host, repository)


ENTRIES = [
    (
        '  - name: example.com/web # keep\n    newTag: "1.2"\n',
        "3",
        '  - name: example.com/web # keep\n    newTag: "3"\n',
    ),
    (
        "  - newTag: v1   # why\n    name: example.com/web\n",
        "1.10",
        '  - newTag: "1.10"   # why\n    name: example.com/web\n',
    ),
    ("  - newTag: '1'\n    name: example.com/web\n", "1e3", "  - newTag: '1e3'\n    name: example.com/web\n"),
    (
        "  - name: example.com/web\n    newTag: 6.9.2\n",
        "6.9.3",
        "  - name: example.com/web\n    newTag: 6.9.3\n",
    ),
    (
        f"  - digest: {DIGEST}\n    name: example.com/web\n",
        "v1",
        "  - name: example.com/web\n    newTag: v1\n",
    ),
    (
        f"  - name: example.com/web\n    newTag: a\n    digest: {DIGEST}\n",
        "b",
        "  - name: example.com/web\n    newTag: b\n",
    ),
    (
        "  - {name: example.com/web, newTag: v1} # flow\n",
        "v2",
        "  - {name: example.com/web, newTag: v2} # flow\n",
    ),
    (
        f"  - {{name: example.com/web, digest: '{DIGEST}'}}\n",
        "v2",
        "  - {name: example.com/web, newTag: 'v2'}\n",
    ),
    (
        "- name: other\n  newTag: v1\n",
        "v2",
        "- name: other\n  newTag: v1\n- name: example.com/web\n  newTag: v2\n",
    ),
]


@pytest.mark.parametrize(("before", "tag", "expected"), ENTRIES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_entry_is_edited_in_place(before: str, tag: str, expected: str, end: str) -> None:
    head, tail = f"# ünï 🚀{end}images:{end}", f"{end}# last{end}labels: []{end}"
    text = (head + before.replace("\n", end) + tail).encode()
    edited = set_entry(text, "example.com/web", image(f"example.com/web:{tag}"), "k.yaml")
    assert edited.decode() == head + expected.replace("\n", end) + tail
    entry = next(entry for entry in image_entries(edited, "k.yaml") if entry.name == "example.com/web")
    assert str(entry.becomes) == f"example.com/web:{tag}"


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True), st.sampled_from(["", "'", '"']))
def test_every_tag_stays_text(tag: str, quote: str) -> None:
    text = f"images:\n  - name: web\n    newTag: {quote}v1{quote}\n".encode()
    document = load(set_entry(text, "web", ImageReference(name="web", tag=tag), "k.yaml"), "k.yaml")
    assert document == {"images": [{"name": "web", "newTag": tag}]}


@pytest.mark.parametrize(
    "before", ["resources: [a.yaml]\n", "resources: [a.yaml]", "a: 1\r\n", "a: 1\nimages: []\n"]
)
def test_list_that_is_missing_is_added(before: str) -> None:
    if "images" in before:
        with pytest.raises(EditError, match="empty list"):
            set_entry(before.encode(), "web", image("reg.io/web:1"), "k.yaml")
        return
    edited = set_entry(before.encode(), "web", image("reg.io/web:1"), "k.yaml")
    assert edited.startswith(before.encode())
    assert str(image_entries(edited, "k.yaml")[0].becomes) == "reg.io/web:1"
    assert (b"\r\n" in before.encode()) == (edited.count(b"\r\n") == edited.count(b"\n"))


# `<NAME>` stands for a marker of the policy f:NAME, whose sign would be hard to read here.
MARKERS = [
    ("image: example.com/web:1 <web>", "example.com/web:2", "image: example.com/web:2 <web>"),
    (
        "{repository: example.com/web, # x\n tag: '1' <web:tag>\n}",
        "example.com/web:1.10",
        "{repository: example.com/web, # x\n tag: '1.10' <web:tag>\n}",
    ),
    (
        "name: example.com/web <web:name>\ntag: 1.1 <web:tag>",
        "example.com/web:1.2",
        'name: example.com/web <web:name>\ntag: "1.2" <web:tag>',
    ),
    (
        "a: 1\n---\nimage: example.com/web:1 <web>\nother: reg/x:1 <x>",
        "example.com/web:2",
        "a: 1\n---\nimage: example.com/web:2 <web>\nother: reg/x:1 <x>",
    ),
]


def with_markers(text: str) -> str:
    return re.sub("<(.+?)>", r'# {"$imagepolicy": "f:\1"}', text)


@pytest.mark.parametrize(("before", "text", "expected"), MARKERS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marked_value_is_set(before: str, text: str, expected: str, end: str) -> None:
    files = {
        OVERLAY: "resources: [release.yaml]\n",
        MARKED: with_markers(f"{before}\n# end\n").replace("\n", end),
    }
    changed = after(files, text)
    assert changed == {MARKED: with_markers(f"{expected}\n# end\n").replace("\n", end)}


def test_policy_says_what_the_values_do_not() -> None:
    files = {OVERLAY: "a: 1\n", MARKED: 'tag: "1" # {"$imagepolicy": "f:web:tag"}\n'}
    assert after(files, "example.com/web:2", policies=("f:web",)) == {
        MARKED: files[MARKED].replace("1", "2", 1)
    }
    with pytest.raises(UsageError, match="has a marker of f:nothing"):
        after(files, "example.com/web:2", policies=("f:nothing",))


def test_marker_and_entry_agree() -> None:
    line = with_markers("images:\n  - name: web\n    newName: example.com/web\n    newTag: v1 <web:tag>\n")
    assert after({OVERLAY: line}, "example.com/web:v2") == {OVERLAY: line.replace("v1", "v2")}
    with pytest.raises(EditError, match="asks for a tag"):
        after({OVERLAY: line}, f"example.com/web@{DIGEST}")


def test_base_is_left_alone_and_named() -> None:
    base = f"{APP}/base/web.yaml"
    files = {
        OVERLAY: "a: 1\n",
        base: f'image: example.com/web:1 # {{"$imagepolicy": "f:web"}}\n---\n{DEPLOYMENT}',
    }
    change = ImageChange(stack=APP, environment="ops", image=image("example.com/web:2"))
    edits = image_edits(Memory(files), change)
    assert [str(edit.path) for edit in edits.files] == [OVERLAY]
    assert "all environments share that file" in edits.notes[0]


def test_image_that_is_not_used_is_refused_with_what_is() -> None:
    files = {OVERLAY: "images:\n- name: web\n  newTag: a\n", f"{APP}/base/d.yaml": DEPLOYMENT}
    with pytest.raises(UsageError, match=r"Its images are: web, example\.com/web"):
        after(files, "example.com/wbe:1")
    assert after(files, "mirror.io/w:1", name="web") == {
        OVERLAY: 'images:\n- name: web\n  newTag: "1"\n  newName: mirror.io/w\n'
    }
    with pytest.raises(UsageError, match="no overlay for ops"):
        after({}, "web:1")


@pytest.mark.parametrize(
    ("written", "entry", "expected"),
    [
        ("web:1", {"newTag": "2"}, "web:2"),
        ("web:1", {"newName": "reg.io/w"}, "reg.io/w:1"),
        (f"web:1@{DIGEST}", {"newTag": "2"}, "web:2"),
        ("web:1", {"digest": DIGEST}, f"web@{DIGEST}"),
        ("other:1", {"newTag": "2"}, "other:1"),
        ("$(IMAGE)", {"newTag": "2"}, "$(IMAGE)"),
    ],
)
def test_reader_replaces_as_kustomize_does(written: str, entry: dict[str, str], expected: str) -> None:
    entries = image_entries(json.dumps({"images": [{"name": "web", **entry}]}).encode(), "k")
    assert replaced(written, entries) == expected


def test_images_are_found_in_every_kind_of_container() -> None:
    pod = {
        "initContainers": [{"image": "a"}],
        "containers": [{"image": "b"}, {}],
        "ephemeralContainers": [{"image": "c"}],
    }
    assert list(images_of([{"spec": {"template": {"spec": pod}}, "image": "no container"}])) == [
        "a",
        "b",
        "c",
    ]

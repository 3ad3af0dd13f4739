"""`make archive VERSION=0.1.0 REVISION=v0.1.0`: keep the templates of a release for `kubestack update`.

Done once for each release, before the version number is raised. An archive is never written anew:
platforms that were scaffolded from it are compared with it.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import sys
import tarfile
import tempfile
from pathlib import Path

from kubestack_py.scaffold.answers import questions
from kubestack_py.scaffold.render import render_values
from kubestack_py.scaffold.versions import ARCHIVES, templates_of
from kubestack_py.system.git import Git

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ARCHIVES
DIGESTS = FOLDER / "digests.json"


def archive(version: str, revision: str) -> None:
    """Write the archive of a version from a commit, with digests of it and of what is rendered from it."""
    path = FOLDER / f"{version}.tar.xz"
    if path.exists():
        sys.exit(f"{path.relative_to(ROOT)} exists already, and platforms depend on it")
    FOLDER.mkdir(exist_ok=True)
    content = tar(files_of(revision))
    path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    known = json.loads(DIGESTS.read_text("utf-8")) if DIGESTS.exists() else {}
    answers = sample()
    known[version] = {
        "templates": digest(content),
        "answers": answers,
        "rendered": rendered(version, answers),
    }
    DIGESTS.write_text(f"{json.dumps(known, indent=2)}\n", "utf-8")


def files_of(revision: str) -> dict[str, bytes]:
    """The files of `templates/` in a commit by their path there, without former archives."""
    git = Git(ROOT)
    entries = git.list_tree(revision, "templates")
    contents = git.read_blobs(entry.blob for entry in entries.values())
    return {
        path.removeprefix("templates/"): contents[entry.blob]
        for path, entry in entries.items()
        if not path.startswith(f"{ARCHIVES}/")
    }


def tar(files: dict[str, bytes]) -> bytes:
    """A tar file that depends on names and contents alone."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as writer:
        for name, content in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            writer.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def sample() -> dict[str, object]:
    """The default answers of today."""
    answers: dict[str, object] = {question.name: question.default_for("acme") for question in questions()}
    return answers | {"name": "acme", "environments": str(answers["environments"]).split(",")}


def rendered(version: str, answers: dict[str, object]) -> str:
    """Digest of a platform, rendered from the templates of a version."""
    parts: list[bytes] = []
    with tempfile.TemporaryDirectory() as directory, templates_of(version):
        root = render_values(answers, Path(directory))
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            content = path.read_bytes()
            parts += [f"{path.relative_to(root)}\0{len(content)}\0".encode(), content]
    return digest(b"".join(parts))


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    archive(*sys.argv[1:])

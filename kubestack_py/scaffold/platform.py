"""A new repository: rendered beside its place, committed, then moved there in one step."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from kubestack_py.errors import ScaffoldError
from kubestack_py.scaffold.answers import JENKINS_X, TOFU
from kubestack_py.scaffold.render import render_platform
from kubestack_py.system.files import disk_errors, scratch_directory
from kubestack_py.system.git import FALLBACK_IDENTITY, Git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from kubestack_py.scaffold.answers import DeployAnswers, PlatformAnswers
    from kubestack_py.scaffold.application import ApplicationAnswers
    from kubestack_py.scaffold.clusters import Cluster

FIRST_CONTROLLER = "cert-manager"


def new_platform(
    answers: PlatformAnswers,
    directory: Path,
    progress: Callable[[str], None],
    clusters: Sequence[Cluster] = (),
    *,
    force: bool = False,
) -> Path:
    """Scaffold the repository `directory/<name>` with a first commit on the default branch.

    `clusters` are added as `kubestack add cluster` does, with or without its `force`. `directory` is
    created when only its last part is missing. `progress` gets a sentence for each step. Returns the
    absolute path of the repository. Whatever ends this early, an interrupt or a full disk, leaves nothing
    behind.

    Raises `ScaffoldError` when the place is taken or cannot be, `FileError` when the disk refuses,
    and `GitError` when the commit cannot be made.
    """

    def render(scratch: Path) -> Path:
        draft = render_platform(answers, scratch)
        if clusters:
            _add_clusters(draft, clusters, progress, force=force)
        if answers.ci != "none":
            _add_pipeline(draft, answers.ci)
            if answers.engine == TOFU:
                progress("ci/Dockerfile installs Terraform: put OpenTofu in its place before the first run.")
        return draft

    path = _new_repository(answers, directory, progress, render, "platform")
    if around := _repository_around(path):
        progress(
            f"It is a repository of its own inside of {around}, which would take it for a submodule: "
            "better move it out."
        )
    return path


def new_deploy_repository(answers: DeployAnswers, directory: Path, progress: Callable[[str], None]) -> Path:
    """Scaffold a deploy repository in the same way as `new_platform`, and with the same errors.

    Services are added as `kubestack add service` does, so that their versions are the catalog's.
    """
    from kubestack_py.scaffold.deploying import render_deploy

    def render(scratch: Path) -> Path:
        draft = render_deploy(asdict(answers), scratch)
        _add_controllers(draft, answers.engine)
        if answers.ci != "none":
            _add_pipeline(draft, answers.ci)
        return draft

    return _new_repository(answers, directory, progress, render, "deploy repository")


def new_application(answers: ApplicationAnswers, directory: Path, progress: Callable[[str], None]) -> Path:
    """Scaffold the repository of an application in the same way, and with the same errors."""
    from kubestack_py.scaffold.application import render_application

    def render(scratch: Path) -> Path:
        return render_application(answers, scratch)

    return _new_repository(answers, directory, progress, render, "application")


def _new_repository(
    answers: PlatformAnswers | DeployAnswers | ApplicationAnswers,
    directory: Path,
    progress: Callable[[str], None],
    render: Callable[[Path], Path],
    what: str,
) -> Path:
    directory = directory.absolute()
    target = directory / answers.name
    refuse_existing(target)
    with _existing(directory), scratch_directory("new", parent=directory) as scratch:
        draft = render(scratch)
        progress(f"Rendered {sum(path.is_file() for path in draft.rglob('*'))} files.")
        _commit(Git(draft), answers.default_branch, f"Scaffold the {what} {answers.name}", progress)
        refuse_existing(target)
        with disk_errors(f"create {target}"):
            draft.rename(target)
    return target


def _repository_around(path: Path) -> Path | None:
    """The work tree that a repository was made in, if there is one."""
    return next((parent for parent in path.parents if (parent / ".git").exists()), None)


def _add_controllers(root: Path, engine: str) -> None:
    from kubestack_py.config.load import load_platform, read_source
    from kubestack_py.scaffold import jenkins_x
    from kubestack_py.scaffold.catalog import load_catalog
    from kubestack_py.scaffold.edits import apply_edits
    from kubestack_py.scaffold.services.add import add_service
    from kubestack_py.scaffold.services.placed import ServiceOptions

    platform = load_platform(read_source(root))
    catalog = load_catalog(root, platform.services.catalog)
    names = jenkins_x.SERVICES if engine == JENKINS_X else (FIRST_CONTROLLER,)
    for name in names:
        asked = ServiceOptions(name=name, delivery=platform.services.delivery)
        apply_edits(root, add_service(root, platform, catalog, asked, with_needs=True))
    if engine == JENKINS_X:
        jenkins_x.complete(root)


def _add_clusters(
    root: Path, clusters: Sequence[Cluster], progress: Callable[[str], None], *, force: bool
) -> None:
    from kubestack_py.scaffold.adding_clusters import add_cluster
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.edits import apply_edits

    for cluster in clusters:
        draft = Draft(root)
        add_cluster(draft, cluster, force=force)
        edits = draft.edits()
        apply_edits(root, edits)
        for note in edits.notes:
            progress(note)


def _add_pipeline(root: Path, host: str) -> None:
    """The pipeline that the settings of the new platform ask for, and its Dockerfile."""
    from kubestack_py import __version__
    from kubestack_py.config.load import load_platform, read_source
    from kubestack_py.model.ci import CiHost
    from kubestack_py.scaffold.edits import apply_edits
    from kubestack_py.scaffold.pipelines import pipeline_edits

    apply_edits(root, pipeline_edits(root, load_platform(read_source(root)), CiHost(host), __version__))


def refuse_existing(target: Path) -> None:
    """Raise `ScaffoldError` when there is something at the place of a new repository."""
    if target.exists() or target.is_symlink():
        raise ScaffoldError(
            f"{target} exists already; nothing was changed",
            hint="Choose another name, or another place with --directory.",
        )


@contextmanager
def _existing(directory: Path) -> Iterator[None]:
    """Create a directory for the block where it is missing; it goes again when the block fails."""
    created = not directory.exists()
    if created and not directory.parent.is_dir():
        raise ScaffoldError(
            f"{directory.parent} is no directory", hint=f"Create it first: mkdir -p '{directory.parent}'."
        )
    if not created and not directory.is_dir():
        raise ScaffoldError(f"{directory} is no directory", hint="Choose another place with --directory.")
    if created:
        with disk_errors(f"create {directory}"):
            directory.mkdir()
    try:
        yield
    except BaseException:
        if created:
            with suppress(OSError):
                directory.rmdir()
        raise


def _commit(git: Git, branch: str, message: str, progress: Callable[[str], None]) -> None:
    """Make the draft a repository whose one commit holds every file, unsigned."""
    git.call("init", "--quiet", f"--initial-branch={branch}")
    git.call("add", "--all", "--force")  # a user's own ignore rules must not leave out a file
    commit = ("commit", "--quiet", "--no-verify", "--no-gpg-sign", f"--message={message}")
    options: tuple[str, ...] = ("-c", "maintenance.auto=false", "-c", "user.useConfigOnly=true")
    if git.call(*options, *commit, ok=(0, 128)).code:
        name, email = FALLBACK_IDENTITY
        options = (*options, "-c", f"user.name={name}", "-c", f"user.email={email}")
        git.call(*options, *commit, purpose="git commit")
        progress(
            f"Git knows no identity of yours, so the first commit is by {name}. Set user.name and "
            "user.email, then: git commit --amend --reset-author --no-edit"
        )
    progress(f"Committed to {branch}.")

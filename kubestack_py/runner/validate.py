"""`kubestack validate`: look at everything that needs no credentials, and say all that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.checks.encrypted import check_encrypted
from kubestack_py.checks.markers import check_markers
from kubestack_py.checks.objects import check_objects
from kubestack_py.checks.pipelines import check_pipelines
from kubestack_py.checks.schemas import Schemas, known_versions
from kubestack_py.checks.secrets import check_secret_texts, is_text
from kubestack_py.checks.sops import RULES_FILE, check_sops
from kubestack_py.checks.versions_lock import check_versions_lock, names_charts
from kubestack_py.checks.workflows import check_workflows
from kubestack_py.ci.pipelines.marked import marked_findings
from kubestack_py.ci.pipelines.render import pipeline_findings
from kubestack_py.config.stacks import find_stacks
from kubestack_py.model.ci import NO_IMAGE, CiHost
from kubestack_py.model.examined import TextFile
from kubestack_py.model.finding import Finding, Severity
from kubestack_py.model.platform import Delivery, StackKind
from kubestack_py.model.service import VERSIONS_LOCK
from kubestack_py.model.validation import Validation
from kubestack_py.runner.accepting import accept, idle
from kubestack_py.runner.content import BoundedContent
from kubestack_py.runner.elsewhere import unknown_in_validation
from kubestack_py.runner.examining import StackFiles
from kubestack_py.runner.examining_clusters import cluster_findings
from kubestack_py.runner.locating import located
from kubestack_py.runner.loose import loose_files, loose_objects
from kubestack_py.runner.remembering import Memory
from kubestack_py.runner.rendering import render
from kubestack_py.runner.surroundings import surroundings
from kubestack_py.runner.touched import Touched, touched
from kubestack_py.runner.validating_terraform import validate_terraform
from kubestack_py.scaffold.pipelines import committed_pipelines, marked_files
from kubestack_py.system.files import resource
from kubestack_py.system.memory import many_values
from kubestack_py.terraform.selection import shared_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kubestack_py.model.event import Event
    from kubestack_py.model.examined import Built
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.session import Session


@many_values()
def examine(session: Session, changed: str = "", event: Event | None = None) -> Validation:
    """Every finding, in the order of the files; of what differs from where `changed` was left, if given.

    In the CI of a pull request (`event`), overlays are not built that would fetch what its target does not.
    Raises `ConfigurationError` when kubestack.yaml itself cannot be read: without it nothing says
    what the rest should be. Raises `UsageError` for a `changed` that is no commit here.
    """
    platform = session.platform
    stacks, problems = find_stacks(platform, session.source, session.root)
    content = BoundedContent(session.git)
    memory = Memory(session, content)
    scope = touched(session, changed, stacks, content) if changed else None
    examined = [StackFiles(session, stack, content, memory) for stack in (scope.stacks if scope else stacks)]
    memory.sound_yaml.save()
    found = [
        *problems,
        *shared_findings(platform, [item.path for item in stacks if item.kind is StackKind.TERRAFORM]),
        *(finding for item in examined for finding in item.findings),
    ]
    found += validate_terraform(session, examined, content)
    objects, said = _built(session, event, examined, content, memory)
    loose = loose_files(platform, stacks, content)
    outside, unreadable = loose_objects(loose, content)
    around = surroundings(session, examined, objects, content, stacks, memory=memory) if scope else []
    everything = [*objects, *around, *outside]
    files = {item.stack.path: item.files for item in examined} | _wanted(loose, scope)
    found += [*said, *unreadable, *_version(session)]
    found += _objects(session, stacks, files, content, everything)
    found += [*_texts(content, everything, scope), *_charts(content, stacks)]
    found += cluster_findings(session, (item.stack for item in examined))
    found += _pipelines(session)
    kept, ignored = accept(_in_order(found), platform.validate.ignore)
    unused = () if scope else idle(platform.validate.ignore, ignored, session.source)
    return Validation(
        findings=(*kept, *unused),
        ignored=ignored,
        stacks=tuple(item.stack.path for item in examined),
        objects=len(objects) + len(outside),
        base=scope.base if scope else "",
    )


def _built(
    session: Session,
    event: Event | None,
    examined: Sequence[StackFiles],
    content: BoundedContent,
    memory: Memory,
) -> tuple[list[Built], list[Finding]]:
    """The objects of the overlays that may be built, and what was found by that."""
    unknown = unknown_in_validation(session, event, (item.stack for item in examined), content)
    objects, said = render(session, [it for it in examined if it.stack.path not in unknown], memory)
    return objects, [*(finding for findings in unknown.values() for finding in findings), *said]


def _wanted(loose: Mapping[str, tuple[str, list[str]]], scope: Touched | None) -> dict[str, frozenset[str]]:
    """The files beside stacks that are looked at: all, or those of a directory in which one has changed."""
    return {
        directory: frozenset(paths)
        for directory, (_, paths) in loose.items()
        if scope is None or any(path.startswith(f"{directory}/") for path in scope.paths)
    }


def _objects(
    session: Session,
    stacks: Sequence[Stack],
    files: Mapping[str, frozenset[str]],
    content: BoundedContent,
    objects: Sequence[Built],
) -> list[Finding]:
    """What the checks of objects say of the stacks whose `files` are given, in the light of all `objects`."""
    kubectl = {stack.path for stack in stacks if stack.delivery is Delivery.KUBECTL}
    problems = [
        *check_objects(objects, _schemas(session, objects), content.read),
        *check_encrypted(objects, kubectl),
    ]
    return located((item for item in problems if item.about.stack in files), files, content.read)


def _schemas(session: Session, objects: Sequence[Built]) -> Schemas:
    crds = (item.document for item in objects if item.manifest.kind == "CustomResourceDefinition")
    return Schemas(_kubernetes(session), crds, shipped=resource("schemas/crds"))


def _texts(content: BoundedContent, objects: Sequence[Built], scope: Touched | None) -> Iterator[Finding]:
    """What files say whether or not they belong to a stack."""
    everything = scope is None or RULES_FILE in scope.paths
    texts = [
        TextFile(path=path, text=content.read(path) or b"")
        for path in content.files("")
        if is_text(path) and (everything or (scope and path in scope.paths))
    ]
    yield from check_secret_texts(texts)
    yield from check_sops(texts, content.read(RULES_FILE))
    yield from check_pipelines(texts)
    yield from check_workflows(texts)
    yield from check_markers((file for file in texts if file.path.endswith((".yaml", ".yml"))), objects)


def _pipelines(session: Session) -> Iterator[Finding]:
    """Pipelines, and what runs in their image, against the settings."""
    platform = session.platform
    yield from pipeline_findings(platform, committed_pipelines(session.root))
    yield from marked_findings(platform, marked_files(session.root))
    if platform.ci and platform.ci.host is CiHost.LIGHTHOUSE and not platform.ci.image:
        message = f"names no image, so no step can start: the pipelines name {NO_IMAGE}"
        hint = (
            "build and push ci/Dockerfile, write `image: NAME@DIGEST`, then: kubestack ci render lighthouse"
        )
        finding = session.source.finding(message, ["ci"], check="ci-image", hint=hint)
        yield replace(finding, severity=Severity.WARNING)


def _charts(content: BoundedContent, stacks: Sequence[Stack]) -> Iterator[Finding]:
    """All charts against the lock, where there is one."""
    lock = content.read(VERSIONS_LOCK)
    if lock is None:
        return
    texts = (
        TextFile(path=path, text=content.read(path) or b"")
        for path in content.files("")
        if path.endswith((".yaml", ".yml"))
    )
    charts = (file for file in texts if names_charts(file.text))
    yield from check_versions_lock(lock, charts, (stack.path for stack in stacks))


def _kubernetes(session: Session) -> str:
    """The version whose schemas are taken: the platform's, or the newest where that is not known."""
    known = known_versions()
    wanted = session.platform.kubernetes.version
    return wanted if wanted in known else known[-1]


def _version(session: Session) -> Iterator[Finding]:
    wanted, known = session.platform.kubernetes.version, known_versions()
    if wanted and wanted not in known:
        yield session.source.finding(
            f"the schemas of Kubernetes {wanted} are not known here; those of {known[-1]} are taken",
            ["kubernetes", "version"],
            check="kubernetes-version",
            hint=f"known: {known[0]} to {known[-1]}",
        )


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once; by file and line, errors of the whole platform first."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    return sorted(
        dict.fromkeys(findings),
        key=lambda item: (
            (item.where.path, item.where.line, item.where.column) if item.where else ("", 0, 0),
            ranks[item.severity],
        ),
    )

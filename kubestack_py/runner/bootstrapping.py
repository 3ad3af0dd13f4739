"""`kubestack bootstrap-state`: make the S3 bucket that Terraform keeps its state in.

The `aws` program does it, one call a step: it finds credentials of every kind (profiles, SSO, roles of a
machine or a CI job), and its commands can be shown, and run by somebody who may.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import ConfigurationError, ToolError, UsageError
from kubestack_py.model.bootstrap import BootstrapStep
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.configuring import stack_files
from kubestack_py.system.process import Command, Completed, run
from kubestack_py.terraform.backend import Backend, read_backend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool

SECONDS = 120.0
WITHOUT_LOCATION = "us-east-1"  # the one region that create-bucket may not be told
_CLOSED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ABSENT = ("404", "NoSuchBucket", "Not Found")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of a stack's backend, as its files name it; `key` encrypts it, empty for S3's own key."""

    name: str
    region: str
    key: str = ""


def bucket_of(session: Session, stacks: Sequence[Stack], kms_key: str) -> Bucket:
    """The one bucket that these stacks keep their state in.

    Raises `UsageError` when there is none or more than one, `ConfigurationError` when a block does not
    name it.
    """
    found = [
        backend
        for stack in stacks
        if stack.kind is StackKind.TERRAFORM
        and (backend := read_backend(stack_files(session.root, stack.path)))
    ]
    buckets = {_bucket(backend, kms_key) for backend in found if backend.type == "s3"}
    if not buckets:
        others = ", ".join(f"{backend.type} ({backend.where})" for backend in found) or "none"
        raise UsageError(
            f"no stack keeps its state in S3; backends: {others}",
            hint="Only a bucket of S3 is made by this command. An HTTP server makes a state by itself; "
            "docs/backends.md says how to make the place for the other backends.",
        )
    if len(buckets) > 1:
        names = ", ".join(sorted(bucket.name for bucket in buckets))
        raise UsageError(f"these stacks have several buckets: {names}", hint="Name one stack.")
    return buckets.pop()


def _bucket(backend: Backend, kms_key: str) -> Bucket:
    name, region = backend.text("bucket"), backend.text("region")
    if not name or not region:
        raise ConfigurationError(
            f"{backend.where}: the backend names no bucket and region in plain text",
            hint="Write `bucket` and `region` into the block, then run this again.",
        )
    return Bucket(name, region, kms_key or backend.text("kms_key_id"))


def steps(bucket: Bucket) -> tuple[BootstrapStep, ...]:
    """All that the bucket has to have, in order."""
    place = ("--region", bucket.region)
    named = ("--bucket", bucket.name)
    location = f"LocationConstraint={bucket.region}"
    somewhere = () if bucket.region == WITHOUT_LOCATION else ("--create-bucket-configuration", location)
    closed = ",".join(f"{name}=true" for name in _CLOSED)
    encryption = json.dumps(_encryption(bucket), separators=(",", ":"))
    how = f"with the key {bucket.key}" if bucket.key else "with the keys of S3"
    parts: tuple[tuple[str, tuple[str, ...]], ...] = (
        (f"the bucket {bucket.name} in {bucket.region}", ("create-bucket", *named, *somewhere)),
        (
            "no public access, whatever else is said",
            ("put-public-access-block", *named, "--public-access-block-configuration", closed),
        ),
        (
            "versions of every state, to go back to",
            ("put-bucket-versioning", *named, "--versioning-configuration", "Status=Enabled"),
        ),
        (
            f"encryption {how}",
            ("put-bucket-encryption", *named, "--server-side-encryption-configuration", encryption),
        ),
    )
    return tuple(BootstrapStep(what=what, command=("aws", "s3api", *argv, *place)) for what, argv in parts)


def _encryption(bucket: Bucket) -> dict[str, object]:
    with_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": bucket.key}
    rule = {"ApplyServerSideEncryptionByDefault": with_key if bucket.key else {"SSEAlgorithm": "AES256"}}
    return {"Rules": [{**rule, "BucketKeyEnabled": bool(bucket.key)}]}


class S3:
    """The account, through the `aws` program."""

    def __init__(self, session: Session, tool: Tool, bucket: Bucket) -> None:
        self._session = session
        self._tool = tool
        self._bucket = bucket

    def look(self) -> tuple[BootstrapStep, ...]:
        """The steps, each with whether it is done. Raises `ToolError` for a bucket of somebody else."""
        exists = self._exists()
        there = (
            exists,
            exists and self._is_closed(),
            exists and self._ask("get-bucket-versioning").get("Status") == "Enabled",
            exists and self._is_encrypted(),
        )
        return tuple(replace(step, there=done) for step, done in zip(steps(self._bucket), there, strict=True))

    def make(self, step: BootstrapStep) -> None:
        """Carry out one step. Raises `ToolError` with what AWS says."""
        self._call(*step.command[1:])

    def _exists(self) -> bool:
        done = self._call("s3api", "head-bucket", *self._place(), ok=(0, 254, 255))
        if done.code and not any(word in done.err for word in _ABSENT):
            raise ToolError(
                f"the bucket {self._bucket.name} cannot be looked at",
                detail=done.err.strip(),
                hint="Forbidden means that it belongs to somebody else (choose another name in the backend "
                "block), or that these credentials may not see it (aws sts get-caller-identity says whose).",
            )
        return not done.code

    def _is_closed(self) -> bool:
        found = self._ask("get-public-access-block").get("PublicAccessBlockConfiguration", {})
        return all(found.get(name) for name in _CLOSED)

    def _is_encrypted(self) -> bool:
        found = self._ask("get-bucket-encryption").get("ServerSideEncryptionConfiguration", {})
        rules = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in found.get("Rules", ())]
        if self._bucket.key:
            return any(rule.get("KMSMasterKeyID") == self._bucket.key for rule in rules)
        return any(rule.get("SSEAlgorithm") for rule in rules)

    def _ask(self, verb: str) -> dict[str, Any]:
        """A setting of the bucket; nothing where it was never set."""
        done = self._call("s3api", verb, *self._place(), "--output", "json", ok=(0, 254, 255))
        found: dict[str, Any] = json.loads(done.out or b"{}") if not done.code else {}
        return found

    def _place(self) -> tuple[str, ...]:
        return ("--bucket", self._bucket.name, "--region", self._bucket.region)

    def _call(self, *args: str, ok: Sequence[int] = (0,)) -> Completed:
        return run(
            Command(
                argv=(self._tool.path, *args),
                cwd=self._session.root,
                env={"AWS_PAGER": ""},
                ok=ok,
                timeout=SECONDS,
                interruptible=True,
                purpose=" ".join(args[:2]),
            )
        )

"""What stands in for AWS answers a retry as AWS does: what was carried out is not carried out again."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.programs.moto import moto

ROLE = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": "node", "AssumeRolePolicyDocument": "{}"}
IAM = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"


def create_role(address: str, invocation: str) -> tuple[int, str]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        address,
        data=urllib.parse.urlencode(ROLE).encode(),
        headers={"Authorization": IAM, "Amz-Sdk-Invocation-Id": invocation},
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.slow
def test_retry_gets_the_first_answer_and_another_call_its_own(tmp_path: Path) -> None:
    with moto(tmp_path / "log") as environ:
        address = environ["AWS_ENDPOINT_URL"]
        first = create_role(address, "a-call")
        retried = create_role(address, "a-call")
        status, text = create_role(address, "another-call")
    assert first[0] == 200
    assert retried == first
    assert status == 409
    assert "EntityAlreadyExists" in text

"""The YAML reader against kubectl itself."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from kubestack_py.system.yaml import YamlError, load

SCALARS = re.split(
    r"\s+",
    """0644 644 08 09.5 0o644 0O17 0x1F 0X1f 0b101 -0b11 1_000 _1 1__0 1_ 0x_1F +1 -1 +0644 -0644 1e3 1E3 1e+3
    1.5e-3 1.10 1. .5 -.5 +.5 . .. 1.2.3 12:30:45 1:20 190:20:30.15 2020-01-01 2020-01-01T10:00:00Z
    2001-12-14t21:59:43.10-05:00 yes Yes YES yEs no on On ON off y Y n N true True TRUE tRue false null Null
    NULL ~ = 1,000 0.0 -0 00 0 9223372036854775807 18446744073709551616 123456789012345678901234567890
    0xFFFFFFFFFFFFFFFF 1e400 0777777777777777777777777 0_7 1e 1e+ e3 0e0 0x 0b 0b2 0o8 + +- 1-2 -1_000
    1_000.5 1_0e1_0 0.1e1 100m 1Gi << 1.0 1e21 123456789.123456789 +0x1F -0x1F +0b1 -0o7 ٣ 1.e3 .e3 .5e3
    Infinity nan inf 0x1p4 1i""",
)
KEYS = ["1", "0x10", "1.5", "1e3", "true", "yes", "y", "08", "1_0", "2020-01-01", "'1'", "text"]
REFUSED = [".inf", "-.Inf", ".nan", "{~: 1}", "{[a]: 1}", "{a: b: c}"]


def ask_kubectl(fields: str) -> subprocess.CompletedProcess[str]:
    document = f"apiVersion: example.com/v1\nkind: Sample\nmetadata: {{name: x}}\n{fields}\n"
    argv = ["kubectl", "label", "--local", "--output", "json", "--filename", "-", "a=b"]
    return subprocess.run(argv, input=document, capture_output=True, text=True, check=False)


def test_load_reads_every_scalar_as_kubectl_does() -> None:
    fields = "spec:\n" + "\n".join(f"  k{number}: {text}" for number, text in enumerate(SCALARS))
    expected = json.loads(ask_kubectl(fields).stdout)["spec"]
    loaded = load(fields.encode(), "f")
    assert isinstance(loaded, dict)
    assert len(expected) == len(SCALARS)
    for number, text in enumerate(SCALARS):
        ours, theirs = loaded["spec"][f"k{number}"], expected[f"k{number}"]
        assert ours == (pytest.approx(theirs) if isinstance(ours, float) else theirs), text
        assert isinstance(ours, bool) == isinstance(theirs, bool), text


def test_load_reads_every_key_as_kubectl_does() -> None:
    for key in KEYS:
        fields = f"spec: {{{key}: value}}"
        expected = json.loads(ask_kubectl(fields).stdout)["spec"]
        assert load(fields.encode(), "f") == {"spec": expected}, key


@pytest.mark.parametrize("value", REFUSED)
def test_load_refuses_what_kubectl_refuses(value: str) -> None:
    assert ask_kubectl(f"spec: {value}").returncode
    with pytest.raises(YamlError):
        load(f"spec: {value}".encode(), "f")

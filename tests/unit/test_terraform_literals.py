"""Values as expressions of Terraform, read back by the parser that the program reads HCL with."""

from __future__ import annotations

import json

import hcl2
import pytest

from kubestack_py.terraform.literals import literal


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a", '"a"'),
        ("${a} %{b} $c", '"$${a} %%{b} $c"'),
        ('a "b"\n', '"a \\"b\\"\\n"'),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a", {"b": 1}], '[1, "a", {\n  b = 1\n}]'),
        ({"a": 1, "b.c": 2, "for": 3}, '{\n  a     = 1\n  "b.c" = 2\n  "for" = 3\n}'),
        ({"a": 1, "bcd": {"e": 2}, "f": 3}, "{\n  a = 1\n  bcd = {\n    e = 2\n  }\n  f = 3\n}"),
    ],
    ids=json.dumps,
)
def test_literal_is_written_as_terraform_formats_it(value: object, written: str) -> None:
    assert literal(value) == written
    assert hcl2.loads(f"a = {written}\n")

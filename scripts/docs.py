"""`make docs`: write the documents made from the program. tests/cli/test_docs.py finds stale ones."""

from __future__ import annotations

from pathlib import Path

from scripts.catalog_reference import catalog_documents
from scripts.cli_reference import cli_reference
from scripts.policy_reference import policy_reference
from scripts.security_model import security_model
from scripts.settings_reference import settings_reference
from scripts.validation_reference import validation_reference

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = {
    "docs/cli.md": cli_reference,
    "docs/kubestack-yaml.md": settings_reference,
    "docs/policies.md": policy_reference,
    "docs/security-model.md": security_model,
    "docs/validation.md": validation_reference,
    **catalog_documents(),
}

if __name__ == "__main__":
    for name, render in DOCUMENTS.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(render(), encoding="utf-8")

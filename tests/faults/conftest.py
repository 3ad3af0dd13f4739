"""Figures of the fault suite: kept in a directory where `make reliability` asks for them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.catalogue import BY_NAME
from tests.platforms import hosted, platform, template

__all__ = ["hosted", "platform", "template"]

# Read when this is imported: every test removes such variables from its environment.
RESULTS = os.environ.get("KUBESTACK_FAULT_RESULTS")

Figures = Callable[..., None]


@pytest.fixture
def figures() -> Figures:
    """Takes the figures of one fault: how often it was `done`, how often all `held`, and more by name."""

    def keep(fault: str, *, done: int, held: int, **more: int | str) -> None:
        assert fault in BY_NAME, f"{fault} is not in the catalogue"
        if RESULTS:
            Path(RESULTS).mkdir(parents=True, exist_ok=True)
            text = json.dumps({"done": done, "held": held, **more}, indent=2)
            (Path(RESULTS) / f"{fault}.json").write_text(f"{text}\n", encoding="utf-8")

    return keep


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: "at_every_step" not in item.name)

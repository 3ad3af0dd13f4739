"""Fixtures of tests/platforms.py, for the tests of this folder."""

from __future__ import annotations

from tests.platforms import fake, hosted, platform, template

__all__ = ["fake", "hosted", "platform", "template"]

"""Fixtures of tests/platforms.py and tests/clusters.py, for the tests of this folder."""

from __future__ import annotations

from tests.clusters import cluster, loopback_api, real_api
from tests.platforms import fake, hosted, platform, proved, proved_world, template

__all__ = [
    "cluster",
    "fake",
    "hosted",
    "loopback_api",
    "platform",
    "proved",
    "proved_world",
    "real_api",
    "template",
]

"""Scaffold GitOps platform repositories and promote changes through them with proof."""

__version__ = "0.2.0"

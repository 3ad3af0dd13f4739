"""GitHub actions that pipelines use, each pinned to the commit of a release."""

from __future__ import annotations

from kubestack_py.ci.pipelines.text import Noted


def _pinned(action: str, commit: str, version: str) -> Noted:
    return Noted(f"{action}@{commit}", version)


CHECKOUT = _pinned("actions/checkout", "08c6903cd8c0fde910a37f88322edcfb5dd907a8", "v5.0.0")
CACHE = _pinned("actions/cache", "0057852bfaa89a56745cba8c7296529d2fc39830", "v4.3.0")
UPLOAD = _pinned("actions/upload-artifact", "ea165f8d65b6e75b540449e92b4886f43607fa02", "v4.6.2")
AWS = _pinned("aws-actions/configure-aws-credentials", "a03048d87541d1d9fcf2ecf528a4a65ba9bd7838", "v5.0.0")
GOOGLE = _pinned("google-github-actions/auth", "7c6bc770dae815cd3e89ee6cdf493a5fab2cc093", "v3.0.0")

"""Seals: content that cannot be changed unseen, and with a key cannot be read either.

With a key the seal is AES-256-GCM with a random nonce, and covers what is left readable too (the
associated data). Without one it is a SHA-256, which shows damage but keeps out nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: random nonces of 96 bits are good for 2^32 files under one key
_HOW = "Make one with: openssl rand -base64 32"


class BrokenSealError(Exception):
    """The content, or what is readable beside it, is not what was sealed."""


def read_key(path: Path) -> bytes:
    """The key in a file: 32 random bytes in base64. Raises `UsageError` for anything else."""
    with disk_errors(f"read {path}"):
        text = path.read_bytes().strip()
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise UsageError(f"{path} holds no key: it is not base64", hint=_HOW) from error
    if len(key) != KEY_BYTES:
        raise UsageError(f"{path} holds no key: it has {len(key)} bytes instead of {KEY_BYTES}", hint=_HOW)
    return key


def key_name(key: bytes) -> str:
    """Sixteen hex digits by which two keys can be told apart without knowing them."""
    return hashlib.sha256(b"kubestack-key-name\0" + key).hexdigest()[:16]


def seal(content: bytes, beside: bytes, key: bytes | None) -> bytes:
    """Content under a seal that covers `beside` as well; encrypted when there is a key."""
    if key is None:
        return content + _digest(content, beside)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, beside)


def unseal(sealed: bytes, beside: bytes, key: bytes | None) -> bytes:
    """What `seal` was given. Raises `BrokenSealError` when the seal does not fit."""
    if key is None:
        size = hashlib.sha256().digest_size
        content, digest = sealed[:-size], sealed[-size:]
        if not hmac.compare_digest(digest, _digest(content, beside)):
            raise BrokenSealError
        return content
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], beside)
    except (InvalidTag, ValueError) as error:
        raise BrokenSealError from error


def _digest(content: bytes, beside: bytes) -> bytes:
    digest = hashlib.sha256(len(beside).to_bytes(8, "big"))
    digest.update(beside)
    digest.update(content)
    return digest.digest()

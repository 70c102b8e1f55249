"""Secrets of a stack file that are encrypted with a passphrase.

Format: `v1:<nonce>:<ciphertext and tag>` (base64), AES-256-GCM with the key PBKDF2-SHA256(passphrase,
salt, 1,000,000 rounds). `encryptionsalt` is `v1:<salt>:<the text "pulumi", encrypted>`.
"""

from __future__ import annotations

import base64
import binascii
import functools
import os
from collections.abc import Callable
from pathlib import Path

from offline.errors import UsageError

_ROUNDS = 1_000_000
_PROOF = "pulumi"


Decrypter = Callable[[str, str], str]
"""Turns a key's name and its ciphertext into plain text."""


def passphrase_decrypter(salt: str, passphrase: str, source: str) -> Decrypter:
    """Return a decrypter for a stack file.

    Args:
        salt: the file's `encryptionsalt`.
        source: the file's name, for errors.

    Raises:
        UsageError: the passphrase does not fit the file.
    """
    version, _, rest = salt.partition(":")
    encoded, _, proof = rest.partition(":")
    if version != "v1" or not proof:
        raise UsageError(f"{source}: encryptionsalt is {salt!r}; it must be v1:<salt>:v1:<nonce>:<text>")
    key = _derive(passphrase, encoded)
    if _open(key, proof) != _PROOF:
        raise UsageError(f"{source}: the passphrase in PULUMI_CONFIG_PASSPHRASE is not the one of this file")

    def decrypt(name: str, ciphertext: str) -> str:
        text = _open(key, ciphertext)
        if text is None:
            raise UsageError(
                f"{source}: the secret {name!r} is damaged; set it again with pulumi config set --secret"
            )
        return text

    return decrypt


def passphrase_from_environment() -> str | None:
    """Return the passphrase as the CLI finds it, or None when none is set."""
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return os.environ["PULUMI_CONFIG_PASSPHRASE"]
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(
            f"PULUMI_CONFIG_PASSPHRASE_FILE is {file!r}, which cannot be read: {error}"
        ) from error


# Most stacks have no secrets, and cryptography takes longer to import than the rest of this package.
@functools.cache
def _derive(passphrase: str, encoded_salt: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - for secrets only
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC  # noqa: PLC0415 - for secrets only

    salt = base64.b64decode(encoded_salt)
    return PBKDF2HMAC(SHA256(), 32, salt, _ROUNDS).derive(passphrase.encode())


def _open(key: bytes, text: str) -> str | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - for secrets only
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - for secrets only

    version, _, rest = text.partition(":")
    nonce, _, ciphertext = rest.partition(":")
    if version != "v1" or not ciphertext:
        return None
    try:
        plain = AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(ciphertext), None)
    except (InvalidTag, binascii.Error, ValueError):
        return None
    return plain.decode()

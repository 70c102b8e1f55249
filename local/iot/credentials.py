"""Passwords of cars: stand in for their certificates.

A car's is derived from its id and a key of the platform's folder, so none has to be kept; whether it may come
in is decided by AWS IoT's registry.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from local.folder import Folder, write_whole

_BYTES: Final = 32


def token(folder: Folder, vehicle_id: str) -> str:
    """The password of a car; its user name and its client id are its vehicle id."""
    return hmac.new(_key(folder.path / "cars.key"), vehicle_id.encode(), hashlib.sha256).hexdigest()


def is_genuine(folder: Folder, vehicle_id: str, password: str) -> bool:
    """Whether a password is the car's."""
    return hmac.compare_digest(token(folder, vehicle_id), password)


def _key(file: Path) -> bytes:
    if not file.is_file():
        write_whole(file, os.urandom(_BYTES).hex())
    return bytes.fromhex(file.read_text(encoding="utf-8"))

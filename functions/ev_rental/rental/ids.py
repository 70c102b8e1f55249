"""Deterministic ids (UUID version 5): the same cause always makes the same id, so a retry mints no other."""

from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("5f0c7b0e-6f0b-5d7e-9a3c-1f6b8f4f2a10")


def derived_id(kind: str, *parts: str | int) -> str:
    """The id of a `kind` of thing that `parts` cause.

    Parts are joined with their lengths, so that no two lists of parts read the same.
    """
    return str(uuid5(_NAMESPACE, kind + "".join(f"|{len(str(part))}:{part}" for part in parts)))

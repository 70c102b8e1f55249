"""Whom a login knows: accounts, what they were granted, its key; in memory, or in a file that outlives it."""

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

IN_MEMORY: Final = Path(":memory:")
_TABLES: Final = """
create table if not exists keys (id text primary key, pem blob not null);
create table if not exists people (username text primary key, sub text, name text, email text, groups text);
create table if not exists refreshes (
  hash text primary key, username text, scope text, auth_time integer, expires_at integer);
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. `username`: unique. What is left out of the rest follows from it."""

    username: str
    name: str
    groups: tuple[str, ...] = ()
    email: str = ""
    sub: str = ""

    def __post_init__(self) -> None:
        # The same at each start, and of a domain that never exists (RFC 2606).
        sub = self.sub or str(uuid5(NAMESPACE_URL, f"urn:bluehorizons:staff:{self.username}"))
        object.__setattr__(self, "sub", sub)
        object.__setattr__(self, "email", self.email or f"{self.username}@example.com")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code or a refresh token stands for. `expires_at`: s."""

    person: Person
    scope: str
    nonce: str
    auth_time: int
    expires_at: int
    redirect_uri: str = ""
    challenge: str = ""


class Accounts:
    """`people` are known from the start; others come with `add`. Refresh tokens are kept as hashes only."""

    def __init__(self, people: Iterable[Person] = (), file: Path = IN_MEMORY) -> None:
        if file != IN_MEMORY:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite would let others read it
        self._lock = Lock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript(f"pragma journal_mode=wal; pragma synchronous=normal; {_TABLES}")
        self._known = {
            row[0]: Person(row[0], row[2], tuple(filter(None, row[4].split(","))), row[3], row[1])
            for row in self._db.execute("select username, sub, name, email, groups from people")
        }
        self._known |= {person.username: person for person in people}
        self._names = {name: person for person in self._known.values() for name in _names(person)}
        self.key_id, self.key = self._own_key()

    def close(self) -> None:
        """Closes the file."""
        with self._lock, closing(self._db):
            pass

    def find(self, name: str) -> Person | None:
        """Somebody by user name or e-mail, whatever the case."""
        with self._lock:
            return self._names.get(name.casefold())

    def everybody(self, limit: int | None = None) -> list[Person]:
        """Who is known, in the order they came; the last `limit` of them."""
        with self._lock:
            known = list(self._known.values())
        return known if limit is None else known[-limit:]

    def add(self, person: Person) -> None:
        """Remembers somebody new."""
        with self._lock:
            row = {**asdict(person), "groups": ",".join(person.groups)}
            self._db.execute(
                "insert or replace into people values (:username, :sub, :name, :email, :groups)", row
            )
            self._known[person.username] = person
            self._names |= dict.fromkeys(_names(person), person)

    def grant(self, grant: Grant) -> str:
        """A new refresh token for it."""
        token = token_urlsafe(48)
        row = (_hash(token), grant.person.username, grant.scope, grant.auth_time, grant.expires_at)
        with self._lock:
            self._db.execute("insert into refreshes values (?, ?, ?, ?, ?)", row)
        return token

    def granted(self, token: str) -> Grant | None:
        """What a refresh token stands for; None for one that is unknown or revoked."""
        with self._lock:
            row = self._db.execute(
                "select username, scope, auth_time, expires_at from refreshes where hash = ?", (_hash(token),)
            ).fetchone()
            person = self._known.get(row[0]) if row else None
        return Grant(person, row[1], "", row[2], row[3]) if person else None

    def revoke(self, token: str) -> None:
        """Forgets a refresh token."""
        with self._lock:
            self._db.execute("delete from refreshes where hash = ?", (_hash(token),))

    def revoke_all(self) -> None:
        """Forgets every refresh token."""
        with self._lock:
            self._db.execute("delete from refreshes")

    def _own_key(self) -> tuple[str, rsa.RSAPrivateKey]:
        row = self._db.execute("select id, pem from keys").fetchone()
        if row is None:
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            row = (token_urlsafe(16), pem)
            self._db.execute("insert into keys values (?, ?)", row)
        key = serialization.load_pem_private_key(row[1], password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the key of the login is no RSA key: take its file away")
        return row[0], key


def _names(person: Person) -> tuple[str, str]:
    return person.username.casefold(), person.email.casefold()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

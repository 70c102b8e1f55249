"""The environment of the probe, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class SettingError(Exception):
    """A variable is missing or wrong; the message names it, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class ProbeEnvironment:
    """What to ask: `https://<host><path>`."""

    host: str
    path: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        host, path = variables.get("PROBE_HOST", ""), variables.get("PROBE_PATH", "")
        if not host or "/" in host:
            raise SettingError(f"PROBE_HOST is {host!r}: a host name is expected, such as api.example.com")
        if not path.startswith("/"):
            raise SettingError(f"PROBE_PATH is {path!r}: a path is expected that starts with /")
        return cls(host, path)

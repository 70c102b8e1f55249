"""Clients of the emulated AWS: one a service and Region, made once, deaf to the environment."""

import os
from threading import Lock
from typing import Any, Final

from botocore.config import Config
from botocore.session import Session

_NOWHERE: Final = "LOCAL_DEPLOY_READS_NO_SUCH_VARIABLE"
_DEAF: Final = {
    "profile": (None, [_NOWHERE], None, None),
    "config_file": (None, _NOWHERE, os.devnull, None),
    "credentials_file": (None, _NOWHERE, os.devnull, None),
}


class Clients:
    """Calls of several threads are fine. A server that is away for some seconds is tried again."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._lock = Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._session = Session(_DEAF)
        self._config = Config(
            retries={"mode": "standard", "max_attempts": 8},
            connect_timeout=5,
            read_timeout=60,
            s3={"addressing_style": "path"},
        )

    def __call__(self, service: str, region: str) -> Any:  # noqa: ANN401 - a client of any service
        """The client of a service in a Region."""
        with self._lock:
            known = self._clients.get((service, region))
            if known is None:
                known = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._origin,
                    aws_access_key_id="local",
                    aws_secret_access_key="local",  # noqa: S106 - nobody's
                    config=self._config,
                )
                self._clients[service, region] = known
            return known
